// The coder alone (coder files of the conformance kit): every kernel gives the same symbols or the same refusal.
#include "base/cpu_kernel.hpp"
#include "decode_coder_file.hpp"
#include "fuzz_input.hpp"

using namespace actz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  constexpr std::size_t kFormAt = 8;
  if (size_bytes <= kFormAt) return 0;
  fuzz::Bytes file(fuzz::input(data, size_bytes).begin(), fuzz::input(data, size_bytes).end());
  file[kFormAt] = std::byte{1};
  const CpuKernel before = active_cpu_kernel();
  fuzz::promise(set_cpu_kernel(CpuKernel::scalar));
  const auto plain = conformance::decode_coder_file(file);
  for (const CpuKernel kernel : {CpuKernel::avx2, CpuKernel::avx512}) {
    if (!set_cpu_kernel(kernel)) continue;
    const auto wide = conformance::decode_coder_file(file);
    fuzz::promise(wide.has_value() == plain.has_value());
    fuzz::promise(plain ? *wide == *plain : wide.error().code == plain.error().code);
  }
  fuzz::promise(set_cpu_kernel(before));
  return 0;
}
