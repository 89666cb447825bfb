#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <functional>
#include <random>

#include "io/tensor_sink.hpp"
#include "io/tensor_source.hpp"
#include "io_test_support.hpp"

namespace actz::io_test {
namespace {

const std::string kFloats(24, 'x');

std::string npy_header(const std::string& descr, const std::string& order, const std::string& shape) {
  return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

ErrorCode code_of(const TemporaryDirectory& dir, const std::string& name, const std::string& data) {
  const auto result = read_all(write_file(dir / name, data));
  if (result) return static_cast<ErrorCode>(0);
  CHECK_FALSE(result.error().message.empty());
  CHECK(result.error().message.find('\n') == std::string::npos);
  return result.error().code;
}

struct BadNpyHeader {
  std::string text;
  ErrorCode code;
};

TEST_CASE("npy headers that are not the dictionary of numpy are refused by kind") {
  const TemporaryDirectory dir;
  const BadNpyHeader cases[] = {
      {"", ErrorCode::corrupt},
      {"{}", ErrorCode::corrupt},
      {"{'descr': '<f4', 'fortran_order': False}", ErrorCode::corrupt},                                 // no shape
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'shape': (6,)}", ErrorCode::corrupt},   // twice
      {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6,)}", ErrorCode::corrupt},  // twice
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'x': 1}", ErrorCode::corrupt},          // unknown
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,)} x", ErrorCode::corrupt},                // more text
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,)", ErrorCode::corrupt},                   // no end
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,", ErrorCode::corrupt},                    // no end
      {"{'descr': '<f4', 'fortran_order': False,, 'shape': (6,)}", ErrorCode::corrupt},                 // two commas
      {"{'descr': '<f4' 'fortran_order': False, 'shape': (6,)}", ErrorCode::corrupt},                   // no comma
      {"{'descr': '<f4', 'fortran_order': 0, 'shape': (6,)}", ErrorCode::corrupt},                      // no bool
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (6)}", ErrorCode::corrupt},                   // no tuple
      {"{'descr': '<f4', 'fortran_order': False, 'shape': [6]}", ErrorCode::corrupt},                   // a list
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (,)}", ErrorCode::corrupt},                   // no number
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (-6,)}", ErrorCode::corrupt},                 // negative
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (06,)}", ErrorCode::corrupt},                 // octal?
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (6.0,)}", ErrorCode::corrupt},                // a float
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (0x6,)}", ErrorCode::corrupt},                // hex
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,)}\0"s, ErrorCode::corrupt},
      {"{'descr': '<f4, 'fortran_order': False, 'shape': (6,)}", ErrorCode::corrupt},       // quote
      {"{'descr': '<\\x664', 'fortran_order': False, 'shape': (6,)}", ErrorCode::corrupt},  // escape
      {"{'descr': '|f4', 'fortran_order': False, 'shape': (6,)}", ErrorCode::corrupt},      // no order
      {"{'descr': 4, 'fortran_order': False, 'shape': (6,)}", ErrorCode::corrupt},
      {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,)}", ErrorCode::unsupported},  // structured
      {"{'descr': ('<f4', (2,)), 'fortran_order': False, 'shape': (3,)}", ErrorCode::unsupported},   // subarray
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551616,)}", ErrorCode::limit_exceeded},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}", ErrorCode::limit_exceeded},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2305843009213693951,)}", ErrorCode::need_more_input},
      {"{'descr': '<f4', 'fortran_order': True, 'shape': (1073741824, 1073741824)}", ErrorCode::need_more_input},
  };
  for (const BadNpyHeader& bad : cases) {
    CAPTURE(bad.text);
    CHECK(code_of(dir, "x.npy", npy_file(bad.text, kFloats)) == bad.code);
    if (bad.code == ErrorCode::need_more_input) continue;  // a pipe cannot know before it is read
    const FilledPipe pipe(npy_file(bad.text, kFloats));
    CHECK(read_all(pipe.path(), {io::FileFormat::npy, DType::f32, {}}).error().code == bad.code);
  }
}

TEST_CASE("Fortran order promised by a pipe takes no more memory than the pipe has bytes") {
  const FilledPipe pipe(npy_file(npy_header("'<f8'", "True", "(1073741824, 1073741823)"), kFloats));
  const auto collection = io::open_tensors(pipe.path());
  REQUIRE(collection.has_value());
  CHECK((*collection)->open(0).error().code == ErrorCode::need_more_input);
}

TEST_CASE("npy types that are not plain numbers are unsupported, with a reason") {
  const TemporaryDirectory dir;
  const std::pair<std::string, std::string> cases[] = {
      {"<c8", "complex"},   {"|O", "Python objects"}, {"|S4", "strings"},      {"<U3", "strings"},
      {"<M8[ns]", "dates"}, {"|V2", ".safetensors"},  {"<V2", ".safetensors"}, {"<f16", "not a type"},
      {"", "not a type"},   {"<", "not a type"},      {"|V8", "not a type"},   {"<i3", "not a type"}};
  for (const auto& [descr, reason] : cases) {
    const auto result = read_all(write_file(dir / "x.npy", npy_file_of(descr, "(2,)", kFloats)));
    CHECK(result.error().code == ErrorCode::unsupported);
    CHECK_MESSAGE(result.error().message.find(reason) != std::string::npos, result.error().message);
  }
}

TEST_CASE("npy signature, version, header length and trailing bytes are checked") {
  const TemporaryDirectory dir;
  const std::string good = npy_file(npy_header("'<f4'", "False", "(6,)"), kFloats);
  std::string version = good;
  version[6] = 4;
  CHECK(code_of(dir, "x.npy", version) == ErrorCode::unsupported);
  version[6] = 1;
  version[7] = 1;
  CHECK(code_of(dir, "x.npy", version) == ErrorCode::unsupported);
  CHECK(code_of(dir, "x.npy", "\x93NUMPX") == ErrorCode::corrupt_signature);
  CHECK(code_of(dir, "x.npy", "hi") == ErrorCode::corrupt_signature);
  CHECK(code_of(dir, "x.npy", good + "y") == ErrorCode::unsupported);
  CHECK(code_of(dir, "x.npy", "\x93NUMPY\2"s + '\0' + le(0xFFFFFFFF, 4) + "{") == ErrorCode::limit_exceeded);
  CHECK(code_of(dir, "x.npy", "\x93NUMPY\2"s + '\0' + le(1u << 20, 4) + "{") == ErrorCode::need_more_input);
  CHECK(code_of(dir, "x.npy", npy_file(std::string(200000, '('), "", 2)) == ErrorCode::corrupt);
  const FilledPipe pipe(good + "y");
  CHECK(read_all(pipe.path()).error().code == ErrorCode::unsupported);
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

TEST_CASE("every structural rule of safetensors has its refusal") {
  const TemporaryDirectory dir;
  const std::string a = entry("a", "U8", "[3]", "[0,3]");
  const std::pair<std::string, ErrorCode> cases[] = {
      {"", ErrorCode::corrupt},
      {" {}", ErrorCode::corrupt},  // first byte
      {"[]", ErrorCode::corrupt},
      {"{" + a, ErrorCode::corrupt},                  // no end
      {"{" + a + "}}", ErrorCode::corrupt},           // more JSON
      {"{" + a + "," + a + "}", ErrorCode::corrupt},  // duplicate name
      {"{" + a + "," + entry("b", "U8", "[3]", "[3,6]") + "}", ErrorCode::need_more_input},
      {"{" + a + "," + entry("b", "U8", "[1]", "[2,3]") + "}", ErrorCode::corrupt_bounds},  // overlap
      {"{" + entry("a", "U8", "[2]", "[1,3]") + "}", ErrorCode::corrupt_bounds},            // hole at start
      {"{" + entry("a", "U8", "[1]", "[0,1]") + "," + entry("b", "U8", "[1]", "[2,3]") + "}",
       ErrorCode::corrupt_bounds},
      {"{" + entry("a", "U8", "[2]", "[0,2]") + "}", ErrorCode::corrupt_bounds},   // trailing byte
      {"{}", ErrorCode::corrupt_bounds},                                           // trailing bytes
      {"{" + entry("a", "U8", "[2]", "[0,3]") + "}", ErrorCode::corrupt_bounds},   // size
      {"{" + entry("a", "F32", "[3]", "[0,3]") + "}", ErrorCode::corrupt_bounds},  // size
      {"{" + entry("a", "U8", "[0]", "[3,0]") + "}", ErrorCode::corrupt_bounds},   // backwards
      {"{" + entry("a", "U8", "[9223372036854775807,3]", "[0,3]") + "}", ErrorCode::limit_exceeded},
      {"{" + entry("a", "U8", "[18446744073709551616]", "[0,3]") + "}", ErrorCode::corrupt},
      {"{" + entry("a", "U8", "[-3]", "[0,3]") + "}", ErrorCode::corrupt},
      {"{" + entry("a", "U8", "[3.0]", "[0,3]") + "}", ErrorCode::corrupt},
      {"{" + entry("a", "U8", "[[3]]", "[0,3]") + "}", ErrorCode::corrupt},
      {"{" + entry("a", "U8", "3", "[0,3]") + "}", ErrorCode::corrupt},
      {"{" + entry("a", "U8", "[3]", "[0]") + "}", ErrorCode::corrupt},
      {"{" + entry("a", "U8", "[3]", "[0,3,3]") + "}", ErrorCode::corrupt},
      {"{" + entry("a", "U8", "[3]", "null") + "}", ErrorCode::corrupt},
      {R"({"a":{"dtype":"U8","shape":[3]}})", ErrorCode::corrupt},  // no offsets
      {R"({"a":{"dtype":"U8","dtype":"U8","shape":[3],"data_offsets":[0,3]}})", ErrorCode::corrupt},
      {R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3],"strides":[1]}})", ErrorCode::unsupported},
      {R"({"a":3})", ErrorCode::corrupt},
      {R"({"__metadata__":{"k":3}})", ErrorCode::corrupt},
      {R"({"__metadata__":{"k":"1","k":"2"}})", ErrorCode::corrupt},
      {R"({"__metadata__":{"k":{}}})", ErrorCode::corrupt},
      {"{\"\xFF\":{}}", ErrorCode::corrupt},  // no UTF-8
      {"{" + entry("a", "F8_E4M3", "[3]", "[0,3]") + "}", ErrorCode::unsupported},
      {"{" + entry("a", "f32", "[3]", "[0,3]") + "}", ErrorCode::unsupported},
  };
  for (const auto& row : cases) {  // no structured binding: clang 14 cannot capture one
    const std::string& json = row.first;
    const ErrorCode code = row.second;
    CAPTURE(json);
    CHECK(code_of(dir, "x.safetensors", safetensors_file(json, "abc")) == code);
    const FilledPipe pipe(safetensors_file(json, "abc"));
    CHECK(read_all(pipe.path(), {io::FileFormat::safetensors, DType::f32, {}}).error().code == code);
  }
}

TEST_CASE("an unsupported safetensors dtype is named together with its tensor") {
  const TemporaryDirectory dir;
  const auto result = read_all(write_file(
      dir / "x.safetensors", safetensors_file("{" + entry("w\\n1", "F8_E5M2", "[3]", "[0,3]") + "}", "abc")));
  CHECK(result.error().message == "safetensors entry 'w?1' has the dtype 'F8_E5M2', which is not read here");
}

TEST_CASE("safetensors header lengths are checked before memory is taken") {
  const TemporaryDirectory dir;
  CHECK(code_of(dir, "x.safetensors", le(~std::uint64_t{0}, 8) + "{}") == ErrorCode::corrupt_bounds);
  CHECK(code_of(dir, "x.safetensors", le(100'000'001, 8) + "{}") == ErrorCode::corrupt_bounds);
  CHECK(code_of(dir, "x.safetensors", le(100'000'000, 8) + "{}") == ErrorCode::need_more_input);
}

TEST_CASE("JSON nested without end is refused at the first bracket too many") {
  const TemporaryDirectory dir;
  std::string nested = "{\"a\":";
  for (int i = 0; i < 1000000; ++i) nested += "{\"dtype\":";
  CHECK(code_of(dir, "x.safetensors", safetensors_file(nested, "")) == ErrorCode::corrupt);
  CHECK(code_of(dir, "x.safetensors", safetensors_file("{\"a\":" + std::string(1000000, '['), "")) ==
        ErrorCode::corrupt);
}

/// A valid npz of two stored members, as our sink writes it.
std::string stored_npz() {
  const TemporaryDirectory dir;
  auto sink = io::open_sink(dir / "x.npz", io::FileFormat::npz, {{"a", DType::u8, {4}}, {"b", DType::f32, {}}}, false);
  const std::string data = "abcdefgh";
  REQUIRE((*sink)->write(std::as_bytes(std::span(data))).has_value());
  REQUIRE((*sink)->finish().has_value());
  return read_file(dir / "x.npz");
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

TEST_CASE("npz members with damaged data fail their CRC-32") {
  const TemporaryDirectory dir;
  CHECK(code_of(dir, "x.npz", stored_npz()) == static_cast<ErrorCode>(0));
  CHECK(code_of(dir, "x.npz", replaced(stored_npz(), "abcd", "abce")) == ErrorCode::corrupt_checksum);
}

TEST_CASE("npz members must be npy files with names of their own") {
  const TemporaryDirectory dir;
  CHECK(code_of(dir, "x.npz", replaced(stored_npz(), "b.npy", "a.npy")) == ErrorCode::corrupt);
  CHECK(code_of(dir, "x.npz", replaced(stored_npz(), "NUMPY", "NUMPX")) == ErrorCode::unsupported);
  CHECK(code_of(dir, "x.npz", replaced(stored_npz(), "(4,)", "(5,)")) == ErrorCode::corrupt_bounds);
  CHECK(code_of(dir, "x.npz", "PK\5\6"s + std::string(17, '\0')) == ErrorCode::need_more_input);
  CHECK(code_of(dir, "x.npz", "PK\5\6"s + std::string(18, '\0')) == static_cast<ErrorCode>(0));
  CHECK(code_of(dir, "x.npz", std::string(100, 'z')) == ErrorCode::corrupt_signature);
}

TEST_CASE("an npz member that claims more than deflate can give is refused before it is inflated") {
  const TemporaryDirectory dir;
  std::string file = numpy_deflated_npz();
  const std::size_t central = file.find("PK\1\2");
  file.replace(central + 24, 4, le(0x7FFFFFFF, 4));  // uncompressed size of the first member
  CHECK(code_of(dir, "x.npz", file) == ErrorCode::corrupt_bounds);
}

TEST_CASE("npz members that are encrypted or compressed otherwise are unsupported") {
  const TemporaryDirectory dir;
  std::string other_method = numpy_deflated_npz();
  other_method[other_method.find("PK\1\2") + 10] = 12;  // bzip2
  CHECK(code_of(dir, "x.npz", other_method) == ErrorCode::unsupported);
  std::string encrypted = numpy_deflated_npz();
  encrypted[encrypted.find("PK\1\2") + 8] = 1;
  encrypted[6] = 1;
  CHECK(code_of(dir, "x.npz", encrypted) == ErrorCode::unsupported);
}

struct Sample {
  std::string name;
  std::string data;
};

std::vector<Sample> samples() {
  return {{"x.npy", npy_file(npy_header("'>f4'", "True", "(2, 3)"), kFloats)},
          {"x.npy", npy_file(npy_header("'<f2'", "False", "()"), "ab", 3)},
          {"x.safetensors",
           safetensors_file("{" + entry("a", "U8", "[3]", "[0,3]") + "," + entry("b", "BF16", "[2,2]", "[3,11]") + "}",
                            "abcdefghijk")},
          {"x.npz", numpy_deflated_npz()},
          {"x.npz", stored_npz()}};
}

TEST_CASE("a file cut at any byte needs more input, from a path or a pipe") {
  const TemporaryDirectory dir;
  for (const Sample& sample : samples()) {
    const auto format = io::format_from_path(sample.name);
    for (std::size_t kept_bytes = 0; kept_bytes < sample.data.size(); ++kept_bytes) {
      CAPTURE(sample.name);
      CAPTURE(kept_bytes);
      const std::string cut = sample.data.substr(0, kept_bytes);
      const auto result = read_all(write_file(dir / sample.name, cut));
      CHECK(result.error().code == ErrorCode::need_more_input);
      CHECK(result.error().byte_offset == kept_bytes);
      const FilledPipe pipe(cut);
      const auto piped = read_all(pipe.path(), {format, DType::f32, {}});
      CHECK(piped.error().code == ErrorCode::need_more_input);
      CHECK(piped.error().byte_offset == kept_bytes);
    }
  }
}

TEST_CASE("no single changed byte makes a reader crash or read outside") {
  const TemporaryDirectory dir;
  for (const Sample& sample : samples()) {
    const auto format = io::format_from_path(sample.name);
    for (std::size_t at = 0; at < sample.data.size(); ++at) {
      for (const int change : {0x01, 0x80, 0xFF, 0x20}) {
        std::string damaged = sample.data;
        damaged[at] = static_cast<char>(damaged[at] ^ change);
        const auto result = read_all(write_file(dir / sample.name, damaged));
        const FilledPipe pipe(damaged);
        const auto piped = read_all(pipe.path(), {format, DType::f32, {}});
        CHECK(result.has_value() == piped.has_value());
        if (result && piped) CHECK(*result == *piped);
      }
    }
  }
}

TEST_CASE("random mixtures of valid pieces never crash a reader") {
  const TemporaryDirectory dir;
  std::mt19937 random(5);
  const auto all = samples();
  for (unsigned round = 0; round < 3000; ++round) {
    const Sample& one = all[random() % all.size()];
    const Sample& two = all[random() % all.size()];
    std::string mixed =
        one.data.substr(0, random() % (one.data.size() + 1)) + two.data.substr(random() % two.data.size());
    for (unsigned i = 0; i < round % 4 && !mixed.empty(); ++i)
      mixed[random() % mixed.size()] = static_cast<char>(random());
    const auto result = read_all(write_file(dir / one.name, mixed));
    if (!result) CHECK_FALSE(result.error().message.empty());
  }
}

}  // namespace
}  // namespace actz::io_test
