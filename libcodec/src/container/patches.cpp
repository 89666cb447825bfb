#include "container/patches.hpp"

#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"
#include "base/rice.hpp"
#include "base/try.hpp"

namespace actz {

std::vector<std::byte> write_patches(const PatchList& patches) {
  if (patches.element.empty()) return {};
  ByteWriter out;
  out.u32(static_cast<std::uint32_t>(patches.element.size()));
  std::vector<std::int32_t> gaps;
  std::uint64_t next = 0;
  for (const std::uint64_t element : patches.element) {
    gaps.push_back(static_cast<std::int32_t>(element - next));
    next = element + 1;
  }
  write_rice_array(out, gaps);
  out.bytes(patches.values);
  return out.take();
}

Result<PatchList> read_patches(std::span<const std::byte> block, std::uint64_t element_limit, std::size_t element_bytes,
                               std::uint64_t file_offset_bytes) {
  PatchList out;
  if (block.empty()) return out;
  ByteReader in(block, file_offset_bytes);
  ACTZ_TRY(const auto count, in.u32("patch count"));
  if (count == 0 || count > element_limit) {  // R-CHNK-30
    return in.error_here(ErrorCode::corrupt, "patch count out of range");
  }
  ACTZ_TRY(const auto gaps, read_rice_array(in, count, 0, 0, INT32_MAX, "patch gaps"));
  std::uint64_t next = 0;
  for (const std::int32_t gap : gaps) {
    const std::uint64_t element = next + static_cast<std::uint64_t>(gap);
    if (element >= element_limit)
      return in.error_here(ErrorCode::corrupt_bounds, "a patch leaves the chunk");  // R-CHNK-31
    out.element.push_back(element);
    next = element + 1;
  }
  ACTZ_TRY(const auto values, in.bytes(std::uint64_t{count} * element_bytes, "patch values"));
  out.values.assign(values.begin(), values.end());
  if (in.remaining_bytes() != 0) return in.error_here(ErrorCode::corrupt, "bytes follow the patches");  // R-CHNK-32
  return out;
}

}  // namespace actz
