#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "actz/archive.hpp"
#include "base/cpu_kernel.hpp"
#include "predict/reference.hpp"
#include "tensor/float_convert.hpp"

using namespace actz;

namespace {

constexpr std::size_t kSequences = 6, kRows = 220, kLow = 20, kHigh = 28;

/// A lower layer, and a higher one that mixes its row and the row before with something of its own.
std::pair<Tensor, Tensor> two_layers(DType low_dtype, unsigned seed) {
  std::mt19937 random(seed);
  std::mt19937 mixing(1);  // the network: the same for every seed
  std::normal_distribution<float> normal;
  std::vector<float> mix(2 * kLow * kHigh);
  for (float& weight : mix) weight = 0.4F * normal(mixing);
  std::vector<float> low(kSequences * kRows * kLow), high(kSequences * kRows * kHigh);
  for (std::size_t row = 0; row < kSequences * kRows; ++row) {
    for (std::size_t c = 0; c < kLow; ++c) low[row * kLow + c] = normal(random) + 2.0F;
    for (std::size_t c = 0; c < kHigh; ++c) {
      float sum = 0.3F * normal(random);
      for (std::size_t i = 0; i < kLow; ++i) {
        sum += mix[c * kLow + i] * low[row * kLow + i];
        if (row % kRows > 0) sum += mix[(kHigh + c) * kLow + i] * low[(row - 1) * kLow + i];
      }
      high[row * kHigh + c] = sum;
    }
  }
  Tensor a{"low", low_dtype, {kSequences, kRows, kLow}, std::vector<std::byte>(low.size() * element_bytes(low_dtype))};
  Tensor b{"high", DType::f32, {kSequences, kRows, kHigh}, std::vector<std::byte>(high.size() * 4)};
  floats_from_f32(low_dtype, low, a.bytes);
  floats_from_f32(DType::f32, high, b.bytes);
  return {a, b};
}

struct Written {
  std::vector<std::byte> file;
  EncodeReport high;
};

Written encode_both(const Tensor& low, const Tensor& high, bool with_reference, EncodeOptions options = {}) {
  MemorySink sink;
  ArchiveWriter writer(sink);
  Written out;
  EncodeOptions first;
  first.nmse = 0.003;
  first.keep_as_reference = true;
  first.threads = options.threads;
  MemoryElements low_elements(low.dtype, low.bytes), high_elements(high.dtype, high.bytes);
  REQUIRE(writer.add_tensor("low", low.dtype, low.shape, low_elements, first).has_value());
  if (!options.lambda) options.nmse = 0.01;
  if (with_reference) options.references = {"low"};
  auto report = writer.add_tensor("high", high.dtype, high.shape, high_elements, options);
  REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().message));
  out.high = *report;
  REQUIRE(writer.finish().has_value());
  out.file = sink.bytes;
  return out;
}

std::vector<std::byte> decode_high(std::span<const std::byte> file, const DecodeOptions& options = {}) {
  MemorySource source(file);
  std::vector<std::byte> out;
  StreamVisitor visitor;
  visitor.on_tensor = [](const TensorSummary& tensor) -> Result<bool> { return tensor.name == "high"; };
  visitor.on_elements = [&](std::span<const std::byte> elements) -> Status {
    out.insert(out.end(), elements.begin(), elements.end());
    return {};
  };
  const auto summary = read_stream(source, visitor, options);
  REQUIRE_MESSAGE(summary.has_value(), (summary ? "" : summary.error().message));
  return out;
}

}  // namespace

TEST_CASE("a reference that tells much is taken by itself, and saves what it should") {
  for (const DType dtype : {DType::f32, DType::f16, DType::f64}) {
    const auto [low, high] = two_layers(dtype, 4);
    const Written alone = encode_both(low, high, false);
    const Written with = encode_both(low, high, true);
    CHECK(with.high.reference == "low");
    CHECK(with.high.output_bytes < 0.75 * static_cast<double>(alone.high.output_bytes));
    CHECK(with.high.nmse == doctest::Approx(0.01).epsilon(0.05).scale(0));
    const auto decoded = decode_high(with.file);
    REQUIRE(decoded.size() == high.bytes.size());
  }
}

TEST_CASE("a reference that tells nothing is left alone") {
  const auto [low, unused] = two_layers(DType::f32, 4);
  const auto [other, high] = two_layers(DType::f32, 5);
  CHECK(encode_both(low, high, true).high.reference.empty());
}

TEST_CASE("rows of a tensor with a reference decode alone, and files are the same with any threads and kernel") {
  const auto [low, high] = two_layers(DType::f32, 8);
  EncodeOptions options;
  options.chunk_rows = 300;
  const Written written = encode_both(low, high, true, options);
  REQUIRE(written.high.reference == "low");
  const auto whole = decode_high(written.file);
  options.threads = 3;
  CHECK(encode_both(low, high, true, options).file == written.file);
  DecodeOptions several;
  several.threads = 3;
  CHECK(decode_high(written.file, several) == whole);
  const CpuKernel before = active_cpu_kernel();
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    REQUIRE(set_cpu_kernel(kernel));
    CHECK(decode_high(written.file) == whole);
    CHECK(encode_both(low, high, true, options).file == written.file);
  }
  set_cpu_kernel(before);
  MemorySource source(written.file);
  const auto reader = ArchiveReader::open(source);
  REQUIRE(reader.has_value());
  CHECK(reader->summary().tensors[1].reference == "low");
  std::vector<std::byte> rows;
  const auto collect = [&](std::span<const std::byte> elements) -> Status {
    rows.insert(rows.end(), elements.begin(), elements.end());
    return {};
  };
  REQUIRE(reader->read_rows(1, 411, 902, collect).has_value());
  const std::size_t row_bytes = kHigh * 4;
  CHECK(rows == std::vector<std::byte>(whole.begin() + 411 * row_bytes, whole.begin() + 902 * row_bytes));
}

TEST_CASE("a profile with a reference wants it, and says so") {
  const auto [low, high] = two_layers(DType::f32, 21);
  MemoryElements low_elements(low.dtype, low.bytes), high_elements(high.dtype, high.bytes);
  const FitInput high_input{high.dtype, high.shape, &high_elements};
  const FitInput low_input{low.dtype, low.shape, &low_elements};
  FitOptions fit;
  fit.target_nmse = {0.01};
  const auto profile = fit_profile({&high_input, 1}, fit, {"low", {&low_input, 1}});
  REQUIRE(profile.has_value());
  const auto parsed = Profile::parse(profile->serialise());
  REQUIRE(parsed.has_value());
  CHECK(parsed->training().reference == "low");
  EncodeOptions options;
  options.profile = &*parsed;
  const auto [test_low, test_high] = two_layers(DType::f32, 22);
  const Written written = encode_both(test_low, test_high, true, options);
  CHECK(written.high.reference == "low");
  CHECK(written.high.nmse == doctest::Approx(0.01).epsilon(0.03).scale(0));
  CHECK(decode_high(written.file).size() == test_high.bytes.size());

  MemorySink sink;
  ArchiveWriter writer(sink);
  MemoryElements elements(test_high.dtype, test_high.bytes);
  const auto missing = writer.add_tensor("high", test_high.dtype, test_high.shape, elements, options);
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().code == ErrorCode::bad_argument);
  CHECK(missing.error().message.find("'low'") != std::string::npos);
  options.references = {"low"};
  const auto unknown = writer.add_tensor("high2", test_high.dtype, test_high.shape, elements, options);
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().message.find("not in the file") != std::string::npos);
}

TEST_CASE("inputs of a reference round to nearest even, saturate, and take nan as nothing") {
  Reference reference;
  reference.channels = 4;
  reference.centre = {0.0F, 1.0F, 0.0F, 0.0F};
  reference.input_shift = {0, 0, 4, 0};
  reference.output_shift = {0};
  reference.matrix = {1, 0, 0, 0};
  const ReferencePredictor predictor(reference, 1);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinite = std::numeric_limits<float>::infinity();
  const std::vector<float> elements = {1.25F, 2.0F,     8.0F,   nan,  1.75F,  -1.0F,
                                       1e30F, infinite, -1.25F, 1.0F, -1e30F, -infinite};
  const auto inputs = predictor.inputs(elements, 2.0F);
  const std::vector<std::vector<int>> expected = {{2, 2, 1, 0}, {4, -4, 32767, 32767}, {-2, 0, -32768, -32768}};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t c = 0; c < 4; ++c) {
      CAPTURE(row);
      CAPTURE(c);
      CHECK(inputs.row(row)[c] == expected[row][c]);
    }
  }
}
