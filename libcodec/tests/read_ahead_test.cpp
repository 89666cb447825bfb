// Many reads of few bytes become few.

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "coded_tensors.hpp"
#include "pipeline/read_ahead.hpp"

using namespace actz;

namespace {

class CountedSource final : public ByteSource {
 public:
  explicit CountedSource(std::vector<std::byte> data) : data_(std::move(data)) {}

  std::uint64_t size_bytes() const override { return data_.size(); }
  Status read_at(std::uint64_t offset_bytes, std::span<std::byte> to) const override {
    ++reads;
    REQUIRE(offset_bytes + to.size() <= data_.size());
    if (offset_bytes < broken_end && offset_bytes + to.size() > broken_begin)
      return Error{ErrorCode::io, offset_bytes, "broken"};
    return MemorySource(data_).read_at(offset_bytes, to);
  }

  mutable unsigned reads = 0;
  std::uint64_t broken_begin = 0, broken_end = 0;

 private:
  std::vector<std::byte> data_;
};

std::vector<std::byte> numbered(std::size_t count) {
  std::vector<std::byte> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::byte>(i * 7 + i / 256);
  return out;
}

void check_read(const ByteSource& source, const std::vector<std::byte>& data, std::size_t offset, std::size_t count) {
  std::vector<std::byte> got(count);
  REQUIRE(source.read_at(offset, got).has_value());
  CHECK(std::equal(got.begin(), got.end(), data.begin() + static_cast<std::ptrdiff_t>(offset)));
}

std::vector<std::byte> file_of(unsigned tensors) {
  MemorySink sink;
  ArchiveWriter writer(sink);
  EncodeOptions options;
  options.lossless = true;
  for (unsigned i = 0; i < tensors; ++i)
    test::add(writer, "tensor " + std::to_string(i), test::sentences(8, 4, i), {8, 4}, options);
  REQUIRE(writer.finish().has_value());
  return sink.bytes;
}

}  // namespace

TEST_CASE("what follows a read comes with it, and the end stays at hand") {
  const auto data = numbered(5 * ReadAhead::kWindowBytes);
  const CountedSource source(data);
  ReadAhead ahead(source);
  ahead.load_end();
  for (std::size_t i = 0; i < 100; ++i) {
    check_read(ahead, data, 40 * i, 40);
    check_read(ahead, data, data.size() - 40 * (i + 1), 40);
  }
  CHECK(source.reads == 2);
  check_read(ahead, data, ReadAhead::kWindowBytes - 1, 2);  // over the end of what is at hand
  CHECK(source.reads == 3);
  check_read(ahead, data, 0, 0);
  check_read(ahead, data, data.size(), 0);
  check_read(ahead, data, 100, 3 * ReadAhead::kWindowBytes);
}

TEST_CASE("sources of any size, from none on") {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, ReadAhead::kWindowBytes, ReadAhead::kWindowBytes + 1}) {
    const auto data = numbered(size);
    const CountedSource source(data);
    ReadAhead ahead(source);
    ahead.load_end();
    check_read(ahead, data, 0, size);
    if (size > 0) check_read(ahead, data, size - 1, 1);
  }
}

TEST_CASE("a place that cannot be read harms only those who ask for it") {
  const auto data = numbered(2 * ReadAhead::kWindowBytes);
  CountedSource source(data);
  source.broken_begin = 100;
  source.broken_end = 101;
  const ReadAhead ahead(source);
  check_read(ahead, data, 0, 100);
  std::byte one{};
  CHECK_FALSE(ahead.read_at(100, {&one, 1}).has_value());
  check_read(ahead, data, 101, 10);
}

TEST_CASE("a file of many small tensors is opened with few reads") {
  const auto bytes = file_of(100);
  const CountedSource source(bytes);
  const auto reader = ArchiveReader::open(source);
  REQUIRE(reader.has_value());
  CHECK(reader->summary().tensors.size() == 100);
  CHECK(reader->summary().tensors[99].name == "tensor 99");
  CHECK(source.reads <= bytes.size() / ReadAhead::kWindowBytes + 3);
}
