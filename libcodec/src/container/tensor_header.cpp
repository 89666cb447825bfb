#include <algorithm>
#include <bit>
#include <cmath>

#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"
#include "base/checked_math.hpp"
#include "base/try.hpp"
#include "container/fields.hpp"
#include "generated/format_limits.hpp"

namespace actz {

std::uint64_t TensorHeader::rows_of_strand(std::uint64_t index) const {
  const std::uint64_t first = index % strands_per_sequence() * strand_rows;
  return std::min<std::uint64_t>(strand_rows, rows - first);
}

std::uint64_t TensorHeader::first_row_of_strand(std::uint64_t index) const {
  if (strands_per_sequence() == 0) return 0;
  return index / strands_per_sequence() * rows + index % strands_per_sequence() * strand_rows;
}

std::vector<std::byte> write_tensor_header(const TensorHeader& header) {
  ByteWriter out;
  out.text16(header.name);
  out.u8(static_cast<std::uint8_t>(header.dtype));
  out.u8(static_cast<std::uint8_t>(header.shape.size()));
  for (const std::uint64_t extent : header.shape) out.u64(extent);
  out.u64(header.sequences);
  out.u64(header.rows);
  out.u32(header.channels);
  out.u32(header.strand_rows);
  out.u32(std::bit_cast<std::uint32_t>(header.unit));
  out.u32(header.centre_scale);
  out.u32(header.reference);
  out.u32(std::bit_cast<std::uint32_t>(header.reference_scale));
  out.u8(header.is_referenced ? 1 : 0);
  return out.take();
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t extra = lead < 0x80                   ? 0
                              : lead >= 0xC2 && lead < 0xE0 ? 1
                              : lead >= 0xE0 && lead < 0xF0 ? 2
                              : lead >= 0xF0 && lead < 0xF5 ? 3
                                                            : 9;
    if (lead == 0 || extra == 9 || i + extra >= text.size()) return false;
    for (std::size_t j = 1; j <= extra; ++j) {
      if ((static_cast<unsigned char>(text[i + j]) & 0xC0) != 0x80) return false;
    }
    const auto second = extra > 0 ? static_cast<unsigned char>(text[i + 1]) : 0;
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
        (lead == 0xF4 && second > 0x8F)) {
      return false;
    }
    i += extra + 1;
  }
  return true;
}

namespace {

Status read_shape(ByteReader& in, TensorHeader& header) {
  ACTZ_TRY(const auto name_bytes, in.u16("name length"));
  if (name_bytes > kMaxNameBytes) return in.error_here(ErrorCode::corrupt, "name longer than 1024 bytes");  // R-TENS-01
  ACTZ_TRY(const auto name, in.bytes(name_bytes, "name"));
  header.name.assign(reinterpret_cast<const char*>(name.data()), name.size());
  if (!is_utf8(header.name)) return in.error_here(ErrorCode::corrupt, "name is not UTF-8");  // R-TENS-02
  ACTZ_TRY(const auto dtype_id, in.u8("dtype"));
  const auto dtype = dtype_from_id(dtype_id);
  if (!dtype) return in.error_here(ErrorCode::unsupported, "unknown dtype");  // R-TENS-03
  header.dtype = *dtype;
  ACTZ_TRY(const auto rank, in.u8("rank"));
  if (rank > kMaxRank) return in.error_here(ErrorCode::corrupt, "rank above 16");  // R-TENS-04
  for (unsigned i = 0; i < rank; ++i) {
    ACTZ_TRY(const auto extent, in.u64("extent"));
    header.shape.push_back(extent);
  }
  return {};
}

}  // namespace

Result<TensorHeader> read_tensor_header(std::span<const std::byte> payload, std::uint64_t file_offset_bytes,
                                        const DecodeLimits& limits) {
  ByteReader in(payload, file_offset_bytes);
  TensorHeader header;
  ACTZ_CHECK(read_shape(in, header));
  ACTZ_TRY(header.sequences, in.u64("sequences"));
  ACTZ_TRY(header.rows, in.u64("rows"));
  ACTZ_TRY(header.channels, in.u32("channels"));
  ACTZ_TRY(header.strand_rows, in.u32("strand_rows"));
  ACTZ_TRY(const auto unit, in.u32("unit"));
  ACTZ_TRY(header.centre_scale, in.u32("centre_scale"));
  ACTZ_TRY(header.reference, in.u32("reference"));
  ACTZ_TRY(const auto reference_scale, in.u32("reference_scale"));
  ACTZ_TRY(const auto is_referenced, in.u8("is_referenced"));
  header.reference_scale = std::bit_cast<float>(reference_scale);
  header.is_referenced = is_referenced == 1;
  header.unit = std::bit_cast<float>(unit);
  if (in.remaining_bytes() != 0)
    return in.error_here(ErrorCode::corrupt, "bytes follow the tensor header");  // R-TENS-05

  const auto elements = element_count(header.shape, header.dtype);
  if (!elements) return in.error_here(ErrorCode::corrupt, "the shape overflows");  // R-TENS-06
  if (*elements * element_bytes(header.dtype) > limits.max_tensor_bytes) {
    return in.error_here(ErrorCode::limit_exceeded, "the tensor is larger than the reader's limit");  // R-LIMIT-01
  }
  if (header.channels == 0 || header.channels > kMaxChannels || header.strand_rows == 0) {  // R-TENS-07
    return in.error_here(ErrorCode::corrupt, "channels or strand_rows out of range");
  }
  const auto all_rows = checked_mul(header.sequences, header.rows);
  const auto viewed = all_rows ? checked_mul(*all_rows, header.channels) : std::nullopt;
  if (!viewed || *viewed != *elements) {  // R-TENS-08
    return in.error_here(ErrorCode::corrupt, "sequences x rows x channels differ from the shape");
  }
  if (!std::isfinite(header.unit) || header.unit <= 0) {  // R-TENS-09
    return in.error_here(ErrorCode::corrupt, "unit is not a positive finite number");
  }
  if (!std::isfinite(header.reference_scale) || header.reference_scale <= 0) {  // R-TENS-10
    return in.error_here(ErrorCode::corrupt, "reference_scale is not a positive finite number");
  }
  if (is_referenced > 1) return in.error_here(ErrorCode::corrupt, "is_referenced is neither 0 nor 1");  // R-TENS-11
  return header;
}

}  // namespace actz
