#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "coded_tensors.hpp"
#include "generated/format_limits.hpp"
#include "pipeline/ordered_tasks.hpp"
#include "pipeline/tensor_plan.hpp"

using namespace actz;

namespace {

/// Two tensors of 64 rows of 16 channels, in chunks of 16 rows (1024 bytes decoded), and metadata of 22 bytes.
std::vector<std::byte> archive() {
  MemorySink sink;
  ArchiveWriter writer(sink);
  REQUIRE(writer.add_metadata(R"({"revision": "abcdef"})").has_value());
  EncodeOptions options;
  options.chunk_rows = 16;
  options.lossless = true;
  for (const char* name : {"a", "b"}) test::add(writer, name, test::sentences(64, 16, 1), {64, 16}, options);
  REQUIRE(writer.finish().has_value());
  return sink.bytes;
}

/// Whether the whole file can be read, both ways; what refuses it does so as limit_exceeded.
bool can_read(const std::vector<std::byte>& file, const DecodeLimits& limits, unsigned threads = 1) {
  DecodeOptions options;
  options.limits = limits;
  options.threads = threads;
  MemorySource stream(file);
  const auto forward = read_stream(stream, {}, options);
  const MemorySource source(file);
  const auto reader = ArchiveReader::open(source, options);
  Status status = reader ? Status{} : reader.error();
  for (std::size_t i = 0; reader && status && i < 2; ++i) {
    status = reader->read_rows(i, 0, 64, [](auto) { return Status{}; });
  }
  CHECK(forward.has_value() == status.has_value());
  if (!forward) CHECK(forward.error().code == ErrorCode::limit_exceeded);
  if (!status) CHECK(status.error().code == ErrorCode::limit_exceeded);
  return status.has_value();
}

template <class T>
DecodeLimits with(T DecodeLimits::*field, T value) {
  DecodeLimits out;
  out.*field = value;
  return out;
}

}  // namespace

TEST_CASE("Each limit refuses what is above it, and nothing at it") {
  const auto file = archive();
  REQUIRE(can_read(file, {}));
  const std::uint64_t chunk = 16 * 16 * 4, tensor = 64 * 16 * 4;
  CHECK(can_read(file, with(&DecodeLimits::max_chunk_bytes, chunk)));  // R-LIMIT-02
  CHECK_FALSE(can_read(file, with(&DecodeLimits::max_chunk_bytes, chunk - 1)));
  CHECK(can_read(file, with(&DecodeLimits::max_tensor_bytes, tensor)));  // R-LIMIT-01
  CHECK_FALSE(can_read(file, with(&DecodeLimits::max_tensor_bytes, tensor - 1)));
  CHECK(can_read(file, with(&DecodeLimits::max_tensors, 2U)));  // R-LIMIT-04
  CHECK_FALSE(can_read(file, with(&DecodeLimits::max_tensors, 1U)));
  const std::uint64_t headers = 22 + 2 * (2 + 1 + 2 + 2 * 8 + 2 * 8 + 6 * 4 + 1);
  CHECK(can_read(file, with(&DecodeLimits::max_header_bytes, headers)));  // R-LIMIT-05
  CHECK_FALSE(can_read(file, with(&DecodeLimits::max_header_bytes, headers - 1)));
  CHECK_FALSE(can_read(file, with(&DecodeLimits::max_section_bytes, std::uint64_t{40})));  // R-LIMIT-03
}

TEST_CASE("A limit of chunks at once costs time only") {
  const auto file = archive();
  CHECK(can_read(file, with(&DecodeLimits::max_chunk_bytes, std::uint64_t{1024}), 8));
  CHECK(can_read(file, with(&DecodeLimits::max_chunk_bytes, std::uint64_t{2500}), 8));
}

TEST_CASE("Tasks together cost no more than the budget") {
  std::atomic<int> running{0}, most{0};
  std::vector<int> got;
  {
    OrderedTasks<int> tasks(
        8,
        [&](int&& value) {
          got.push_back(value);
          return Status{};
        },
        3);
    for (int i = 0; i < 40; ++i) {
      const auto task = [&, i]() -> Result<int> {
        const int now = ++running;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) continue;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        --running;
        return i;
      };
      REQUIRE(tasks.add(task, i % 2 == 0 ? 1 : 3).has_value());
    }
    REQUIRE(tasks.finish().has_value());
  }
  CHECK(most <= 3);
  REQUIRE(got.size() == 40);
  for (int i = 0; i < 40; ++i) CHECK(got[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("No chunk is cut larger than readers take by default") {
  for (const std::uint32_t channels : {1U, 3U, 128U, 11008U, 65536U}) {
    for (const std::size_t lag : {0U, 1U, 14U, 300U}) {
      for (const std::uint32_t chunk_rows : {0U, 1U, 4096U, 100000000U}) {
        const CutPlan plan = plan_cut({1U << 20, 1U << 20, channels}, lag, chunk_rows, kMatchedChunkValues);
        const std::uint64_t strands = std::max(plan.chunk_strands, plan.later_strands);
        CHECK(strands <= kMaxChunkStrands);
        CHECK(strands * plan.strand_rows * channels * 8 <= DecodeLimits().max_chunk_bytes);
        const std::uint64_t step_rows = lag > 0 ? strands : std::max<std::uint64_t>(strands, plan.strand_rows);
        CHECK(step_rows * channels <= kMaxStepValues);
      }
    }
  }
}
