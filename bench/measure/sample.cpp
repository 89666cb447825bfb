#include "measure/sample.hpp"

#include <sha256.h>

#include <cmath>

#include "io/tensor_source.hpp"
#include "tensor/float_convert.hpp"

namespace actz::bench {
namespace {

template <class T>
T value_or_throw(Result<T> result, const std::string& file) {
  if (!result) throw Failed{file, result.error()};
  return std::move(result).value();
}

void centre(Sample& sample) {
  sample.mean.assign(sample.channels, 0);
  for (std::size_t i = 0; i < sample.values.size(); ++i) sample.mean[i % sample.channels] += double{sample.values[i]};
  for (double& mean : sample.mean) mean /= static_cast<double>(sample.rows);
  for (std::size_t i = 0; i < sample.values.size(); ++i) {
    const double distance = double{sample.values[i]} - sample.mean[i % sample.channels];
    sample.energy += distance * distance;
  }
}

}  // namespace

double Sample::deviation() const { return std::sqrt(energy / static_cast<double>(values.size())); }

Sample make_sample(Tensor tensor, std::string file_digest) {
  const std::size_t count = tensor.bytes.size() / element_bytes(tensor.dtype);
  if (!is_float(tensor.dtype) || tensor.shape.empty() || count == 0) {
    throw Failed{tensor.name,
                 {ErrorCode::bad_argument, Error::kNoOffset, "only float tensors with values can be measured"}};
  }
  Sample out;
  out.channels = static_cast<std::size_t>(tensor.shape.back());
  out.rows = count / out.channels;
  out.sequence_rows = tensor.shape.size() < 2 ? 1 : static_cast<std::size_t>(tensor.shape[tensor.shape.size() - 2]);
  out.values.resize(count);
  floats_to_f32(tensor.dtype, tensor.bytes, out.values);
  for (const float value : out.values) {
    if (!std::isfinite(value)) {
      throw Failed{tensor.name,
                   {ErrorCode::bad_argument, Error::kNoOffset, "NaN and infinities have no distortion to measure"}};
    }
  }
  out.tensor = std::move(tensor);
  out.file_digest = std::move(file_digest);
  centre(out);
  return out;
}

Sample slice_rows(const Sample& sample, std::size_t first, std::size_t end) {
  const std::size_t row_bytes = sample.channels * element_bytes(sample.tensor.dtype);
  const auto begin = sample.tensor.bytes.begin();
  Shape shape{end - first, sample.channels};
  if (first % sample.sequence_rows == 0 && end % sample.sequence_rows == 0) {
    shape = {(end - first) / sample.sequence_rows, sample.sequence_rows, sample.channels};
  }
  Tensor tensor{
      sample.tensor.name,
      sample.tensor.dtype,
      std::move(shape),
      {begin + static_cast<std::ptrdiff_t>(first * row_bytes), begin + static_cast<std::ptrdiff_t>(end * row_bytes)}};
  return make_sample(std::move(tensor), sample.file_digest);
}

Sample read_sample(const std::string& path) {
  const auto file = value_or_throw(io::open_tensors(path), path);
  for (std::size_t i = 0; i < file->tensors().size(); ++i) {
    const io::TensorInfo& info = file->tensors()[i];
    if (!is_float(info.dtype)) continue;
    const auto count = value_or_throw(element_count(info.shape, info.dtype), path);
    const auto source = value_or_throw(file->open(i), path);
    Tensor tensor{info.name, info.dtype, info.shape,
                  std::vector<std::byte>(static_cast<std::size_t>(count) * element_bytes(info.dtype))};
    if (const auto status = source->read(0, tensor.bytes); !status) throw Failed{path, status.error()};
    return make_sample(std::move(tensor), file_sha256(path));
  }
  throw Failed{path, {ErrorCode::bad_argument, Error::kNoOffset, "holds no float tensor"}};
}

std::string file_sha256(const std::string& path) {
  char hex[SHA256_DIGEST_STRING_LENGTH];
  if (SHA256File(path.c_str(), hex) == nullptr) throw Failed{path, {ErrorCode::io, Error::kNoOffset, "cannot be read"}};
  return hex;
}

}  // namespace actz::bench
