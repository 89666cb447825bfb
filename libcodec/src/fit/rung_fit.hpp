#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fit/linear_fit.hpp"
#include "fit/trial.hpp"
#include "quantize/dependent.hpp"

namespace actz {

struct RungOptions {
  double nmse = 0.02;                   ///< wanted on the training rows
  std::optional<double> step;           ///< this quantiser step instead of a wanted NMSE
  unsigned state_bits = kMaxStateBits;  ///< of the dependent quantiser; 0: uniform
  bool choose_states = false;           ///< fewer of them are tried too, by fit_checked_rung
  EntropyKind entropy = EntropyKind::context;
  DecisionOptions decisions;
  std::vector<std::uint16_t> lags = {1, 2};
  bool transform = true;       ///< false: diagonal synthesis
  bool whole_basis = false;    ///< keep directions that hardly leave zero, too
  unsigned turns = 4;          ///< rounds of coding and learning
  unsigned table_turns = 10;   ///< in place of all but the first two and the last of them; 0: none
  double reference_noise = 0;  ///< NMSE that the reference's rows will have, if those to learn from are exact
  /// Low-rank prediction and transforms of blocks of channels: no channels² anywhere
  bool wide = false;
  MatrixPrecision precision;
  EntropyFitOptions tables;
};

struct RungFit {
  CodecModel model;
  Measured held_out;        ///< or, if none are, on the training rows
  double repeat_slope = 1;  ///< that the encoder is to use, as in Decisions
  double bits_saved = 0;    ///< by the dictionary, of each value: on training rows, without what it has of them
};

/// Trains one rung of the ladder in the closed loop: codes the training rows, learns predictor, basis and tables
/// from what was decoded, adjusts the step to the wanted NMSE, and repeats.
/// @param rows    centred; its unit is changed on the way.
/// @param centre  of each channel, in values.
RungFit fit_rung(TrainingRows& rows, const std::vector<double>& centre, const RungOptions& options);

}  // namespace actz
