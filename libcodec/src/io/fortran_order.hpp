#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "actz/tensor.hpp"

namespace actz::io {

/// Copies elements first_elem … of a tensor, counted in C order, out of its Fortran-order bytes (first axis fastest).
/// @param fortran    all bytes of the tensor, any alignment.
/// @param elem_bytes 1, 2, 4 or 8.
/// @param to         whole elements, the range inside the tensor; no overlap with `fortran`.
void gather_from_fortran(std::span<const std::byte> fortran, const Shape& shape, std::size_t elem_bytes,
                         std::uint64_t first_elem, std::span<std::byte> to);

}  // namespace actz::io
