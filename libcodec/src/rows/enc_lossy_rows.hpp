#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "profile/codec_model.hpp"
#include "quantize/enc_trellis.hpp"
#include "quantize/row_quantizer.hpp"
#include "rows/closed_loop.hpp"
#include "rows/enc_lookahead.hpp"
#include "rows/enc_row_matcher.hpp"
#include "transform/enc_row_analysis.hpp"

namespace actz {

/// Distortion worth one bit, in squared steps of the uniform quantiser. The rate-distortion slope at high rate is
/// 6 dB per bit, D = step²/12, so dD/dR = 2 ln 2 · D = 0.116 step²; measured best is a little above
/// (docs/decisions/0004-quantiser-lambda.md).
inline constexpr double kLambdaPerStepSquared = 0.16;
/// The same for the dependent quantiser, in squared half steps.
inline constexpr double kLambdaPerHalfStepSquared = 0.36;

/// Mean squared error of the dependent quantiser at high rate, in squared half steps.
inline constexpr double kDependentNoise = 0.26;

/// Errors of an element that quantisation does not make: the level saturated, or the direction was dropped. Stored
/// exactly it costs some 42 bits; at the slope of kLambdaPerHalfStepSquared they are worth it from 4 steps on, and
/// ordinary errors, even those of rows ten times as large as usual, stay below this many steps.
inline constexpr double kPatchedErrorSteps = 32;
inline constexpr double kPatchedErrorUnits = kPatchedErrorSteps * (1 << kFractionBits);
inline constexpr double kPatchPlaceBits = 10;  ///< of a patch, beside the element itself

/// Match class of rows whose match leaves least.
inline constexpr std::uint8_t kNearestClass = 1;

/// How an encoder decides.
struct Decisions {
  /// Distortion worth one bit, of the grid of levels; 0: the distortion alone counts
  double lambda_per_step_squared = 0;
  TrellisContexts contexts = TrellisContexts::of_each_quantizer;
  /// That distortion is measured in, or squared error; borrowed for the construction
  const TaskMetric* metric = nullptr;
  bool coarse_analysis = false;  ///< of integers of 16 bits: sooner, for a little more distortion
  /// Of λ of rows of the nearest match class, over that of others. Where rows repeat, what a match leaves is mostly its
  /// own noise: coding that again and again costs more than finer rows to be matched with.
  double repeat_slope = 1;
  /// Look at all rows of a chunk first, and give those that many others are matched with a smaller λ
  bool look_ahead = false;
};

/// Bits that the quantiser reckons with: those of the model's tables, or a geometric prior before there are any.
enum class Rates { of_model, geometric };

/// Whether matches are chosen while rows are coded, or were before.
enum class Matching { chosen, given };

/// What is decided of the rows of a chunk or sample beside their levels, one entry for each, if the model matches rows:
/// out, or in if matches are given.
struct RowChoices {
  std::span<RowMatch> matches = {};
  RowsAhead* ahead = nullptr;  ///< null: not wanted
  bool near_is_known = false;  ///< though matches may not be
};

/// What rows are predicted from beside each other, as an encoder wants it; all borrowed.
struct EncodedBeside {
  const RowBlock<std::int16_t>* reference = nullptr;  ///< inputs of the loop's reference, row by row as the rows
  const StoredSearch* stored = nullptr;
  /// For each strand, stored rows that were made of it: training leaves them out; empty: none
  std::span<const AddressRange> own_rows = {};
};

/// Runs the closed loop over rows: innovation, analysis, decisions, reconstruction.
class LossyRowEncoder {
 public:
  LossyRowEncoder(const CodecModel& model, Rates rates, const Decisions& decisions);

  /// Strands that are coded step by step: work space, and what later rows are predicted from.
  class Run {
   public:
    /// All borrowed.
    /// @param ahead  null: nothing is known.
    Run(const LossyRowEncoder& encoder, std::span<const Strand> strands, std::size_t largest_step_rows,
        const EncodedBeside& beside = {}, Matching matching = Matching::chosen, const RowsAhead* ahead = nullptr);

   private:
    friend class LossyRowEncoder;
    ClosedLoop::State state_;
    RowBlock<float> innovation_;
    RowBlock<float> coefficients_;
    RowBlock<std::int16_t> values_;
    std::vector<float> room_;
    // The matches of the rows of a step, with what follows from them
    std::optional<RowMatcher> matcher_;  ///< if they are chosen
    RowBlock<float> match_room_;         ///< for the rows of a step, if they have to be compared
    std::vector<const float*> match_rows_;
    std::vector<RowMatch> matches_;
    std::vector<std::int32_t> activity_;  ///< that each row starts with
    const RowsAhead* ahead_;
    std::vector<float> slopes_;
  };

  /// @param quantised  out, row-major [row][coefficient].
  /// @param on_row     called once for each row, in coding order, with its decoded fixed-point channels.
  using RowVisitor = std::function<void(std::size_t row, const std::int32_t* decoded)>;
  void encode(const RowSource& rows, std::span<const Strand> strands, std::span<std::int16_t> quantised,
              const RowVisitor& on_row, const EncodedBeside& beside = {}, const RowChoices& choices = {},
              Matching matching = Matching::chosen) const;

  /// What the rows of a step became.
  struct CodedStep {
    std::span<const std::int16_t* const> levels;  ///< of each row; they last until the next step
    std::span<std::int32_t* const> decoded;       ///< fixed-point channels, likewise
  };
  /// The next step of a run. `matches` has an entry for each row of the strands.
  CodedStep encode_step(Run& run, const StepRows& step, const RowSource& rows, std::span<RowMatch> matches) const;

  const ClosedLoop& loop() const { return loop_; }

  /// Stored rows, ready to be searched for rows of a unit.
  /// @param centre  of the model, in that unit.
  StoredSearch searchable(const StoredRows& stored, float unit, std::span<const std::int32_t> centre) const;
  /// Adds rows in fixed point that come after those.
  /// @param position  of each in its strand.
  void append_searchable(StoredSearch& to, std::shared_ptr<const RowBlock<std::int32_t>> rows,
                         std::span<const std::uint32_t> position) const;

 private:
  void match(Run& run, const StepRows& step, const RowSource& rows, std::span<RowMatch> matches) const;
  void quantize(Run& run, const StepRows& step) const;
  void index_rows(StoredSearch& stored, std::size_t from) const;

  std::uint32_t channels_;
  std::uint32_t coefficients_;
  bool in_lockstep_;
  MatchModel match_;
  CoefficientCost cost_;
  float repeat_slope_;
  bool looks_ahead_;
  ClosedLoop loop_;
  RowAnalysis analysis_;
  std::unique_ptr<RowQuantizer> quantizer_;
};

}  // namespace actz
