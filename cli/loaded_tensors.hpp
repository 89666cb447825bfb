#pragma once

#include <string>
#include <vector>

#include "actz/archive.hpp"
#include "actz/tensor.hpp"
#include "command_line.hpp"

namespace actz::cli {

/// The tensors of a file of any kind, one of ours decoded, held in memory.
/// @param options  for one of ours; its threads are those of the verb.
Result<std::vector<Tensor>> load_tensors(const std::string& path, const Verb& verb, DecodeOptions options = {});

/// An element as binary64.
double value_at(const Tensor& tensor, std::size_t index);

}  // namespace actz::cli
