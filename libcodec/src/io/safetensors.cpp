#include "io/safetensors.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.hpp"
#include "base/try.hpp"
#include "io/array_source.hpp"
#include "io/error_text.hpp"
#include "io/plain_sink.hpp"
#include "io/safetensors_header.hpp"

namespace actz::io {
namespace {

Error bad_bounds(const SafetensorsEntry& entry, const char* what) {
  return {ErrorCode::corrupt_bounds, kSafetensorsLengthBytes, "safetensors entry " + in_quotes(entry.info.name) + what};
}

/// Each tensor begins where the one before it ends, and has the bytes its shape needs.
Status check_offsets(const std::vector<SafetensorsEntry>& entries) {
  std::uint64_t end_bytes = 0;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin_bytes > entry.end_bytes) return bad_bounds(entry, " ends before it begins");
    if (entry.begin_bytes > end_bytes) return bad_bounds(entry, " leaves a hole before it");
    if (entry.begin_bytes < end_bytes) return bad_bounds(entry, " overlaps the one before it");
    ACTZ_TRY(const std::uint64_t shape_bytes, tensor_bytes(entry.info));
    if (shape_bytes != entry.end_bytes - entry.begin_bytes) {
      return bad_bounds(entry, " has data_offsets that do not fit its shape and dtype");
    }
    end_bytes = entry.end_bytes;
  }
  return {};
}

Result<std::vector<std::byte>> read_header(ByteInput& input) {
  std::array<std::byte, kSafetensorsLengthBytes> length{};
  ACTZ_CHECK(input.read_at(0, length));
  const auto header_bytes = load_le<std::uint64_t>(length.data());
  if (header_bytes > kMaxSafetensorsHeaderBytes) {
    return Error{ErrorCode::corrupt_bounds, 0,
                 "safetensors header of " + std::to_string(header_bytes) + " bytes; at most 100000000 are legal"};
  }
  return read_growing(input, kSafetensorsLengthBytes, header_bytes);
}

Error bytes_after_last_tensor(std::uint64_t offset_bytes) {
  return {ErrorCode::corrupt_bounds, offset_bytes, "bytes follow the last tensor of the safetensors file"};
}

std::vector<ArrayLayout> make_layouts(std::vector<SafetensorsEntry> entries, std::uint64_t data_offset_bytes) {
  const std::uint64_t total_bytes = entries.empty() ? 0 : entries.back().end_bytes;
  std::vector<ArrayLayout> layouts;
  for (SafetensorsEntry& entry : entries) {
    ArrayLayout& layout = layouts.emplace_back();
    layout.info = std::move(entry.info);
    layout.data_offset_bytes = data_offset_bytes + entry.begin_bytes;
    layout.data_bytes = entry.end_bytes - entry.begin_bytes;
    if (entry.end_bytes == total_bytes) {
      layout.error_for_more_bytes = bytes_after_last_tensor(data_offset_bytes + total_bytes);
    }
  }
  return layouts;
}

}  // namespace

Result<std::unique_ptr<TensorCollection>> open_safetensors(std::shared_ptr<ByteInput> input) {
  ACTZ_TRY(const std::vector<std::byte> header, read_header(*input));
  ACTZ_TRY(std::vector<SafetensorsEntry> entries, parse_safetensors_header(header));
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::pair(a.begin_bytes, a.end_bytes) < std::pair(b.begin_bytes, b.end_bytes);
  });
  ACTZ_CHECK(check_offsets(entries));
  ArrayLayout whole;  // all data as one run, to compare with the input's end
  whole.data_offset_bytes = kSafetensorsLengthBytes + header.size();
  whole.data_bytes = entries.empty() ? 0 : entries.back().end_bytes;
  whole.error_for_more_bytes = bytes_after_last_tensor(whole.data_offset_bytes + whole.data_bytes);
  ACTZ_CHECK(check_extent(*input, whole));
  return make_array_collection(std::move(input), make_layouts(std::move(entries), whole.data_offset_bytes));
}

Result<std::unique_ptr<TensorSink>> open_safetensors_sink(OutputFile file, const std::vector<TensorInfo>& infos) {
  ACTZ_TRY(const std::vector<std::byte> header, make_safetensors_header(infos));
  return open_plain_sink(std::move(file), header, infos);
}

bool looks_like_safetensors(std::span<const std::byte> head) {
  if (head.size() < kSafetensorsSniffBytes) return false;
  const auto header_bytes = load_le<std::uint64_t>(head.data());
  constexpr std::uint64_t kShortestHeaderBytes = 2;  // {}
  return header_bytes >= kShortestHeaderBytes && header_bytes <= kMaxSafetensorsHeaderBytes &&
         head[kSafetensorsLengthBytes] == std::byte{'{'};
}

}  // namespace actz::io
