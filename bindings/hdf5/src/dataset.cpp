#include "dataset.hpp"

#include <array>
#include <cstddef>
#include <limits>

#include "base/try.hpp"

namespace actz::hdf5 {
namespace {

Error bad_argument(const char* message) { return {ErrorCode::bad_argument, Error::kNoOffset, message}; }
Error unsupported(const char* message) { return {ErrorCode::unsupported, Error::kNoOffset, message}; }

struct FloatFields {
  std::size_t sign_at, exponent_at, exponent_bits, mantissa_at, mantissa_bits, bias;
  bool operator==(const FloatFields&) const = default;
};

struct FloatType {
  DType dtype;
  FloatFields fields;
};

constexpr std::array<FloatType, 4> kFloatTypes{{{DType::f16, {15, 10, 5, 0, 10, 15}},
                                                {DType::bf16, {15, 7, 8, 0, 7, 127}},
                                                {DType::f32, {31, 23, 8, 0, 23, 127}},
                                                {DType::f64, {63, 52, 11, 0, 52, 1023}}}};

Result<DType> float_type(hid_t type) {
  FloatFields fields{};
  H5Tget_fields(type, &fields.sign_at, &fields.exponent_at, &fields.exponent_bits, &fields.mantissa_at,
                &fields.mantissa_bits);
  fields.bias = H5Tget_ebias(type);
  for (const FloatType& known : kFloatTypes) {
    if (fields == known.fields && H5Tget_norm(type) == H5T_NORM_IMPLIED) return known.dtype;
  }
  return unsupported("elements are floats of another kind than f16, bf16, f32 and f64");
}

Result<DType> integer_type(hid_t type) {
  const bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
  switch (H5Tget_size(type)) {
    case 1: return is_signed ? DType::i8 : DType::u8;
    case 2: return is_signed ? DType::i16 : DType::u16;
    case 4: return is_signed ? DType::i32 : DType::u32;
    case 8: return is_signed ? DType::i64 : DType::u64;
    default: return unsupported("elements are integers of another size than 1, 2, 4 and 8 bytes");
  }
}

Result<DType> element_type(hid_t type) {
  const H5T_class_t kind = H5Tget_class(type);
  if (kind == H5T_ENUM) {  // as bool in h5py: integers with names
    const hid_t base = H5Tget_super(type);
    auto out = element_type(base);
    H5Tclose(base);
    return out;
  }
  if (kind != H5T_INTEGER && kind != H5T_FLOAT) return unsupported("elements are neither integers nor floats");
  const std::size_t bytes = H5Tget_size(type);
  if (bytes > 1 && H5Tget_order(type) != H5T_ORDER_LE) {
    return unsupported("elements are big-endian; only little-endian ones are coded");
  }
  if (H5Tget_precision(type) != 8 * bytes || H5Tget_offset(type) != 0) {
    return unsupported("elements do not fill their bytes");
  }
  return kind == H5T_FLOAT ? float_type(type) : integer_type(type);
}

bool is_first_filter(hid_t creation) {
  unsigned flags = 0;
  unsigned config = 0;
  std::size_t word_count = 0;
  return H5Pget_filter2(creation, 0, &flags, &word_count, nullptr, 0, nullptr, &config) == kFilterId;
}

}  // namespace

Result<ChunkTensor> tensor_of_dataset(hid_t creation, hid_t type, bool bf16) {
  if (!is_first_filter(creation)) {
    return bad_argument(
        "another filter, shuffle or scale-offset perhaps, goes before this one and changes what it sees");
  }
  ACTZ_TRY(auto dtype, element_type(type));
  if (bf16) {
    if (dtype != DType::u16) return bad_argument("bf16 is for 16-bit unsigned integers, which hold its bits");
    dtype = DType::bf16;
  }
  std::array<hsize_t, H5S_MAX_RANK> extents{};
  const int rank = H5Pget_chunk(creation, H5S_MAX_RANK, extents.data());
  if (rank < 0) return bad_argument("the dataset is not chunked");
  if (static_cast<std::size_t>(rank) > kMaxRank) return unsupported("chunks have more than 16 axes");
  ChunkTensor out{dtype, {}};
  for (std::size_t axis = 0; axis < static_cast<std::size_t>(rank); ++axis) {
    if (extents[axis] > std::numeric_limits<std::uint32_t>::max()) return unsupported("chunks of 2^32 rows or more");
    out.shape.push_back(extents[axis]);
  }
  return out;
}

Result<std::vector<unsigned>> client_data_of(hid_t creation) {
  std::vector<unsigned> words(kExtents + H5S_MAX_RANK);
  std::size_t word_count = words.size();
  unsigned flags = 0;
  unsigned config = 0;
  if (H5Pget_filter_by_id2(creation, kFilterId, &flags, &word_count, words.data(), 0, nullptr, &config) < 0) {
    return bad_argument("the dataset has no such filter");
  }
  if (word_count > words.size()) return bad_argument("options: too many words");
  words.resize(word_count);
  return words;
}

}  // namespace actz::hdf5
