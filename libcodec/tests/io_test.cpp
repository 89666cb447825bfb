#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "io/fortran_order.hpp"
#include "io/tensor_source.hpp"
#include "io_test_support.hpp"

namespace actz::io_test {
namespace {

using io::FileFormat;
using io::open_tensors;

const std::string kSixFloats = from_hex("0000803f0000004000004040000080400000a0400000c040");  // 1 … 6

std::unique_ptr<io::TensorCollection> must_open(const std::string& path, const io::ReadOptions& options = {}) {
  auto collection = open_tensors(path, options);
  if (!collection) FAIL(collection.error().message);
  return std::move(*collection);
}

std::unique_ptr<io::TensorSource> must_open(io::TensorCollection& collection, std::size_t index) {
  auto source = collection.open(index);
  if (!source) FAIL(source.error().message);
  return std::move(*source);
}

TEST_CASE("formats are known by their endings, in either case") {
  CHECK(io::format_from_path("dir.raw/x.npy") == FileFormat::npy);
  CHECK(io::format_from_path("X.NPZ") == FileFormat::npz);
  CHECK(io::format_from_path("a.safetensors") == FileFormat::safetensors);
  CHECK(io::format_from_path("a.raw") == FileFormat::raw);
  CHECK(io::format_from_path("a.bin") == FileFormat::raw);
  CHECK_FALSE(io::format_from_path("-").has_value());
  CHECK_FALSE(io::format_from_path("x.npy/readme").has_value());
}

TEST_CASE("a C-order npy gives its name, type, shape and bytes") {
  const TemporaryDirectory dir;
  const auto collection = must_open(write_file(dir / "h.1.npy", npy_file_of("<f4", "(2, 3)", kSixFloats)));
  REQUIRE(collection->tensors().size() == 1);
  const auto source = must_open(*collection, 0);
  CHECK(source->info().name == "h.1");
  CHECK(source->info().dtype == DType::f32);
  CHECK(source->info().shape == Shape{2, 3});
  CHECK(source->rewindable());
  CHECK(*read_tensor(*source) == kSixFloats);
  CHECK(*read_tensor(*source, 1) == kSixFloats);
  CHECK(collection->open(1).error().code == ErrorCode::bad_argument);
}

TEST_CASE("a source outlives its collection") {
  const TemporaryDirectory dir;
  auto collection = must_open(write_file(dir / "x.npy", npy_file_of("<f4", "(6,)", kSixFloats)));
  const auto source = must_open(*collection, 0);
  collection.reset();
  CHECK(*read_tensor(*source) == kSixFloats);
}

TEST_CASE("npy versions 1, 2 and 3 read alike") {
  const TemporaryDirectory dir;
  for (int major = 1; major <= 3; ++major) {
    const std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }";
    CHECK(*read_all(write_file(dir / "x.npy", npy_file(dictionary, kSixFloats, major))) == kSixFloats);
  }
}

TEST_CASE("npy descr strings of all supported types") {
  const TemporaryDirectory dir;
  const std::pair<std::string, DType> cases[] = {
      {"|b1", DType::boolean}, {"|i1", DType::i8},  {"|u1", DType::u8},  {"<u1", DType::u8},  {"<i2", DType::i16},
      {"<u2", DType::u16},     {"<i4", DType::i32}, {"<u4", DType::u32}, {"<i8", DType::i64}, {"<u8", DType::u64},
      {"<f2", DType::f16},     {"<f4", DType::f32}, {"<f8", DType::f64}, {"=f4", DType::f32}, {"f4", DType::f32}};
  for (const auto& row : cases) {  // no structured binding: clang 14 cannot capture one
    const std::string& descr = row.first;
    const DType dtype = row.second;
    CAPTURE(descr);
    const std::string data(element_bytes(dtype) * 2, '\1');
    const auto collection = must_open(write_file(dir / "x.npy", npy_file_of(descr, "(2,)", data)));
    CHECK(collection->tensors()[0].dtype == dtype);
    CHECK(*read_tensor(*must_open(*collection, 0)) == data);
  }
}

TEST_CASE("big-endian elements are turned round, single bytes are not") {
  const TemporaryDirectory dir;
  CHECK(*read_all(write_file(dir / "2.npy", npy_file_of(">u2", "(2,)", "\1\2\3\4"))) == "\2\1\4\3");
  CHECK(*read_all(write_file(dir / "4.npy", npy_file_of(">f4", "(1,)", "\1\2\3\4"))) == "\4\3\2\1");
  CHECK(*read_all(write_file(dir / "8.npy", npy_file_of(">i8", "(1,)", "\1\2\3\4\5\6\7\10"))) == "\10\7\6\5\4\3\2\1");
  CHECK(*read_all(write_file(dir / "1.npy", npy_file_of(">u1", "(2,)", "\1\2"))) == "\1\2");
}

TEST_CASE("Fortran order, big-endian, exactly as numpy wrote it") {
  const TemporaryDirectory dir;
  const std::string header = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }" + std::string(59, ' ');
  const std::string file = npy_file(header, from_hex("000000030001000400020005"));
  REQUIRE(file.size() == 140);
  const std::string expected = from_hex("000001000200030004000500");
  CHECK(*read_all(write_file(dir / "x.npy", file)) == expected);
  const FilledPipe pipe(file);
  CHECK(*read_all(pipe.path()) == expected);
}

TEST_CASE("npy headers may order keys, quote and space as Python allows") {
  const TemporaryDirectory dir;
  const std::string headers[] = {
      "{'shape':(2,3),'fortran_order':False,'descr':'<f4'}",
      "  { \"descr\" : \"<f4\" ,\n'shape' : ( 2 , 3 , ) , 'fortran_order' :\tFalse , }  ",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }",
  };
  for (const std::string& header : headers) {
    CAPTURE(header);
    const auto collection = must_open(write_file(dir / "x.npy", npy_file(header, kSixFloats)));
    CHECK(collection->tensors()[0].shape == Shape{2, 3});
  }
}

TEST_CASE("0-d and empty tensors read from every format, path or pipe") {
  const TemporaryDirectory dir;
  const std::string one = kSixFloats.substr(0, 4);
  const std::string files[] = {npy_file_of("<f4", "()", one), npy_file_of("<f4", "(0,)", ""),
                               npy_file("{'descr':'>f4','fortran_order':True,'shape':(3,0,2)}", ""),
                               safetensors_file(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
                                                R"("b":{"dtype":"F64","shape":[0,9],"data_offsets":[4,4]}})",
                                                one),
                               safetensors_file("{}", "")};
  for (const std::string& file : files) {
    const std::string expected = file.ends_with(one) ? one : "";
    CHECK(*read_all(write_file(dir / "x", file)) == expected);
    const FilledPipe pipe(file);
    CHECK(*read_all(pipe.path()) == expected);
  }
}

TEST_CASE("reads outside a tensor or inside an element are bad arguments") {
  const TemporaryDirectory dir;
  const auto collection = must_open(write_file(dir / "x.npy", npy_file_of("<f4", "(6,)", kSixFloats)));
  const auto source = must_open(*collection, 0);
  std::vector<std::byte> to(8);
  CHECK(source->read(5, to).error().code == ErrorCode::bad_argument);
  CHECK(source->read(7, {}).error().code == ErrorCode::bad_argument);
  CHECK(source->read(~std::uint64_t{0}, to).error().code == ErrorCode::bad_argument);
  CHECK(source->read(std::uint64_t{1} << 62, to).error().code == ErrorCode::bad_argument);
  CHECK(source->read(0, std::span(to).first(3)).error().code == ErrorCode::bad_argument);
  CHECK(source->read(6, {}).has_value());
  CHECK(source->read(4, to).has_value());
}

TEST_CASE("safetensors come in the order of their data, with all thirteen types") {
  const TemporaryDirectory dir;
  const auto collection = must_open(write_file(
      dir / "x.safetensors",
      safetensors_file(R"({"__metadata__":{"format":"pt"},"late":{"dtype":"BF16","shape":[2],"data_offsets":[3,7]},)"
                       R"("early":{"shape":[3],"data_offsets":[0,3],"dtype":"BOOL"}}   )",
                       "abcdefg")));
  REQUIRE(collection->tensors().size() == 2);
  CHECK(collection->tensors()[0].name == "early");
  CHECK(collection->tensors()[1].dtype == DType::bf16);
  CHECK(*read_tensor(*must_open(*collection, 1)) == "defg");
  CHECK(*read_tensor(*must_open(*collection, 0)) == "abc");
  for (const char* const word :
       {"BOOL", "U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64", "F16", "BF16", "F32", "F64"}) {
    CHECK(read_all(write_file(dir / "y.safetensors", safetensors_file(R"({"a":{"dtype":")" + std::string(word) +
                                                                          R"(","shape":[0],"data_offsets":[0,0]}})",
                                                                      "")))
              .has_value());
  }
}

TEST_CASE("a deflated npz of numpy reads from a path and from a pipe") {
  const TemporaryDirectory dir;
  const std::string expected = from_hex("000000000000803f00000040000040400100");
  CHECK(*read_all(write_file(dir / "x.npz", numpy_deflated_npz())) == expected);
  const FilledPipe pipe(numpy_deflated_npz());
  const auto collection = must_open(pipe.path());
  REQUIRE(collection->tensors().size() == 2);
  CHECK(collection->tensors()[1].name == "b");
  CHECK(collection->tensors()[1].shape == Shape{1, 2});
  const auto source = must_open(*collection, 0);
  CHECK(source->rewindable());
  CHECK(*read_tensor(*source) == *read_tensor(*source, 1));
}

TEST_CASE("raw files take their shape from the options, or one axis from their size") {
  const TemporaryDirectory dir;
  const std::string path = write_file(dir / "x.raw", kSixFloats);
  CHECK(must_open(path)->tensors()[0].shape == Shape{6});
  const io::ReadOptions halves{{}, DType::bf16, Shape{3, 4}};
  const auto collection = must_open(path, halves);
  CHECK(collection->tensors()[0].dtype == DType::bf16);
  CHECK(*read_tensor(*must_open(*collection, 0)) == kSixFloats);
  CHECK(must_open(write_file(dir / "empty.raw", ""))->tensors()[0].shape == Shape{0});
}

TEST_CASE("a raw size that is not that of the shape is named with both numbers") {
  const TemporaryDirectory dir;
  const std::string path = write_file(dir / "x.raw", kSixFloats);
  const auto wrong = open_tensors(path, {{}, DType::f32, Shape{7}});
  CHECK(wrong.error().code == ErrorCode::bad_argument);
  CHECK(wrong.error().message == "raw input has 24 bytes, shape [7] of f32 needs 28");
  const auto odd = open_tensors(write_file(dir / "odd.raw", "12345"));
  CHECK(odd.error().code == ErrorCode::bad_argument);
}

TEST_CASE("a pipe without a shape is sniffed, and raw when nothing fits") {
  const FilledPipe pipe(kSixFloats);
  const auto collection = must_open(pipe.path());
  CHECK(collection->tensors()[0].shape == Shape{6});
  CHECK(*read_tensor(*must_open(*collection, 0)) == kSixFloats);
}

TEST_CASE("a shape says raw even where the first bytes look like another format") {
  const std::string data = npy_file_of("|u1", "(1,)", "x");
  const FilledPipe pipe(data);
  CHECK(*read_all(pipe.path(), {{}, DType::u8, Shape{data.size()}}) == data);
}

TEST_CASE("a pipe reads forwards, may skip, and refuses to go back") {
  const FilledPipe pipe(npy_file_of("<f4", "(6,)", kSixFloats));
  const auto collection = must_open(pipe.path());
  const auto source = must_open(*collection, 0);
  CHECK_FALSE(source->rewindable());
  std::string got(8, '\0');
  CHECK(source->read(2, std::as_writable_bytes(std::span(got))).has_value());
  CHECK(got == kSixFloats.substr(8, 8));
  CHECK(source->read(0, std::as_writable_bytes(std::span(got))).error().code == ErrorCode::bad_argument);
  CHECK(source->read(4, std::as_writable_bytes(std::span(got))).has_value());
}

TEST_CASE("safetensors of a pipe read one after the other") {
  const FilledPipe pipe(safetensors_file(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
                                         R"("b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}})",
                                         "abcde"));
  CHECK(*read_all(pipe.path()) == "abcde");
}

TEST_CASE("standard input is read by the name -") {
  const FilledPipe pipe(npy_file_of("<f4", "(6,)", kSixFloats));
  const int saved = ::dup(STDIN_FILENO);
  ::dup2(pipe.descriptor(), STDIN_FILENO);
  CHECK(*read_all("-") == kSixFloats);
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
}

TEST_CASE("a file without a known ending is sniffed, and never guessed to be raw") {
  const TemporaryDirectory dir;
  CHECK(*read_all(write_file(dir / "x", npy_file_of("<f4", "(6,)", kSixFloats))) == kSixFloats);
  CHECK(open_tensors(write_file(dir / "y", kSixFloats)).error().code == ErrorCode::bad_argument);
  CHECK(*read_all(dir / "y", {FileFormat::raw, DType::f32, {}}) == kSixFloats);
}

TEST_CASE("missing files and directories are io errors") {
  const TemporaryDirectory dir;
  CHECK(open_tensors(dir / "none.npy").error().code == ErrorCode::io);
  CHECK(open_tensors(dir / "").error().code == ErrorCode::io);
}

/// Index arithmetic one element at a time: the definition that gather_from_fortran must meet.
std::vector<std::uint32_t> naive_gather(const std::vector<std::uint32_t>& fortran, const Shape& shape) {
  std::vector<std::uint32_t> out;
  for (std::uint64_t c_index = 0; c_index < fortran.size(); ++c_index) {
    std::uint64_t rest = c_index;
    std::uint64_t c_stride = fortran.size();
    std::uint64_t fortran_stride = 1;
    std::uint64_t at = 0;
    for (const std::uint64_t extent : shape) {
      c_stride /= extent;
      at += rest / c_stride * fortran_stride;
      rest %= c_stride;
      fortran_stride *= extent;
    }
    out.push_back(fortran[at]);
  }
  return out;
}

TEST_CASE("every range of a Fortran tensor is gathered as element by element") {
  for (const Shape& shape : {Shape{4, 5}, Shape{1, 3, 1, 4}, Shape{2, 3, 4}, Shape{2, 2, 3, 2}, Shape{1}, Shape{7}}) {
    CAPTURE(to_string(shape));
    std::vector<std::uint32_t> fortran(static_cast<std::size_t>(*element_count(shape, DType::u32)));
    std::iota(fortran.begin(), fortran.end(), 1u);
    const auto expected = naive_gather(fortran, shape);
    for (std::size_t first = 0; first <= expected.size(); ++first) {
      for (std::size_t count = 0; count <= expected.size() - first; ++count) {
        std::vector<std::uint32_t> got(count);
        io::gather_from_fortran(std::as_bytes(std::span(fortran)), shape, 4, first,
                                std::as_writable_bytes(std::span(got)));
        if (!std::equal(got.begin(), got.end(), expected.begin() + static_cast<std::ptrdiff_t>(first))) {
          FAIL("range " << first << " + " << count);
        }
      }
    }
  }
}

TEST_CASE("Fortran tensors larger than a tile are gathered right, whole and in odd pieces") {
  const TemporaryDirectory dir;
  for (const Shape& shape : {Shape{65, 70}, Shape{33, 3, 40}, Shape{2, 200, 37}, Shape{200, 2, 2, 3}}) {
    CAPTURE(to_string(shape));
    std::vector<std::uint32_t> fortran(static_cast<std::size_t>(*element_count(shape, DType::u32)));
    std::iota(fortran.begin(), fortran.end(), 1u);
    const auto expected = naive_gather(fortran, shape);
    std::string tuple = to_string(shape);
    tuple.front() = '(';
    tuple.back() = ')';
    const std::string data(reinterpret_cast<const char*>(fortran.data()), fortran.size() * 4);
    const std::string path =
        write_file(dir / "x.npy", npy_file("{'descr': '<u4', 'fortran_order': True, 'shape': " + tuple + "}", data));
    const std::string wanted(reinterpret_cast<const char*>(expected.data()), expected.size() * 4);
    const auto source = must_open(*must_open(path), 0);
    for (const std::uint64_t step_elems : {0u, 1u, 7u, 71u, 1000u}) CHECK(*read_tensor(*source, step_elems) == wanted);
  }
}

}  // namespace
}  // namespace actz::io_test
