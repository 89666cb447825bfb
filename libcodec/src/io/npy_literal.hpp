#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "actz/result.hpp"
#include "actz/tensor.hpp"

namespace actz::io {

/// The dictionary in the header of an .npy file.
struct NpyDictionary {
  std::string descr;
  bool is_fortran_order = false;
  Shape shape;
};

/// Parses the subset of Python literals that numpy writes: {'descr': str, 'fortran_order': bool, 'shape': tuple of
/// int}, keys in any order, each exactly once, spaces and trailing commas anywhere Python takes them, and the L after
/// integers of Python 2.
/// @param base_offset_bytes  offset of text[0] in the file, for error messages.
/// Errors: corrupt, unsupported (structured dtypes), limit_exceeded (an extent above 2^64 - 1).
Result<NpyDictionary> parse_npy_dictionary(std::string_view text, std::uint64_t base_offset_bytes);

}  // namespace actz::io
