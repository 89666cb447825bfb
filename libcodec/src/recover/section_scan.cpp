#include "recover/section_scan.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/byte_writer.hpp"
#include "base/try.hpp"

namespace actz {
namespace {

constexpr std::size_t kWindowBytes = 1u << 20;
constexpr std::uint64_t kMaxWastedFactor = 8;  ///< bytes of broken payloads read, for each byte of the file

class SectionScan {
 public:
  SectionScan(const ByteSource& source, const DecodeLimits& limits) : source_(source), limits_(limits) {}

  Result<std::vector<ScannedPart>> run() {
    std::uint64_t at = std::min<std::uint64_t>(kFileHeaderBytes, source_.size_bytes());
    ACTZ_TRY(const bool header_is_whole, file_header_is_whole());
    ACTZ_TRY(const auto first, header_at(at));
    if (!header_is_whole && !first) at = 0;  // bytes are missing, or there are more
    while (at < source_.size_bytes()) {
      ACTZ_TRY(auto part, part_at(at));
      if (!part) {
        ACTZ_TRY(const auto next, next_part(at + 1));
        part = ScannedPart{ScannedPart::Kind::gap, {}, at, next - at};
      }
      at += part->size_bytes;
      parts_.push_back(*part);
    }
    return std::move(parts_);
  }

 private:
  Result<bool> file_header_is_whole() const {
    std::array<std::byte, kFileHeaderBytes> bytes{};
    if (source_.size_bytes() < bytes.size()) return false;
    ACTZ_CHECK(source_.read_at(0, bytes));
    return read_file_header(bytes).has_value();
  }

  /// A section, whole or broken, whose header stands at an offset, or nothing.
  Result<std::optional<ScannedPart>> part_at(std::uint64_t offset) {
    ACTZ_TRY(const auto header, header_at(offset));
    if (!header) return std::optional<ScannedPart>{};
    const std::uint64_t left = source_.size_bytes() - offset - kSectionHeaderBytes;
    if (header->payload_bytes > left) return std::optional<ScannedPart>{};  // cut short: its length tells nothing more
    if (header->payload_bytes > limits_.max_section_bytes) {                // R-LIMIT-03
      return Error{ErrorCode::limit_exceeded, offset, "a section is larger than the reader's limit"};
    }
    ScannedPart part{ScannedPart::Kind::section, *header, offset, kSectionHeaderBytes + header->payload_bytes};
    std::vector<std::byte> payload(static_cast<std::size_t>(header->payload_bytes));
    ACTZ_CHECK(source_.read_at(offset + kSectionHeaderBytes, payload));
    if (check_payload(*header, payload, offset)) return std::optional(part);
    wasted_bytes_ += payload.size();
    if (wasted_bytes_ / kMaxWastedFactor > source_.size_bytes()) {
      return Error{ErrorCode::limit_exceeded, offset, "too many broken sections overlap"};
    }
    // Its length is to be trusted where another section follows; else bytes are missing within it.
    const std::uint64_t end = offset + part.size_bytes;
    ACTZ_TRY(const auto next, header_at(end));
    if (!next && end != source_.size_bytes()) return std::optional<ScannedPart>{};
    part.kind = ScannedPart::Kind::broken;
    return std::optional(part);
  }

  Result<std::optional<SectionHeader>> header_at(std::uint64_t offset) const {
    std::array<std::byte, kSectionHeaderBytes> bytes{};
    if (offset > source_.size_bytes() || source_.size_bytes() - offset < bytes.size())
      return std::optional<SectionHeader>{};
    ACTZ_CHECK(source_.read_at(offset, bytes));
    const auto header = read_section_header(bytes, offset);
    return header ? std::optional(*header) : std::nullopt;
  }

  /// The first offset from `from` on at which a section stands, or the end of the file.
  Result<std::uint64_t> next_part(std::uint64_t from) {
    ByteWriter pattern;
    pattern.u32(kSectionSync);
    const auto& sync = pattern.data();
    std::vector<std::byte> window;
    while (source_.size_bytes() - from >= kSectionHeaderBytes) {
      window.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kWindowBytes, source_.size_bytes() - from)));
      ACTZ_CHECK(source_.read_at(from, window));
      for (auto place = window.begin();; ++place) {
        place = std::search(place, window.end(), sync.begin(), sync.end());
        if (place == window.end()) break;
        const std::uint64_t offset = from + static_cast<std::uint64_t>(place - window.begin());
        ACTZ_TRY(const auto part, part_at(offset));
        if (part) return offset;
      }
      from += window.size() - (sync.size() - 1);  // a pattern may lie across two windows
      if (window.size() < kWindowBytes) break;
    }
    return source_.size_bytes();
  }

  const ByteSource& source_;
  const DecodeLimits& limits_;
  std::vector<ScannedPart> parts_;
  std::uint64_t wasted_bytes_ = 0;
};

}  // namespace

Result<std::vector<ScannedPart>> scan_sections(const ByteSource& source, const DecodeLimits& limits) {
  return SectionScan(source, limits).run();
}

}  // namespace actz
