#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actz/result.hpp"
#include "io/byte_input.hpp"
#include "io/tensor_source.hpp"

/// Tensors that lie in a ByteInput as one plain run of elements: what all four formats come down to.

namespace actz::io {

struct ArrayLayout {
  TensorInfo info;
  std::uint64_t data_offset_bytes = 0;
  std::uint64_t data_bytes = 0;
  bool is_fortran_order = false;
  bool is_big_endian = false;
  /// Set on the tensor that must end where the input ends: the error for bytes after it.
  std::optional<Error> error_for_more_bytes;
};

/// Checks that the data of `layout` end where the input does, as far as its size is known: need_more_input,
/// or layout.error_for_more_bytes. An input of unknown size is asked only when the data are empty; else
/// TensorSource::read asks after the last element.
Status check_extent(ByteInput& input, const ArrayLayout& layout);

/// Reads Fortran order from memory only: the contents of other inputs are loaded here.
Result<std::unique_ptr<TensorSource>> make_array_source(std::shared_ptr<ByteInput> input, ArrayLayout layout);

/// Tensors of one input; the layouts become the collection's tensors in their order.
std::unique_ptr<TensorCollection> make_array_collection(std::shared_ptr<ByteInput> input,
                                                        std::vector<ArrayLayout> layouts);

/// The error of TensorCollection::open for an index past the end.
Error no_such_tensor(std::size_t index, std::size_t count);

}  // namespace actz::io
