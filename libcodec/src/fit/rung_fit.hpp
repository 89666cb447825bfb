#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fit/entropy_fit.hpp"
#include "fit/linear_fit.hpp"
#include "fit/training_rows.hpp"
#include "profile/codec_model.hpp"
#include "quantize/dependent.hpp"
#include "rows/enc_lossy_rows.hpp"

namespace actz {

/// How training and trials decide; λ follows from the quantiser.
struct DecisionOptions {
  bool optimize = true;  ///< weigh bits against distortion; else the distortion alone
  TrellisContexts contexts = TrellisContexts::of_each_quantizer;
  const TaskMetric* metric = nullptr;  ///< of the distortion, and of the basis that is learned; borrowed
};
Decisions decisions_for(unsigned state_bits, const DecisionOptions& options);

struct RungOptions {
  double nmse = 0.02;                    ///< wanted on the training rows
  std::optional<double> step;            ///< this quantiser step instead of a wanted NMSE
  unsigned state_bits = kMaxStateBits;               ///< of the dependent quantiser; 0: uniform
  EntropyKind entropy = EntropyKind::context;
  DecisionOptions decisions;
  std::vector<std::uint16_t> lags = {1, 2};
  bool transform = true;                 ///< false: diagonal synthesis
  unsigned turns = 4;                    ///< rounds of coding and learning
  double reference_noise = 0;            ///< NMSE that the reference's rows will have, if those to learn from are exact
  bool wide = false;                     ///< low-rank prediction and transforms of blocks of channels: no channels² anywhere
  MatrixPrecision precision;
  EntropyFitOptions tables;
};

struct Measured {
  double nmse = 0;
  double bits_per_value = 0;  ///< code length of the integer tables, without container
};

/// Mean squared error of a quantiser at high rate, in squared steps of its grid of levels: 1/12 for the uniform one; for
/// the dependent ones measured on a uniform source (4 and 8 states): 1.04 and 1.09 dB below 2² / 12.
double noise_per_step_squared(unsigned state_bits);


/// Codes strands of `rows` (centred on `mean`) with a model at a unit, and measures. `rows` is rescaled.
struct TrialOptions {
  double unit = 1.0;
  DecisionOptions decisions;
  std::optional<double> error_bound;
  bool wants_bits = true;     ///< false: rates are left 0, and less is done
  std::size_t warm_rows = 0;  ///< at the front of each strand, coded but not measured: their history is missing
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
Trial try_model(const CodecModel& model, TrainingRows& rows, const std::vector<Strand>& strands, const TrialOptions& options);
/// The same with the model's encoder at hand: making one inverts the synthesis, which several trials need not repeat.
Trial try_encoder(const LossyRowEncoder& encoder, const CodecModel& model, TrainingRows& rows,
                  const std::vector<Strand>& strands, const TrialOptions& options);

struct RungFit {
  CodecModel model;
  Measured train;
  Measured held_out;
};

/// Trains one rung of the ladder in the closed loop: codes the training rows, learns predictor, basis and tables
/// from what was decoded, adjusts the step to the wanted NMSE, and repeats.
/// @param rows    centred; its unit is changed on the way.
/// @param mean    channel means, in values.
RungFit fit_rung(TrainingRows& rows, const std::vector<double>& mean, const RungOptions& options);

}  // namespace actz
