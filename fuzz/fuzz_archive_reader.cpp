// A file through its index: rows at random. What front to back is legal comes out alike, whole and in parts.
#include <algorithm>

#include "fuzz_input.hpp"

using namespace actz;

namespace {

Result<fuzz::Bytes> rows_of(const ArchiveReader& reader, std::size_t tensor, std::uint64_t first, std::uint64_t end) {
  fuzz::Bytes out;
  const Status status = reader.read_rows(tensor, first, end, [&](std::span<const std::byte> elements) -> Status {
    out.insert(out.end(), elements.begin(), elements.end());
    return {};
  });
  if (!status) return status.error();
  return out;
}

void read_at_random(const fuzz::Bytes& file, const Result<fuzz::Bytes>& wanted) {
  const MemorySource source(file);
  const auto reader = ArchiveReader::open(source, fuzz::small_limits());
  fuzz::promise(reader.has_value() || !wanted);
  if (!reader) return;
  fuzz::Bytes all;
  bool complete = true;
  for (std::size_t i = 0; i < reader->summary().tensors.size(); ++i) {
    const std::uint64_t rows = reader->summary().tensors[i].rows;
    const auto whole = rows_of(*reader, i, 0, rows);
    complete = complete && whole.has_value();
    if (!whole) continue;
    all.insert(all.end(), whole->begin(), whole->end());
    const std::uint64_t middle = rows / 2;
    const auto first = rows_of(*reader, i, 0, middle);
    auto second = rows_of(*reader, i, middle, rows);
    fuzz::promise(first.has_value() && second.has_value());
    second->insert(second->begin(), first->begin(), first->end());
    fuzz::promise(*second == *whole);
  }
  fuzz::promise(!wanted || (complete && all == *wanted));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  const auto file = fuzz::sealed(fuzz::input(data, size_bytes));
  read_at_random(file, fuzz::decode_front_to_back(file));
  return 0;
}
