#pragma once

#include "actz/archive.hpp"

namespace actz {

/// Whether each requirement holds for one tensor at least of a file, or for the file as a whole if it has none.
/// Errors: bad_argument, as for the first tensor.
Status check_provenance(const ArchiveSummary& file, std::span<const Requirement> required);

}  // namespace actz
