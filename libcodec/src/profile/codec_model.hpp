#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "actz/result.hpp"
#include "base/checksum.hpp"
#include "model/bins.hpp"
#include "model/context_model.hpp"
#include "model/static_model.hpp"
#include "predict/match.hpp"
#include "predict/predictor.hpp"
#include "predict/reference.hpp"
#include "transform/synthesis.hpp"

namespace actz {

/// Fraction bits of the fixed-point row: the unit is 1/32 of the nominal quantiser step.
inline constexpr unsigned kFractionBits = 5;

/// Values are the ids of format_spec/registry/codecs.csv.
enum class CodecKind : std::uint8_t { lossy = 1, lossless = 2 };

/// Values are the ids of format_spec/registry/entropy_models.csv.
enum class EntropyKind : std::uint8_t { static_classes = 1, context = 2 };

/// Values are the ids of format_spec/registry/quantisers.csv.
enum class QuantizerKind : std::uint8_t { uniform = 1, dependent = 2 };

/// Everything a decoder needs to turn the chunks of a tensor into rows: the content of a MODEL section. A profile
/// is a ladder of these; a file embeds the one it uses, or names it by digest.
struct CodecModel {
  CodecKind kind = CodecKind::lossy;
  std::uint32_t channels = 0;
  // lossy
  float unit = 1.0F;                 ///< value of one fixed-point unit
  std::vector<std::int32_t> centre;  ///< channels, in units
  Predictor predictor;
  Reference reference;
  MatchModel match;
  Synthesis synthesis;
  unsigned state_bits = 0;  ///< of the dependent quantiser; 0: uniform
  ContextModel context;     ///< entropy_kind context
  // lossless
  BinTable bins;
  // both
  EntropyKind entropy_kind = EntropyKind::static_classes;
  StaticModel entropy;  ///< entropy_kind static_classes

  /// Whether strands advance side by side, because a row depends on rows decoded before.
  bool in_lockstep() const { return !predictor.lags.empty() || match.classes > 0; }
  const ClassTables& tables() const { return entropy_kind == EntropyKind::context ? context.tables : entropy.tables; }
};

/// Serialises a model (format_spec/03_tensor_and_model.md). Equal models give equal bytes.
std::vector<std::byte> write_model(const CodecModel& model);

/// Parses and fully validates: every matrix has its size, every table sums to its total, every index is in
/// range, so that later stages need no checks. Errors: corrupt, unsupported, limit_exceeded.
Result<CodecModel> read_model(std::span<const std::byte> payload, std::uint64_t file_offset_bytes = 0);

}  // namespace actz
