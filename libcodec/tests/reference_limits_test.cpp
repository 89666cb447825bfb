#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "actz/archive.hpp"
#include "tensor/float_convert.hpp"

using namespace actz;

namespace {

Tensor tensor_of(const char* name, const Shape& shape, const std::vector<float>& values) {
  Tensor out{name, DType::f32, shape, std::vector<std::byte>(values.size() * 4)};
  floats_from_f32(DType::f32, values, out.bytes);
  return out;
}

/// Noise of `channels` channels, and twice as many that follow from it.
std::pair<Tensor, Tensor> pair_of_tensors(std::size_t rows, std::size_t channels) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> a(rows * channels);
  std::vector<float> b(rows * channels * 2);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = normal(random);
    b[2 * i] = 3 * a[i] + 0.05F * normal(random);
    b[2 * i + 1] = a[i] + 0.05F * normal(random);
  }
  return {tensor_of("a", {rows, channels}, a), tensor_of("b", {rows, 2 * channels}, b)};
}

EncodeReport add(ArchiveWriter& writer, const Tensor& tensor, const EncodeOptions& options) {
  MemoryElements elements(tensor.dtype, tensor.bytes);
  const auto report = writer.add_tensor(tensor.name, tensor.dtype, tensor.shape, elements, options);
  REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().message));
  return *report;
}

/// Decodes the tensors of these names from front to back.
Result<std::size_t> decoded_bytes(std::span<const std::byte> file, const std::string& names) {
  MemorySource source(file);
  std::size_t bytes = 0;
  StreamVisitor visitor;
  visitor.on_tensor = [&](const TensorSummary& tensor) -> Result<bool> {
    return names.find(tensor.name) != std::string::npos;
  };
  visitor.on_elements = [&](std::span<const std::byte> elements) -> Status {
    bytes += elements.size();
    return {};
  };
  const auto summary = read_stream(source, visitor, {});
  if (!summary) return summary.error();
  return bytes;
}

}  // namespace

TEST_CASE("a_reference_whose_chunks_are_too_long_is_left_out_so_that_the_file_decodes") {  // R-CHNK-19
  const auto [a, b] = pair_of_tensors(70000, 1);
  for (const std::uint32_t chunk_rows : {20000u, 50u}) {  // 16 · 50 + 65536 is below 70000
    MemorySink sink;
    ArchiveWriter writer(sink);
    EncodeOptions options;
    options.lags = std::vector<std::uint16_t>{};
    options.keep_as_reference = true;
    add(writer, a, options);
    options.references = {"a"};
    options.chunk_rows = chunk_rows;
    CHECK(add(writer, b, options).reference == (chunk_rows == 50 ? "" : "a"));
    REQUIRE(writer.finish().has_value());
    const auto bytes = decoded_bytes(sink.bytes, "ab");
    REQUIRE_MESSAGE(bytes.has_value(), (bytes ? "" : bytes.error().message));
    CHECK(*bytes == a.bytes.size() + b.bytes.size());
  }
}

TEST_CASE("a_model_that_is_not_at_hand_matters_only_where_it_is_needed") {  // R-ARCH-21
  const auto [a, b] = pair_of_tensors(4000, 8);
  MemoryElements elements(a.dtype, a.bytes);
  const FitInput input{a.dtype, a.shape, &elements};
  FitOptions fit;
  fit.target_nmse = {0.02};
  const auto profile = fit_profile(std::span(&input, 1), fit);
  REQUIRE(profile.has_value());
  MemorySink sink;
  ArchiveWriter writer(sink);
  EncodeOptions by_name;
  by_name.profile = &*profile;
  by_name.embed_model = false;
  by_name.keep_as_reference = true;
  add(writer, a, by_name);
  EncodeOptions options;
  options.references = {"a"};
  options.keep_as_reference = true;
  REQUIRE(add(writer, b, options).reference == "a");
  Tensor c = a;
  c.name = "c";
  add(writer, c, {});
  REQUIRE(writer.finish().has_value());
  const auto alone = decoded_bytes(sink.bytes, "c");
  REQUIRE_MESSAGE(alone.has_value(), (alone ? "" : alone.error().message));
  CHECK(*alone == c.bytes.size());
  for (const char* name : {"a", "b"}) {
    const auto needs_it = decoded_bytes(sink.bytes, name);
    REQUIRE_FALSE(needs_it.has_value());
    CHECK(needs_it.error().code == ErrorCode::unsupported);
  }
}
