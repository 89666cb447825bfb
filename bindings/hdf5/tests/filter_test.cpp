#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <H5PLextern.h>
#include <doctest/doctest.h>
#include <hdf5.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "chunk_coder.hpp"
#include "client_data.hpp"
#include "dataset.hpp"

namespace actz::hdf5 {
namespace {

constexpr hsize_t kRows = 96;
constexpr hsize_t kChannels = 16;

std::vector<float> smooth_rows() {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> out(kRows * kChannels);
  for (std::size_t row = 0; row < kRows; ++row) {
    float sum = 0;
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      sum += normal(random);
      out[row * kChannels + channel] = sum / 4;
    }
  }
  return out;
}

std::span<const std::byte> bytes_of(const std::vector<float>& values) { return std::as_bytes(std::span(values)); }

const ChunkTensor kTensor{DType::f32, {kRows, kChannels}};

/// Text of all errors on the stack of HDF5.
std::string errors_on_stack() {
  std::string out;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned, const H5E_error2_t* error, void* text) -> herr_t {
        *static_cast<std::string*>(text) += std::string(error->desc) + "\n";
        return 0;
      },
      &out);
  return out;
}

/// A file in memory, with this filter known to HDF5.
class MemoryFile {
 public:
  MemoryFile() {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    REQUIRE(H5Zregister(H5PLget_plugin_info()) >= 0);
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, 1 << 16, false);
    file_ = H5Fcreate("memory.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    REQUIRE(file_ >= 0);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { H5Fclose(file_); }

  /// A dataset of one chunk of kTensor's shape; negative if HDF5 refuses it. `shuffled`: with a filter before ours.
  hid_t create(hid_t type, const std::vector<unsigned>& words, bool shuffled = false) {
    const hsize_t extents[2] = {kRows, kChannels};
    const hid_t space = H5Screate_simple(2, extents, nullptr);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 2, extents);
    if (shuffled) H5Pset_shuffle(creation);
    REQUIRE(H5Pset_filter(creation, kFilterId, H5Z_FLAG_OPTIONAL, words.size(), words.data()) >= 0);
    const std::string name = "x" + std::to_string(datasets_++);
    const hid_t out = H5Dcreate2(file_, name.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (out < 0) errors_ = errors_on_stack();
    H5Pclose(creation);
    H5Sclose(space);
    return out;
  }

  const std::string& errors() const { return errors_; }

 private:
  hid_t file_ = -1;
  int datasets_ = 0;
  std::string errors_;
};

/// An optional filter that fails would leave chunks uncoded, without a word.
bool is_mandatory(hid_t dataset) {
  const hid_t creation = H5Dget_create_plist(dataset);
  unsigned flags = H5Z_FLAG_OPTIONAL;
  unsigned config = 0;
  std::size_t word_count = 0;
  H5Pget_filter_by_id2(creation, kFilterId, &flags, &word_count, nullptr, 0, nullptr, &config);
  H5Pclose(creation);
  return (flags & H5Z_FLAG_OPTIONAL) == 0;
}

/// Through HDF5 and back, past its cache of chunks.
template <class Element>
std::vector<Element> through_hdf5(hid_t type, const std::vector<unsigned>& words, const std::vector<Element>& given) {
  MemoryFile file;
  hid_t dataset = file.create(type, words);
  INFO(file.errors());
  REQUIRE(dataset >= 0);
  CHECK(is_mandatory(dataset));
  REQUIRE(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, given.data()) >= 0);
  REQUIRE(H5Dflush(dataset) >= 0);
  const hsize_t at[2] = {0, 0};
  hsize_t stored_bytes = 0;
  REQUIRE(H5Dget_chunk_storage_size(dataset, at, &stored_bytes) >= 0);
  std::vector<char> stored(stored_bytes);
  std::uint32_t skipped_filters = 0;
  REQUIRE(H5Dread_chunk(dataset, H5P_DEFAULT, at, &skipped_filters, stored.data()) >= 0);
  CHECK(skipped_filters == 0);
  H5Dclose(dataset);

  dataset = file.create(type, words);
  REQUIRE(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, at, stored.size(), stored.data()) >= 0);
  std::vector<Element> out(given.size());
  REQUIRE(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out.data()) >= 0);
  H5Dclose(dataset);
  return out;
}

double nmse(const std::vector<float>& wanted, const std::vector<float>& got) {
  double error = 0;
  double energy = 0;
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    double mean = 0;
    for (std::size_t row = 0; row < kRows; ++row) mean += wanted[row * kChannels + channel] / double{kRows};
    for (std::size_t row = 0; row < kRows; ++row) {
      const std::size_t i = row * kChannels + channel;
      error += std::pow(wanted[i] - got[i], 2);
      energy += std::pow(wanted[i] - mean, 2);
    }
  }
  return error / energy;
}

TEST_CASE("every_type_comes_back_losslessly") {
  const auto bits = smooth_rows();
  std::vector<unsigned char> bytes(bits.size() * 8);
  std::memcpy(bytes.data(), bits.data(), bits.size() * 4);
  for (const hid_t type : {H5T_NATIVE_INT8, H5T_STD_U8BE, H5T_STD_I16LE, H5T_STD_U16LE, H5T_STD_I32LE, H5T_STD_U32LE,
                           H5T_STD_I64LE, H5T_STD_U64LE, H5T_IEEE_F32LE, H5T_IEEE_F64LE}) {
    std::vector<unsigned char> given(bytes.begin(),
                                     bytes.begin() + static_cast<std::ptrdiff_t>(bits.size() * H5Tget_size(type)));
    CHECK(through_hdf5(type, {6}, given) == given);
  }
}

hid_t bfloat16() {
  const hid_t out = H5Tcopy(H5T_IEEE_F32LE);
  H5Tset_fields(out, 15, 7, 8, 0, 7);
  H5Tset_precision(out, 16);
  H5Tset_offset(out, 0);
  H5Tset_size(out, 2);
  return out;
}

TEST_CASE("bfloat16_is_a_type_or_the_bits_of_integers") {
  std::vector<std::uint16_t> given;
  for (const float value : smooth_rows()) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, 4);
    given.push_back(static_cast<std::uint16_t>(bits >> 16));
  }
  const hid_t type = bfloat16();
  CHECK(through_hdf5(type, {6}, given) == given);
  CHECK(through_hdf5(type, {1, 2, 2}, given) == through_hdf5(H5T_STD_U16LE, {1, 2, 2, 0, kBf16}, given));
  CHECK(through_hdf5(H5T_STD_U16LE, {1, 2, 2, 0, kBf16}, given) != given);
  H5Tclose(type);
}

TEST_CASE("targets_are_met") {
  const auto rows = smooth_rows();
  const double near = nmse(rows, through_hdf5(H5T_IEEE_F32LE, {1, 1, 2}, rows));
  CHECK(near > 0.005);
  CHECK(near < 0.015);
  const double usual = nmse(rows, through_hdf5(H5T_IEEE_F32LE, {}, rows));
  CHECK(usual > 0.01);
  CHECK(usual < 0.03);
  const auto bounded = through_hdf5(H5T_IEEE_F32LE, {5, 25, 3, 3}, rows);
  float largest = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) largest = std::max(largest, std::abs(rows[i] - bounded[i]));
  CHECK(largest > 0);
  CHECK(largest <= 0.025F);
}

TEST_CASE("what_cannot_be_coded_is_refused_when_the_dataset_is_made") {
  MemoryFile file;
  const auto refused = [&](hid_t type, const std::vector<unsigned>& words, const char* cause, bool shuffled = false) {
    CAPTURE(cause);
    CHECK(file.create(type, words, shuffled) < 0);
    CAPTURE(file.errors());
    CHECK(file.errors().find(cause) != std::string::npos);
  };
  const hid_t text = H5Tcopy(H5T_C_S1);
  refused(text, {6}, "neither integers nor floats");
  refused(H5T_IEEE_F32BE, {6}, "big-endian");
  refused(H5T_STD_I64BE, {6}, "big-endian");
  refused(H5T_NATIVE_LDOUBLE, {6}, "elements");
  refused(H5T_IEEE_F32LE, {6}, "another filter", true);
  refused(H5T_IEEE_F32LE, {6, 1}, "no value");
  refused(H5T_IEEE_F32LE, {1}, "wants a value");
  refused(H5T_IEEE_F32LE, {1, 5, 23}, "exponent");
  refused(H5T_IEEE_F32LE, {99, 5, 3}, "no target");
  refused(H5T_IEEE_F32LE, {1, 5, 3, 10}, "effort");
  refused(H5T_IEEE_F32LE, {1, 5, 3, 0, 4}, "unknown flags");
  refused(H5T_IEEE_F32LE, {1, 5, 3, 0, kNameProfile}, "no profile to name");
  refused(H5T_IEEE_F32LE, {1, 5, 3, 0, kBf16}, "16-bit unsigned");
  refused(H5T_IEEE_F32LE, {1, 5, 3, 0, 0, 0x12345678}, "no profile 12345678000000");
  H5Tclose(text);
}

TEST_CASE("words_come_back") {
  const std::vector<unsigned> user{1, 5, 3};
  const std::vector<unsigned> words = all_words(user, kTensor);
  REQUIRE(words.size() == kExtents + 2);
  CHECK(all_words(words, kTensor) == words);  // as when a dataset with these is copied
  const auto tensor = read_tensor(words);
  REQUIRE(tensor);
  CHECK(tensor->dtype == kTensor.dtype);
  CHECK(tensor->shape == kTensor.shape);
  CHECK(*read_options(words)->encode.nmse == 0.005);
  CHECK_FALSE(read_tensor(user));
  for (std::size_t place : {std::size_t{kLayout}, std::size_t{kDType}, std::size_t{kRank}, std::size_t{kExtents}}) {
    auto damaged = words;
    damaged[place] = place == kExtents ? 0xFFFFFFFF : 17;
    if (place == kDType) damaged[place] = 200;
    CHECK_FALSE(read_tensor(damaged));
  }
}

TEST_CASE("every_flipped_bit_and_every_cut_is_refused") {
  const auto rows = smooth_rows();
  for (const std::vector<unsigned>& words : {std::vector<unsigned>{6}, std::vector<unsigned>{1, 5, 2, 2}}) {
    const ChunkOptions options = *read_options(words);
    const auto file = encode_chunk(bytes_of(rows), kTensor, options);
    REQUIRE(file);
    std::vector<std::byte> out(bytes_of(rows).size());
    REQUIRE(decode_chunk(*file, kTensor, options, out));
    std::size_t accepted = 0;
    auto damaged = *file;
    for (std::size_t bit = 0; bit < 8 * damaged.size(); ++bit) {
      damaged[bit / 8] ^= std::byte{1} << (bit % 8);
      if (decode_chunk(damaged, kTensor, options, out)) ++accepted;
      damaged[bit / 8] ^= std::byte{1} << (bit % 8);
    }
    for (std::size_t length = 0; length < damaged.size(); ++length) {
      if (decode_chunk(std::span(damaged).first(length), kTensor, options, out)) ++accepted;
    }
    damaged.push_back(std::byte{0});
    if (decode_chunk(damaged, kTensor, options, out)) ++accepted;
    CHECK(accepted == 0);
  }
}

TEST_CASE("other_files_are_refused") {
  const auto rows = smooth_rows();
  const ChunkOptions options = *read_options(std::vector<unsigned>{6});
  std::vector<std::byte> out(bytes_of(rows).size());
  const auto transposed = encode_chunk(bytes_of(rows), {DType::f32, {kChannels, kRows}}, options);
  CHECK_FALSE(decode_chunk(*transposed, kTensor, options, out));
  const auto integers = encode_chunk(bytes_of(rows), {DType::i32, {kRows, kChannels}}, options);
  CHECK_FALSE(decode_chunk(*integers, kTensor, options, out));
  CHECK_FALSE(encode_chunk(bytes_of(rows).first(8), kTensor, options));
  MemorySink sink;
  ArchiveWriter writer(sink);
  MemoryElements elements(DType::f32, bytes_of(rows));
  REQUIRE(writer.add_tensor("hidden", DType::f32, kTensor.shape, elements, options.encode));
  REQUIRE(writer.finish());
  CHECK_FALSE(decode_chunk(sink.bytes, kTensor, options, out));
}

}  // namespace
}  // namespace actz::hdf5
