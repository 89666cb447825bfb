#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actz/result.hpp"

/// Where tensors come from, as the metadata of their file says (format_spec/02_container.md, 2.5.1): model, revision,
/// layer, layout and what else the writer chose to keep.

namespace actz {

/// What the metadata is to say. A cache or an archive of another model decodes to numbers that look as good.
struct Requirement {
  std::string key;
  std::string value;  ///< a string as it stands, any other JSON value as its text: true, 3, [1,2]
};

/// Whether the metadata says of a tensor what is required: its own entry under `tensors` counts before that of the
/// whole file.
/// @param metadata  JSON, or empty.
/// @param tensor    name of the tensor; empty: the file as a whole.
/// Errors: bad_argument, with the value found and the value wanted.
Status check_provenance(std::string_view metadata, std::string_view tensor, std::span<const Requirement> required);

}  // namespace actz
