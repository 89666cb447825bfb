#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "actz/result.hpp"
#include "io/tensor_source.hpp"

/// Files, pipes and byte strings for the tests of io. Bytes are std::string here: literals make them readable.

namespace actz::io_test {

using namespace std::string_literals;

/// A directory that is removed with all it holds.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "actz_io_XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  std::size_t count_entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::string path_;
};

inline std::string write_file(const std::string& path, const std::string& data) {
  std::ofstream(path, std::ios::binary).write(data.data(), static_cast<std::streamsize>(data.size()));
  return path;
}

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A pipe that holds `data` and is closed at the other end; open it by path(). Linux pipes hold 64 KiB.
class FilledPipe {
 public:
  explicit FilledPipe(const std::string& data) {
    int ends[2] = {-1, -1};
    is_filled_ = ::pipe(ends) == 0 && ::write(ends[1], data.data(), data.size()) == static_cast<ssize_t>(data.size());
    ::close(ends[1]);
    descriptor_ = ends[0];
  }
  FilledPipe(const FilledPipe&) = delete;
  FilledPipe& operator=(const FilledPipe&) = delete;
  ~FilledPipe() { ::close(descriptor_); }
  bool is_filled() const { return is_filled_; }
  int descriptor() const { return descriptor_; }
  std::string path() const { return "/dev/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_ = -1;
  bool is_filled_ = false;
};

inline std::string from_hex(const std::string& hex) {
  std::string data;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    data += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return data;
}

inline std::string le(std::uint64_t value, unsigned width_bytes) {
  std::string data;
  for (unsigned i = 0; i < width_bytes; ++i) data += static_cast<char>(value >> (8 * i) & 0xFF);
  return data;
}

inline std::string npy_file(const std::string& dictionary, const std::string& data, int major = 1) {
  const std::string header = dictionary + "\n";
  return "\x93NUMPY"s + static_cast<char>(major) + '\0' + le(header.size(), major == 1 ? 2 : 4) + header + data;
}

inline std::string npy_file_of(const std::string& descr, const std::string& shape, const std::string& data) {
  return npy_file("{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }", data);
}

inline std::string safetensors_file(const std::string& json, const std::string& data) {
  return le(json.size(), 8) + json + data;
}

inline std::string as_text(const std::vector<std::byte>& data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

/// All bytes of a tensor, read in pieces of `step_elems` (0: one piece).
inline Result<std::string> read_tensor(io::TensorSource& source, std::uint64_t step_elems = 0) {
  const auto count_elems = element_count(source.info().shape, source.info().dtype);
  if (!count_elems) return count_elems.error();
  const std::size_t elem_bytes = element_bytes(source.info().dtype);
  std::string data(static_cast<std::size_t>(*count_elems) * elem_bytes, '\0');
  const std::size_t step_bytes = step_elems == 0 ? data.size() : static_cast<std::size_t>(step_elems) * elem_bytes;
  for (std::size_t at = 0; at < data.size(); at += step_bytes) {
    const auto piece = std::span(data).subspan(at, std::min(step_bytes, data.size() - at));
    if (auto status = source.read(at / elem_bytes, std::as_writable_bytes(piece)); !status) return status.error();
  }
  return data;
}

/// Opens a file and reads all its tensors: the error of the first step that fails, else the bytes one after another.
inline Result<std::string> read_all(const std::string& path, const io::ReadOptions& options = {}) {
  auto collection = io::open_tensors(path, options);
  if (!collection) return collection.error();
  std::string data;
  for (std::size_t i = 0; i < (*collection)->tensors().size(); ++i) {
    auto source = (*collection)->open(i);
    if (!source) return source.error();
    auto piece = read_tensor(**source);
    if (!piece) return piece.error();
    data += *piece;
  }
  return data;
}

/// numpy 1.24.2: np.savez_compressed(f, a=np.arange(4, dtype='<f4'), b=np.array([[True, False]]))
inline std::string numpy_deflated_npz() {
  return from_hex(
      "504b030414000000080000002100523313fb4e0000009000000005001400612e6e70790100100090000000000000004e"
      "000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a"
      "12774bcc294e058a17672416a402f91a263a9a3a0ab50a14002e063068b007120e40e40000504b030414000000080000"
      "00210010193a19480000008200000005001400622e6e707901001000820000000000000048000000000000009bec17ea"
      "1b10c9c850c650ad9e925a9c5ca46ea5a05e9364a8aea3a09e965f54529498179f5f94920a12774bcc294e058a176724"
      "16a402f91a863a0a469a3a0ab50a64032e460600504b0102140314000000080000002100523313fb4e00000090000000"
      "050000000000000000000000800100000000612e6e7079504b010214031400000008000000210010193a194800000082"
      "000000050000000000000000000000800185000000622e6e7079504b0506000000000200020066000000040100000000");
}

}  // namespace actz::io_test
