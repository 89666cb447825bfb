// .npy, .npz and .safetensors in memory, each reader tried on every input.
#include <algorithm>

#include "fuzz_input.hpp"
#include "io/npy.hpp"
#include "io/npz.hpp"
#include "io/safetensors.hpp"
#include "io/tensor_source.hpp"

using namespace actz;

namespace {

constexpr std::size_t kMostElements = 4096;  ///< at either end of a tensor

void read(Result<std::unique_ptr<io::TensorCollection>> collection) {
  if (!collection) return;
  const std::size_t count = std::min<std::size_t>((*collection)->tensors().size(), 16);
  for (std::size_t i = 0; i < count; ++i) {
    auto source = (*collection)->open(i);
    if (!source) continue;
    const io::TensorInfo& info = (*source)->info();
    const auto elements = element_count(info.shape, info.dtype);
    fuzz::promise(elements.has_value());
    const std::size_t piece = std::min<std::size_t>(static_cast<std::size_t>(*elements), kMostElements);
    fuzz::Bytes bytes(piece * element_bytes(info.dtype));
    (void)(*source)->read(0, bytes);
    (void)(*source)->read(*elements - piece, bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  const auto file = fuzz::input(data, size_bytes);
  const fuzz::Bytes copy(file.begin(), file.end());
  read(io::open_npy(io::make_memory_input(copy), "x"));
  read(io::open_npz(io::make_memory_input(copy)));
  read(io::open_safetensors(io::make_memory_input(copy)));
  return 0;
}
