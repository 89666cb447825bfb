#include "loaded_tensors.hpp"

#include <bit>

#include "base/bytes.hpp"
#include "base/try.hpp"
#include "file_adapters.hpp"
#include "tensor/float_convert.hpp"

namespace actz::cli {
namespace {

Result<std::vector<Tensor>> decode_all(const std::string& path, const DecodeOptions& options) {
  ACTZ_TRY(const auto stream, open_stream(path));
  std::vector<Tensor> out;
  StreamVisitor visitor;
  visitor.on_tensor = [&](const TensorSummary& tensor) -> Result<bool> {
    out.push_back({tensor.name, tensor.dtype, tensor.shape, {}});
    return true;
  };
  visitor.on_elements = [&](std::span<const std::byte> elements) -> Status {
    out.back().bytes.insert(out.back().bytes.end(), elements.begin(), elements.end());
    return {};
  };
  ACTZ_TRY([[maybe_unused]] const auto summary, read_stream(*stream, visitor, options));
  return out;
}

}  // namespace

Result<std::vector<Tensor>> load_tensors(const std::string& path, const Verb& verb, DecodeOptions options) {
  options.threads = verb.threads();
  if (is_archive(path)) return decode_all(path, options);
  ACTZ_TRY(const auto read_options, verb.read_options());
  ACTZ_TRY(const auto file, io::open_tensors(path, read_options));
  std::vector<Tensor> out;
  for (std::size_t i = 0; i < file->tensors().size(); ++i) {
    const io::TensorInfo& info = file->tensors()[i];
    ACTZ_TRY(const auto count, element_count(info.shape, info.dtype));
    ACTZ_TRY(const auto source, file->open(i));
    Tensor tensor{info.name, info.dtype, info.shape,
                  std::vector<std::byte>(static_cast<std::size_t>(count) * element_bytes(info.dtype))};
    ACTZ_CHECK(source->read(0, tensor.bytes));
    out.push_back(std::move(tensor));
  }
  return out;
}

double value_at(const Tensor& tensor, std::size_t index) {
  const std::byte* from = &tensor.bytes[index * element_bytes(tensor.dtype)];
  switch (tensor.dtype) {
    case DType::boolean:
    case DType::u8: return static_cast<double>(load_le<std::uint8_t>(from));
    case DType::i8: return static_cast<double>(static_cast<std::int8_t>(load_le<std::uint8_t>(from)));
    case DType::u16: return static_cast<double>(load_le<std::uint16_t>(from));
    case DType::i16: return static_cast<double>(static_cast<std::int16_t>(load_le<std::uint16_t>(from)));
    case DType::u32: return static_cast<double>(load_le<std::uint32_t>(from));
    case DType::i32: return static_cast<double>(static_cast<std::int32_t>(load_le<std::uint32_t>(from)));
    case DType::u64: return static_cast<double>(load_le<std::uint64_t>(from));
    case DType::i64: return static_cast<double>(static_cast<std::int64_t>(load_le<std::uint64_t>(from)));
    case DType::f16: return static_cast<double>(std::bit_cast<float>(f16_to_f32_bits(load_le<std::uint16_t>(from))));
    case DType::bf16: return static_cast<double>(std::bit_cast<float>(bf16_to_f32_bits(load_le<std::uint16_t>(from))));
    case DType::f32: return static_cast<double>(std::bit_cast<float>(load_le<std::uint32_t>(from)));
    case DType::f64: return std::bit_cast<double>(load_le<std::uint64_t>(from));
  }
  return 0;
}

}  // namespace actz::cli
