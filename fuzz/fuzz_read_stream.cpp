// A file from front to back, as it is and with its CRCs made right.
#include "fuzz_input.hpp"

using namespace actz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  const auto file = fuzz::input(data, size_bytes);
  (void)fuzz::decode_front_to_back(file);
  (void)fuzz::decode_front_to_back(fuzz::sealed(file));
  return 0;
}
