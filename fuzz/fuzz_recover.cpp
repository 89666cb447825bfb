// What is left of a damaged file: whatever it is, the new file is legal, and recovering that again changes nothing.
#include "actz/recover.hpp"
#include "fuzz_input.hpp"

using namespace actz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  const auto given = fuzz::input(data, size_bytes);
  const fuzz::Bytes file = size_bytes % 2 == 0 ? fuzz::sealed(given) : fuzz::Bytes(given.begin(), given.end());
  MemorySink sink;
  const auto report = recover(MemorySource(file), sink, fuzz::small_limits());
  if (!report) return 0;
  fuzz::promise(fuzz::decode_front_to_back(sink.bytes).has_value());
  MemorySink again;
  const auto second = recover(MemorySource(sink.bytes), again, fuzz::small_limits());
  fuzz::promise(second.has_value() && second->is_complete() && again.bytes == sink.bytes);
  return 0;
}
