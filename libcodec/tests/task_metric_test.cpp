#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "actz/archive.hpp"
#include "base/cpu_kernel.hpp"
#include "profile/metric_section.hpp"
#include "profile/profile_content.hpp"
#include "tensor/float_convert.hpp"

using namespace actz;

namespace {

constexpr std::size_t kChannels = 24;

/// Rows that follow their predecessors; neighbouring channels share a part, the last third is quiet.
std::vector<float> activations(std::size_t sequences, std::size_t rows, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out(sequences * rows * kChannels);
  std::vector<float> row(kChannels);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t c = i % kChannels;
    if (i / kChannels % rows == 0) row[c] = 0;
    row[c] = 0.6F * row[c] + normal(random) * (c < 16 ? 1.0F : 0.03F) + 0.3F * row[(c + 1) % kChannels];
    out[i] = row[c];
  }
  return out;
}

Result<Profile> fit(const std::vector<double>& metric, bool transform = true) {
  const std::vector<float> calib = activations(30, 200, 1);
  MemoryElements elements(DType::f32, std::as_bytes(std::span(calib)));
  const FitInput input{DType::f32, {30, 200, kChannels}, &elements};
  FitOptions options;
  options.target_nmse = {0.01, 0.4};
  options.transform = transform;
  options.metric = metric;
  options.match_rows = false;  // with a metric there are none: the same without
  return fit_profile(std::span(&input, 1), options);
}

struct Coded {
  std::vector<std::byte> file;
  std::vector<double> channel_error;  ///< mean square
  std::vector<double> error;          ///< of every value
  double nmse = 0;
};

Coded code(const Profile& profile, double nmse) {
  const std::vector<float> test = activations(6, 200, 2);
  MemoryElements elements(DType::f32, std::as_bytes(std::span(test)));
  EncodeOptions options;
  options.profile = &profile;
  options.nmse = nmse;
  options.embed_model = false;
  MemorySink sink;
  ArchiveWriter writer(sink);
  const auto report = writer.add_tensor("x", DType::f32, {6, 200, kChannels}, elements, options);
  REQUIRE(report.has_value());
  REQUIRE(writer.finish().has_value());
  std::vector<std::byte> decoded;
  StreamVisitor visitor;
  visitor.on_elements = [&](std::span<const std::byte> piece) -> Status {
    decoded.insert(decoded.end(), piece.begin(), piece.end());
    return {};
  };
  MemorySource source(sink.bytes);
  DecodeOptions decode_options;
  decode_options.profiles = {profile};
  REQUIRE(read_stream(source, visitor, decode_options).has_value());
  std::vector<float> y(test.size());
  floats_to_f32(DType::f32, decoded, y);
  Coded out{sink.bytes, std::vector<double>(kChannels), {}, report->nmse};
  for (std::size_t i = 0; i < y.size(); ++i) {
    out.error.push_back(double{test[i]} - double{y[i]});
    out.channel_error[i % kChannels] += out.error[i] * out.error[i] / static_cast<double>(y.size() / kChannels);
  }
  return out;
}

double distortion(const std::vector<double>& error, const std::vector<double>& matrix) {
  double sum = 0;
  for (std::size_t at = 0; at < error.size(); at += kChannels) {
    for (std::size_t i = 0; i < matrix.size(); ++i)
      sum += error[at + i / kChannels] * matrix[i] * error[at + i % kChannels];
  }
  return sum;
}

Profile reread(const Profile& profile) {
  const auto bytes = profile.serialise();
  auto parsed = Profile::parse(bytes);
  REQUIRE(parsed.has_value());
  CHECK(parsed->serialise() == bytes);
  return *parsed;
}

std::vector<double> identity(double scale) {
  std::vector<double> out(kChannels * kChannels, 0.0);
  for (std::size_t c = 0; c < kChannels; ++c) out[c * kChannels + c] = scale;
  return out;
}

}  // namespace

TEST_CASE("a channel that matters a hundred times as much gets a smaller error, the others hardly another") {
  constexpr std::size_t kImportant = 7;
  std::vector<double> weights(kChannels, 1.0);
  weights[kImportant] = 100;
  std::vector<double> matrix = identity(1);
  matrix[kImportant * kChannels + kImportant] = 100;
  for (const bool transform : {true, false}) {
    const auto plain = fit({}, transform);
    REQUIRE(plain.has_value());
    const Coded without = code(reread(*plain), 0.02);
    for (const auto& metric : {weights, matrix}) {
      const auto weighted = fit(metric, transform);
      REQUIRE(weighted.has_value());
      const Coded with = code(reread(*weighted), 0.02);
      CHECK(with.nmse == doctest::Approx(0.02).epsilon(0.05).scale(0));
      CHECK(with.channel_error[kImportant] < without.channel_error[kImportant] / 8);
      for (std::size_t c = 0; c < kChannels; ++c) {
        if (c != kImportant) CHECK(with.channel_error[c] < 1.4 * without.channel_error[c]);
      }
      CHECK(static_cast<double>(with.file.size()) < 1.1 * static_cast<double>(without.file.size()));
    }
  }
}

TEST_CASE("a metric of equal weights is no metric") {
  const auto plain = fit({});
  const auto equal = fit(std::vector<double>(kChannels, 3.0));
  const auto equal_matrix = fit(identity(1e-9));
  REQUIRE(plain.has_value());
  REQUIRE(equal.has_value());
  REQUIRE(equal_matrix.has_value());
  for (const double nmse : {0.01, 0.15}) {
    const Coded without = code(*plain, nmse);
    for (const Profile& profile : {*equal, *equal_matrix}) {
      const Coded with = code(profile, nmse);
      CHECK(static_cast<double>(with.file.size()) ==
            doctest::Approx(static_cast<double>(without.file.size())).epsilon(0.001).scale(0));
      CHECK(with.nmse == doctest::Approx(without.nmse).epsilon(0.001).scale(0));
    }
  }
}

TEST_CASE("a matrix metric lowers the distortion that it measures, where columns are dropped too") {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  std::vector<double> matrix(kChannels * kChannels, 0.0);
  for (std::size_t k = 0; k < 4; ++k) {  // of rank 4: singular
    std::vector<double> g(kChannels);
    for (double& value : g) value = normal(random);
    for (std::size_t i = 0; i < matrix.size(); ++i) matrix[i] += g[i / kChannels] * g[i % kChannels];
  }
  const auto plain = fit({});
  const auto weighted = fit(matrix);
  REQUIRE(plain.has_value());
  REQUIRE(weighted.has_value());
  CHECK(weighted->rungs()[1].coefficients < kChannels);
  for (const double nmse : {0.01, 0.4}) {
    const Coded with = code(reread(*weighted), nmse);
    const Coded without = code(*plain, nmse);
    CHECK(with.nmse == doctest::Approx(nmse).epsilon(0.06).scale(0));
    CHECK(distortion(with.error, matrix) < 0.6 * distortion(without.error, matrix));
  }
}

TEST_CASE("a metric profile gives the same bytes with every kernel") {
  std::vector<double> weights(kChannels, 1.0);
  weights[3] = 30;
  const CpuKernel before = active_cpu_kernel();
  std::vector<std::byte> profile_bytes, file;
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    REQUIRE(set_cpu_kernel(kernel));
    const auto profile = fit(weights);
    REQUIRE(profile.has_value());
    const Coded coded = code(*profile, 0.02);
    if (file.empty()) {
      profile_bytes = profile->serialise();
      file = coded.file;
    }
    CHECK(profile->serialise() == profile_bytes);
    CHECK(coded.file == file);
  }
  REQUIRE(set_cpu_kernel(before));
}

TEST_CASE("a metric of another size, or one that is none, is refused with a reason") {
  std::vector<double> negative = identity(1);
  negative[0] = -0.5;
  std::vector<double> indefinite = identity(1);
  indefinite[1] = indefinite[kChannels] = 2;
  std::vector<double> asymmetric = identity(1);
  asymmetric[1] = 0.5;
  std::vector<double> nan = identity(1);
  nan[5] = std::nan("");
  std::vector<double> negative_vector(kChannels, 1.0);
  negative_vector[2] = -1;
  struct Wrong {
    std::vector<double> metric;
    std::string reason;
  };
  const std::vector<Wrong> all = {{std::vector<double>(kChannels + 1, 1.0), "elements"},
                                  {negative, "positive semidefinite"},
                                  {indefinite, "positive semidefinite"},
                                  {asymmetric, "symmetric"},
                                  {nan, "finite"},
                                  {negative_vector, "negative"},
                                  {identity(0), "zero"},
                                  {std::vector<double>(kChannels, 0.0), "zero"}};
  for (const Wrong& wrong : all) {
    CAPTURE(wrong.reason);
    const auto profile = fit(wrong.metric);
    REQUIRE_FALSE(profile.has_value());
    CHECK(profile.error().code == ErrorCode::bad_argument);
    CHECK(profile.error().message.find(wrong.reason) != std::string::npos);
  }
}

TEST_CASE("R-PROF-10: an encoder refuses a broken metric of a profile, parsing and decoding do not look at it") {
  const auto profile = fit(std::vector<double>(kChannels, 1.0));
  REQUIRE(profile.has_value());
  const std::vector<std::byte> good = profile->content().metric;
  REQUIRE(read_metric(good, kChannels).has_value());
  std::vector<std::byte> short_one(good.begin(), good.end() - 1), other_layout = good, not_positive = good, few(6);
  other_layout[4] = std::byte{2};
  not_positive[8 + 3] ^= std::byte{0x80};  // sign of the first weight
  for (const auto& bytes : {short_one, other_layout, not_positive, few}) {
    const auto read = read_metric(bytes, kChannels);
    REQUIRE_FALSE(read.has_value());
    CHECK(to_string(read.error().code).find("corrupt") != std::string_view::npos);
    auto content = std::make_shared<Profile::Content>(profile->content());
    content->metric = bytes;
    CHECK(Profile::parse(Profile(content).serialise()).has_value());
  }
  CHECK_FALSE(read_metric(good, kChannels + 1).has_value());
}

TEST_CASE("a lower triangle comes back as the matrix it was") {
  TaskMetric metric{true, {2, 0.5F, 0.5F, 1}};
  const auto bytes = write_metric(metric, 2);
  CHECK(bytes.size() == 8 + 3 * 4);
  const auto back = read_metric(bytes, 2);
  REQUIRE(back.has_value());
  CHECK(back->dense);
  CHECK(back->weights == metric.weights);
}
