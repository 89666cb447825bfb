#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "actz/recover.hpp"
#include "coded_tensors.hpp"
#include "recover/section_scan.hpp"

using namespace actz;

namespace {

using Bytes = std::vector<std::byte>;
constexpr std::size_t kChannels = 16, kRows = 96;

std::vector<ScannedPart> parts_of(const Bytes& file) {
  const auto parts = scan_sections(MemorySource(file), {});
  REQUIRE(parts.has_value());
  return *parts;
}

/// The sections of a type, in order.
std::vector<ScannedPart> sections(const Bytes& file, SectionType type) {
  std::vector<ScannedPart> out;
  for (const ScannedPart& part : parts_of(file)) {
    if (part.header.type == static_cast<std::uint16_t>(type)) out.push_back(part);
  }
  return out;
}

Bytes flipped(Bytes file, std::uint64_t offset) {
  file[static_cast<std::size_t>(offset)] ^= std::byte{16};
  return file;
}

/// Header and all; what follows is a gap.
Bytes wiped(Bytes file, const ScannedPart& part) {
  std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(part.offset_bytes), part.size_bytes, std::byte{0});
  return file;
}

struct Recovered {
  RecoverReport report;
  Bytes file;
};

std::vector<float> all_rows(const Bytes& file, std::size_t tensor, const std::vector<Profile>& profiles) {
  auto rows = test::decode(file, profiles, 1, tensor);
  REQUIRE_MESSAGE(rows.has_value(), (rows ? "" : rows.error().message));
  return *rows;
}

/// Recovers, and holds every piece to the rows of the sound file.
Recovered recovered(const Bytes& damaged, const Bytes& sound, const std::vector<Profile>& profiles = {}) {
  MemorySink sink;
  DecodeOptions options;
  options.profiles = profiles;
  const auto report = recover(MemorySource(damaged), sink, options);
  REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().message));
  MemorySource forward(sink.bytes);
  const auto summary = read_stream(forward, {}, options);
  REQUIRE_MESSAGE(summary.has_value(), (summary ? "" : summary.error().message));
  MemorySource sound_source(sound);
  const auto before = ArchiveReader::open(sound_source, options);
  REQUIRE(before.has_value());
  std::size_t number = 0;
  for (const RecoveredTensor& tensor : report->tensors) {
    const auto& names = before->summary().tensors;
    const auto found = std::find_if(names.begin(), names.end(), [&](const auto& t) { return t.name == tensor.name; });
    REQUIRE(found != names.end());
    const auto wanted = all_rows(sound, static_cast<std::size_t>(found - names.begin()), profiles);
    for (const RecoveredPiece& piece : tensor.pieces) {
      CHECK(summary->tensors.at(number).name == piece.name);
      const auto got = all_rows(sink.bytes, number++, profiles);
      const std::size_t width = found->channels;
      REQUIRE(got.size() == (piece.rows.end - piece.rows.first) * width);
      CHECK(std::equal(got.begin(), got.end(), wanted.begin() + static_cast<std::ptrdiff_t>(piece.rows.first * width)));
    }
  }
  CHECK(number == summary->tensors.size());
  return {*report, sink.bytes};
}

/// Two tensors of six chunks of 16 rows, each with its own model, and metadata.
Bytes two_tensors() {
  MemorySink sink;
  ArchiveWriter writer(sink);
  REQUIRE(writer.add_metadata(R"({"layer": 3})").has_value());
  EncodeOptions options;
  options.chunk_rows = 16;
  for (const unsigned seed : {1U, 2U})
    test::add(writer, "layer " + std::to_string(seed), test::sentences(kRows, kChannels, seed), {kRows, kChannels},
              options);
  REQUIRE(writer.finish().has_value());
  return sink.bytes;
}

}  // namespace

TEST_CASE("Of a sound file everything comes back") {
  const Bytes sound = two_tensors();
  const auto [report, file] = recovered(sound, sound);
  CHECK(report.is_complete());
  CHECK(file == sound);
  CHECK(report.chunks == 12);
}

TEST_CASE("One bit of a chunk costs this chunk alone") {
  const Bytes sound = two_tensors();
  const auto chunks = sections(sound, SectionType::chunk);
  REQUIRE(chunks.size() == 12);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    for (const std::uint64_t at : {std::uint64_t{3}, chunks[i].size_bytes / 2, chunks[i].size_bytes - 1}) {
      const auto [report, file] = recovered(flipped(sound, chunks[i].offset_bytes + at), sound);
      CHECK(report.chunks == 11);
      CHECK_FALSE(report.is_complete());
      CHECK(report.damaged_bytes == chunks[i].size_bytes);
      const RecoveredTensor& tensor = report.tensors[i / 6];
      CHECK(tensor.recovered_rows() == kRows - 16);
      CHECK(report.tensors[1 - i / 6].pieces.front().name == report.tensors[1 - i / 6].name);
      if (i == 2) {
        REQUIRE(tensor.pieces.size() == 2);
        CHECK(tensor.pieces[0].name == "layer 1[0:32]");
        CHECK(tensor.pieces[1].name == "layer 1[48:96]");
        CHECK_FALSE(tensor.pieces[1].recoded);
      }
    }
  }
}

TEST_CASE("Damage to what chunks do not need costs nothing") {
  const Bytes sound = two_tensors();
  for (const SectionType type :
       {SectionType::metadata, SectionType::tensor_end, SectionType::index, SectionType::end}) {
    for (const ScannedPart& part : sections(sound, type)) {
      for (const std::uint64_t at : {std::uint64_t{0}, part.size_bytes - 1}) {
        const auto [report, file] = recovered(flipped(sound, part.offset_bytes + at), sound);
        CHECK(report.chunks == 12);
        CHECK_FALSE(report.is_complete());
      }
    }
  }
  for (const unsigned at : {0U, 8U, 20U}) CHECK(recovered(flipped(sound, at), sound).report.chunks == 12);
}

TEST_CASE("A lost header or model costs its tensor alone") {
  const Bytes sound = two_tensors();
  for (const SectionType type : {SectionType::tensor, SectionType::model}) {
    for (const ScannedPart& part : sections(sound, type)) {
      for (const Bytes& damaged : {wiped(sound, part), flipped(sound, part.offset_bytes + part.size_bytes - 1)}) {
        const auto report = recovered(damaged, sound).report;
        CHECK(report.chunks == 6);
        CHECK(report.lost_chunks == 6);
        CHECK(report.loss != "");
      }
    }
  }
}

TEST_CASE("Tensors and models keep their numbers where sections before them are gone") {
  const Bytes sound = two_tensors();
  const auto tensors = sections(sound, SectionType::tensor);
  const auto second_model = sections(sound, SectionType::model)[1];
  Bytes without_first(sound.begin(), sound.begin() + 24);
  without_first.insert(without_first.end(), sound.begin() + static_cast<std::ptrdiff_t>(second_model.offset_bytes),
                       sound.end());
  without_first.insert(without_first.begin() + 24, std::byte{7});  // a gap where the first tensor was
  const auto report = recovered(without_first, sound).report;
  REQUIRE(report.tensors.size() == 1);
  CHECK(report.tensors[0].name == "layer 2");
  CHECK(report.tensors[0].recovered_rows() == kRows);
  Bytes headless(sound.begin() + 100, sound.end());
  CHECK(recovered(headless, sound).report.tensors.back().recovered_rows() == kRows);
}

TEST_CASE("Of a file that was cut short every whole chunk comes back") {
  const Bytes sound = two_tensors();
  const auto chunks = sections(sound, SectionType::chunk);
  const std::uint64_t first_tensor = sections(sound, SectionType::tensor)[0].offset_bytes;
  for (std::size_t size = 0; size < sound.size(); size += 37) {
    const Bytes cut(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(size));
    const auto whole = std::count_if(chunks.begin(), chunks.end(),
                                     [&](const auto& chunk) { return chunk.offset_bytes + chunk.size_bytes <= size; });
    if (size > first_tensor + 200) {
      CHECK(recovered(cut, sound).report.chunks == static_cast<std::uint64_t>(whole));
    }
  }
  MemorySink sink;
  CHECK(recover(MemorySource(Bytes(sound.begin(), sound.begin() + 30)), sink).error().code == ErrorCode::corrupt);
}

TEST_CASE("A chunk that lacks its reference is lost, and what remains of its tensor is stored as it is") {
  constexpr std::size_t kLong = 1024;
  MemorySink sink;
  ArchiveWriter writer(sink);
  EncodeOptions options;
  options.chunk_rows = 128;
  options.keep_as_reference = true;
  const auto keys = test::sentences(kLong, kChannels, 1, true);
  auto values = test::sentences(kLong, kChannels, 2, true);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 2 * keys[i] + 0.3F * values[i];
  test::add(writer, "keys", keys, {kLong, kChannels}, options);
  options.references = {"keys"};
  options.keep_as_reference = false;
  REQUIRE(test::add(writer, "values", values, {kLong, kChannels}, options).reference == "keys");
  REQUIRE(writer.finish().has_value());
  const Bytes sound = sink.bytes;
  CHECK(recovered(sound, sound).file == sound);
  const auto first_chunk = sections(sound, SectionType::chunk)[0];
  const auto report = recovered(flipped(sound, first_chunk.offset_bytes + 100), sound).report;
  REQUIRE(report.tensors.size() == 2);
  CHECK(report.tensors[0].recovered_rows() == kLong - 128);
  CHECK(report.tensors[1].recovered_rows() == kLong - 128);
  CHECK(report.tensors[1].pieces.front().recoded);
  CHECK_FALSE(report.tensors[0].pieces.front().recoded);
  CHECK(report.lost_chunks == 1);
  CHECK(report.loss == "rows of the reference of a chunk are lost");
}

TEST_CASE("Chunks take their sources along, under new names, and a profile may be named") {
  FitOptions fitting;
  fitting.target_nmse = {0.03};
  const Profile profile = test::fit(test::sentences(40 * kRows, kChannels, 1), {40, kRows, kChannels}, fitting);
  for (const bool embed : {true, false}) {
    MemorySink sink;
    ArchiveWriter writer(sink);
    EncodeOptions options;
    options.profile = &profile;
    options.embed_model = embed;
    options.nmse = 0.03;
    std::size_t sources = 0;
    for (unsigned i = 0; i < 12; ++i) {
      sources += test::add(writer, "text " + std::to_string(i), test::sentences(kRows, kChannels, 100 + i),
                           {kRows, kChannels}, options)
                     .source_chunks;
    }
    CHECK(sources > 0);
    REQUIRE(writer.finish().has_value());
    const Bytes sound = sink.bytes;
    CHECK(recovered(sound, sound, {profile}).file == sound);
    const auto chunks = sections(sound, SectionType::chunk);
    for (std::size_t i = 1; i < chunks.size(); ++i) {
      const auto damaged = flipped(sound, chunks[i].offset_bytes + chunks[i].size_bytes - 1);
      const auto report = recovered(damaged, sound, {profile}).report;
      CHECK(report.chunks + report.lost_chunks == 11);
      CHECK(report.chunks >= i);
    }
    MemorySink none;
    const auto without = recover(MemorySource(sound), none);
    CHECK(without.has_value() == embed);
    if (!embed) CHECK(without.error().code == ErrorCode::unsupported);
  }
}

TEST_CASE("Pieces of sequences that are not whole") {
  MemorySink sink;
  ArchiveWriter writer(sink);
  EncodeOptions options;
  options.chunk_rows = 16;
  test::add(writer, "x", test::sentences(5 * 40, kChannels, 3), {5, 40, kChannels}, options);
  REQUIRE(writer.finish().has_value());
  const Bytes sound = sink.bytes;
  const auto chunks = sections(sound, SectionType::chunk);
  REQUIRE(chunks.size() > 3);
  for (const ScannedPart& chunk : chunks) {
    const auto report = recovered(flipped(sound, chunk.offset_bytes + 30), sound).report;
    CHECK(report.chunks == chunks.size() - 1);
  }
}

TEST_CASE("Broken sections that overlap do not take unbounded work") {
  Bytes file = write_file_header(FileKind::data);
  const Bytes content(1 << 16, std::byte{5});
  Bytes header = write_section_header(SectionType::chunk, content);
  while (file.size() < content.size()) file.insert(file.end(), header.begin(), header.end());
  file.resize(file.size() + content.size());
  const auto parts = scan_sections(MemorySource(file), {});
  REQUIRE_FALSE(parts.has_value());
  CHECK(parts.error().code == ErrorCode::limit_exceeded);
}

TEST_CASE("A profile, or a file of a newer version, is not damaged") {
  MemorySink sink;
  CHECK(recover(MemorySource(write_file_header(FileKind::profile)), sink).error().code == ErrorCode::bad_argument);
}
