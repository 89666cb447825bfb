#include "actz/c/profile.h"

#include "arrays.hpp"
#include "base/try.hpp"
#include "fit_options.hpp"
#include "guard.hpp"
#include "handles.hpp"
#include "sized_struct.hpp"

namespace actz::c_abi {
namespace {

/// Dumps in memory, as the trainer takes them.
class FitDumps {
 public:
  explicit FitDumps(const std::vector<BorrowedArray>& arrays) {
    elements_.reserve(arrays.size());  // inputs point to them
    for (const BorrowedArray& array : arrays) {
      elements_.emplace_back(array.dtype, array.elements);
      inputs_.push_back({array.dtype, array.shape, &elements_.back()});
    }
  }
  std::span<const FitInput> inputs() const { return inputs_; }

 private:
  std::vector<MemoryElements> elements_;
  std::vector<FitInput> inputs_;
};

Status fit(const actz_array* dumps, std::size_t dump_count, const actz_fit_options* given, actz_profile** profile) {
  ACTZ_TRY(const auto from, read_struct(given));
  ACTZ_TRY(const auto options, read_fit_options(from));
  ACTZ_TRY(const auto arrays, borrow_arrays(dumps, dump_count));
  const FitDumps inputs(arrays);
  if (from.reference_name == nullptr) {
    ACTZ_TRY(auto fitted, fit_profile(inputs.inputs(), options));
    *profile = new actz_profile{std::move(fitted)};
    return {};
  }
  ACTZ_TRY(const auto beside, borrow_arrays(from.reference_dumps, dump_count));
  const FitDumps reference(beside);
  ACTZ_TRY(auto fitted, fit_profile(inputs.inputs(), options, {from.reference_name, reference.inputs()}));
  *profile = new actz_profile{std::move(fitted)};
  return {};
}

Status parse(std::span<const std::byte> bytes, actz_profile** profile) {
  ACTZ_TRY(auto parsed, Profile::parse(bytes));
  *profile = new actz_profile{std::move(parsed)};
  return {};
}

actz_training_info training_info(const TrainingRecord& training) {
  actz_training_info out{};
  out.channels = training.channels;
  out.rows = training.rows;
  out.rows_held = training.rows_held;
  out.dictionary_rows = training.dictionary_rows;
  out.dictionary_bytes = training.dictionary_bytes;
  out.lags = training.lags.data();
  out.lag_count = training.lags.size();
  out.data_digest = training.data_digest.c_str();
  out.reference = training.reference.c_str();
  return out;
}

actz_rung_info rung_info(const RungInfo& rung) {
  actz_rung_info out{};
  out.coefficients = rung.coefficients;
  out.target_nmse = rung.target_nmse;
  out.held_out_nmse = rung.held_out_nmse;
  out.held_out_bits_per_value = rung.held_out_bits_per_value;
  out.model_bytes = rung.model_bytes;
  out.dictionary_pays_from_values = rung.dictionary_pays_from_values;
  out.digest = rung.digest.c_str();
  out.matches_rows = rung.matches_rows ? 1 : 0;
  out.uses_dictionary = rung.uses_dictionary ? 1 : 0;
  out.uses_network = rung.uses_network ? 1 : 0;
  return out;
}

}  // namespace
}  // namespace actz::c_abi

using namespace actz;         // NOLINT: the rest of the file is the C interface
using namespace actz::c_abi;  // NOLINT

extern "C" {

actz_status actz_profile_fit(const actz_array* dumps, size_t dump_count, const actz_fit_options* options,
                             actz_profile** profile, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (profile == nullptr) return bad_argument("the profile is missing");
    return fit(dumps, dump_count, options, profile);
  });
}

actz_status actz_profile_parse(const void* bytes, size_t byte_count, actz_profile** profile, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (profile == nullptr) return bad_argument("the profile is missing");
    ACTZ_TRY(const auto data, borrow_list(static_cast<const std::byte*>(bytes), byte_count));
    return parse(data, profile);
  });
}

actz_status actz_profile_load(const char* path, actz_profile** profile, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (path == nullptr || profile == nullptr) return bad_argument("the path or the profile is missing");
    ACTZ_TRY(const auto file, io::MappedFile::open(path));
    return parse(file.bytes(), profile);
  });
}

actz_status actz_profile_serialise(const actz_profile* profile, const actz_allocator* allocator, void** bytes,
                                   size_t* byte_count, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (profile == nullptr) return bad_argument("the profile is missing");
    return give_bytes(profile->profile.serialise(), allocator, bytes, byte_count);
  });
}

actz_status actz_profile_save(const actz_profile* profile, const char* path, int overwrite, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (profile == nullptr || path == nullptr) return bad_argument("the profile or the path is missing");
    ACTZ_TRY(auto file, io::OutputFile::create(path, overwrite != 0));
    ACTZ_CHECK(file.write(profile->profile.serialise()));
    return file.finish();
  });
}

actz_status actz_profile_training(const actz_profile* profile, actz_training_info* info, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (profile == nullptr) return bad_argument("the profile is missing");
    return write_struct(training_info(profile->profile.training()), info);
  });
}

uint64_t actz_profile_rung_count(const actz_profile* profile) {
  return profile == nullptr ? 0 : profile->profile.rungs().size();
}

actz_status actz_profile_rung(const actz_profile* profile, uint64_t rung, actz_rung_info* info, actz_error* error) {
  return guarded(error, [&]() -> Status {
    if (profile == nullptr || rung >= profile->profile.rungs().size()) return bad_argument("no such rung");
    return write_struct(rung_info(profile->profile.rungs()[static_cast<std::size_t>(rung)]), info);
  });
}

void actz_profile_close(actz_profile* profile) { delete profile; }

}  // extern "C"
