#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "coded_tensors.hpp"
#include "pipeline/enc_sources.hpp"

using namespace actz;

namespace {

constexpr std::size_t kChannels = 24, kRows = 128;

const Profile& profile() {
  static const Profile out = [] {
    FitOptions options;
    options.target_nmse = {0.03};
    return test::fit(test::sentences(40 * kRows, kChannels, 1), {40, kRows, kChannels}, options);
  }();
  return out;
}

EncodeOptions options_of(bool use_sources, unsigned threads = 1) {
  EncodeOptions out;
  out.profile = &profile();
  out.embed_model = false;
  out.nmse = 0.03;
  out.use_sources = use_sources;
  out.threads = threads;
  return out;
}

std::vector<float> text(unsigned number) { return test::sentences(kRows, kChannels, 100 + number); }
std::string name(unsigned number) { return "text " + std::to_string(number); }

/// A file of short tensors.
std::vector<std::byte> archive(unsigned texts, bool use_sources, unsigned threads = 1) {
  MemorySink sink;
  ArchiveWriter writer(sink);
  for (unsigned i = 0; i < texts; ++i)
    test::add(writer, name(i), text(i), {kRows, kChannels}, options_of(use_sources, threads));
  REQUIRE(writer.finish().has_value());
  return sink.bytes;
}

std::vector<float> decoded(const std::vector<std::byte>& file, std::size_t tensor, unsigned threads = 1) {
  const auto out = test::decode(file, {profile()}, threads, tensor);
  REQUIRE_MESSAGE(out.has_value(), (out ? "" : out.error().message));
  return *out;
}

double nmse(const std::vector<float>& wanted, const std::vector<float>& got) {
  REQUIRE(wanted.size() == got.size());
  double error = 0, energy = 0;
  for (std::size_t c = 0; c < kChannels; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t i = c; i < wanted.size(); i += kChannels) {
      error += (double{wanted[i]} - got[i]) * (double{wanted[i]} - got[i]);
      sum += wanted[i];
      squares += double{wanted[i]} * wanted[i];
    }
    energy += squares - sum * sum / (static_cast<double>(wanted.size()) / kChannels);
  }
  return error / energy;
}

}  // namespace

TEST_CASE("short tensors of one profile are matched with each other") {
  const auto with = archive(24, true), without = archive(24, false);
  CHECK(with.size() * 10 < without.size() * 8);
  for (const unsigned i : {0U, 1U, 15U, 16U, 23U}) {
    CAPTURE(i);
    CHECK(nmse(text(i), decoded(with, i)) < 0.034);  // little is left to measure the unit on
  }
  CHECK(archive(24, true, 4) == with);
}

TEST_CASE("any tensor decodes first, alone, or in the order of the file, to the same") {
  const auto file = archive(20, true);
  DecodeOptions options;
  options.profiles = {profile()};
  MemorySource source(file);
  std::vector<std::byte> streamed;
  const StreamVisitor visitor{{},
                              [&](std::span<const std::byte> bytes) {
                                streamed.insert(streamed.end(), bytes.begin(), bytes.end());
                                return Status{};
                              },
                              {}};
  REQUIRE(read_stream(source, visitor, options).has_value());
  MemorySource again(file);
  auto reader = ArchiveReader::open(again, options);
  REQUIRE(reader.has_value());
  const std::size_t bytes = kRows * kChannels * sizeof(float);
  for (const std::size_t i : {19U, 3U, 0U, 17U, 16U}) {
    CAPTURE(i);
    std::vector<std::byte> one;
    REQUIRE(reader->read_rows(i, 0, kRows, [&](std::span<const std::byte> part) {
      one.insert(one.end(), part.begin(), part.end());
      return Status{};
    }));
    CHECK(std::equal(one.begin(), one.end(), streamed.begin() + static_cast<std::ptrdiff_t>(i * bytes)));
  }
}

TEST_CASE("a tensor that is skipped serves others all the same") {
  const auto file = archive(4, true);
  DecodeOptions options;
  options.profiles = {profile()};
  MemorySource source(file);
  std::vector<std::byte> last;
  const StreamVisitor visitor{[](const TensorSummary& tensor) -> Result<bool> { return tensor.name == name(3); },
                              [&](std::span<const std::byte> bytes) {
                                last.insert(last.end(), bytes.begin(), bytes.end());
                                return Status{};
                              },
                              {}};
  REQUIRE(read_stream(source, visitor, options).has_value());
  const std::vector<float> wanted = decoded(file, 3);
  REQUIRE(last.size() == wanted.size() * sizeof(float));
  CHECK(std::memcmp(last.data(), wanted.data(), last.size()) == 0);
}

TEST_CASE("chunks of one tensor are matched with the first of them, and any rows decode alone") {
  const std::vector<float> rows = test::sentences(40 * kRows, kChannels, 3);
  EncodeOptions options = options_of(true);
  options.chunk_rows = 256;
  const auto with = test::encode(rows, {40, kRows, kChannels}, options);
  options.use_sources = false;
  const auto without = test::encode(rows, {40, kRows, kChannels}, options);
  CHECK(with.file.size() * 10 < without.file.size() * 9);
  const std::vector<float> whole = decoded(with.file, 0, 3);
  CHECK(nmse(rows, whole) < 0.032);
  const auto some = test::decode_rows(with.file, {profile()}, 0, 4000, 4100);
  REQUIRE(some.has_value());
  CHECK(std::equal(some->begin(), some->end(), whole.begin() + 4000 * kChannels));
}

TEST_CASE("a tensor that others refer to has no sources, one that refers to another is none") {
  MemorySink sink;
  ArchiveWriter writer(sink);
  EncodeOptions options = options_of(true);
  test::add(writer, "first", text(0), {kRows, kChannels}, options);
  options.keep_as_reference = true;
  test::add(writer, "referenced", text(1), {kRows, kChannels}, options);
  options = EncodeOptions{};
  options.references = {"referenced"};
  options.nmse = 0.03;
  test::add(writer, "refers", text(1), {kRows, kChannels}, options);
  test::add(writer, "last", text(2), {kRows, kChannels}, options_of(true));
  REQUIRE(writer.finish().has_value());
  for (const std::size_t i : {0U, 1U, 2U, 3U})
    CHECK(nmse(text(i == 3 ? 2 : i == 0 ? 0 : 1), decoded(sink.bytes, i)) < 0.034);
}

TEST_CASE("a file that is gone on with becomes what it had been if written at once") {
  const auto whole = archive(12, true);
  std::vector<std::byte> file = archive(5, true);
  DecodeOptions reading;
  reading.profiles = {profile()};
  for (const unsigned end : {9U, 12U}) {
    const std::vector<std::byte> before = file;
    MemorySource source(before);
    MemorySink sink;
    auto writer = ArchiveWriter::resume(source, sink, reading);
    REQUIRE(writer.has_value());
    file.resize(static_cast<std::size_t>(writer->written_bytes()));
    for (unsigned i = end == 9 ? 5 : 9; i < end; ++i)
      test::add(*writer, name(i), text(i), {kRows, kChannels}, options_of(true));
    REQUIRE(writer->finish().has_value());
    file.insert(file.end(), sink.bytes.begin(), sink.bytes.end());
    CHECK(writer->written_bytes() == file.size());
  }
  CHECK(file == whole);
}

TEST_CASE("gone on with without the profile at hand, a file is still right") {
  std::vector<std::byte> file = archive(3, true);
  const std::vector<std::byte> before = file;
  MemorySource source(before);
  MemorySink sink;
  auto writer = ArchiveWriter::resume(source, sink, {});
  REQUIRE(writer.has_value());
  MemoryElements elements(DType::f32, {});
  CHECK(writer->add_tensor(name(1), DType::f32, {0}, elements, {}).error().code == ErrorCode::bad_argument);
  file.resize(static_cast<std::size_t>(writer->written_bytes()));
  test::add(*writer, "more", text(9), {kRows, kChannels}, options_of(true));
  EncodeOptions exact;
  exact.lossless = true;
  test::add(*writer, "exact", text(9), {kRows, kChannels}, exact);
  REQUIRE(writer->finish().has_value());
  file.insert(file.end(), sink.bytes.begin(), sink.bytes.end());
  CHECK(nmse(text(9), decoded(file, 3)) < 0.034);
  CHECK(decoded(file, 4) == text(9));
}

TEST_CASE("sources are few") {
  WrittenSources sources;
  CHECK(sources.takes(1, 1));
  CHECK(sources.takes(32768, 128));
  CHECK(!sources.takes(32769, 128));
  CHECK(!sources.takes(65537, 1));
}
