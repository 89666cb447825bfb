#include "io/fortran_order.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace actz::io {
namespace {

/// Extents without those equal to one, which move no element, with the stride of each axis in either order.
/// Since every extent is at least two, the rank is at most 62.
struct Layout {
  explicit Layout(const Shape& shape) {
    for (const std::uint64_t extent : shape) {
      if (extent != 1) extents.push_back(extent);
    }
    fortran_strides.resize(extents.size());
    c_strides.resize(extents.size());
    std::uint64_t stride_elems = 1;
    for (std::size_t axis = 0; axis < extents.size(); ++axis) {
      fortran_strides[axis] = stride_elems;
      stride_elems *= extents[axis];
    }
    stride_elems = 1;
    for (std::size_t axis = extents.size(); axis-- > 0;) {
      c_strides[axis] = stride_elems;
      stride_elems *= extents[axis];
    }
  }
  Shape extents;
  std::vector<std::uint64_t> fortran_strides;
  std::vector<std::uint64_t> c_strides;
};

/// 32 rows of 32 elements: every cache line is used whole while it is near, even if all rows fall into one set.
constexpr std::uint64_t kTileElems = 32;

/// to[r · to_stride + c] = from[r · from_row_stride + c · from_column_stride] for one tile.
template <std::size_t kElemBytes>
void copy_tile(const std::byte* from, std::uint64_t from_row_stride, std::uint64_t from_column_stride,
               std::uint64_t rows, std::uint64_t columns, std::byte* to, std::uint64_t to_stride) {
  std::array<std::byte, kTileElems * kTileElems * kElemBytes> tile;
  for (std::uint64_t c = 0; c < columns; ++c) {
    const std::byte* column = from + c * from_column_stride * kElemBytes;
    for (std::uint64_t r = 0; r < rows; ++r) {
      std::memcpy(&tile[(r * kTileElems + c) * kElemBytes], column + r * from_row_stride * kElemBytes, kElemBytes);
    }
  }
  for (std::uint64_t r = 0; r < rows; ++r) {
    std::memcpy(to + r * to_stride * kElemBytes, &tile[r * kTileElems * kElemBytes], columns * kElemBytes);
  }
}

/// Gathers a range of C-order elements, cut into boxes: a range of one axis with all of the axes after it.
template <std::size_t kElemBytes>
class Gatherer {
 public:
  Gatherer(const std::byte* from, const Layout& layout, std::byte* to)
      : from_(from), layout_(layout), to_(to), index_(layout.extents.size()) {}

  /// Elements first … of the sub-tensor of the axes from `axis` on, which begins at `from_elem`.
  void range(std::size_t axis, std::uint64_t from_elem, std::uint64_t first, std::uint64_t count_elems) {
    if (count_elems == 0) return;
    const std::uint64_t slab_elems = layout_.c_strides[axis];
    const std::uint64_t axis_stride = layout_.fortran_strides[axis];
    from_elem += first / slab_elems * axis_stride;
    if (const std::uint64_t skipped_elems = first % slab_elems; skipped_elems != 0) {
      const std::uint64_t head_elems = std::min(count_elems, slab_elems - skipped_elems);
      range(axis + 1, from_elem, skipped_elems, head_elems);
      count_elems -= head_elems;
      from_elem += axis_stride;
    }
    const std::uint64_t whole_slabs = count_elems / slab_elems;
    if (whole_slabs > 0) box(axis, from_elem, whole_slabs);
    if (count_elems % slab_elems != 0) {
      range(axis + 1, from_elem + whole_slabs * axis_stride, 0, count_elems % slab_elems);
    }
  }

 private:
  void box(std::size_t axis, std::uint64_t from_elem, std::uint64_t slabs) {
    const std::size_t last = layout_.extents.size() - 1;
    const std::uint64_t rows = axis == last ? 1 : slabs;
    const std::uint64_t columns = axis == last ? slabs : layout_.extents[last];
    for (std::uint64_t column = 0; column < columns; column += kTileElems) {
      const std::uint64_t tile_columns = std::min(kTileElems, columns - column);
      const std::byte* from = from_ + (from_elem + column * layout_.fortran_strides[last]) * kElemBytes;
      std::byte* to = to_ + column * kElemBytes;
      do {
        column_strip(axis, from, rows, tile_columns, to);
      } while (next_middle_index(axis, from, to));
    }
    to_ += slabs * layout_.c_strides[axis] * kElemBytes;
  }

  void column_strip(std::size_t axis, const std::byte* from, std::uint64_t rows, std::uint64_t columns,
                    std::byte* to) const {
    const std::uint64_t from_stride = layout_.fortran_strides[axis];
    const std::uint64_t to_stride = layout_.c_strides[axis];
    for (std::uint64_t row = 0; row < rows; row += kTileElems) {
      copy_tile<kElemBytes>(from + row * from_stride * kElemBytes, from_stride, layout_.fortran_strides.back(),
                            std::min(kTileElems, rows - row), columns, to + row * to_stride * kElemBytes, to_stride);
    }
  }

  /// Steps through the axes between `axis` and the last, in the order of the file, so that the cache lines of a
  /// strip are used up before the next strip.
  bool next_middle_index(std::size_t axis, const std::byte*& from, std::byte*& to) {
    for (std::size_t middle = axis + 1; middle + 1 < layout_.extents.size(); ++middle) {
      from += layout_.fortran_strides[middle] * kElemBytes;
      to += layout_.c_strides[middle] * kElemBytes;
      if (++index_[middle] < layout_.extents[middle]) return true;
      from -= layout_.fortran_strides[middle] * layout_.extents[middle] * kElemBytes;
      to -= layout_.c_strides[middle] * layout_.extents[middle] * kElemBytes;
      index_[middle] = 0;
    }
    return false;
  }

  const std::byte* from_;
  const Layout& layout_;
  std::byte* to_;
  std::vector<std::uint64_t> index_;  // zero between boxes
};

template <std::size_t kElemBytes>
void gather(std::span<const std::byte> fortran, const Layout& layout, std::uint64_t first_elem,
            std::span<std::byte> to) {
  Gatherer<kElemBytes>(fortran.data(), layout, to.data()).range(0, 0, first_elem, to.size() / kElemBytes);
}

}  // namespace

void gather_from_fortran(std::span<const std::byte> fortran, const Shape& shape, std::size_t elem_bytes,
                         std::uint64_t first_elem, std::span<std::byte> to) {
  if (to.empty()) return;
  const Layout layout(shape);
  if (layout.extents.size() < 2) {  // both orders are the same
    std::memcpy(to.data(), fortran.data() + first_elem * elem_bytes, to.size());
    return;
  }
  switch (elem_bytes) {
    case 1: return gather<1>(fortran, layout, first_elem, to);
    case 2: return gather<2>(fortran, layout, first_elem, to);
    case 4: return gather<4>(fortran, layout, first_elem, to);
    default: return gather<8>(fortran, layout, first_elem, to);
  }
}

}  // namespace actz::io
