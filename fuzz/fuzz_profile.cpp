// A profile: what is parsed is written again as something that is parsed alike.
#include "fuzz_input.hpp"

using namespace actz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  const auto file = fuzz::input(data, size_bytes);
  (void)Profile::parse(file);
  const auto profile = Profile::parse(fuzz::sealed(file));
  if (!profile) return 0;
  const auto written = profile->serialise();
  const auto again = Profile::parse(written);
  fuzz::promise(again.has_value() && again->serialise() == written && again->rungs().size() == profile->rungs().size());
  return 0;
}
