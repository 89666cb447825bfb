#include "fit/rung_fit.hpp"

#include <algorithm>
#include <cmath>

#include "fit/metric_basis.hpp"
#include "linear/int_linear.hpp"
#include "rows/enc_lossy_rows.hpp"

namespace actz {
namespace {

/// Coefficients with less variance than this share of the quantiser's noise never leave zero: they are dropped.
constexpr double kDroppedVariancePerNoise = 0.24;
/// Standard deviation of the inputs from a reference: 1/512 of it is well below any noise, and peaks of 60 deviations fit.
constexpr double kReferenceDeviation = 512;
constexpr double kPeakMargin = 1.5;  ///< room between the largest training value and saturation

struct Pass {
  std::vector<std::int16_t> quantised;
  std::vector<std::int16_t> remembered;  ///< decoded rows as the predictor sees them
  double squared_error = 0;              ///< in squared units
};

double strand_energy(const TrainingRows& rows, const Strand& strand) {
  double sum = 0;
  const float* from = &rows.values[strand.first_row * rows.channels];
  for (std::size_t i = 0; i < strand.row_count * rows.channels; ++i) sum += double{from[i]} * double{from[i]};
  return sum;
}

/// Inputs of the reference, if the model has one.
RowBlock<std::int16_t> side_inputs(const LossyRowEncoder& encoder, const TrainingRows& rows, double scale) {
  const ReferencePredictor* predictor = encoder.loop().reference();
  return predictor == nullptr ? RowBlock<std::int16_t>{} : predictor->inputs(rows.reference, static_cast<float>(scale));
}

class RungTrainer {
 public:
  RungTrainer(TrainingRows& rows, const std::vector<double>& mean, const RungOptions& options)
      : rows_(rows), mean_(mean), options_(options) {
    energy_ = 0;
    for (const Strand& strand : rows_.train) energy_ += strand_energy(rows_, strand);
    energy_ *= rows_.unit * rows_.unit;
    for (const Strand& strand : rows_.train) train_rows_ += static_cast<double>(strand.row_count);
    if (rows_.reference_channels > 0) prepare_reference();
    const double distortion = options_.nmse * energy_ / std::max(train_rows_ * rows_.channels, 1.0);
    model_.entropy_kind = options_.entropy;
    model_.state_bits = options_.state_bits;
    noise_ = noise_per_step_squared(options_.state_bits);
    const TaskMetric* const metric = options_.decisions.metric;
    const double gain = metric != nullptr ? squared_error_per_distortion(*metric, rows_.channels, options_.transform) : 1.0;
    set_step(options_.step ? *options_.step : std::sqrt(std::max(distortion, 1e-30) / (noise_ * gain)));
  }

  RungFit run() {
    // Open loop first: rows predicted from their undisturbed predecessors.
    learn_linear(moments_of_originals());
    Rates rates = Rates::geometric;
    Pass pass;
    for (unsigned turn = 0; turn < options_.turns; ++turn) {
      pass = code(rows_.train, rates);
      learn_tables(pass, rows_.train);
      rates = Rates::of_model;
      if (turn + 1 == options_.turns) break;
      adjust_step(pass);
      if (turn < 2) {
        learn_linear(moments_of_decoded(pass));
        relearn_tables_after_basis_change();
      }
    }
    RungFit out;
    out.train = measure(rows_.train);
    out.held_out = rows_.held_out.empty() ? out.train : measure(rows_.held_out);
    model_.unit = static_cast<float>(rows_.unit);
    out.model = model_;
    return out;
  }

 private:
  void set_step(double step) {
    const double old_unit = rows_.unit;
    rows_.rescale(static_cast<double>(static_cast<float>(step / (1 << kFractionBits))));
    model_.reference.scale *= static_cast<float>(old_unit / rows_.unit);
    model_.channels = rows_.channels;
    model_.unit = static_cast<float>(rows_.unit);
    model_.centre.resize(rows_.channels);
    for (std::size_t c = 0; c < rows_.channels; ++c) {
      const double centre = std::clamp(mean_[c] / rows_.unit, -1e9, 1e9);
      model_.centre[c] = static_cast<std::int32_t>(std::lrint(centre));
    }
    set_input_shift();
  }

  void set_input_shift() {
    std::vector<float> peak(rows_.channels, 1.0F);
    for (std::size_t i = 0; i < rows_.values.size(); ++i) {
      float& largest = peak[i % rows_.channels];
      largest = std::max(largest, std::fabs(rows_.values[i]));
    }
    input_shift_.assign(rows_.channels, 0);
    for (std::size_t c = 0; c < rows_.channels; ++c) {
      const double bits = std::log2(kPeakMargin * double{peak[c]} / 32767.0);
      input_shift_[c] = static_cast<std::uint8_t>(std::clamp(std::ceil(bits), 0.0, 31.0));
    }
  }

  /// Centre, scale and shifts of the reference's inputs.
  void prepare_reference() {
    Reference& reference = model_.reference;
    const std::size_t channels = rows_.reference_channels;
    const double rows = static_cast<double>(rows_.row_count());
    std::vector<double> mean(channels);
    for (std::size_t i = 0; i < rows_.reference.size(); ++i) mean[i % channels] += double{rows_.reference[i]} / rows;
    double energy = 0;
    std::vector<double> peak(channels);
    reference.centre.assign(mean.begin(), mean.end());
    for (std::size_t i = 0; i < rows_.reference.size(); ++i) {
      const double centred = double{rows_.reference[i]} - double{reference.centre[i % channels]};
      energy += centred * centred;
      peak[i % channels] = std::max(peak[i % channels], std::fabs(centred));
    }
    reference.channels = rows_.reference_channels;
    reference.rows = options_.lags.empty() ? 1 : 2;
    side_scale_ = kReferenceDeviation / std::sqrt(std::max(energy / static_cast<double>(rows_.reference.size()), 1e-30));
    reference.scale = static_cast<float>(side_scale_);
    reference.input_shift.assign(channels, 0);
    for (std::size_t c = 0; c < channels; ++c) {
      const double bits = std::log2(std::max(kPeakMargin * peak[c] * side_scale_ / 32767.0, 1.0));
      reference.input_shift[c] = static_cast<std::uint8_t>(std::clamp(std::ceil(bits), 0.0, 31.0));
    }
  }

  /// Adds the reference to moments of lags. The scale then goes with the unit of this moment.
  LagMoments with_reference(LagMoments moments, const RowLoader& rows_z, const RowLoader& rows_h) {
    if (rows_.reference_channels == 0) return moments;
    Reference& reference = model_.reference;
    reference.scale = static_cast<float>(side_scale_);
    const std::size_t channels = rows_.reference_channels;
    const std::size_t inputs = channels * reference.rows;
    const RowLoader side = [&](const Strand& strand, std::vector<float>& to) {
      to.assign(strand.row_count * inputs, 0.0F);
      for (std::size_t row = 0; row < strand.row_count; ++row) {
        for (std::size_t back = 0; back < std::min<std::size_t>(reference.rows, row + 1); ++back) {
          const float* from = &rows_.reference[(strand.first_row + row - back) * channels];
          float* out = &to[row * inputs + back * channels];
          for (std::size_t c = 0; c < channels; ++c) out[c] = (from[c] - reference.centre[c]) * reference.scale;
        }
      }
    };
    add_reference_moments(moments, rows_.train, rows_.channels, options_.lags, static_cast<std::uint32_t>(inputs), rows_z, rows_h, side);
    // What it will be decoded from carries noise that these rows do not: least squares with errors in the inputs.
    auto diagonal = moments.hh.diagonal().tail(static_cast<Eigen::Index>(inputs));
    diagonal.array() += options_.reference_noise * diagonal.mean();
    return moments;
  }

  LagMoments moments_of_originals() {
    const RowLoader original = [this](const Strand& strand, std::vector<float>& to) { load_originals(strand, to); };
    return with_reference(lag_moments(rows_.train, rows_.channels, options_.lags, original, original), original, original);
  }

  LagMoments moments_of_decoded(const Pass& pass) {
    const RowLoader original = [this](const Strand& strand, std::vector<float>& to) { load_originals(strand, to); };
    const RowLoader decoded = [&](const Strand& strand, std::vector<float>& to) {
      to.resize(strand.row_count * rows_.channels);
      const std::int16_t* from = &pass.remembered[strand.first_row * rows_.channels];
      for (std::size_t i = 0; i < to.size(); ++i) {
        to[i] = static_cast<float>(std::int32_t{from[i]} * (1 << input_shift_used_[i % rows_.channels])) * remembered_scale_;
      }
    };
    return with_reference(lag_moments(rows_.train, rows_.channels, options_.lags, original, decoded), original, decoded);
  }

  void load_originals(const Strand& strand, std::vector<float>& to) const {
    const auto from = rows_.values.begin() + static_cast<std::ptrdiff_t>(strand.first_row * rows_.channels);
    to.assign(from, from + static_cast<std::ptrdiff_t>(strand.row_count * rows_.channels));
  }

  void learn_linear(const LagMoments& moments) {
    const Eigen::MatrixXd predictor = fit_predictor(moments);
    const MatrixPrecision precision = learn_synthesis(moments, predictor);
    model_.predictor = options_.low_rank > 0 && !options_.lags.empty()
                           ? quantise_low_rank_predictor(predictor.leftCols(moments.lag_inputs), moments, options_.low_rank, options_.lags,
                                                         input_shift_, precision)
                           : quantise_predictor(predictor.leftCols(moments.lag_inputs), options_.lags, input_shift_, precision);
    if (rows_.reference_channels > 0) {
      quantise_reference(predictor.rightCols(predictor.cols() - moments.lag_inputs), precision, model_.reference);
    }
  }

  /// Returns the precision that the synthesis left: columns that a metric makes long have fewer fraction bits.
  MatrixPrecision learn_synthesis(const LagMoments& moments, const Eigen::MatrixXd& predictor) {
    const TaskMetric* const metric = options_.decisions.metric;
    MatrixPrecision precision = options_.precision;
    if (options_.transform) {
      const double step = 1 << kFractionBits;
      const double floor = kDroppedVariancePerNoise * noise_ * step * step;
      const Eigen::MatrixXd covariance = residual_covariance(moments, predictor);
      const Basis basis = metric != nullptr ? fit_metric_basis(covariance, *metric, floor) : fit_basis(covariance, floor);
      precision.synthesis_shift = fitting_shift(basis.vectors, precision.synthesis_shift);
      model_.synthesis = dense_synthesis(basis.vectors, precision);
    } else if (metric != nullptr) {
      model_.synthesis = metric_diagonal_synthesis(*metric, rows_.channels, precision);
    } else {
      model_.synthesis = diagonal_synthesis(rows_.channels, precision);
    }
    return precision;
  }

  Pass code(const std::vector<Strand>& strands, Rates rates) {
    Pass pass;
    pass.quantised.resize(rows_.row_count() * model_.synthesis.coefficients);
    if (!options_.lags.empty()) pass.remembered.resize(rows_.values.size());
    input_shift_used_ = input_shift_;
    remembered_scale_ = 1.0F;
    if (rates == Rates::geometric) reset_entropy(model_);
    const LossyRowEncoder encoder(model_, rates, decisions_for(options_.state_bits, options_.decisions));
    const RowBlock<std::int16_t> side = side_inputs(encoder, rows_, double{model_.reference.scale});
    encoder.encode(rows_.values, strands, pass.quantised, [&](std::size_t row, const std::int32_t* decoded) {
      const float* original = &rows_.values[row * rows_.channels];
      for (std::size_t c = 0; c < rows_.channels; ++c) {
        const double error = double{original[c]} - decoded[c];
        pass.squared_error += error * error;
      }
      if (!pass.remembered.empty()) {
        round_shift_saturate(decoded, input_shift_.data(), &pass.remembered[row * rows_.channels], rows_.channels);
      }
    }, &side);
    return pass;
  }

  void learn_tables(const Pass& pass, const std::vector<Strand>& strands) {
    fit_entropy(model_, pass.quantised, strands, options_.tables);
  }

  /// Coefficients changed place: one pass over a part of the rows gives tables that fit the new basis.
  void relearn_tables_after_basis_change() {
    const std::vector<Strand> part(rows_.train.begin(),
                                   rows_.train.begin() + static_cast<std::ptrdiff_t>((rows_.train.size() + 3) / 4));
    learn_tables(code(part, Rates::geometric), part);
  }

  void adjust_step(const Pass& pass) {
    if (options_.step) return;
    const double nmse = pass.squared_error * rows_.unit * rows_.unit / std::max(energy_, 1e-300);
    const double factor = std::clamp(std::sqrt(options_.nmse / std::max(nmse, 1e-30)), 0.5, 2.0);
    const double old_unit = rows_.unit;
    set_step(rows_.unit * factor * (1 << kFractionBits));
    remembered_scale_ = static_cast<float>(old_unit / rows_.unit);
  }

  Measured measure(const std::vector<Strand>& strands) {
    return try_model(model_, rows_, strands, {rows_.unit, options_.decisions, std::nullopt, true, 0}).measured;
  }

  TrainingRows& rows_;
  const std::vector<double>& mean_;
  RungOptions options_;
  CodecModel model_;
  double side_scale_ = 1;    ///< of the reference's inputs when its matrix was learned
  double noise_ = 1.0 / 12;  ///< of the quantiser, in squared steps
  double energy_ = 0;      ///< of the centred training rows, in squared values
  double train_rows_ = 0;
  std::vector<std::uint8_t> input_shift_;
  std::vector<std::uint8_t> input_shift_used_;  ///< when `remembered` was filled
  float remembered_scale_ = 1.0F;               ///< from its unit to the present one
};

}  // namespace

double noise_per_step_squared(unsigned state_bits) { return state_bits == 0 ? 1.0 / 12 : state_bits == 2 ? 0.2623 : 0.2593; }

Decisions decisions_for(unsigned state_bits, const DecisionOptions& options) {
  const double lambda = state_bits == 0 ? kLambdaPerStepSquared : kLambdaPerHalfStepSquared;
  return {options.optimize ? lambda : 0.0, options.contexts, options.metric};
}

Trial try_model(const CodecModel& model, TrainingRows& rows, const std::vector<Strand>& strands,
                const TrialOptions& options) {
  const LossyRowEncoder encoder(model, Rates::of_model, decisions_for(model.state_bits, options.decisions));
  return try_encoder(encoder, model, rows, strands, options);
}

Trial try_encoder(const LossyRowEncoder& encoder, const CodecModel& model, TrainingRows& rows,
                  const std::vector<Strand>& strands, const TrialOptions& options) {
  rows.rescale(options.unit);
  std::vector<std::int16_t> quantised(rows.row_count() * model.synthesis.coefficients);
  std::vector<double> row_error(rows.row_count());
  const double bound = options.error_bound ? *options.error_bound / options.unit : 0;
  double beyond = 0;
  const RowBlock<std::int16_t> side = side_inputs(encoder, rows, double{model.reference.scale} * double{model.unit} / options.unit);
  encoder.encode(rows.values, strands, quantised, [&](std::size_t row, const std::int32_t* decoded) {
    const float* original = &rows.values[row * rows.channels];
    for (std::size_t c = 0; c < rows.channels; ++c) {
      const double error = double{original[c]} - decoded[c];
      row_error[row] += error * error;
      beyond += std::fabs(error) > bound ? 1 : 0;
    }
  }, &side);
  const CodeLength code_length(model);
  Trial out;
  StrandTrial sum;
  const double unit_energy = options.unit * options.unit;
  for (const Strand& whole : strands) {
    const std::size_t skipped = std::min(options.warm_rows, whole.row_count - 1);
    const Strand strand{whole.first_row + skipped, whole.row_count - skipped};
    StrandTrial one;
    one.values = static_cast<double>(strand.row_count * rows.channels);
    one.energy = strand_energy(rows, strand) * unit_energy;
    for (std::size_t row = strand.first_row; row < strand.first_row + strand.row_count; ++row) one.squared_error += row_error[row];
    one.squared_error *= unit_energy;
    if (options.wants_bits) one.bits = code_length.bits(quantised, std::span(&strand, 1));
    sum.values += one.values;
    sum.energy += one.energy;
    sum.squared_error += one.squared_error;
    sum.bits += one.bits;
    out.strands.push_back(one);
  }
  sum.values = std::max(sum.values, 1.0);
  out.measured = {sum.squared_error / std::max(sum.energy, 1e-300), sum.bits / sum.values};
  out.share_beyond_bound = beyond / sum.values;
  return out;
}

RungFit fit_rung(TrainingRows& rows, const std::vector<double>& mean, const RungOptions& options) {
  return RungTrainer(rows, mean, options).run();
}

}  // namespace actz
