#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>

#include "coded_tensors.hpp"
#include "pipeline/enc_sources.hpp"
#include "pipeline/tensor_plan.hpp"
#include "pipeline/tensor_sample.hpp"

/// Tensors of more rows than the unit is sought on.

using namespace actz;

namespace {

constexpr std::uint64_t kChannels = 128, kRows = 128;

std::vector<float> book(std::uint64_t sequences, unsigned seed) {
  return test::sentences(sequences * kRows, kChannels, seed, false, 1000);
}

}  // namespace

TEST_CASE("targets are met where later chunks find more to be matched with than the first") {
  constexpr std::uint64_t kSequences = 270;  // three chunks; one is sampled at first
  static const Profile profile = [] {
    FitOptions learned;
    learned.target_nmse = {0.03};
    return test::fit(book(48, 1), {48, kRows, kChannels}, learned);
  }();
  const std::vector<float> rows = book(kSequences, 2);
  EncodeOptions options;
  options.profile = &profile;
  options.embed_model = false;
  options.effort = 3;
  SUBCASE("an error") {
    options.nmse = 0.03;
    CHECK(std::fabs(test::encode(rows, {kSequences, kRows, kChannels}, options).report.nmse / 0.03 - 1) < 0.03);
  }
  SUBCASE("a rate") {
    options.bits_per_value = 1.2;
    const test::Coded coded = test::encode(rows, {kSequences, kRows, kChannels}, options);
    const double bits = 8.0 * static_cast<double>(coded.file.size()) / static_cast<double>(rows.size());
    CHECK(std::fabs(bits / 1.2 - 1) < 0.03);
  }
}

TEST_CASE("a sample is the front of a tensor, and runs of strands spread over the rest") {
  constexpr std::uint64_t kSequences = 1000, kShort = 4, kFront = 40;
  std::vector<float> values(kSequences * kShort * 2);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 17);
  MemoryElements memory(DType::f32, std::as_bytes(std::span(values)));
  BufferedElements elements(memory, sizeof(float));
  const TensorViewPlan view{kSequences, kShort, 2};
  const auto sample = sample_tensor(elements, DType::f32, view, kShort, 64 * kShort * 2, kFront);
  REQUIRE(sample.has_value());
  REQUIRE(sample->first_row.size() == kFront + 64);
  CHECK(sample->front_strands == kFront);
  CHECK(sample->rest_weight == doctest::Approx((kSequences - kFront) / 64.0));
  CHECK(!sample->whole_tensor);
  for (std::size_t i = 0; i < sample->first_row.size(); ++i) {
    CAPTURE(i);
    const std::uint64_t strand = sample->first_row[i] / kShort;
    if (i < kFront) CHECK(strand == i);
    if (i < kFront) continue;
    const std::size_t run = (i - kFront) / 16, part = (kSequences - kFront) / 4;
    CHECK(strand >= kFront + run * part);
    CHECK(strand < kFront + (run + 1) * part);
    if ((i - kFront) % 16 > 0) CHECK(sample->first_row[i] == sample->first_row[i - 1] + kShort);
  }
  const auto whole = sample_tensor(elements, DType::f32, view, kShort, values.size(), kFront);
  REQUIRE(whole.has_value());
  CHECK(whole->whole_tensor);
  CHECK(whole->first_row.size() == kSequences);
  CHECK(whole->rest_weight == 1);
}

TEST_CASE("chunks of narrow tensors have few enough rows for later ones to be matched with") {
  CodecModel model;
  model.match.classes = 1;
  for (const std::uint32_t channels : {16U, 24U, 32U, 36U, 37U, 48U, 64U, 96U, 128U}) {
    for (const std::uint64_t rows : {128U, 197U, 512U, 1U << 20}) {
      CAPTURE(channels);
      CAPTURE(rows);
      model.channels = channels;
      const CutPlan cut = plan_cut({(1U << 22) / rows, rows, channels}, 1, 0, chunk_values_for(model));
      const std::uint64_t chunk_rows = std::uint64_t{cut.strands_of(0)} * cut.strand_rows;
      CHECK(WrittenSources().takes(chunk_rows, channels));
      CHECK(most_source_chunks(chunk_rows, channels) >= 1);
    }
  }
}
