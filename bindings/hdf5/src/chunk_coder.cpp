#include "chunk_coder.hpp"

#include <algorithm>
#include <cstring>
#include <thread>

#include "base/try.hpp"
#include "pipeline/tensor_plan.hpp"
#include "profile_path.hpp"

namespace actz::hdf5 {
namespace {

constexpr const char* kTensorName = "chunk";

Error bad_argument(std::string message) { return {ErrorCode::bad_argument, Error::kNoOffset, std::move(message)}; }

bool takes_profile(const ChunkTensor& tensor, const ChunkOptions& options) {
  return !options.profile_digest.empty() && is_float(tensor.dtype);
}

unsigned threads() { return std::max(1U, std::thread::hardware_concurrency()); }

Result<DecodeOptions> decode_options(const ChunkTensor& tensor, const ChunkOptions& options, std::size_t bytes) {
  DecodeOptions out;
  out.limits.max_tensors = 1;
  out.limits.max_tensor_bytes = bytes;
  out.limits.max_chunk_bytes = bytes;
  out.threads = threads();
  if (takes_profile(tensor, options) && !options.encode.embed_model) {
    ACTZ_TRY(auto profile, find_profile(options.profile_digest));
    out.profiles.push_back(std::move(profile));
  }
  return out;
}

}  // namespace

Status check_profile(const ChunkTensor& tensor, const ChunkOptions& options) {
  if (!takes_profile(tensor, options)) return {};
  ACTZ_TRY(const auto profile, find_profile(options.profile_digest));
  const std::uint32_t wanted = profile.training().channels;
  const std::uint32_t channels = plan_view(tensor.shape, wanted).channels;
  if (channels == wanted) return {};
  return bad_argument("the profile is of " + std::to_string(wanted) + " channels, chunks of " +
                      to_string(tensor.shape) + " have " + std::to_string(channels));
}

Result<std::vector<std::byte>> encode_chunk(std::span<const std::byte> elements, const ChunkTensor& tensor,
                                            const ChunkOptions& options) {
  ACTZ_TRY(const auto count, element_count(tensor.shape, tensor.dtype));
  if (elements.size() != count * element_bytes(tensor.dtype)) {
    return bad_argument("a chunk of " + to_string(tensor.shape) + " comes with " + std::to_string(elements.size()) +
                        " bytes");
  }
  EncodeOptions encode = options.encode;
  encode.threads = threads();
  std::optional<Profile> profile;  // outlives the writer, which may look at it again
  if (takes_profile(tensor, options)) {
    ACTZ_TRY(auto found, find_profile(options.profile_digest));
    profile = std::move(found);
    encode.profile = &*profile;
  }
  MemorySink sink;
  ArchiveWriter writer(sink);
  MemoryElements source(tensor.dtype, elements);
  ACTZ_TRY([[maybe_unused]] const auto report,
           writer.add_tensor(kTensorName, tensor.dtype, tensor.shape, source, encode));
  ACTZ_CHECK(writer.finish());
  return std::move(sink.bytes);
}

Status decode_chunk(std::span<const std::byte> file, const ChunkTensor& tensor, const ChunkOptions& options,
                    std::span<std::byte> to) {
  ACTZ_TRY(const auto decoding, decode_options(tensor, options, to.size()));
  std::size_t filled = 0;
  StreamVisitor visitor;
  visitor.on_tensor = [&](const TensorSummary& found) -> Result<bool> {
    if (found.name != kTensorName) return bad_argument("not a chunk: a file of a tensor '" + found.name + "'");
    if (found.dtype != tensor.dtype || found.shape != tensor.shape) {
      return bad_argument("holds " + std::string(to_string(found.dtype)) + " " + to_string(found.shape) +
                          " instead of " + std::string(to_string(tensor.dtype)) + " " + to_string(tensor.shape));
    }
    return true;
  };
  visitor.on_elements = [&](std::span<const std::byte> elements) -> Status {
    std::memcpy(to.data() + filled, elements.data(), elements.size());
    filled += elements.size();
    return {};
  };
  MemorySource source(file);
  ACTZ_TRY([[maybe_unused]] const auto summary, read_stream(source, visitor, decoding));
  if (filled != to.size()) return bad_argument("not a chunk: a file without tensors");
  return {};
}

}  // namespace actz::hdf5
