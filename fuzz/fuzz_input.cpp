#include "fuzz_input.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "base/try.hpp"

namespace actz::fuzz {
namespace {

constexpr std::size_t kFileHeaderBytes = 24;
constexpr std::size_t kSectionHeaderBytes = 24;
constexpr std::size_t kPayloadBytesAt = 8;
constexpr std::size_t kPayloadCrcAt = 16;
constexpr std::size_t kHeaderCrcAt = 20;  ///< of the file header, too

void seal_header(std::byte* header) { store_le(header + kHeaderCrcAt, crc32c({header, kHeaderCrcAt})); }

}  // namespace

DecodeOptions small_limits() {
  DecodeOptions out;
  out.limits.max_chunk_bytes = std::uint64_t{1} << 20;
  out.limits.max_section_bytes = std::uint64_t{1} << 22;
  out.limits.max_tensor_bytes = std::uint64_t{1} << 22;
  out.limits.max_tensors = 64;
  return out;
}

Bytes sealed(std::span<const std::byte> file) {
  Bytes out(file.begin(), file.end());
  if (out.size() < kFileHeaderBytes) return out;
  seal_header(out.data());
  for (std::size_t at = kFileHeaderBytes; out.size() - at >= kSectionHeaderBytes;) {
    std::byte* const header = &out[at];
    at += kSectionHeaderBytes;
    const auto payload_bytes = load_le<std::uint64_t>(header + kPayloadBytesAt);
    const auto held = static_cast<std::size_t>(std::min<std::uint64_t>(payload_bytes, out.size() - at));
    store_le(header + kPayloadCrcAt, crc32c({header + kSectionHeaderBytes, held}));
    seal_header(header);
    at += held;
  }
  return out;
}

Result<Bytes> decode_front_to_back(std::span<const std::byte> file) {
  Bytes out;
  StreamVisitor visitor;
  visitor.on_tensor = [](const TensorSummary&) -> Result<bool> { return true; };
  visitor.on_elements = [&](std::span<const std::byte> elements) -> Status {
    out.insert(out.end(), elements.begin(), elements.end());
    return {};
  };
  MemorySource source(file);
  ACTZ_TRY([[maybe_unused]] const auto summary, read_stream(source, visitor, small_limits()));
  return out;
}

}  // namespace actz::fuzz
