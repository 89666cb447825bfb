#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "actz/archive.hpp"
#include "base/cpu_kernel.hpp"
#include "tensor/float_convert.hpp"

using namespace actz;

namespace {

constexpr std::size_t kChannels = 24;
constexpr std::size_t kOutlier = 7;
constexpr std::size_t kRows = 128;

/// Rows that follow their predecessors, with a channel, and the first token of each sequence, enlarged.
std::vector<float> rows_with_outliers(std::size_t sequences, float channel, float token, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out;
  for (std::size_t sequence = 0; sequence < sequences; ++sequence) {
    std::vector<float> row(kChannels);
    for (std::size_t t = 0; t < kRows; ++t) {
      for (std::size_t c = 0; c < kChannels; ++c) {
        row[c] = 0.8F * row[c] + normal(random) / (1.0F + 0.1F * static_cast<float>(c));
        out.push_back(row[c] * (c == kOutlier ? channel : 1.0F) * (t == 0 ? token : 1.0F));
      }
    }
  }
  return out;
}

Tensor as_tensor(DType dtype, const std::vector<float>& values) {
  Tensor out{"x",
             dtype,
             {values.size() / kChannels / kRows, kRows, kChannels},
             std::vector<std::byte>(values.size() * element_bytes(dtype))};
  floats_from_f32(dtype, values, out.bytes);
  return out;
}

/// Learned for NMSE 0.01.
Profile profile_of(const std::vector<float>& values) {
  const Tensor calibration = as_tensor(DType::f32, values);
  MemoryElements elements(calibration.dtype, calibration.bytes);
  FitOptions options;
  options.target_nmse = {0.01};
  const FitInput input{calibration.dtype, calibration.shape, &elements};
  auto profile = fit_profile(std::span(&input, 1), options);
  REQUIRE(profile.has_value());
  return *std::move(profile);
}

struct Coded {
  double bits_per_value = 0;
  double nmse = 0;         ///< of all
  double others_nmse = 0;  ///< of the other channels, first rows excepted
  double largest_error = 0;
  std::vector<std::byte> file;
};

Coded run(const Tensor& tensor, const EncodeOptions& options) {
  Coded out;
  MemorySink sink;
  ArchiveWriter writer(sink);
  MemoryElements elements(tensor.dtype, tensor.bytes);
  const auto report = writer.add_tensor(tensor.name, tensor.dtype, tensor.shape, elements, options);
  REQUIRE(report.has_value());
  REQUIRE(writer.finish().has_value());
  std::vector<std::byte> decoded;
  MemorySource source(sink.bytes);
  StreamVisitor visitor;
  visitor.on_elements = [&](std::span<const std::byte> bytes) -> Status {
    decoded.insert(decoded.end(), bytes.begin(), bytes.end());
    return {};
  };
  REQUIRE(read_stream(source, visitor, {}).has_value());
  const std::size_t count = tensor.bytes.size() / element_bytes(tensor.dtype);
  std::vector<float> x(count), y(count);
  floats_to_f32(tensor.dtype, tensor.bytes, x);
  floats_to_f32(tensor.dtype, decoded, y);
  double error = 0, energy = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double off = double{x[i]} - double{y[i]};
    out.largest_error = std::max(out.largest_error, std::fabs(off));
    if (i % kChannels == kOutlier || i / kChannels % kRows == 0) continue;
    error += off * off;
    energy += double{x[i]} * double{x[i]};
  }
  out.nmse = report->nmse;
  out.others_nmse = error / energy;
  out.file = std::move(sink.bytes);
  out.bits_per_value = 8.0 * static_cast<double>(out.file.size()) / static_cast<double>(count);
  return out;
}

EncodeOptions to_nmse(double nmse) {
  EncodeOptions out;
  out.nmse = nmse;
  return out;
}

}  // namespace

TEST_CASE(
    "channels of 10000 and tokens of 1000 times the usual size keep a bound on the error, and cost the others nothing") {
  EncodeOptions bounded;
  bounded.max_error = 0.2;
  for (const DType dtype : {DType::f32, DType::bf16, DType::f16}) {
    CAPTURE(to_string(dtype));
    const float channel = dtype == DType::f16 ? 1e3F : 1e4F;  // within the range of the type
    const Coded usual = run(as_tensor(dtype, rows_with_outliers(32, 1, 1, 2)), bounded);
    const Coded wide_channel = run(as_tensor(dtype, rows_with_outliers(32, channel, 1, 2)), bounded);
    const Coded massive_token = run(as_tensor(dtype, rows_with_outliers(32, 1, 1e3F, 2)), bounded);
    for (const Coded* coded : {&wide_channel, &massive_token}) {
      CHECK(coded->largest_error <= 0.2);
      CHECK(coded->others_nmse < 1.3 * usual.others_nmse);
    }
    // A channel costs log2 of its size more for each of its values, a row for its own and for those predicted from it;
    // tables of a wider range weigh in so small a file.
    CHECK(wide_channel.bits_per_value < usual.bits_per_value + 20.0 / kChannels + 0.2);
    CHECK(massive_token.bits_per_value < usual.bits_per_value + 1.5);
  }
}

TEST_CASE("an error too fine for the levels of 16 bits is met all the same") {
  for (const float channel : {1.0F, 1e4F}) {
    for (const float token : {1.0F, 1e3F}) {
      for (const double nmse : {1e-7, 1e-9}) {
        CAPTURE(channel);
        CAPTURE(token);
        CAPTURE(nmse);
        const Coded coded = run(as_tensor(DType::f32, rows_with_outliers(8, channel, token, 3)), to_nmse(nmse));
        CHECK(coded.nmse < 2 * nmse);
        CHECK(coded.bits_per_value < 33);
      }
    }
  }
}

TEST_CASE("a profile of ordinary rows survives outliers that it has not seen") {
  const Profile profile = profile_of(rows_with_outliers(32, 1, 1, 4));
  EncodeOptions options;
  options.profile = &profile;
  options.bits_per_value = 3;
  const Coded token = run(as_tensor(DType::f32, rows_with_outliers(8, 1, 1e3F, 5)), options);
  CHECK(token.bits_per_value < 8);
  CHECK(token.others_nmse < 0.1);
  options.bits_per_value.reset();
  for (const double nmse : {0.02, 1e-4, 1e-8}) {
    CAPTURE(nmse);
    options.nmse = nmse;
    const Coded channel = run(as_tensor(DType::f32, rows_with_outliers(8, 1e4F, 1, 6)), options);
    CHECK(channel.nmse < 2 * nmse);
    CHECK(channel.bits_per_value < 34);
  }
}

TEST_CASE("a profile serves tensors of any scale") {
  // Rows around a mean that is far from 0.
  const auto rows = [](float scale, unsigned seed) {
    std::vector<float> out = rows_with_outliers(32, 1, 1, seed);
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = (out[i] + 20 * std::sin(1.3F * static_cast<float>(i % kChannels))) * scale;
    return out;
  };
  const Profile profile = profile_of(rows(1, 4));
  for (const bool by_rate : {false, true}) {
    CAPTURE(by_rate);
    EncodeOptions options;
    options.profile = &profile;
    (by_rate ? options.bits_per_value : options.nmse) = by_rate ? 3 : 0.01;
    const Coded usual = run(as_tensor(DType::f32, rows(1, 5)), options);
    for (const float scale : {1e-30F, 1e-6F, 0.1F, 7.0F, 1e9F, 1e30F}) {
      CAPTURE(scale);
      const Coded scaled = run(as_tensor(DType::f32, rows(scale, 5)), options);
      CHECK(scaled.nmse == doctest::Approx(usual.nmse).epsilon(0.03).scale(0));
      CHECK(scaled.bits_per_value == doctest::Approx(usual.bits_per_value).epsilon(0.01).scale(0));
    }
  }
}

TEST_CASE("outliers are coded to the same bytes by every kernel") {
  const Tensor tensor = as_tensor(DType::f32, rows_with_outliers(4, 1e4F, 1e3F, 7));
  const auto reference = run(tensor, to_nmse(1e-8)).file;
  const CpuKernel before = active_cpu_kernel();
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    REQUIRE(set_cpu_kernel(kernel));
    CHECK(run(tensor, to_nmse(1e-8)).file == reference);
  }
  REQUIRE(set_cpu_kernel(before));
}
