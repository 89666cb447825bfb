// Encodes a tensor in memory with the C++ library and decodes some of its rows.
#include <actz/archive.hpp>
#include <cmath>
#include <cstdio>
#include <vector>

int main() {
  constexpr std::uint64_t kRows = 500, kChannels = 32;
  std::vector<float> hidden(kRows * kChannels);
  for (std::size_t i = 0; i < hidden.size(); ++i) hidden[i] = std::sin(0.01F * static_cast<float>(i));

  actz::MemorySink file;
  actz::ArchiveWriter writer(file);
  actz::MemoryElements elements(actz::DType::f32, std::as_bytes(std::span(hidden)));
  actz::EncodeOptions options;
  options.max_error = 0.01;
  const auto report = writer.add_tensor("hidden", actz::DType::f32, {kRows, kChannels}, elements, options);
  if (!report || !writer.finish()) return 1;

  const actz::MemorySource source(file.bytes);
  const auto reader = actz::ArchiveReader::open(source);
  if (!reader) return 1;
  double largest_error = 0;
  std::size_t at = 100 * kChannels;
  const auto compare = [&](std::span<const std::byte> decoded) -> actz::Status {
    const auto* values = reinterpret_cast<const float*>(decoded.data());
    for (std::size_t i = 0; i < decoded.size() / sizeof(float); ++i, ++at)
      largest_error = std::fmax(largest_error, std::fabs(values[i] - hidden[at]));
    return {};
  };
  if (!reader->read_rows(0, 100, 110, compare)) return 1;
  std::printf("%zu bytes for %zu values, largest error in ten rows %.4f\n", file.bytes.size(), hidden.size(),
              largest_error);
  return at == 110 * kChannels && largest_error <= 0.01 ? 0 : 1;
}
