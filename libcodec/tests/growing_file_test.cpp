#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <filesystem>

#include "io/growing_file.hpp"
#include "io_test_support.hpp"

namespace actz::io_test {
namespace {

using io::GrowingFile;

std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

TEST_CASE("the end of a file is replaced when the new one is whole") {
  const TemporaryDirectory dir;
  for (const std::string more : {"", "34", "a longer end than before"}) {
    const std::string path = write_file(dir / "x", "begin|end");
    auto file = GrowingFile::open(path);
    REQUIRE(file.has_value());
    CHECK(file->write(bytes("too soon")).error().code == ErrorCode::bad_argument);
    REQUIRE(file->begin(6).has_value());
    CHECK(file->begin(6).error().code == ErrorCode::bad_argument);
    REQUIRE(file->write(bytes(more)).has_value());
    CHECK(std::filesystem::exists(path + ".undo"));
    REQUIRE(file->finish().has_value());
    CHECK(read_file(path) == "begin|" + more);
    CHECK(dir.count_entries() == 1);
  }
}

TEST_CASE("without finish the file stays as it was") {
  const TemporaryDirectory dir;
  const std::string path = write_file(dir / "x", "begin|end");
  {
    auto file = GrowingFile::open(path);
    REQUIRE(file->begin(6).has_value());
    REQUIRE(file->write(bytes("something else")).has_value());
  }
  CHECK(read_file(path) == "begin|end");
  CHECK(dir.count_entries() == 1);
}

TEST_CASE("after a crash the old end is put back") {
  const TemporaryDirectory dir;
  const std::string path = write_file(dir / "x", "begin|end");
  std::string kept, broken;
  {
    auto file = GrowingFile::open(path);
    REQUIRE(file->begin(6).has_value());
    REQUIRE(file->write(bytes("something else")).has_value());
    kept = read_file(path + ".undo");
    broken = read_file(path);
  }
  write_file(path, broken);
  write_file(path + ".undo", kept.substr(0, kept.size() - 1));
  CHECK(GrowingFile::open(path).error().code == ErrorCode::corrupt);
  CHECK(read_file(path) == broken);
  write_file(path + ".undo", kept);
  REQUIRE(GrowingFile::open(path).has_value());
  CHECK(read_file(path) == "begin|end");
  CHECK(dir.count_entries() == 1);
}

TEST_CASE("one process at a time, and regular files only") {
  const TemporaryDirectory dir;
  const std::string path = write_file(dir / "x", "begin|end");
  auto file = GrowingFile::open(path);
  REQUIRE(file.has_value());
  CHECK(GrowingFile::open(path).error().code == ErrorCode::bad_argument);
  CHECK(file->begin(10).error().code == ErrorCode::bad_argument);
  CHECK(GrowingFile::open(dir / "nothing").error().code == ErrorCode::io);
  CHECK(GrowingFile::open(dir / ".").error().code == ErrorCode::io);
}

}  // namespace
}  // namespace actz::io_test
