#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "actz/archive.hpp"
#include "base/bytes.hpp"
#include "base/cpu_kernel.hpp"
#include "model/refinement.hpp"
#include "pipeline/dec_refinement.hpp"
#include "pipeline/enc_refinement.hpp"
#include "tensor/float_convert.hpp"

using namespace actz;

namespace {

constexpr std::size_t kChannels = 16, kRows = 64;

/// Rows that follow each other closely.
std::vector<float> activations(std::size_t sequences, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out;
  for (std::size_t s = 0; s < sequences; ++s) {
    std::vector<float> row(kChannels);
    for (std::size_t t = 0; t < kRows; ++t) {
      for (std::size_t c = 0; c < kChannels; ++c) {
        row[c] = 0.95F * row[c] + 0.3F * normal(random) * static_cast<float>(c + 1);
        out.push_back(row[c] + 5);
      }
    }
  }
  return out;
}

std::vector<std::byte> as_type(DType dtype, const std::vector<float>& values) {
  std::vector<std::byte> out(values.size() * element_bytes(dtype));
  if (dtype == DType::f64) {
    for (std::size_t i = 0; i < values.size(); ++i)
      store_le(&out[i * 8], std::bit_cast<std::uint64_t>(double{values[i]} * (1 + 1e-12 * static_cast<double>(i))));
  } else {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto bits = std::bit_cast<std::uint32_t>(values[i]);
      if (dtype == DType::f32) store_le(&out[i * 4], bits);
      if (dtype == DType::bf16) store_le(&out[i * 2], static_cast<std::uint16_t>(bits >> 16));
      if (dtype == DType::f16)  // of normal numbers, towards zero
        store_le(&out[i * 2],
                 static_cast<std::uint16_t>((bits >> 16 & 0x8000) | (((bits >> 13) - (112 << 10)) & 0x7FFF)));
    }
  }
  return out;
}

Profile fit(const std::vector<float>& rows) {
  MemoryElements elements(DType::f32, std::as_bytes(std::span(rows)));
  const FitInput input{DType::f32, {rows.size() / kRows / kChannels, kRows, kChannels}, &elements};
  FitOptions options;
  options.target_nmse = {0.001, 0.05};
  auto profile = fit_profile(std::span(&input, 1), options);
  REQUIRE(profile.has_value());
  return *profile;
}

std::vector<std::byte> encode(DType dtype, const std::vector<std::byte>& bytes, const Profile* profile,
                              EncodeReport* report = nullptr) {
  MemoryElements elements(dtype, bytes);
  MemorySink sink;
  ArchiveWriter writer(sink);
  EncodeOptions options;
  options.lossless = true;
  options.profile = profile;
  options.embed_model = profile == nullptr;
  const std::size_t count = bytes.size() / element_bytes(dtype);
  const auto got = writer.add_tensor("x", dtype, {count / kRows / kChannels, kRows, kChannels}, elements, options);
  REQUIRE_MESSAGE(got.has_value(), (got ? "" : got.error().message));
  REQUIRE(writer.finish().has_value());
  if (report != nullptr) *report = *got;
  return sink.bytes;
}

std::vector<std::byte> decode(const std::vector<std::byte>& file, const Profile& profile,
                              const char* codec = "lossless") {
  DecodeOptions options;
  options.profiles = {profile};
  MemorySource source(file);
  const auto reader = ArchiveReader::open(source, options);
  REQUIRE(reader.has_value());
  CHECK(reader->summary().tensors[0].codec == codec);
  std::vector<std::byte> out;
  const auto status = reader->read_rows(0, 0, reader->summary().tensors[0].rows, [&](std::span<const std::byte> bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
    return Status{};
  });
  REQUIRE(status.has_value());
  return out;
}

}  // namespace

TEST_CASE("a profile makes lossless coding smaller, and every bit comes back") {
  const Profile profile = fit(activations(60, 1));
  const std::vector<float> rows = activations(16, 2);
  for (const DType dtype : {DType::f16, DType::bf16, DType::f32, DType::f64}) {
    const std::vector<std::byte> bytes = as_type(dtype, rows);
    EncodeReport report;
    const auto refined = encode(dtype, bytes, &profile, &report);
    CHECK(decode(refined, profile) == bytes);
    CHECK(report.nmse == 0);
    CHECK(report.max_abs_error == 0);
    CHECK(report.patches == 0);
    const double values = static_cast<double>(rows.size());
    CHECK(8.0 * static_cast<double>(refined.size()) / values <
          8.0 * static_cast<double>(encode(dtype, bytes, nullptr).size()) / values - 0.1);
  }
}

TEST_CASE("numbers that no model is made for come back, too") {
  const Profile profile = fit(activations(30, 1));
  std::vector<float> rows = activations(2, 2);
  const float odd[] = {std::numeric_limits<float>::quiet_NaN(),
                       -std::numeric_limits<float>::infinity(),
                       -0.0F,
                       std::numeric_limits<float>::denorm_min(),
                       3e38F,
                       -1e-30F};
  for (std::size_t i = 0; i < rows.size(); i += 7) rows[i] = odd[i % std::size(odd)];
  for (const DType dtype : {DType::bf16, DType::f32, DType::f64}) {
    const std::vector<std::byte> bytes = as_type(dtype, rows);
    CHECK(decode(encode(dtype, bytes, &profile), profile) == bytes);
  }
  std::vector<float> noise(kRows * kChannels);
  std::mt19937 random(3);
  for (float& value : noise) value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
  const std::vector<std::byte> bytes = as_type(DType::f32, noise);
  CHECK(decode(encode(DType::f32, bytes, &profile), profile, "raw") == bytes);
}

TEST_CASE("a refinement is the same with every kernel") {
  const CpuKernel before = active_cpu_kernel();
  const Profile profile = fit(activations(30, 1));
  const std::vector<std::byte> bytes = as_type(DType::f32, activations(8, 2));
  std::vector<std::byte> file;
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    REQUIRE(set_cpu_kernel(kernel));
    const auto coded = encode(DType::f32, bytes, &profile);
    if (file.empty()) file = coded;
    CHECK(file == coded);
    CHECK(decode(file, profile) == bytes);
  }
  REQUIRE(set_cpu_kernel(before));
}

TEST_CASE("a refinement of few elements and of far ones, and broken ones") {
  std::mt19937 random(4);
  for (const std::size_t count : {1U, 2U, 4095U, 4096U, 4097U}) {
    std::vector<std::byte> decoded(count * 2), exact(count * 2);
    for (std::byte& byte : decoded) byte = static_cast<std::byte>(random());
    for (std::size_t i = 0; i < exact.size(); ++i)
      exact[i] = i % 64 < 32 ? static_cast<std::byte>(random()) : decoded[i];
    const auto block = write_refinement(DType::f16, decoded, exact);
    std::vector<std::byte> back = decoded;
    REQUIRE(refine(block, 2, back, 0).has_value());
    CHECK(back == exact);
    for (const std::size_t cut : {std::size_t{0}, std::size_t{7}, block.size() / 2, block.size() - 1}) {
      back = decoded;
      CHECK_FALSE(refine(std::span(block).first(cut), 2, back, 0).has_value());
    }
  }
}

TEST_CASE("orders of patterns ascend with the numbers") {
  const float numbers[] = {-std::numeric_limits<float>::infinity(), -1, -1e-45F, -0.0F, 0, 1e-45F, 1, 1.5F, 3e38F};
  std::uint32_t last = 0;
  for (const float number : numbers) {
    const auto pattern = std::bit_cast<std::uint32_t>(number);
    CHECK(ordered(pattern) > last);
    CHECK(unordered(ordered(pattern)) == pattern);
    last = ordered(pattern);
  }
  CHECK(ordered(std::uint16_t{0x8000}) == 0x7FFF);
}
