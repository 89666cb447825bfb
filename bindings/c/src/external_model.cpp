#include "actz/external_model.hpp"

#include <algorithm>

#include "actz/c/external_model.h"
#include "arrays.hpp"
#include "base/try.hpp"
#include "guard.hpp"
#include "handles.hpp"

namespace actz::c_abi {
namespace {

Result<ExternalModel> make_model(std::span<const actz_external_class> classes, unsigned precision_bits) {
  std::vector<ExternalClass> out;
  for (const actz_external_class& one : classes) {
    ACTZ_TRY(const auto frequencies, borrow_list(one.frequencies, one.frequency_count));
    out.push_back({one.lowest, {frequencies.begin(), frequencies.end()}});
  }
  return ExternalModel::make(std::move(out), precision_bits);
}

/// The lists that go with values on both sides.
struct Conditions {
  std::span<const std::uint16_t> class_of;
  std::span<const std::int32_t> means;
};

Result<Conditions> borrow_conditions(const std::uint16_t* class_of, const std::int32_t* means, std::size_t count) {
  Conditions out;
  ACTZ_TRY(out.class_of, borrow_list(class_of, count));
  if (means != nullptr) out.means = {means, count};
  return out;
}

}  // namespace
}  // namespace actz::c_abi

using namespace actz;         // NOLINT: the rest of the file is the C interface
using namespace actz::c_abi;  // NOLINT

extern "C" {

actz_status actz_external_frequencies(const double* masses, size_t mass_count, double outside, uint32_t precision_bits,
                                      uint16_t* frequencies, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (frequencies == nullptr) return bad_argument("nowhere to give the frequencies to");
    ACTZ_TRY(const auto given, borrow_list(masses, mass_count));
    ACTZ_TRY(const auto made, make_external_class(0, given, outside, precision_bits));
    if (made.frequencies.size() != mass_count + 1)
      return Error{ErrorCode::internal, Error::kNoOffset, "a table of another length"};
    std::copy(made.frequencies.begin(), made.frequencies.end(), frequencies);
    return {};
  });
}

actz_status actz_external_model_make(const actz_external_class* classes, size_t class_count, uint32_t precision_bits,
                                     actz_external_model** model, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (model == nullptr) return bad_argument("the model is missing");
    ACTZ_TRY(const auto given, borrow_list(classes, class_count));
    ACTZ_TRY(auto made, make_model(given, precision_bits));
    *model = new actz_external_model{std::move(made)};
    return {};
  });
}

actz_status actz_external_model_encode(const actz_external_model* model, const int32_t* values,
                                       const uint16_t* class_of, const int32_t* means, size_t value_count,
                                       const actz_allocator* allocator, void** bytes, size_t* byte_count,
                                       actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (model == nullptr) return bad_argument("the model is missing");
    ACTZ_TRY(const auto given, borrow_list(values, value_count));
    ACTZ_TRY(const auto conditions, borrow_conditions(class_of, means, value_count));
    ACTZ_TRY(const auto stream, model->model.encode(given, conditions.class_of, conditions.means));
    return give_bytes(stream, allocator, bytes, byte_count);
  });
}

actz_status actz_external_model_decode(const actz_external_model* model, const void* bytes, size_t byte_count,
                                       const uint16_t* class_of, const int32_t* means, size_t value_count,
                                       int32_t* values, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (model == nullptr || (values == nullptr && value_count > 0)) return bad_argument("an argument is missing");
    ACTZ_TRY(const auto stream, borrow_list(static_cast<const std::byte*>(bytes), byte_count));
    ACTZ_TRY(const auto conditions, borrow_conditions(class_of, means, value_count));
    return model->model.decode(stream, conditions.class_of, conditions.means, {values, value_count});
  });
}

void actz_external_model_close(actz_external_model* model) { delete model; }

}  // extern "C"
