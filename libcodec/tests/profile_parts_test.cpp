#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "actz/profile_parts.hpp"
#include "coded_tensors.hpp"
#include "profile/profile_content.hpp"
#include "rows/enc_lossy_rows.hpp"

using namespace actz;

namespace {

constexpr std::size_t kChannels = 12, kCoefficients = 5, kRows = 400;
constexpr double kStep = 0.25;

/// A geometric table of values −20 … 20.
PartsTable table(double decay) {
  constexpr int kReach = 20;
  PartsTable out{-kReach, 0, std::vector<std::uint16_t>(2 * kReach + 2, 1)};
  double total = 0;
  for (int value = -kReach; value <= kReach; ++value) total += std::pow(decay, std::abs(value));
  unsigned left = 4096 - static_cast<unsigned>(out.frequencies.size());
  const unsigned room = left;
  for (int value = -kReach; value <= kReach; ++value) {
    const auto share = static_cast<unsigned>(room * std::pow(decay, std::abs(value)) / total);
    out.frequencies[static_cast<std::size_t>(value + kReach)] += static_cast<std::uint16_t>(share);
    left -= share;
  }
  out.frequencies[kReach] += static_cast<std::uint16_t>(left);
  return out;
}

ProfileParts parts(unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  ProfileParts out;
  for (std::size_t c = 0; c < kChannels; ++c) out.centre.push_back(5 + normal(random));
  for (std::size_t i = 0; i < kChannels * kCoefficients; ++i) out.synthesis.push_back(normal(random));
  out.steps.assign(kCoefficients, kStep);
  out.tables = {table(0.5), table(0.8)};
  out.class_of = {0, 0, 1, 1, 1};
  return out;
}

/// Rows centre + S · steps · q for drawn integers q.
std::vector<float> rows_of(const ProfileParts& parts, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, 3);
  std::vector<float> out;
  for (std::size_t row = 0; row < kRows; ++row) {
    std::vector<double> q(parts.steps.size());
    for (double& value : q) value = std::round(normal(random));
    for (std::size_t c = 0; c < parts.centre.size(); ++c) {
      double value = parts.centre[c];
      for (std::size_t k = 0; k < q.size(); ++k)
        value += (parts.synthesis.empty() ? (k == c ? 1.0 : 0.0) : parts.synthesis[c * q.size() + k]) * parts.steps[k] *
                 q[k];
      out.push_back(static_cast<float>(value));
    }
  }
  return out;
}

double mean_squared_error(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(double{a[i]} - double{b[i]}, 2);
  return sum / static_cast<double>(a.size());
}

/// λ of an encoder at which the step is that of the profile.
double lambda_of(const Profile& profile) {
  const double step = double{profile.content().rungs[0].model.unit} * (1 << kFractionBits);
  return kLambdaPerStepSquared * step * step;
}

/// Encodes at the profile's step and decodes; the mean squared error.
double round_trip(const ProfileParts& parts, std::size_t* file_bytes = nullptr) {
  const auto built = build_profile(parts);
  REQUIRE_MESSAGE(built.has_value(), (built ? "" : built.error().message));
  const auto parsed = Profile::parse(built->serialise());
  REQUIRE(parsed.has_value());
  const std::vector<float> rows = rows_of(parts, 9);
  EncodeOptions options;
  options.profile = &*parsed;
  options.lambda = lambda_of(*parsed);
  const auto coded = test::encode(rows, {kRows, parts.centre.size()}, options);
  if (file_bytes != nullptr) *file_bytes = coded.file.size();
  const auto decoded = test::decode(coded.file, {});
  REQUIRE(decoded.has_value());
  return mean_squared_error(rows, *decoded);
}

std::string refusal(const ProfileParts& parts) {
  const auto built = build_profile(parts);
  REQUIRE_FALSE(built.has_value());
  CHECK(built.error().code == ErrorCode::bad_argument);
  return built.error().message;
}

bool names(const std::string& message, const char* part) { return message.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a profile from parts decodes rows of its columns to within the decisions of the encoder") {
  // Of 5 columns of about √12 steps in 12 channels; an encoder may leave a value a step off where that saves bits.
  std::size_t file_bytes = 0;
  CHECK(round_trip(parts(), &file_bytes) < 0.2 * kStep * kStep * kCoefficients);
  CHECK(file_bytes < kRows * kCoefficients);  // a byte each is more than these tables ask for
}

TEST_CASE("without a synthesis every channel has its own step") {
  ProfileParts diagonal = parts();
  diagonal.synthesis.clear();
  diagonal.steps.clear();
  for (std::size_t c = 0; c < kChannels; ++c) diagonal.steps.push_back(0.1 * static_cast<double>(c + 1));
  diagonal.class_of.assign(kChannels, 1);
  CHECK(round_trip(diagonal) < 0.15);
}

TEST_CASE("a prediction of parts is closed around decoded rows") {
  ProfileParts predicted = parts();
  predicted.lags = {1};
  predicted.prediction.assign(kChannels * kChannels, 0.0);
  for (std::size_t c = 0; c < kChannels; ++c) predicted.prediction[c * kChannels + c] = 0.5;
  predicted.peaks.assign(kChannels, 30.0);
  CHECK(round_trip(predicted) < 0.5 * kStep * kStep * kCoefficients);
}

TEST_CASE("the profile says what it was told of its rate and error") {
  ProfileParts told = parts();
  told.nmse = 0.01;
  told.bits_per_value = 1.5;
  const auto built = build_profile(told);
  REQUIRE(built.has_value());
  REQUIRE(built->rungs().size() == 1);
  CHECK(built->rungs()[0].held_out_nmse == 0.01);
  CHECK(built->rungs()[0].held_out_bits_per_value == 1.5);
  CHECK(built->rungs()[0].coefficients == kCoefficients);
}

TEST_CASE("a wrong part is refused with its name") {
  ProfileParts wrong = parts();
  wrong.tables[1].frequencies[3] += 1;
  CHECK(names(refusal(wrong), "frequencies of table 1 sum to 4097, not 4096"));
  wrong = parts();
  wrong.tables[0].frequencies[20] += wrong.tables[0].frequencies[0];
  wrong.tables[0].frequencies[0] = 0;
  CHECK(names(refusal(wrong), "table 0 has a frequency of 0"));
  wrong = parts();
  wrong.class_of[2] = 2;
  CHECK(names(refusal(wrong), "class_of"));
  wrong = parts();
  wrong.synthesis.pop_back();
  CHECK(names(refusal(wrong), "synthesis has 59 values, not 60"));
  wrong = parts();
  for (std::size_t c = 0; c < kChannels; ++c)
    wrong.synthesis[c * kCoefficients] = wrong.synthesis[c * kCoefficients + 1];
  CHECK(names(refusal(wrong), "depend on each other"));
  wrong = parts();
  wrong.steps[1] = -1;
  CHECK(names(refusal(wrong), "steps"));
  wrong = parts();
  wrong.centre[0] = std::numeric_limits<double>::quiet_NaN();
  CHECK(names(refusal(wrong), "centre"));
  wrong = parts();
  wrong.lags = {2, 1};
  CHECK(names(refusal(wrong), "lags ascend"));
  wrong = parts();
  wrong.prediction.assign(kChannels * kChannels, 0.0);
  CHECK(names(refusal(wrong), "want lags"));
  wrong = parts();
  wrong.precision_bits = 13;
  CHECK(names(refusal(wrong), "2^8 to 2^12"));
}
