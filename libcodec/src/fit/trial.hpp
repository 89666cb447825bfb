#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fit/entropy_fit.hpp"
#include "fit/training_rows.hpp"
#include "fit/training_stored_rows.hpp"
#include "profile/codec_model.hpp"
#include "rows/enc_lossy_rows.hpp"

namespace actz {

/// How training and trials decide; λ follows from the quantiser.
struct DecisionOptions {
  bool optimize = true;  ///< weigh bits against distortion; else the distortion alone
  TrellisContexts contexts = TrellisContexts::of_each_quantizer;
  const TaskMetric* metric = nullptr;  ///< of the distortion, and of the basis that is learned; borrowed
  bool coarse_analysis = false;        ///< as in Decisions
  double lambda_factor = 1;            ///< of the usual λ
  double repeat_slope = 1;             ///< as in Decisions
  bool look_ahead = false;             ///< as in Decisions
};
Decisions decisions_for(unsigned state_bits, const DecisionOptions& options);

struct Measured {
  double nmse = 0;
  double bits_per_value = 0;  ///< code length of the integer tables, without container
};

/// Mean squared error of a quantiser at high rate, in squared steps of its grid of levels: 1/12 for the uniform one;
/// for the dependent ones measured on a uniform source (4 and 8 states): 1.04 and 1.09 dB below 2² / 12.
double noise_per_step_squared(unsigned state_bits);

/// What was decided of rows that may be matched, one entry for each.
struct MatchedRows {
  std::vector<RowMatch> matches;
  RowsAhead ahead;
};

/// Codes strands of `rows` (centred on `mean`) with a model at a unit, and measures. `rows` is rescaled.
struct TrialOptions {
  double unit = 1.0;
  DecisionOptions decisions;
  std::optional<double> error_bound;
  bool wants_bits = true;     ///< false: rates are left 0, and less is done
  std::size_t warm_rows = 0;  ///< at the front of each strand, coded but not measured: their history is missing
  unsigned threads = 1;       ///< changes nothing but time
  const TrainingStoredRows* stored = nullptr;  ///< that rows may be matched with, too; null if none
  /// Of a model that matches rows: if empty they are chosen and kept here, else they are these; null: chosen
  MatchedRows* matched = nullptr;
  std::uint64_t group_values = 1u << 20;  ///< of rows that may be matched with each other
  /// Groups, the first ones, that all later ones may be matched with, too; their strands then follow one another
  std::size_t most_sources = 0;
  double centre_gain = 1;  ///< of the mean that rows are centred on over the model's centre
};
struct StrandTrial {
  double values = 0;
  double energy = 0;         ///< Σ(x − mean)², in squared values
  double squared_error = 0;  ///< in squared values
  double bits = 0;
};
struct Trial {
  Measured measured;
  std::vector<StrandTrial> strands;
  double share_beyond_bound = 0;
};
Trial try_model(const CodecModel& model, TrainingRows& rows, const std::vector<Strand>& strands,
                const TrialOptions& options);
/// The same with the model's encoder at hand: making one inverts the synthesis, which several trials need not repeat.
Trial try_encoder(const LossyRowEncoder& encoder, const CodecModel& model, TrainingRows& rows,
                  const std::vector<Strand>& strands, const TrialOptions& options);

/// Σ(x − mean)² of a strand, in squared units.
double strand_energy(const TrainingRows& rows, const Strand& strand);

/// Match class of each row.
std::vector<std::uint8_t> classes_of(std::span<const RowMatch> matches);

/// Stored rows in the units of rows that are coded with a model; nothing if there are none.
std::optional<StoredSearch> searchable(const LossyRowEncoder& encoder, const CodecModel& model,
                                       const TrainingStoredRows* stored, double unit, double centre_gain = 1);

/// Inputs of the reference, if the encoder's model has one.
/// @param scale  that goes with the unit of the rows.
RowBlock<std::int16_t> side_inputs(const LossyRowEncoder& encoder, const TrainingRows& rows, double scale);

}  // namespace actz
