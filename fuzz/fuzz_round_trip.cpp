// A tensor from the input's bytes, encoded with options from its first ones, decodes to what was promised.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "fuzz_input.hpp"

using namespace actz;

namespace {

constexpr std::size_t kOptionBytes = 6;
constexpr std::size_t kMostBytes = 4096;
constexpr std::array kTypes = {DType::f32, DType::bf16, DType::f16, DType::f64, DType::u8, DType::i32, DType::boolean};

EncodeOptions options_of(const std::uint8_t* data) {
  EncodeOptions out;
  out.lossless = (data[1] & 1) != 0;
  if ((data[1] & 2) != 0) out.max_error = std::ldexp(1.0, data[2] % 32 - 16);
  out.match_rows = (data[1] & 4) != 0;
  if ((data[1] & 8) != 0) out.lags = std::vector<std::uint16_t>{};
  out.chunk_rows = data[3] % 8;
  out.effort = 1 + data[4] % 7;
  if (out.lossless) out.max_error.reset();
  return out;
}

bool within(const fuzz::Bytes& decoded, std::span<const std::byte> wanted, double max_error) {
  for (std::size_t i = 0; i + 4 <= wanted.size(); i += 4) {
    float x = 0, y = 0;
    std::memcpy(&x, &wanted[i], 4);
    std::memcpy(&y, &decoded[i], 4);
    const bool exact = std::memcmp(&wanted[i], &decoded[i], 4) == 0;
    if (!exact && !(std::abs(double{x} - double{y}) <= max_error)) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  if (size_bytes < kOptionBytes) return 0;
  const DType dtype = kTypes[data[0] % kTypes.size()];
  const std::size_t element = element_bytes(dtype);
  const std::uint64_t channels = 1 + data[5] % 33;
  fuzz::Bytes content(fuzz::input(data, size_bytes).begin() + kOptionBytes, fuzz::input(data, size_bytes).end());
  content.resize(std::min(content.size(), kMostBytes));
  const std::uint64_t rows = content.size() / element / channels;
  content.resize(static_cast<std::size_t>(rows * channels) * element);
  if (dtype == DType::boolean)
    for (std::byte& one : content) one &= std::byte{1};
  const EncodeOptions options = options_of(data);
  MemorySink sink;
  ArchiveWriter writer(sink);
  MemoryElements elements(dtype, content);
  const auto report = writer.add_tensor("x", dtype, {rows, channels}, elements, options);
  if (!report) {
    fuzz::promise(report.error().code == ErrorCode::bad_argument);
    return 0;
  }
  fuzz::promise(writer.finish().has_value());
  const auto decoded = fuzz::decode_front_to_back(sink.bytes);
  fuzz::promise(decoded.has_value() && decoded->size() == content.size());
  const bool exact = options.lossless || dtype == DType::u8 || dtype == DType::i32 || dtype == DType::boolean;
  if (exact) fuzz::promise(*decoded == content);
  if (dtype == DType::f32 && options.max_error) fuzz::promise(within(*decoded, content, *options.max_error));
  return 0;
}
