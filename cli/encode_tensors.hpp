#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "encode_plan.hpp"

namespace actz::cli {

/// What became of a tensor.
struct NamedReport {
  std::string name;
  DType dtype;
  Shape shape;
  bool had_references;
  EncodeReport report;
};

/// Encodes all tensors of a plan. At least one must be there.
std::optional<Failure> encode_tensors(const EncodePlan& plan, const Verb& verb, ArchiveWriter& writer,
                                      std::vector<NamedReport>& reports);

/// @param output_bytes  that were written.
void print_reports(const std::vector<NamedReport>& reports, std::uint64_t output_bytes, double seconds, bool json);

}  // namespace actz::cli
