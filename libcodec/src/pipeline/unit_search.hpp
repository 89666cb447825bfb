#pragma once

#include <cstdint>

#include "actz/archive.hpp"
#include "fit/rung_fit.hpp"
#include "pipeline/buffered_elements.hpp"
#include "pipeline/tensor_plan.hpp"
#include "pipeline/tensor_sample.hpp"
#include "profile/codec_model.hpp"
#include "rows/enc_lossy_rows.hpp"

namespace actz {

/// Of a whole tensor, or of rows spread over a large one.
struct TensorMoments {
  std::vector<double> mean;     ///< per channel
  double energy_per_value = 0;  ///< Σ(x − mean)²
};
/// Of a pipe, nothing.
Result<std::optional<TensorMoments>> measure_moments(BufferedElements& elements, DType dtype,
                                                     const TensorViewPlan& view);

/// NMSE that a tensor has at a PSNR, whose peak is the range of its finite values. A pipe tells both by its first rows.
Result<double> nmse_of_psnr(BufferedElements& elements, DType dtype, const TensorViewPlan& view, double psnr_db);

/// What to aim at.
struct UnitTarget {
  std::optional<double> nmse;
  std::optional<double> bits_per_value;
  DecisionOptions decisions;
};

struct SearchOptions {
  std::size_t warm_rows = 0;     ///< at the front of each strand of the sample, not measured
  double accepted_step = 0.015;  ///< a correction of the unit, as a logarithm, so small needs no trial after it
  unsigned threads = 1;
  const TrainingStoredRows* stored = nullptr;        ///< that rows may be matched with, too; null if none
  std::uint64_t chunk_values = kMatchedChunkValues;  ///< of rows that may be matched with each other
  std::size_t most_sources = 0;                      ///< chunks of the sample that later ones may be matched with
  double expected_nmse = 0;                          ///< near what is aimed at, or 0: unknown
  double centre_gain = 1;                            ///< of the mean that rows are centred on over the model's centre
  bool wants_bits = false;                           ///< of what is found, if the error is aimed at
  bool roughly = false;                              ///< for a better search to begin with
};

struct FoundUnit {
  double unit = 1;
  /// Standard error of what was aimed at, from the spread of the sample; 1: too small to tell
  double relative_error = 0;
  double missed = 0;  ///< of the target by the nearest trial, as a logarithm; 0: the last correction was small
  double bits = 0;    ///< per value of the sample, of the nearest trial, were it on the target; 0 unless wanted
};

/// The unit with which a model meets a target on a tensor, from trials on a sample of it. What a trial measures is
/// carried over from the sample to the tensor by regression on the energy, which is known of both.
/// @param encoder    of the model.
/// @param energy     per value of the tensor; if absent, that of the sample.
FoundUnit find_unit(const CodecModel& model, const LossyRowEncoder& encoder, TensorSample& sample,
                    std::optional<double> energy, const UnitTarget& target, double first_unit,
                    const SearchOptions& search);

}  // namespace actz
