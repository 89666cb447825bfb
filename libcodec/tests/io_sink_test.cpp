#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <csignal>
#include <optional>

#include "io/output_file.hpp"
#include "io/tensor_sink.hpp"
#include "io_test_support.hpp"

namespace actz::io_test {
namespace {

using io::FileFormat;
using io::open_sink;
using io::OutputFile;

std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

io::TensorInfo info(const std::string& name, DType dtype, const Shape& shape) { return {name, dtype, shape}; }

/// Writes in pieces of `step_bytes`, so that pieces cross the borders of tensors.
Status write_all(const std::string& path, FileFormat format, const std::vector<io::TensorInfo>& infos,
                 const std::string& data, std::size_t step_bytes, bool overwrite = false) {
  auto sink = open_sink(path, format, infos, overwrite);
  if (!sink) return sink.error();
  for (std::size_t at = 0; at < data.size(); at += step_bytes) {
    if (auto status = (*sink)->write(bytes(data.substr(at, step_bytes))); !status) return status;
  }
  return (*sink)->finish();
}

std::string text_of(std::size_t count_bytes) {
  std::string text;
  for (std::size_t i = 0; i < count_bytes; ++i) text += static_cast<char>('a' + i % 26);
  return text;
}

TEST_CASE("what a sink writes, a source reads: every format, every type, 0-d and empty tensors") {
  const TemporaryDirectory dir;
  for (unsigned id = 0; id < 20; ++id) {
    const auto dtype = dtype_from_id(static_cast<std::uint8_t>(id));
    if (!dtype) continue;
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 5}, Shape{4, 0, 2}}) {
      const std::string data = text_of(static_cast<std::size_t>(*element_count(shape, *dtype)) * element_bytes(*dtype));
      for (const char* const ending : {"npy", "npz", "safetensors", "raw"}) {
        const std::string path = dir / ("x." + std::string(ending));
        const FileFormat format = *io::format_from_path(path);
        if (*dtype == DType::bf16 && (format == FileFormat::npy || format == FileFormat::npz)) continue;
        CAPTURE(ending);
        const auto status = write_all(path, format, {info("x", *dtype, shape)}, data, 7, true);
        REQUIRE_MESSAGE(status.has_value(), status.error().message);
        const auto collection = io::open_tensors(path, {{}, *dtype, shape});
        REQUIRE_MESSAGE(collection.has_value(), collection.error().message);
        CHECK((*collection)->tensors()[0].name == "x");
        CHECK((*collection)->tensors()[0].shape == shape);
        CHECK((*collection)->tensors()[0].dtype == *dtype);
        CHECK(*read_all(path, {{}, *dtype, shape}) == data);
      }
    }
  }
}

TEST_CASE("several tensors keep names and order, however the writes are cut") {
  const TemporaryDirectory dir;
  const std::vector<io::TensorInfo> infos = {info("b\"\\\n", DType::f32, {2}), info("none", DType::u8, {0}),
                                             info("\xC3\xBC", DType::i16, {3}), info("last", DType::f64, {0, 7})};
  for (const FileFormat format : {FileFormat::npz, FileFormat::safetensors}) {
    for (const std::size_t step_bytes : {1u, 5u, 14u}) {
      REQUIRE(write_all(dir / "x", format, infos, text_of(14), step_bytes, true).has_value());
      const auto collection = io::open_tensors(dir / "x");
      REQUIRE_MESSAGE(collection.has_value(), collection.error().message);
      REQUIRE((*collection)->tensors().size() == infos.size());
      for (std::size_t i = 0; i < infos.size(); ++i) CHECK((*collection)->tensors()[i].name == infos[i].name);
      CHECK(*read_all(dir / "x") == text_of(14));
    }
  }
}

TEST_CASE("archives of no tensors are written and read") {
  const TemporaryDirectory dir;
  for (const char* const name : {"x.npz", "x.safetensors"}) {
    REQUIRE(write_all(dir / name, *io::format_from_path(name), {}, "", 1).has_value());
    CHECK(*read_all(dir / name) == "");
  }
}

TEST_CASE("a stored npz member can be read again from any element") {
  const TemporaryDirectory dir;
  REQUIRE(write_all(dir / "x.npz", FileFormat::npz, {info("a", DType::u8, {26})}, text_of(26), 26).has_value());
  const auto collection = io::open_tensors(dir / "x.npz");
  const auto source = (*collection)->open(0);
  CHECK((*source)->rewindable());
  std::string got(3, '\0');
  for (const std::uint64_t first : {20u, 3u, 23u, 0u}) {
    REQUIRE((*source)->read(first, std::as_writable_bytes(std::span(got))).has_value());
    CHECK(got == text_of(26).substr(first, 3));
  }
}

TEST_CASE("npz with more than 65535 members uses the zip64 directory") {
  const TemporaryDirectory dir;
  std::vector<io::TensorInfo> infos;
  for (int i = 0; i < 65536; ++i) infos.push_back(info(std::to_string(i), DType::u8, {1}));
  REQUIRE(write_all(dir / "x.npz", FileFormat::npz, infos, text_of(infos.size()), 1000).has_value());
  const auto collection = io::open_tensors(dir / "x.npz");
  REQUIRE_MESSAGE(collection.has_value(), collection.error().message);
  CHECK((*collection)->tensors().size() == 65536);
  CHECK(*read_tensor(**(*collection)->open(65535)) == text_of(65536).substr(65535));
}

TEST_CASE("npy data begin at a multiple of 64 bytes") {
  const TemporaryDirectory dir;
  for (std::uint64_t extent = 1; extent < 1000000000000; extent *= 10) {
    REQUIRE(write_all(dir / "x.npy", FileFormat::npy, {info("", DType::u8, {extent, 0})}, "", 1, true).has_value());
    CHECK(read_file(dir / "x.npy").size() % 64 == 0);
  }
}

TEST_CASE("sinks refuse what their format cannot hold, and leave nothing behind") {
  const TemporaryDirectory dir;
  const auto refused = [&](FileFormat format, const std::vector<io::TensorInfo>& infos) {
    const auto sink = open_sink(dir / "x", format, infos, false);
    return !sink && sink.error().code == ErrorCode::bad_argument;
  };
  const auto one = info("a", DType::f32, {1});
  CHECK(refused(FileFormat::npy, {}));
  CHECK(refused(FileFormat::raw, {one, one}));
  CHECK(refused(FileFormat::npy, {info("a", DType::bf16, {1})}));
  CHECK(refused(FileFormat::npz, {info("a", DType::bf16, {1})}));
  CHECK(refused(FileFormat::npz, {one, one}));
  CHECK(refused(FileFormat::safetensors, {one, one}));
  CHECK(refused(FileFormat::safetensors, {info("__metadata__", DType::f32, {1})}));
  CHECK(refused(FileFormat::safetensors, {info("\xFF", DType::f32, {1})}));
  CHECK(refused(FileFormat::npz, {info("\xED\xA0\x80", DType::f32, {1})}));  // a surrogate
  CHECK(refused(FileFormat::npz, {info(std::string("a\0b", 3), DType::f32, {1})}));
  CHECK(open_sink(dir / "x", FileFormat::raw, {info("a", DType::f64, {1ull << 61})}, false).error().code ==
        ErrorCode::limit_exceeded);
  CHECK(dir.count_entries() == 0);
}

TEST_CASE("too many and too few bytes are bad arguments, and the file does not appear") {
  const TemporaryDirectory dir;
  for (const FileFormat format : {FileFormat::npy, FileFormat::npz, FileFormat::safetensors, FileFormat::raw}) {
    const std::vector<io::TensorInfo> infos = {info("a", DType::u8, {4})};
    CHECK(write_all(dir / "x", format, infos, "abcde", 5).error().code == ErrorCode::bad_argument);
    CHECK(write_all(dir / "x", format, infos, "abc", 3).error().code == ErrorCode::bad_argument);
    CHECK(dir.count_entries() == 0);
  }
}

TEST_CASE("an existing file is refused at once and stays as it is") {
  const TemporaryDirectory dir;
  write_file(dir / "x", "old");
  CHECK(OutputFile::create(dir / "x", false).error().code == ErrorCode::bad_argument);
  CHECK(read_file(dir / "x") == "old");
  CHECK(dir.count_entries() == 1);
}

TEST_CASE("a file that appears while we write is refused at the end and stays as it is") {
  const TemporaryDirectory dir;
  {
    auto file = OutputFile::create(dir / "x", false);
    REQUIRE(file->write(bytes("new")).has_value());
    write_file(dir / "x", "other");
    CHECK(file->finish().error().code == ErrorCode::bad_argument);
  }
  CHECK(read_file(dir / "x") == "other");
  CHECK(dir.count_entries() == 1);
}

TEST_CASE("overwriting keeps the old file until finish, then replaces it whole") {
  const TemporaryDirectory dir;
  write_file(dir / "x", "old");
  auto file = OutputFile::create(dir / "x", true);
  REQUIRE(file->write(bytes("new content")).has_value());
  CHECK(read_file(dir / "x") == "old");
  CHECK(file->written_bytes() == 11);
  REQUIRE(file->finish().has_value());
  CHECK(read_file(dir / "x") == "new content");
  CHECK(dir.count_entries() == 1);
  CHECK(file->write(bytes("more")).error().code == ErrorCode::bad_argument);
  CHECK(file->finish().error().code == ErrorCode::bad_argument);
}

TEST_CASE("an abandoned file leaves the directory as it was, moved or not") {
  const TemporaryDirectory dir;
  {
    auto first = OutputFile::create(dir / "x", false);
    REQUIRE(first->write(bytes("half")).has_value());
    OutputFile second = std::move(*first);
    auto third = OutputFile::create(dir / "y", false);
    CHECK(dir.count_entries() == 2);
    second = std::move(*third);
    CHECK(dir.count_entries() == 1);
  }
  CHECK(dir.count_entries() == 0);
}

TEST_CASE("a symbolic link is followed when overwriting and refused otherwise") {
  const TemporaryDirectory dir;
  write_file(dir / "target", "old");
  REQUIRE(::symlink("target", (dir / "link").c_str()) == 0);
  CHECK(OutputFile::create(dir / "link", false).error().code == ErrorCode::bad_argument);
  auto file = OutputFile::create(dir / "link", true);
  REQUIRE(file->write(bytes("new")).has_value());
  REQUIRE(file->finish().has_value());
  CHECK(std::filesystem::is_symlink(dir / "link"));
  CHECK(read_file(dir / "target") == "new");
}

TEST_CASE("a dangling link is an existing path") {
  const TemporaryDirectory dir;
  REQUIRE(::symlink("nowhere", (dir / "link").c_str()) == 0);
  CHECK(OutputFile::create(dir / "link", false).error().code == ErrorCode::bad_argument);
}

TEST_CASE("permission bits follow the umask") {
  const TemporaryDirectory dir;
  const mode_t before = ::umask(027);
  auto file = OutputFile::create(dir / "x", false);
  REQUIRE(file->finish().has_value());
  ::umask(before);
  struct stat status {};
  REQUIRE(::stat((dir / "x").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
}

TEST_CASE("a missing parent directory is an io error that names it") {
  const TemporaryDirectory dir;
  const auto file = OutputFile::create(dir / "none/x", false);
  CHECK(file.error().code == ErrorCode::io);
  CHECK(file.error().message.find(dir / "none'") != std::string::npos);
}

TEST_CASE("a directory or an empty path is no place for a file") {
  const TemporaryDirectory dir;
  CHECK(OutputFile::create(dir / "", true).error().code == ErrorCode::io);
  CHECK(OutputFile::create("", true).error().code == ErrorCode::bad_argument);
}

TEST_CASE("names as long as the file system takes can be written") {
  const TemporaryDirectory dir;
  auto file = OutputFile::create(dir / std::string(255, 'x'), false);
  REQUIRE(file.has_value());
  CHECK(file->finish().has_value());
}

TEST_CASE("devices are written directly and stay devices") {
  auto file = OutputFile::create("/dev/null", true);
  REQUIRE(file.has_value());
  CHECK(file->write(bytes("x")).has_value());
  CHECK(file->finish().has_value());
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("a full device is an io error") {
  auto file = OutputFile::create("/dev/full", false);
  REQUIRE(file.has_value());
  CHECK(file->write(bytes("x")).error().code == ErrorCode::io);
}

TEST_CASE("standard output receives the bytes; a reader that went away is an io error") {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2] = {-1, -1};
  REQUIRE(::pipe(ends) == 0);
  const int saved = ::dup(STDOUT_FILENO);
  ::dup2(ends[1], STDOUT_FILENO);
  ::close(ends[1]);
  auto file = OutputFile::create("-", false);
  const bool is_written = file && file->write(bytes("abc"));
  char got[4] = {};
  const ssize_t got_bytes = ::read(ends[0], got, 3);
  ::close(ends[0]);
  const auto broken = file->write(bytes("def"));
  const bool is_finished = file->finish().has_value();
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  CHECK(is_written);
  CHECK(got_bytes == 3);
  CHECK(std::string(got) == "abc");
  CHECK(broken.error().code == ErrorCode::io);
  CHECK(is_finished);
}

TEST_CASE("a mapped file gives its bytes, an empty one an empty span") {
  const TemporaryDirectory dir;
  auto mapped = io::MappedFile::open(write_file(dir / "x", "abc"));
  REQUIRE(mapped.has_value());
  io::MappedFile moved = std::move(*mapped);
  CHECK(moved.bytes().size() == 3);
  CHECK(moved.bytes()[2] == std::byte{'c'});
  CHECK(mapped->bytes().empty());
  moved = io::MappedFile();
  CHECK(moved.bytes().empty());
  CHECK(io::MappedFile::open(write_file(dir / "empty", ""))->bytes().empty());
  CHECK(io::MappedFile::open(dir / "none").error().code == ErrorCode::io);
  CHECK(io::MappedFile::open(dir / "").error().code == ErrorCode::io);
  CHECK(io::MappedFile::open("/dev/null").error().code == ErrorCode::io);
}

}  // namespace
}  // namespace actz::io_test
