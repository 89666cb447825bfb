#include "profile_parts_file.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "base/try.hpp"
#include "command_line.hpp"
#include "loaded_tensors.hpp"

namespace actz::cli {
namespace {

constexpr const char* kNames[] = {"centre", "synthesis", "steps",       "lags",     "prediction", "peaks",
                                  "lowest", "raw_bits",  "frequencies", "class_of", "nmse",       "bits_per_value"};

Error wrong(const std::string& message) { return {ErrorCode::bad_argument, Error::kNoOffset, message}; }

struct Array {
  Shape shape;
  std::vector<double> values;
};

/// The arrays of a file by their names.
class Arrays {
 public:
  static Result<Arrays> read(const std::string& path) {
    ACTZ_TRY(const auto file, io::open_tensors(path, {}));
    Arrays out;
    for (std::size_t i = 0; i < file->tensors().size(); ++i) {
      const io::TensorInfo& info = file->tensors()[i];
      if (std::find(std::begin(kNames), std::end(kNames), info.name) == std::end(kNames))
        return wrong("parts of a profile have no array '" + info.name + "'");
      ACTZ_TRY(const auto count, element_count(info.shape, info.dtype));
      Tensor tensor{info.name, info.dtype, info.shape,
                    std::vector<std::byte>(static_cast<std::size_t>(count) * element_bytes(info.dtype))};
      ACTZ_TRY(const auto source, file->open(i));
      ACTZ_CHECK(source->read(0, tensor.bytes));
      Array array{info.shape, {}};
      for (std::size_t k = 0; k < count; ++k) array.values.push_back(value_at(tensor, k));
      out.arrays_[info.name] = std::move(array);
    }
    return out;
  }

  bool has(const std::string& name) const { return arrays_.count(name) > 0; }

  /// An array of a rank; one that is absent and may be is empty.
  Result<Array> take(const std::string& name, std::size_t rank, bool may_be_absent = false) const {
    const auto found = arrays_.find(name);
    if (found == arrays_.end()) {
      if (may_be_absent) return Array{Shape(rank, 0), {}};
      return wrong("parts of a profile lack the array '" + name + "'");
    }
    if (found->second.shape.size() != rank)
      return wrong("array '" + name + "' has " + std::to_string(found->second.shape.size()) + " axes, not " +
                   std::to_string(rank));
    return found->second;
  }

  template <class T>
  Result<std::vector<T>> integers(const std::string& name, bool may_be_absent = false) const {
    ACTZ_TRY(const auto array, take(name, 1, may_be_absent));
    return as_integers<T>(name, array.values);
  }

  template <class T>
  static Result<std::vector<T>> as_integers(const std::string& name, const std::vector<double>& values) {
    std::vector<T> out;
    for (const double value : values) {
      const bool fits =
          value >= double{std::numeric_limits<T>::min()} && value <= double{std::numeric_limits<T>::max()};
      if (!fits || value != std::floor(value)) return wrong("array '" + name + "' has values that do not fit there");
      out.push_back(static_cast<T>(value));
    }
    return out;
  }

 private:
  std::map<std::string, Array> arrays_;
};

/// A matrix with the first axis of another array.
Result<std::vector<double>> take_matrix(const Arrays& arrays, const std::string& name, std::size_t rows) {
  if (!arrays.has(name)) return std::vector<double>{};
  ACTZ_TRY(auto array, arrays.take(name, 2));
  if (array.shape[0] != rows) return wrong("array '" + name + "' has not a row for each value of 'centre'");
  return std::move(array.values);
}

Result<double> take_number(const Arrays& arrays, const std::string& name, double if_absent) {
  if (!arrays.has(name)) return if_absent;
  ACTZ_TRY(const auto array, arrays.take(name, 1));
  if (array.values.size() != 1) return wrong("array '" + name + "' is one number");
  return array.values[0];
}

Status read_tables(const Arrays& arrays, ProfileParts& parts) {
  ACTZ_TRY(const auto lowest, arrays.integers<std::int32_t>("lowest"));
  ACTZ_TRY(auto raw_bits, arrays.integers<std::uint8_t>("raw_bits", true));
  ACTZ_TRY(const auto counts, arrays.take("frequencies", 2));
  ACTZ_TRY(const auto frequencies, Arrays::as_integers<std::uint16_t>("frequencies", counts.values));
  if (raw_bits.empty()) raw_bits.assign(lowest.size(), 0);
  if (counts.shape[0] != lowest.size() || raw_bits.size() != lowest.size())
    return wrong("'lowest', 'raw_bits' and 'frequencies' are not of the same number of tables");
  const auto width = static_cast<std::ptrdiff_t>(counts.shape[1]);
  for (std::size_t i = 0; i < lowest.size(); ++i) {
    const auto first = frequencies.begin() + static_cast<std::ptrdiff_t>(i) * width;
    std::vector<std::uint16_t> row(first, first + width);
    while (!row.empty() && row.back() == 0) row.pop_back();
    parts.tables.push_back({lowest[i], raw_bits[i], std::move(row)});
  }
  if (parts.tables.empty()) return {};
  const auto& first = parts.tables.front().frequencies;
  const auto sum = std::accumulate(first.begin(), first.end(), std::uint32_t{0});
  parts.precision_bits = sum == 0 ? 0 : static_cast<unsigned>(std::bit_width(sum)) - 1;
  return {};
}

}  // namespace

Result<ProfileParts> read_profile_parts(const std::string& path) {
  ACTZ_TRY(const auto arrays, Arrays::read(path));
  ProfileParts out;
  ACTZ_TRY(auto centre, arrays.take("centre", 1));
  out.centre = std::move(centre.values);
  ACTZ_TRY(out.synthesis, take_matrix(arrays, "synthesis", out.centre.size()));
  ACTZ_TRY(auto steps, arrays.take("steps", 1));
  out.steps = std::move(steps.values);
  ACTZ_TRY(out.lags, arrays.integers<std::uint16_t>("lags", true));
  ACTZ_TRY(out.prediction, take_matrix(arrays, "prediction", out.centre.size()));
  ACTZ_TRY(auto peaks, arrays.take("peaks", 1, true));
  out.peaks = std::move(peaks.values);
  ACTZ_CHECK(read_tables(arrays, out));
  ACTZ_TRY(out.class_of, arrays.integers<std::uint8_t>("class_of"));
  ACTZ_TRY(out.nmse, take_number(arrays, "nmse", out.nmse));
  ACTZ_TRY(out.bits_per_value, take_number(arrays, "bits_per_value", out.bits_per_value));
  return out;
}

}  // namespace actz::cli
