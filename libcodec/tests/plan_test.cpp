#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "pipeline/tensor_plan.hpp"

using namespace actz;

TEST_CASE("few_chunks_are_equal_and_even_in_number") {
  for (std::uint64_t rows = 1; rows < 200000; rows += 1777) {
    const CutPlan cut = plan_cut({1, rows, 16}, 0, 0, kLosslessChunkBytes / 4);
    const std::uint64_t strands = (rows - 1) / cut.strand_rows + 1;
    const std::uint64_t chunks = (strands - 1) / cut.chunk_strands + 1;
    CAPTURE(rows);
    CHECK(std::uint64_t{cut.chunk_strands} * cut.strand_rows * 16 <= kLosslessChunkBytes / 4);
    if (strands > 16 && chunks > 1 && chunks < 7) CHECK(chunks % 2 == 0);
  }
}

TEST_CASE("with lags, chunks are whole vectors of strands, even in number and about equal") {
  for (std::uint64_t sequences = 1; sequences < 700; sequences += 5) {
    for (const std::uint32_t channels : {64u, 128u, 192u, 288u, 2048u}) {
      const CutPlan cut = plan_cut({sequences, 197, channels}, 2, 0, kLossyChunkValues);
      const std::uint64_t strands = sequences * ((197 - 1) / cut.strand_rows + 1);
      CAPTURE(sequences);
      CAPTURE(channels);
      std::vector<std::uint64_t> chunks;
      for (std::uint64_t left = strands; left > 0; left -= chunks.back()) {
        chunks.push_back(std::min<std::uint64_t>(left, cut.strands_of(chunks.size())));
      }
      for (std::size_t i = 0; i + 1 < chunks.size(); ++i) {
        CHECK(chunks[i] % 16 == 0);
        CHECK(chunks[i] <= chunks[0]);
        CHECK(chunks[i] + 16 >= chunks[0]);
      }
      if (strands > 32 && chunks.size() > 1 && chunks[0] > 16) CHECK(chunks.size() % 2 == 0);
      if (chunks[0] > 16) CHECK(chunks[0] * cut.strand_rows * channels <= kLossyChunkValues * 3 / 2);
      if (strands * cut.strand_rows * channels <= kLossyChunkValues) CHECK(chunks.size() == 1);
    }
  }
}
