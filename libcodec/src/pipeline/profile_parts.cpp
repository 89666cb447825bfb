#include "actz/profile_parts.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "base/checksum.hpp"
#include "base/try.hpp"
#include "fit/linear_fit.hpp"
#include "fit/metric_basis.hpp"
#include "generated/format_limits.hpp"
#include "profile/profile_content.hpp"

namespace actz {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr double kPeakMargin = 1.5;          ///< room between the largest expected value and saturation
constexpr double kSmallestPivot = 1e-4;      ///< of columns that count as independent: 16-bit entries tell no less
constexpr std::uint64_t kDenseLimit = 4096;  ///< channels up to which matrices of channels² are taken

Error bad_part(const std::string& message) {
  return {ErrorCode::bad_argument, Error::kNoOffset, "parts of a profile: " + message};
}

bool all_finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

bool all_positive(const std::vector<double>& values) {
  return all_finite(values) && std::all_of(values.begin(), values.end(), [](double value) { return value > 0; });
}

Status check_size(const char* name, std::size_t size, std::size_t wanted) {
  if (size == wanted) return {};
  return bad_part(std::string(name) + " has " + std::to_string(size) + " values, not " + std::to_string(wanted));
}

Status check_lags(const ProfileParts& parts) {
  if (parts.lags.empty() && (!parts.prediction.empty() || !parts.peaks.empty()))
    return bad_part("prediction and peaks want lags");
  if (parts.lags.size() > kMaxLags) return bad_part("there are more than 16 lags");
  for (std::size_t i = 0; i < parts.lags.size(); ++i) {
    const bool ascends = parts.lags[i] > (i == 0 ? 0 : parts.lags[i - 1]);
    if (!ascends || parts.lags[i] > kMaxLag) return bad_part("lags ascend from 1 to at most 4096");
  }
  if (parts.lags.empty()) return {};
  const std::size_t channels = parts.centre.size();
  ACTZ_CHECK(check_size("prediction", parts.prediction.size(), channels * channels * parts.lags.size()));
  ACTZ_CHECK(check_size("peaks", parts.peaks.size(), channels));
  if (!all_finite(parts.prediction)) return bad_part("prediction has values that are not finite");
  if (!all_positive(parts.peaks)) return bad_part("peaks are not all positive and finite");
  return {};
}

Status check_table(const PartsTable& table, std::size_t number, unsigned precision_bits) {
  const std::string name = "table " + std::to_string(number);
  if (table.frequencies.size() < 2 || table.frequencies.size() > kMaxSymbols)
    return bad_part(name + " has " + std::to_string(table.frequencies.size()) + " frequencies, not 2 to 256");
  if (std::find(table.frequencies.begin(), table.frequencies.end(), 0) != table.frequencies.end())
    return bad_part(name + " has a frequency of 0: values there could not be coded");
  const auto sum = std::accumulate(table.frequencies.begin(), table.frequencies.end(), std::uint64_t{0});
  if (sum != std::uint64_t{1} << precision_bits)
    return bad_part("frequencies of " + name + " sum to " + std::to_string(sum) + ", not " +
                    std::to_string(std::uint64_t{1} << precision_bits));
  const std::int64_t scale = std::int64_t{1} << std::min<unsigned>(table.raw_bits, kMaxRawBits);
  const std::int64_t end = std::int64_t{table.lowest} + static_cast<std::int64_t>(table.frequencies.size()) - 1;
  if (table.raw_bits > kMaxRawBits || table.lowest * scale < -32768 || end * scale > 32768)
    return bad_part(name + " has values beyond 16 bits");
  return {};
}

Status check_tables(const ProfileParts& parts) {
  if (parts.precision_bits < kMinPrecisionBits || parts.precision_bits > kMaxPrecisionBits)
    return bad_part("tables sum to 2^8 to 2^12");
  if (parts.tables.empty() || parts.tables.size() > kMaxClasses) return bad_part("there are not 1 to 256 tables");
  for (std::size_t i = 0; i < parts.tables.size(); ++i)
    ACTZ_CHECK(check_table(parts.tables[i], i, parts.precision_bits));
  ACTZ_CHECK(check_size("class_of", parts.class_of.size(), parts.steps.size()));
  const auto largest = *std::max_element(parts.class_of.begin(), parts.class_of.end());
  if (largest >= parts.tables.size()) return bad_part("class_of names a table that is not there");
  return {};
}

Status check_parts(const ProfileParts& parts) {
  const std::size_t channels = parts.centre.size();
  if (channels == 0 || channels > kMaxChannels) return bad_part("centre has not 1 to 65536 values");
  if (!all_finite(parts.centre)) return bad_part("centre has values that are not finite");
  if (parts.steps.empty() || parts.steps.size() > channels)
    return bad_part("there are " + std::to_string(parts.steps.size()) + " steps, not 1 to the number of channels");
  if (!all_positive(parts.steps)) return bad_part("steps are not all positive and finite");
  const bool dense = !parts.synthesis.empty() || !parts.lags.empty();
  if (dense && channels > kDenseLimit) return bad_part("matrices are for at most 4096 channels");
  if (parts.synthesis.empty()) {
    ACTZ_CHECK(check_size("steps", parts.steps.size(), channels));
  } else {
    ACTZ_CHECK(check_size("synthesis", parts.synthesis.size(), channels * parts.steps.size()));
    if (!all_finite(parts.synthesis)) return bad_part("synthesis has values that are not finite");
  }
  if (!(parts.nmse > 0 && parts.nmse < 1) || !(parts.bits_per_value >= 0 && std::isfinite(parts.bits_per_value)))
    return bad_part("nmse lies between 0 and 1, bits_per_value is not negative");
  ACTZ_CHECK(check_lags(parts));
  return check_tables(parts);
}

/// Columns in values: what one more in a quantised coefficient adds to a row.
RowMajor columns_of(const ProfileParts& parts) {
  const auto channels = static_cast<Eigen::Index>(parts.centre.size());
  const auto coefficients = static_cast<Eigen::Index>(parts.steps.size());
  const Eigen::Map<const Eigen::VectorXd> steps(parts.steps.data(), coefficients);
  return Eigen::Map<const RowMajor>(parts.synthesis.data(), channels, coefficients) * steps.asDiagonal();
}

/// The step that encoders and --lambda call that of the model: root mean square of the lengths of its columns.
double nominal_step(const ProfileParts& parts) {
  const auto count = static_cast<double>(parts.steps.size());
  if (!parts.synthesis.empty()) return std::sqrt(columns_of(parts).squaredNorm() / count);
  return std::sqrt(std::inner_product(parts.steps.begin(), parts.steps.end(), parts.steps.begin(), 0.0) / count);
}

Result<Synthesis> synthesis_of(const ProfileParts& parts, double step, MatrixPrecision& precision) {
  const auto entries = static_cast<Eigen::Index>(parts.steps.size());
  const bool diagonal = parts.synthesis.empty();
  const RowMajor columns =
      (diagonal ? RowMajor(Eigen::Map<const Eigen::VectorXd>(parts.steps.data(), entries)) : columns_of(parts)) / step;
  precision.synthesis_shift = fitting_shift(columns, precision.synthesis_shift);
  Synthesis out = dense_synthesis(columns, precision);
  if (diagonal) {
    out.kind = SynthesisKind::diagonal;
    out.coefficients = static_cast<std::uint32_t>(entries);
    if (std::find(out.matrix.begin(), out.matrix.end(), 0) != out.matrix.end())
      return bad_part("a step is so small beside the others that it is 0 in 16 bits");
    return out;
  }
  const RowMajor lengths = columns.colwise().norm().cwiseMax(1e-30);
  const Eigen::MatrixXd directions = columns * lengths.row(0).cwiseInverse().asDiagonal();
  Eigen::ColPivHouseholderQR<Eigen::MatrixXd> decomposition(directions);
  decomposition.setThreshold(kSmallestPivot);
  if (decomposition.rank() < entries) return bad_part("columns of synthesis depend on each other");
  return out;
}

Predictor predictor_of(const ProfileParts& parts, double unit, const MatrixPrecision& precision) {
  if (parts.lags.empty()) return {};
  const auto channels = static_cast<Eigen::Index>(parts.centre.size());
  std::vector<std::uint8_t> input_shift;
  for (const double peak : parts.peaks) {
    const double bits = std::log2(kPeakMargin * std::max(peak / unit, 1.0) / 32767.0);
    input_shift.push_back(static_cast<std::uint8_t>(std::clamp(std::ceil(bits), 0.0, 31.0)));
  }
  const Eigen::MatrixXd matrix = Eigen::Map<const RowMajor>(parts.prediction.data(), channels,
                                                            channels * static_cast<Eigen::Index>(parts.lags.size()));
  return quantise_predictor(matrix, parts.lags, input_shift, precision);
}

Result<CodecModel> model_of(const ProfileParts& parts) {
  const double step = nominal_step(parts);
  CodecModel out;
  out.channels = static_cast<std::uint32_t>(parts.centre.size());
  out.unit = static_cast<float>(step / (1 << kFractionBits));
  if (!std::isnormal(out.unit)) return bad_part("steps are beyond the range of a float");
  for (const double centre : parts.centre) {
    const double units = std::clamp(centre / double{out.unit}, -1e9, 1e9);
    out.centre.push_back(static_cast<std::int32_t>(std::lrint(units)));
  }
  MatrixPrecision precision;
  ACTZ_TRY(out.synthesis, synthesis_of(parts, step, precision));
  out.predictor = predictor_of(parts, double{out.unit}, precision);
  out.entropy_kind = EntropyKind::static_classes;
  out.entropy.tables.precision_bits = parts.precision_bits;
  for (const PartsTable& table : parts.tables) {
    out.entropy.tables.classes.push_back(table.frequencies);
    out.entropy.ranges.push_back({table.lowest, table.raw_bits});
  }
  out.entropy.class_of = parts.class_of;
  return out;
}

}  // namespace

Result<Profile> build_profile(const ProfileParts& parts) {
  ACTZ_CHECK(check_parts(parts));
  ACTZ_TRY(auto model, model_of(parts));
  auto bytes = write_model(model);
  const auto readable = read_model(bytes);
  if (!readable) return bad_part("the model that they make breaks a rule: " + readable.error().message);
  auto content = std::make_shared<Profile::Content>();
  content->training.channels = model.channels;
  content->training.lags = parts.lags;
  content->training.data_digest = to_hex(xxh64(bytes));
  RungInfo info;
  info.target_nmse = info.held_out_nmse = parts.nmse;
  info.held_out_bits_per_value = parts.bits_per_value;
  info.coefficients = model.synthesis.coefficients;
  info.model_bytes = bytes.size();
  Rung rung{std::move(model), std::move(bytes), {}};
  rung.digest = sha256(rung.model_bytes);
  info.digest = to_hex(rung.digest);
  content->info.push_back(std::move(info));
  content->rungs.push_back(std::move(rung));
  return Profile(std::shared_ptr<const Profile::Content>(std::move(content)));
}

}  // namespace actz
