#include "io/npy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "base/checked_math.hpp"
#include "base/try.hpp"
#include "io/error_text.hpp"
#include "io/npy_literal.hpp"
#include "io/plain_sink.hpp"

namespace actz::io {
namespace {

/// numpy itself refuses headers above 10 000 bytes by default; no array of numbers comes near either bound.
constexpr std::uint64_t kMaxHeaderBytes = std::uint64_t{1} << 20;
constexpr std::size_t kMaxVersion1HeaderBytes = 65535;
/// numpy pads so that the data can be mapped with this alignment.
constexpr std::size_t kDataAlignmentBytes = 64;

struct DescrRow {
  std::string_view type;
  DType dtype;
};
constexpr std::array<DescrRow, 12> kDescrRows{{
    {"b1", DType::boolean},
    {"u1", DType::u8},
    {"i1", DType::i8},
    {"u2", DType::u16},
    {"i2", DType::i16},
    {"u4", DType::u32},
    {"i4", DType::i32},
    {"u8", DType::u64},
    {"i8", DType::i64},
    {"f2", DType::f16},
    {"f4", DType::f32},
    {"f8", DType::f64},
}};

Error unsupported_descr(std::string_view descr, std::string_view type) {
  std::string_view reason = "it is not a type of numbers that is read here";
  if (type == "V2") reason = "numpy writes bfloat16 so, and loses its name: save the tensor as .safetensors instead";
  if (type.starts_with('c')) reason = "complex numbers are not read";
  if (type.starts_with('O')) reason = "Python objects are not read";
  if (type.starts_with('S') || type.starts_with('U') || type.starts_with('a')) reason = "strings are not read";
  if (type.starts_with('M') || type.starts_with('m')) reason = "dates and times are not read";
  return {ErrorCode::unsupported, Error::kNoOffset, "npy dtype " + in_quotes(descr) + ": " + std::string(reason)};
}

struct ElementType {
  DType dtype;
  bool is_big_endian;
};

Result<ElementType> parse_descr(std::string_view descr) {
  constexpr std::string_view kByteOrders = "<>=|";
  const bool has_order = !descr.empty() && kByteOrders.find(descr[0]) != std::string_view::npos;
  const char order = has_order ? descr[0] : '=';
  const std::string_view type = descr.substr(has_order ? 1 : 0);
  const auto row = std::find_if(kDescrRows.begin(), kDescrRows.end(), [&](const auto& r) { return r.type == type; });
  if (row == kDescrRows.end()) return unsupported_descr(descr, type);
  const bool is_one_byte = element_bytes(row->dtype) == 1;
  if (order == '|' && !is_one_byte) {
    return Error{ErrorCode::corrupt, Error::kNoOffset, "npy dtype " + in_quotes(descr) + " has no byte order"};
  }
  // numpy takes '=' and a missing order as that of the machine that reads.
  const bool is_big_endian = order == '>' || (order == '=' && std::endian::native == std::endian::big);
  return ElementType{row->dtype, is_big_endian && !is_one_byte};
}

Result<std::string> read_header_text(ByteInput& input, std::uint64_t offset_bytes, std::uint64_t header_bytes) {
  if (header_bytes > kMaxHeaderBytes) {
    return Error{ErrorCode::limit_exceeded, offset_bytes,
                 "npy header of " + std::to_string(header_bytes) + " bytes; at most 1048576 are read"};
  }
  ACTZ_TRY(const std::vector<std::byte> data, read_growing(input, offset_bytes, header_bytes));
  std::string text(data.size(), '\0');
  std::transform(data.begin(), data.end(), text.begin(), [](std::byte b) { return static_cast<char>(b); });
  return text;
}

Status check_magic(ByteInput& input) {
  std::array<std::byte, kNpyMagicBytes> magic{};
  const std::uint64_t input_bytes = input.size_bytes().value_or(magic.size());
  const auto head =
      std::span(magic).first(static_cast<std::size_t>(std::min<std::uint64_t>(input_bytes, magic.size())));
  ACTZ_CHECK(input.read_at(0, head));
  if (std::memcmp(magic.data(), kNpyMagic, head.size()) != 0) {
    return Error{ErrorCode::corrupt_signature, 0, "not an npy file"};
  }
  if (head.size() < magic.size()) {
    return Error{ErrorCode::need_more_input, head.size(), "input ends in the signature of npy"};
  }
  return {};
}

struct HeaderExtent {
  std::uint64_t offset_bytes;
  std::uint64_t header_bytes;
};

Result<HeaderExtent> read_header_extent(ByteInput& input) {
  ACTZ_CHECK(check_magic(input));
  std::array<std::byte, 2> version{};
  ACTZ_CHECK(input.read_at(kNpyMagicBytes, version));
  const auto major = static_cast<unsigned>(version[0]);
  const auto minor = static_cast<unsigned>(version[1]);
  if (major < 1 || major > 3 || minor != 0) {
    return Error{ErrorCode::unsupported, kNpyMagicBytes,
                 "npy version " + std::to_string(major) + "." + std::to_string(minor)};
  }
  constexpr std::uint64_t kLengthOffsetBytes = kNpyMagicBytes + 2;
  std::array<std::byte, 4> length{};  // version 1 stores 16 bits, the others 32
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  ACTZ_CHECK(input.read_at(kLengthOffsetBytes, std::span(length).first(length_bytes)));
  return HeaderExtent{kLengthOffsetBytes + length_bytes, load_le<std::uint32_t>(length.data())};
}

std::string_view descr_of(DType dtype) {
  const auto row = std::find_if(kDescrRows.begin(), kDescrRows.end(), [&](const auto& r) { return r.dtype == dtype; });
  return row == kDescrRows.end() ? std::string_view() : row->type;
}

}  // namespace

Result<ArrayLayout> read_npy_layout(ByteInput& input, std::string name) {
  ACTZ_TRY(const HeaderExtent extent, read_header_extent(input));
  ACTZ_TRY(const std::string text, read_header_text(input, extent.offset_bytes, extent.header_bytes));
  ACTZ_TRY(NpyDictionary dictionary, parse_npy_dictionary(text, extent.offset_bytes));
  ACTZ_TRY(const ElementType type, parse_descr(dictionary.descr));
  ACTZ_TRY(const std::uint64_t count_elems, element_count(dictionary.shape, type.dtype));
  const auto long_axes = std::count_if(dictionary.shape.begin(), dictionary.shape.end(), [](auto e) { return e > 1; });
  ArrayLayout layout;
  layout.info = {std::move(name), type.dtype, std::move(dictionary.shape)};
  layout.data_offset_bytes = extent.offset_bytes + extent.header_bytes;
  layout.data_bytes = count_elems * element_bytes(type.dtype);
  // Orders differ only between axes along which there is a second element.
  layout.is_fortran_order = dictionary.is_fortran_order && count_elems > 0 && long_axes > 1;
  layout.is_big_endian = type.is_big_endian;
  layout.error_for_more_bytes = Error{ErrorCode::unsupported, layout.data_offset_bytes + layout.data_bytes,
                                      "bytes follow the npy array; files with several arrays are not read"};
  ACTZ_CHECK(check_extent(input, layout));
  return layout;
}

Result<std::vector<std::byte>> make_npy_header(const TensorInfo& info) {
  const std::string_view type = descr_of(info.dtype);
  if (type.empty()) {
    return Error{ErrorCode::bad_argument, Error::kNoOffset,
                 "npy has no type " + std::string(to_string(info.dtype)) + "; write .safetensors or raw"};
  }
  std::string text = element_bytes(info.dtype) == 1 ? "{'descr': '|" : "{'descr': '<";
  text += std::string(type) + "', 'fortran_order': False, 'shape': (";
  for (std::size_t axis = 0; axis < info.shape.size(); ++axis) {
    if (axis > 0) text += ", ";
    text += std::to_string(info.shape[axis]);
  }
  text += info.shape.size() == 1 ? ",), }" : "), }";
  constexpr std::size_t kFixedBytes = kNpyMagicBytes + 4;  // signature, version, header length
  const std::uint64_t total_bytes = round_up(kFixedBytes + text.size() + 1, kDataAlignmentBytes);
  text.resize(static_cast<std::size_t>(total_bytes) - kFixedBytes - 1, ' ');
  text += '\n';
  if (text.size() > kMaxVersion1HeaderBytes) {
    return Error{ErrorCode::bad_argument, Error::kNoOffset, "too many axes for npy version 1.0"};
  }
  std::vector<std::byte> header(static_cast<std::size_t>(total_bytes));
  std::memcpy(header.data(), kNpyMagic, kNpyMagicBytes);
  header[kNpyMagicBytes] = std::byte{1};  // version 1.0
  store_le(&header[kNpyMagicBytes + 2], static_cast<std::uint16_t>(text.size()));
  std::memcpy(&header[kFixedBytes], text.data(), text.size());
  return header;
}

Result<std::unique_ptr<TensorCollection>> open_npy(std::shared_ptr<ByteInput> input, std::string name) {
  std::vector<ArrayLayout> layouts(1);
  ACTZ_TRY(layouts[0], read_npy_layout(*input, std::move(name)));
  return make_array_collection(std::move(input), std::move(layouts));
}

Result<std::unique_ptr<TensorSink>> open_npy_sink(OutputFile file, const TensorInfo& info) {
  ACTZ_TRY(const std::vector<std::byte> header, make_npy_header(info));
  return open_plain_sink(std::move(file), header, {info});
}

}  // namespace actz::io
