#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "fit/class_fit.hpp"
#include "fit/context_fit.hpp"
#include "profile/codec_model.hpp"

namespace actz {

struct EntropyFitOptions {
  ClassFitOptions classes;    ///< entropy kind static
  ContextFitOptions context;  ///< entropy kind context
};

/// The entropy model of a codec model before training: any levels can be coded, none well.
void reset_entropy(CodecModel& model);

/// Learns the entropy model, of the kind that the codec model names, from levels.
/// @param strands  say which rows to learn from.
void fit_entropy(CodecModel& model, const LevelRows& levels, std::span<const Strand> strands,
                 const EntropyFitOptions& options);

/// Bits that the entropy model of a codec model spends.
class CodeLength {
 public:
  /// @param model  borrowed.
  explicit CodeLength(const CodecModel& model);
  double bits(const LevelRows& levels, std::span<const Strand> strands) const;

 private:
  const CodecModel& model_;
  std::optional<ContextCodeLength> context_;
};

}  // namespace actz
