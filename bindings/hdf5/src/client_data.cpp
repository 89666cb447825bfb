#include "client_data.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "actz/c/writer.h"
#include "base/try.hpp"

namespace actz::hdf5 {
namespace {

constexpr unsigned kMaxExponent = 22;  // powers of ten up to it are exact, so that a value is the double nearest to it
constexpr std::uint64_t kMaxChunkBytes = 0xFFFFFFFF;  // of HDF5

Error bad_argument(std::string message) {
  return {ErrorCode::bad_argument, Error::kNoOffset, "options: " + std::move(message)};
}

Result<double> read_value(unsigned mantissa, unsigned exponent) {
  if (mantissa == 0) return bad_argument("the target wants a value: mantissa, exponent");
  if (exponent > kMaxExponent) return bad_argument("the exponent of the target's value is at most 22");
  double divisor = 1;
  for (unsigned i = 0; i < exponent; ++i) divisor *= 10;
  return mantissa / divisor;
}

Status read_target(std::span<const unsigned> words, EncodeOptions& out) {
  const unsigned target = words[kTarget];
  if (target == ACTZ_TARGET_DEFAULT || target == ACTZ_TARGET_LOSSLESS) {
    if (words[kMantissa] != 0 || words[kExponent] != 0) return bad_argument("this target takes no value");
    out.lossless = target == ACTZ_TARGET_LOSSLESS;
    return {};
  }
  ACTZ_TRY(const double value, read_value(words[kMantissa], words[kExponent]));
  switch (target) {
    case ACTZ_TARGET_NMSE: out.nmse = value; return {};
    case ACTZ_TARGET_BITS: out.bits_per_value = value; return {};
    case ACTZ_TARGET_PSNR: out.psnr_db = value; return {};
    case ACTZ_TARGET_LAMBDA: out.lambda = value; return {};
    case ACTZ_TARGET_MAX_ERROR: out.max_error = value; return {};
    default: return bad_argument("no target has the number " + std::to_string(target));
  }
}

std::string read_digest(std::span<const unsigned> words) {
  if (std::all_of(words.begin(), words.end(), [](unsigned word) { return word == 0; })) return {};
  std::string out;
  for (const unsigned word : words) {
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08x", word);
    out += digits;
  }
  return out;
}

std::vector<unsigned> user_part(std::span<const unsigned> words) {
  std::vector<unsigned> out(
      words.begin(), words.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(words.size(), kUserWords)));
  out.resize(kUserWords);
  return out;
}

}  // namespace

Result<ChunkOptions> read_options(std::span<const unsigned> words) {
  const std::vector<unsigned> user = user_part(words);
  ChunkOptions out;
  ACTZ_CHECK(read_target(user, out.encode));
  if (user[kEffort] > 9) return bad_argument("effort is 1 to 9");
  if (user[kEffort] != 0) out.encode.effort = user[kEffort];
  if (user[kFlags] > (kNameProfile | kBf16)) return bad_argument("unknown flags");
  out.bf16 = (user[kFlags] & kBf16) != 0;
  out.encode.embed_model = (user[kFlags] & kNameProfile) == 0;
  out.profile_digest = read_digest(std::span(user).subspan(kDigest, kUserWords - kDigest));
  if (!out.encode.embed_model && out.profile_digest.empty()) return bad_argument("there is no profile to name");
  return out;
}

Result<ChunkTensor> read_tensor(std::span<const unsigned> words) {
  if (words.size() < kExtents) return bad_argument("words that say what a chunk is are missing");
  if (words[kLayout] != kLayoutVersion) {
    return Error{ErrorCode::unsupported, Error::kNoOffset, "options: layout of a newer version"};
  }
  const auto dtype = words[kDType] < 256 ? dtype_from_id(static_cast<std::uint8_t>(words[kDType])) : std::nullopt;
  if (!dtype || words[kRank] > kMaxRank || words.size() != kExtents + words[kRank]) {
    return bad_argument("words that say what a chunk is are damaged");
  }
  ChunkTensor out{*dtype, {}};
  for (const unsigned extent : words.subspan(kExtents)) out.shape.push_back(extent);
  ACTZ_TRY(const auto elements, element_count(out.shape, out.dtype));
  if (elements == 0 || elements > kMaxChunkBytes / element_bytes(out.dtype)) {
    return Error{ErrorCode::limit_exceeded, Error::kNoOffset, "options: chunks of more bytes than HDF5 takes, or none"};
  }
  return out;
}

std::vector<unsigned> all_words(std::span<const unsigned> user_words, const ChunkTensor& tensor) {
  std::vector<unsigned> out = user_part(user_words);
  out.push_back(kLayoutVersion);
  out.push_back(static_cast<unsigned>(tensor.dtype));
  out.push_back(static_cast<unsigned>(tensor.shape.size()));
  for (const std::uint64_t extent : tensor.shape) out.push_back(static_cast<unsigned>(extent));
  return out;
}

}  // namespace actz::hdf5
