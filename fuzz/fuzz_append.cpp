// A tensor added to a file: what was legal stays so, with the new tensor behind the old ones.
#include <algorithm>
#include <array>

#include "fuzz_input.hpp"

using namespace actz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  const auto file = fuzz::sealed(fuzz::input(data, size_bytes));
  const MemorySource source(file);
  MemorySink sink;
  auto writer = ArchiveWriter::resume(source, sink, fuzz::small_limits());
  if (!writer) return 0;
  const auto kept_bytes = static_cast<std::size_t>(writer->written_bytes());
  fuzz::promise(kept_bytes <= file.size());
  constexpr std::array<std::byte, 12> kContent = {std::byte{1}, std::byte{2}, std::byte{3}};
  MemoryElements elements(DType::u8, kContent);
  EncodeOptions options;
  const auto report = writer->add_tensor("appended by the fuzzer", DType::u8, {3, 4}, elements, options);
  if (!report) return 0;
  fuzz::promise(writer->finish().has_value());
  fuzz::Bytes longer(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(kept_bytes));
  longer.insert(longer.end(), sink.bytes.begin(), sink.bytes.end());
  const auto before = fuzz::decode_front_to_back(file);
  if (!before) return 0;
  const auto after = fuzz::decode_front_to_back(longer);
  fuzz::promise(after.has_value() && after->size() == before->size() + kContent.size());
  fuzz::promise(std::equal(before->begin(), before->end(), after->begin()));
  fuzz::promise(std::equal(kContent.begin(), kContent.end(), after->end() - kContent.size()));
  return 0;
}
