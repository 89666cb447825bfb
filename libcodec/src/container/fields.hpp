#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actz/options.hpp"
#include "actz/result.hpp"
#include "actz/tensor.hpp"
#include "base/checksum.hpp"
#include "generated/format_limits.hpp"

/// Contents of the sections, field by field, each with its writer and reader
/// (format_spec/03_tensor_and_model.md, 05_chunks.md).

namespace actz {

inline constexpr std::uint32_t kCentreScaleOne = 1u << 16;
inline constexpr std::uint32_t kNoReference = 0xFFFFFFFFu;

/// TENSOR section: what is stored and how its elements are seen as sequences × rows × channels.
struct TensorHeader {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
  std::uint64_t sequences = 0;
  std::uint64_t rows = 0;  ///< per sequence
  std::uint32_t channels = 0;
  std::uint32_t strand_rows = 0;                 ///< rows of a strand; the last of a sequence may be shorter
  float unit = 1.0F;                             ///< lossy: value of one fixed-point unit in this tensor
  std::uint32_t centre_scale = kCentreScaleOne;  ///< lossy: the model's centre times this over 65536
  /// Lossy: index of the earlier tensor whose rows models may predict from
  std::uint32_t reference = kNoReference;
  float reference_scale = 1.0F;  ///< from elements of the reference to the inputs of its matrix
  bool is_referenced = false;    ///< a later tensor names this one: forward readers keep its chunks

  std::uint64_t strands_per_sequence() const { return rows == 0 ? 0 : (rows - 1) / strand_rows + 1; }
  std::uint64_t strand_count() const { return sequences * strands_per_sequence(); }
  /// Rows of strand `index`.
  std::uint64_t rows_of_strand(std::uint64_t index) const;
  /// Row (over all sequences) at which strand `index` starts; index may be strand_count().
  std::uint64_t first_row_of_strand(std::uint64_t index) const;
  std::uint64_t row_count() const { return sequences * rows; }
};

/// Well-formed UTF-8 (RFC 3629): no overlong forms, surrogates or code points past U+10FFFF, and no NUL.
bool is_utf8(std::string_view text);

std::vector<std::byte> write_tensor_header(const TensorHeader& header);
Result<TensorHeader> read_tensor_header(std::span<const std::byte> payload, std::uint64_t file_offset_bytes,
                                        const DecodeLimits& limits);

/// Values are the ids of format_spec/registry/chunk_codings.csv.
enum class ChunkCoding : std::uint8_t { raw = 0, rans = 1, refined = 2 };

/// Which chunk of a file; they stand in ascending order.
struct ChunkName {
  static constexpr std::size_t kBytes = 8;

  std::uint32_t tensor_index = 0;
  std::uint32_t chunk_index = 0;  ///< within the tensor
  auto operator<=>(const ChunkName&) const = default;
};

/// First 48 bytes of a CHUNK section.
struct ChunkHeader {
  static constexpr std::size_t kBytes = 48;

  std::uint32_t tensor_index = 0;
  std::uint32_t chunk_index = 0;  ///< within the tensor
  std::uint64_t first_strand = 0;
  std::uint32_t strand_count = 0;
  std::uint16_t model_index = 0;  ///< counts MODEL and MODEL_REFERENCE sections of the file; unused when raw
  ChunkCoding coding = ChunkCoding::rans;
  std::uint8_t lanes_log2 = 0;
  std::uint64_t digest = 0;      ///< XXH64 of the decoded bytes
  std::uint32_t word_count = 0;  ///< u16 words of the rANS stream
  std::uint32_t bypass_bytes = 0;
  std::uint32_t patch_bytes = 0;  ///< refined: of the refinement, which stands in their place
  std::uint8_t source_count = 0;  ///< chunks named behind the header
  bool is_source = false;         ///< later chunks may name this one: forward readers keep it

  std::size_t bytes() const { return kBytes + ChunkName::kBytes * source_count; }
};

void write_chunk_header(const ChunkHeader& header, std::vector<std::byte>& to);
/// Checks every field that does not depend on the tensor.
Result<ChunkHeader> read_chunk_header(std::span<const std::byte> payload, std::uint64_t file_offset_bytes);

/// The names of source chunks, behind the header.
void write_chunk_names(std::span<const ChunkName> names, std::vector<std::byte>& to);
Result<std::vector<ChunkName>> read_chunk_names(std::span<const std::byte> payload, const ChunkHeader& header,
                                                std::uint64_t file_offset_bytes);

/// TENSOR_END section.
struct TensorEnd {
  std::uint32_t tensor_index = 0;
  std::uint32_t chunk_count = 0;
  std::uint64_t digest = 0;   ///< XXH64 of the chunk digests, each as 8 little-endian bytes, in order
  double squared_error = 0;   ///< Σ(x−x̂)², as the encoder measured it; NaN when unknown
  double centred_energy = 0;  ///< Σ(x−channel mean)²
  double max_abs_error = 0;
};

std::vector<std::byte> write_tensor_end(const TensorEnd& end);
Result<TensorEnd> read_tensor_end(std::span<const std::byte> payload, std::uint64_t file_offset_bytes);

/// One section, as the INDEX lists it.
struct IndexEntry {
  std::uint16_t type = 0;
  std::uint32_t tensor_index = 0;   ///< TENSOR, CHUNK, TENSOR_END; else 0
  std::uint64_t offset_bytes = 0;   ///< of the section header
  std::uint64_t section_bytes = 0;  ///< header and payload
  std::uint64_t first_strand = 0;   ///< CHUNK
  std::uint32_t strand_count = 0;   ///< CHUNK
  bool operator==(const IndexEntry&) const = default;
};

std::vector<std::byte> write_index(std::span<const IndexEntry> entries);
Result<std::vector<IndexEntry>> read_index(std::span<const std::byte> payload, std::uint64_t file_offset_bytes);

/// END section: always the last bytes of a file.
struct EndMark {
  static constexpr std::size_t kPayloadBytes = 16;
  std::uint64_t index_offset_bytes = 0;
  std::uint64_t file_bytes = 0;
};

std::vector<std::byte> write_end_mark(const EndMark& mark);
Result<EndMark> read_end_mark(std::span<const std::byte> payload, std::uint64_t file_offset_bytes);

}  // namespace actz
