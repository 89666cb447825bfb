#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "actz/archive.hpp"
#include "actz/result.hpp"
#include "actz/tensor.hpp"

/// The client data of the filter: the 32-bit words that HDF5 keeps with a dataset and gives to every call
/// (docs/hdf5.md). First come what the user asks for, then, from set_local, what a chunk is.

namespace actz::hdf5 {

/// Places of the words. A user gives as many of the first kUserWords as are wanted; those left out are 0.
enum Word : std::size_t {
  kTarget = 0,    ///< as actz_target of the C interface; 0: NMSE 0.02
  kMantissa = 1,  ///< of the target's value, which is mantissa · 10^−exponent
  kExponent = 2,
  kEffort = 3,  ///< 1 to 9; 0: the default
  kFlags = 4,   ///< sum of flags
  kDigest = 5,  ///< 8 words: SHA-256 of the .actp file, first digits first; all 0: no profile
  kUserWords = 13,
  kLayout = 13,  ///< kLayoutVersion
  kDType = 14,   ///< as in format_spec/registry/dtypes.csv
  kRank = 15,
  kExtents = 16,  ///< of a chunk, slowest first
};

enum Flag : unsigned {
  kNameProfile = 1,  ///< chunks name the profile's model instead of holding it
  kBf16 = 2,         ///< 16-bit unsigned integers are the bits of bfloat16
};

inline constexpr unsigned kLayoutVersion = 1;
inline constexpr std::size_t kMaxRank = 16;

/// How the chunks of a dataset are coded, as the user wants it.
struct ChunkOptions {
  EncodeOptions encode;        ///< without its profile
  std::string profile_digest;  ///< 64 hex digits, or empty
  bool bf16 = false;
};

/// What the elements of a chunk are.
struct ChunkTensor {
  DType dtype = DType::f32;
  Shape shape;
};

/// Reads what the user asks for. `words` may be longer than kUserWords. Errors: bad_argument.
Result<ChunkOptions> read_options(std::span<const unsigned> words);

/// Reads what set_local told. Errors: bad_argument (it never ran, as when words were not kept), unsupported (a newer
/// layout), limit_exceeded.
Result<ChunkTensor> read_tensor(std::span<const unsigned> words);

/// The words to keep: those of the user, filled up, then those of the tensor, whose rank is at most kMaxRank and whose
/// extents fit into 32 bits.
std::vector<unsigned> all_words(std::span<const unsigned> user_words, const ChunkTensor& tensor);

}  // namespace actz::hdf5
