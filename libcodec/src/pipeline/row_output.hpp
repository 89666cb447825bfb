#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "container/fields.hpp"
#include "profile/codec_model.hpp"

namespace actz {

/// Turns decoded fixed-point rows of a chunk into elements of the tensor's type: the only floating-point step of a
/// decoder. Encoder and decoder use it.
class RowOutput {
 public:
  /// @param to  the decoded bytes of the chunk, in C order.
  RowOutput(const TensorHeader& tensor, const CodecModel& model, std::span<std::byte> to);
  void store(std::size_t row, const std::int32_t* fixed);

 private:
  DType dtype_;
  float unit_;
  std::vector<std::int32_t> centre_;
  std::span<std::byte> to_;
  std::vector<float> narrow_;
  std::vector<double> wide_;
};

}  // namespace actz
