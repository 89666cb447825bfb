// A profile, a session and its packets (coder files of the conformance kit).
#include <algorithm>

#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "base/cpu_kernel.hpp"
#include "decode_coder_file.hpp"
#include "fuzz_input.hpp"

using namespace actz;

namespace {

constexpr std::size_t kFormAt = 8;
constexpr std::size_t kProfileAt = 20;  ///< behind the head of a file without classes
constexpr std::size_t kCheckedBytes = 60;

/// The session's checksum made right, if the profile ends before it.
void seal_session(fuzz::Bytes& file) {
  if (file.size() < kProfileAt) return;
  const std::uint64_t session_at = std::uint64_t{kProfileAt} + load_le<std::uint32_t>(&file[kProfileAt - 4]);
  if (session_at + kCheckedBytes + 4 > file.size()) return;
  const auto session = std::span(file).subspan(static_cast<std::size_t>(session_at), kCheckedBytes + 4);
  store_le(&session[kCheckedBytes], crc32c(session.first(kCheckedBytes)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  if (size_bytes <= kFormAt) return 0;
  fuzz::Bytes file(fuzz::input(data, size_bytes).begin(), fuzz::input(data, size_bytes).end());
  file[kFormAt] = std::byte{3};
  seal_session(file);
  const DecodeLimits limits = fuzz::small_limits().limits;
  const CpuKernel best = active_cpu_kernel();
  const auto wanted = conformance::decode_coder_file(file, limits);
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    fuzz::promise(set_cpu_kernel(kernel));
    const auto found = conformance::decode_coder_file(file, limits);
    fuzz::promise(found.has_value() == wanted.has_value());
    fuzz::promise(found ? *found == *wanted : found.error().code == wanted.error().code);
  }
  fuzz::promise(set_cpu_kernel(best));
  return 0;
}
