#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actz/archive.hpp"

/// What is left of a damaged file.

namespace actz {

/// Rows [first, end) of a tensor, counted over all sequences.
struct RowRange {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  bool operator==(const RowRange&) const = default;
};

/// A tensor of which rows came back, under which name.
struct RecoveredPiece {
  std::string name;  ///< in the new file: the tensor's own if all of it came back, else NAME[first:end]
  RowRange rows;
  std::uint64_t chunks = 0;
  bool recoded = false;  ///< its chunks could not be taken over as they were: elements stored as they are
};

struct RecoveredTensor {
  std::string name;
  std::uint64_t rows = 0;  ///< that it had
  std::vector<RecoveredPiece> pieces;

  std::uint64_t recovered_rows() const;
};

struct RecoverReport {
  std::vector<RecoveredTensor> tensors;  ///< whose headers were found
  std::uint64_t damaged_bytes = 0;       ///< of the input, in no section that is whole
  std::uint64_t chunks = 0;              ///< that came back
  std::uint64_t lost_chunks =
      0;                   ///< that are whole, but not what they need: header, model, reference, sources, profile
  std::string loss;        ///< why the first of these was lost, or empty
  bool end_found = false;  ///< the file had its end mark: no tensor is missing behind the last one found

  /// Every row of every tensor found, and nothing damaged.
  bool is_complete() const;
};

/// Finds all sections of a damaged file that are whole, decodes all chunks that have what they need, and writes those
/// whose digests match to a new file, coded as they were (format_spec/02_container.md, 2.7). Rows are never made up: a
/// tensor that lost some comes as several of the rows between the gaps, each of shape [rows, channels].
/// @param options  limits, and the profiles that the file names; one thread.
/// Errors: corrupt (no tensor and no metadata is left), limit_exceeded, out_of_memory, io, and bad_argument (a
/// profile).
Result<RecoverReport> recover(const ByteSource& damaged, ByteSink& to, const DecodeOptions& options = {});

}  // namespace actz
