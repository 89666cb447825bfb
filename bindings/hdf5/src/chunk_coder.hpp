#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "client_data.hpp"

/// A chunk of a dataset is a .actz file of one tensor, named "chunk", as in docs/zarr.md.

namespace actz::hdf5 {

/// @param elements  of `tensor`, in C order, little-endian.
/// Errors: bad_argument (not as many elements, the profile is of other channels), those of find_profile, out_of_memory.
Result<std::vector<std::byte>> encode_chunk(std::span<const std::byte> elements, const ChunkTensor& tensor,
                                            const ChunkOptions& options);

/// The other way, with every check of a file read from front to back. Nothing larger than `tensor` is allocated.
/// @param to  room for the elements of `tensor`, filled; on failure it holds anything.
/// Errors: corrupt, unsupported, limit_exceeded, bad_argument (not a chunk, or of another type or shape), those of
/// find_profile, out_of_memory.
Status decode_chunk(std::span<const std::byte> file, const ChunkTensor& tensor, const ChunkOptions& options,
                    std::span<std::byte> to);

/// The profile that the options name suits the tensor. Errors: bad_argument, those of find_profile.
Status check_profile(const ChunkTensor& tensor, const ChunkOptions& options);

}  // namespace actz::hdf5
