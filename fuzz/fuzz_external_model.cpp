// An external stream with the classes, numbers and means that go with it (coder files of the conformance kit).
#include "decode_coder_file.hpp"
#include "fuzz_input.hpp"

using namespace actz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  constexpr std::size_t kFormAt = 8;
  if (size_bytes <= kFormAt) return 0;
  fuzz::Bytes file(fuzz::input(data, size_bytes).begin(), fuzz::input(data, size_bytes).end());
  file[kFormAt] = std::byte{2};
  (void)conformance::decode_coder_file(file);
  return 0;
}
