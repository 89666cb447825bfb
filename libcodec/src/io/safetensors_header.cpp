#include "io/safetensors_header.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/bytes.hpp"
#include "base/checked_math.hpp"
#include "base/try.hpp"
#include "io/error_text.hpp"
#include "io/plain_sink.hpp"
#include "io/utf8.hpp"

namespace actz::io {
namespace {

constexpr std::string_view kMetadataKey = "__metadata__";

struct DTypeWord {
  std::string_view word;
  DType dtype;
};
constexpr std::array<DTypeWord, 13> kDTypeWords{{
    {"BOOL", DType::boolean},
    {"U8", DType::u8},
    {"I8", DType::i8},
    {"U16", DType::u16},
    {"I16", DType::i16},
    {"U32", DType::u32},
    {"I32", DType::i32},
    {"U64", DType::u64},
    {"I64", DType::i64},
    {"F16", DType::f16},
    {"BF16", DType::bf16},
    {"F32", DType::f32},
    {"F64", DType::f64},
}};

/// Takes the events of the JSON parser. The grammar is so small that a state names what may come next: nothing is
/// nested deeper than root, tensor, list, so hostile nesting stops at its first bracket too many.
class HeaderHandler {
 public:
  std::vector<SafetensorsEntry> entries;
  std::optional<Error> error;

  bool null() { return fail("has a null"); }
  bool boolean(bool) { return fail("has a boolean"); }
  bool number_integer(std::int64_t) { return fail("has a negative number"); }
  bool number_float(double, const std::string&) { return fail("has a number that is not a 64-bit integer"); }
  bool binary(nlohmann::json::binary_t&) { return fail("has a binary value"); }

  bool number_unsigned(std::uint64_t value) {
    if (state_ == State::shape) {
      entries.back().info.shape.push_back(value);
      return true;
    }
    if (state_ != State::offsets || offset_count_ == 2) return fail("has a number where none belongs");
    (offset_count_++ == 0 ? entries.back().begin_bytes : entries.back().end_bytes) = value;
    return true;
  }

  bool string(std::string& value) {
    if (state_ == State::metadata_value) {
      state_ = State::metadata;
      return true;
    }
    if (state_ != State::dtype_value) return fail("has a string where none belongs");
    const auto row =
        std::find_if(kDTypeWords.begin(), kDTypeWords.end(), [&](const auto& r) { return r.word == value; });
    if (row == kDTypeWords.end()) {
      return fail("has the dtype " + in_quotes(value) + ", which is not read here", ErrorCode::unsupported);
    }
    entries.back().info.dtype = row->dtype;
    state_ = State::tensor;
    return true;
  }

  bool start_object(std::size_t) {
    if (state_ == State::begin) {
      state_ = State::root;
    } else if (state_ == State::root_value) {
      state_ = is_metadata_ ? State::metadata : State::tensor;
      metadata_keys_.clear();
      has_dtype_ = has_shape_ = has_offsets_ = false;
      offset_count_ = 0;
    } else {
      return fail("has an object where none belongs");
    }
    return true;
  }

  bool key(std::string& name) {
    if (state_ == State::root) return root_key(name);
    if (state_ == State::metadata) {
      state_ = State::metadata_value;
      return metadata_keys_.insert(name).second || fail("repeats the metadata key " + in_quotes(name));
    }
    return tensor_key(name);
  }

  bool end_object() {
    if (state_ == State::tensor && !(has_dtype_ && has_shape_ && has_offsets_)) {
      return fail("lacks one of dtype, shape, data_offsets");
    }
    state_ = state_ == State::root ? State::end : State::root;
    return true;
  }

  bool start_array(std::size_t) {
    if (state_ == State::shape_value) {
      state_ = State::shape;
    } else if (state_ == State::offsets_value) {
      state_ = State::offsets;
    } else {
      return fail("has a list where none belongs");
    }
    return true;
  }

  bool end_array() {
    if (state_ == State::offsets && offset_count_ != 2) return fail("has other than two data_offsets");
    state_ = State::tensor;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    error = Error{ErrorCode::corrupt, kSafetensorsLengthBytes + position, "safetensors header is not JSON"};
    return false;
  }

 private:
  enum class State {
    begin,
    root,
    root_value,
    metadata,
    metadata_value,
    tensor,
    dtype_value,
    shape_value,
    shape,
    offsets_value,
    offsets,
    end
  };

  bool root_key(const std::string& name) {
    if (!names_.insert(name).second) return fail("repeats the name " + in_quotes(name));
    is_metadata_ = name == kMetadataKey;
    if (!is_metadata_) entries.emplace_back().info.name = name;
    state_ = State::root_value;
    return true;
  }

  bool tensor_key(std::string_view field) {
    if (field == "dtype") return tensor_field(has_dtype_, State::dtype_value);
    if (field == "shape") return tensor_field(has_shape_, State::shape_value);
    if (field == "data_offsets") return tensor_field(has_offsets_, State::offsets_value);
    return fail("has the unknown key " + in_quotes(field), ErrorCode::unsupported);
  }

  bool tensor_field(bool& has_field, State next) {
    state_ = next;
    return !std::exchange(has_field, true) || fail("repeats a key of a tensor");
  }

  bool fail(const std::string& what, ErrorCode code = ErrorCode::corrupt) {
    const bool names_tensor = state_ != State::begin && state_ != State::root && !is_metadata_ && !entries.empty();
    const std::string subject =
        names_tensor ? "safetensors entry " + in_quotes(entries.back().info.name) : std::string("safetensors header");
    error = Error{code, kSafetensorsLengthBytes, subject + " " + what};
    return false;
  }

  State state_ = State::begin;
  bool is_metadata_ = false;
  bool has_dtype_ = false;
  bool has_shape_ = false;
  bool has_offsets_ = false;
  unsigned offset_count_ = 0;
  std::unordered_set<std::string> names_;
  std::unordered_set<std::string> metadata_keys_;
};

std::string_view word_of(DType dtype) {
  const auto row =
      std::find_if(kDTypeWords.begin(), kDTypeWords.end(), [&](const auto& r) { return r.dtype == dtype; });
  return row->word;  // every dtype has a row
}

Result<std::string> json_string(const std::string& text) {
  if (!is_valid_utf8(text)) {  // dump() would throw
    return Error{ErrorCode::bad_argument, Error::kNoOffset, "the tensor name " + in_quotes(text) + " is not UTF-8"};
  }
  return nlohmann::json(text).dump();
}

Result<std::string> header_json(const std::vector<TensorInfo>& infos) {
  std::string json = "{";
  std::unordered_set<std::string> names{std::string(kMetadataKey)};
  std::uint64_t begin_bytes = 0;
  for (const TensorInfo& info : infos) {
    if (!names.insert(info.name).second) {
      return Error{ErrorCode::bad_argument, Error::kNoOffset,
                   "the tensor name " + in_quotes(info.name) + " is reserved or appears twice"};
    }
    ACTZ_TRY(const std::string name, json_string(info.name));
    ACTZ_TRY(const std::uint64_t data_bytes, tensor_bytes(info));
    const auto end_bytes = checked_add(begin_bytes, data_bytes);
    if (!end_bytes) return Error{ErrorCode::limit_exceeded, Error::kNoOffset, "the tensors have more than 2^64 bytes"};
    json += (json.size() > 1 ? "," : "") + name + ":{\"dtype\":\"" + std::string(word_of(info.dtype));
    std::string shape = to_string(info.shape);
    shape.erase(std::remove(shape.begin(), shape.end(), ' '), shape.end());
    json += "\",\"shape\":" + shape;
    json += ",\"data_offsets\":[" + std::to_string(begin_bytes) + "," + std::to_string(*end_bytes) + "]}";
    begin_bytes = *end_bytes;
  }
  return json + "}";
}

}  // namespace

Result<std::vector<SafetensorsEntry>> parse_safetensors_header(std::span<const std::byte> json) {
  // The reference demands it, so that a file cannot begin as some other format; JSON itself would allow spaces.
  if (json.empty() || json[0] != std::byte{'{'}) {
    return Error{ErrorCode::corrupt, kSafetensorsLengthBytes, "safetensors header does not begin with '{'"};
  }
  const std::string_view text(reinterpret_cast<const char*>(json.data()), json.size());
  HeaderHandler handler;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &handler) || handler.error) {
    return handler.error.value_or(Error{ErrorCode::corrupt, kSafetensorsLengthBytes, "safetensors header is not JSON"});
  }
  return std::move(handler.entries);
}

Result<std::vector<std::byte>> make_safetensors_header(const std::vector<TensorInfo>& infos) {
  ACTZ_TRY(std::string json, header_json(infos));
  json.resize(static_cast<std::size_t>(round_up(json.size(), 8)), ' ');
  if (json.size() > kMaxSafetensorsHeaderBytes) {
    return Error{ErrorCode::limit_exceeded, Error::kNoOffset, "too many tensors for one safetensors header"};
  }
  std::vector<std::byte> header(kSafetensorsLengthBytes + json.size());
  store_le(header.data(), std::uint64_t{json.size()});
  std::memcpy(&header[kSafetensorsLengthBytes], json.data(), json.size());
  return header;
}

}  // namespace actz::io
