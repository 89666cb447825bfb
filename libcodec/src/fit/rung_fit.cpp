#include "fit/rung_fit.hpp"

#include <algorithm>
#include <cmath>

#include "fit/linear_choice.hpp"
#include "fit/metric_basis.hpp"
#include "fit/row_parts.hpp"
#include "fit/wide_fit.hpp"
#include "linear/int_linear.hpp"
#include "rows/enc_lossy_rows.hpp"

namespace actz {
namespace {

/// Coefficients with less variance than this share of the quantiser's noise never leave zero: they are dropped.
constexpr double kDroppedVariancePerNoise = 0.24;
/// Standard deviation of the inputs from a reference: 1/512 of it is well below any noise, and peaks of 60 deviations
/// fit.
constexpr double kReferenceDeviation = 512;
constexpr double kReferenceRidge = 1e-3;  ///< of the mean energy of the inputs of each kind
constexpr double kPeakMargin = 1.5;       ///< room between the largest training value and saturation
constexpr double kRowsPerChannelToDrop = 3;
constexpr unsigned kLinearTurns = 2;  ///< rounds after which predictor and basis are learned
constexpr double kBoldLambda = 1.25;  ///< over the usual one, in all table turns but the last ones
constexpr unsigned kPlainTableTurns = 2;
constexpr std::size_t kFolds = 4;             ///< for cross-validation
constexpr std::size_t kShortestFoldLags = 4;  ///< rows of a piece of a strand, in units of the longest lag

struct Pass {
  std::vector<std::int16_t> quantised;
  std::vector<std::int16_t> remembered;  ///< decoded rows as the predictor sees them
  double rows = 0;
  double squared_error = 0;  ///< in squared units
};

class RungTrainer {
 public:
  RungTrainer(TrainingRows& rows, const std::vector<double>& centre, const RungOptions& options)
      : rows_(rows),
        centre_(centre),
        options_(options),
        search_(options.lags),
        wide_(rows.channels, options.lags, options.transform) {
    const std::size_t longest_lag = options.lags.empty() ? 1 : options.lags.back();
    folds_ = make_folds(rows_.train, kFolds, kShortestFoldLags * longest_lag);
    energy_ = 0;
    row_scale_ = tempering_scales(rows_);
    peak_ = channel_peaks(rows_);
    for (const Strand& strand : rows_.train) energy_ += strand_energy(rows_, strand);
    energy_ *= rows_.unit * rows_.unit;
    for (const Strand& strand : rows_.train) train_rows_ += static_cast<double>(strand.row_count);
    if (rows_.reference_channels > 0) prepare_reference();
    const double distortion = options_.nmse * energy_ / std::max(train_rows_ * rows_.channels, 1.0);
    model_.entropy_kind = options_.entropy;
    model_.state_bits = options_.state_bits;
    noise_ = noise_per_step_squared(options_.state_bits);
    const TaskMetric* const metric = options_.decisions.metric;
    const double gain =
        metric != nullptr ? squared_error_per_distortion(*metric, rows_.channels, options_.transform) : 1.0;
    set_step(options_.step ? *options_.step : std::sqrt(std::max(distortion, 1e-30) / (noise_ * gain)));
  }

  RungFit run() {
    // Open loop first: rows predicted from their undisturbed predecessors.
    learn_linear(originals());
    Rates rates = Rates::geometric;
    Pass pass;
    // Tables of the uniform quantiser gain nothing by it (docs/decisions/0204).
    const bool converges = options_.state_bits > 0 && options_.table_turns > 0;
    const unsigned turns = converges ? kLinearTurns + 1 : options_.turns;
    for (unsigned turn = 0; turn < turns; ++turn) {
      if (turn == kLinearTurns && converges) converge_tables();
      pass = choice_.unseen.empty() ? code(rows_.train, rates) : code_unseen(rates);
      learn_tables(pass, rows_.train);
      rates = Rates::of_model;
      if (turn + 1 == turns) break;
      adjust_step(pass);
      if (turn < kLinearTurns || !choice_.unseen.empty()) {
        learn_linear(options_.lags.empty() ? originals() : decoded(pass));
        pass = {};  // what follows takes as much memory again
        if (choice_.unseen.empty()) relearn_tables_after_basis_change();
      }
    }
    RungFit out;
    out.held_out = measure(rows_.held_out.empty() ? rows_.train : rows_.held_out);
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
      const double centre = std::clamp(centre_[c] / rows_.unit, -1e9, 1e9);
      model_.centre[c] = static_cast<std::int32_t>(std::lrint(centre));
    }
    set_input_shift();
  }

  void set_input_shift() {
    input_shift_.assign(rows_.channels, 0);
    for (std::size_t c = 0; c < rows_.channels; ++c) {
      const double bits = std::log2(kPeakMargin * std::max(peak_[c] / rows_.unit, 1.0) / 32767.0);
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
    side_scale_ =
        kReferenceDeviation / std::sqrt(std::max(energy / static_cast<double>(rows_.reference.size()), 1e-30));
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
    add_reference_moments(moments, rows_.train, rows_.channels, options_.lags, static_cast<std::uint32_t>(inputs),
                          rows_z, rows_h, side);
    // What it will be decoded from carries noise that these rows do not: least squares with errors in the inputs.
    auto diagonal = moments.hh.diagonal().tail(static_cast<Eigen::Index>(inputs));
    diagonal.array() += options_.reference_noise * diagonal.mean();
    return moments;
  }

  /// Noise that the quantiser will add, as a variance in squared units.
  double noise_energy() const { return noise_ * (1 << kFractionBits) * (1 << kFractionBits); }

  RowLoader originals() const {
    return [this](const Strand& strand, std::vector<float>& to) {
      load_originals(strand, to);
      temper(strand, to);
    };
  }

  /// Decoded rows of a pass, in the present unit.
  RowLoader decoded(const Pass& pass) const {
    return [this, &pass](const Strand& strand, std::vector<float>& to) {
      to.resize(strand.row_count * rows_.channels);
      const std::int16_t* from = &pass.remembered[strand.first_row * rows_.channels];
      for (std::size_t i = 0; i < to.size(); ++i) {
        to[i] = static_cast<float>(std::int32_t{from[i]} * (1 << input_shift_used_[i % rows_.channels])) *
                remembered_scale_;
      }
      temper(strand, to);
    };
  }

  /// Massive rows as inputs of the moments, made smaller: one of a thousand times the usual size would decide alone.
  void temper(const Strand& strand, std::vector<float>& values) const {
    for (std::size_t row = 0; row < strand.row_count; ++row) {
      const float scale = row_scale_[strand.first_row + row];
      if (scale == 1.0F) continue;
      for (std::size_t c = 0; c < rows_.channels; ++c) values[row * rows_.channels + c] *= scale;
    }
  }

  void load_originals(const Strand& strand, std::vector<float>& to) const {
    const auto from = rows_.values.begin() + static_cast<std::ptrdiff_t>(strand.first_row * rows_.channels);
    to.assign(from, from + static_cast<std::ptrdiff_t>(strand.row_count * rows_.channels));
  }

  void learn_linear(const RowLoader& rows_h) {
    if (options_.wide) {
      learn_wide(rows_h);
      return;
    }
    if (rows_.reference_channels > 0) {
      choice_ = learn_with_reference(rows_h);
    } else {
      std::vector<LagMoments> folds;
      for (const Fold& fold : folds_)
        folds.push_back(lag_moments(fold, rows_.channels, options_.lags, originals(), rows_h));
      choice_ = search_.choose(folds, noise_energy());
    }
    // Too few rows do not show that a direction is empty: an unused coefficient costs less than a missing one.
    const bool can_drop = !options_.whole_basis && train_rows_ > kRowsPerChannelToDrop * rows_.channels;
    const double floor = can_drop ? kDroppedVariancePerNoise * noise_energy() : -1.0;
    basis_columns_ = options_.transform ? basis_of(choice_.covariance, floor).variance.size() : 0;
    set_linear(choice_.predictor, choice_.covariance);
  }

  /// Lags and the reference together, by plain least squares.
  LinearChoice learn_with_reference(const RowLoader& rows_h) {
    LinearChoice out;
    out.lags = options_.lags;
    out.moments = with_reference(lag_moments(rows_.train, rows_.channels, options_.lags, originals(), rows_h),
                                 originals(), rows_h);
    LagMoments ridged = out.moments;
    const Eigen::Index lag_inputs = out.moments.lag_inputs;
    for (auto part :
         {ridged.hh.diagonal().head(lag_inputs), ridged.hh.diagonal().tail(ridged.hh.rows() - lag_inputs)}) {
      if (part.size() > 0) part.array() += kReferenceRidge * part.mean();
    }
    out.predictor = fit_predictor(ridged, 0);
    out.covariance = residual_covariance(out.moments, out.predictor);
    return out;
  }

  Basis basis_of(const Eigen::MatrixXd& covariance, double floor) const {
    const TaskMetric* const metric = options_.decisions.metric;
    return metric != nullptr ? fit_metric_basis(covariance, *metric, floor) : fit_basis(covariance, floor);
  }

  void learn_wide(const RowLoader& rows_h) {
    // The last fold judges; a single one judges itself.
    std::vector<Strand> learn;
    for (std::size_t i = 0; i + 1 < std::max<std::size_t>(folds_.size(), 2); ++i) {
      learn.insert(learn.end(), folds_[i].begin(), folds_[i].end());
    }
    const RowLoader rows_z = originals();
    WideLinear found =
        wide_.choose({learn, folds_.back(), rows_z, rows_h}, noise_energy(), input_shift_, options_.precision);
    model_.predictor = std::move(found.predictor);
    model_.synthesis = std::move(found.synthesis);
    if (options_.decisions.metric != nullptr) {
      model_.synthesis = metric_diagonal_synthesis(*options_.decisions.metric, rows_.channels, options_.precision);
    }
  }

  void set_linear(const Eigen::MatrixXd& predictor, const Eigen::MatrixXd& covariance) {
    const TaskMetric* const metric = options_.decisions.metric;
    MatrixPrecision precision = options_.precision;
    if (options_.transform) {
      const Eigen::MatrixXd columns = basis_of(covariance, -1.0).vectors.leftCols(basis_columns_);
      precision.synthesis_shift = fitting_shift(columns, precision.synthesis_shift);  // a metric makes columns long
      model_.synthesis = dense_synthesis(columns, precision);
    } else if (metric != nullptr) {
      model_.synthesis = metric_diagonal_synthesis(*metric, rows_.channels, precision);
    } else {
      model_.synthesis = diagonal_synthesis(rows_.channels, precision);
    }
    const auto lag_inputs = static_cast<Eigen::Index>(choice_.lags.size()) * static_cast<Eigen::Index>(rows_.channels);
    model_.predictor = quantise_predictor(predictor.leftCols(lag_inputs), choice_.lags, input_shift_, precision);
    if (rows_.reference_channels > 0) {
      quantise_reference(predictor.rightCols(predictor.cols() - lag_inputs), precision, model_.reference);
    }
  }

  /// Codes each fold with what was learned from the others. With few rows, those learned from look better than any that
  /// will come: tables, step and the next moments must not be taken from them.
  Pass code_unseen(Rates rates) {
    Pass out;
    const auto columns = options_.transform ? static_cast<std::size_t>(basis_columns_) : rows_.channels;
    const bool context = model_.entropy_kind == EntropyKind::context;
    // A new choice may have other columns than the tables were learned for.
    if (columns != (context ? model_.context.coefficients() : model_.entropy.class_of.size())) rates = Rates::geometric;
    for (std::size_t fold = 0; fold < folds_.size(); ++fold) {
      set_linear(choice_.unseen[fold].predictor, choice_.unseen[fold].covariance);
      const Pass one = code(folds_[fold], rates);
      out.quantised.resize(one.quantised.size());
      out.remembered.resize(one.remembered.size());
      out.squared_error += one.squared_error;
      out.rows += one.rows;
      for (const Strand& strand : folds_[fold]) {
        copy_rows(one.quantised, strand, model_.synthesis.coefficients, out.quantised);
        if (!one.remembered.empty()) copy_rows(one.remembered, strand, rows_.channels, out.remembered);
      }
    }
    set_linear(choice_.predictor, choice_.covariance);
    return out;
  }

  Pass code(const std::vector<Strand>& strands, Rates rates) {
    Pass pass;
    for (const Strand& strand : strands) pass.rows += static_cast<double>(strand.row_count);
    pass.quantised.resize(rows_.row_count() * model_.synthesis.coefficients);
    if (!options_.lags.empty()) pass.remembered.resize(rows_.values.size());
    input_shift_used_ = input_shift_;
    remembered_scale_ = 1.0F;
    if (rates == Rates::geometric) reset_entropy(model_);
    const LossyRowEncoder encoder(model_, rates, decisions_for(options_.state_bits, options_.decisions));
    const RowBlock<std::int16_t> side = side_inputs(encoder, rows_, double{model_.reference.scale});
    encoder.encode(
        [&](std::size_t row, float* room) { return rows_.row_within_reach(row, room); }, strands, pass.quantised,
        [&](std::size_t row, const std::int32_t* decoded) {
          const float* original = rows_.row(row);
          for (std::size_t c = 0; c < rows_.channels; ++c) {
            const double error = double{original[c]} - decoded[c];
            pass.squared_error += std::fabs(error) <= kPatchedErrorUnits ? error * error : 0.0;
          }
          if (!pass.remembered.empty()) {
            round_shift_saturate(decoded, input_shift_.data(), &pass.remembered[row * rows_.channels], rows_.channels);
          }
        },
        {&side});
    return pass;
  }

  void learn_tables(const Pass& pass, const std::vector<Strand>& strands) {
    fit_entropy(model_, {pass.quantised}, strands, options_.tables);
  }

  /// Coefficients changed place: one pass over a part of the rows gives tables that fit the new basis.
  void relearn_tables_after_basis_change() {
    const std::vector<Strand> part(rows_.train.begin(),
                                   rows_.train.begin() + static_cast<std::ptrdiff_t>((rows_.train.size() + 3) / 4));
    learn_tables(code(part, Rates::geometric), part);
  }

  /// Tables and decisions shape each other: where a level is dear it is chosen less often and becomes dearer. Turns
  /// over parts of the rows, with a bolder λ but for the last ones, come near the end of that for the time of one or
  /// two.
  void converge_tables() {
    const bool few = !choice_.unseen.empty();
    const unsigned turns = few ? options_.table_turns / 2 : options_.table_turns;  // over all rows, and dearer
    for (unsigned turn = 0; turn < turns; ++turn) {
      options_.decisions.lambda_factor = turn + kPlainTableTurns < turns ? kBoldLambda : 1.0;
      const std::vector<Strand> part = few ? rows_.train : part_of(rows_.train, turn);
      const Pass pass = few ? code_unseen(Rates::of_model) : code(part, Rates::of_model);
      learn_tables(pass, part);
      adjust_step(pass);
    }
    options_.decisions.lambda_factor = 1;
  }

  void adjust_step(const Pass& pass) {
    if (options_.step) return;
    // Errors spread evenly over rows, energy does not: a part is held to the error of all, not to an NMSE of its own.
    const double error = pass.squared_error * rows_.unit * rows_.unit * train_rows_ / std::max(pass.rows, 1.0);
    const double nmse = error / std::max(energy_, 1e-300);
    const double factor = std::clamp(std::sqrt(options_.nmse / std::max(nmse, 1e-30)), 0.5, 2.0);
    const double old_unit = rows_.unit;
    set_step(rows_.unit * factor * (1 << kFractionBits));
    remembered_scale_ = static_cast<float>(old_unit / rows_.unit);
  }

  Measured measure(const std::vector<Strand>& strands) {
    return try_model(model_, rows_, strands, {rows_.unit, options_.decisions, std::nullopt, true, 0}).measured;
  }

  TrainingRows& rows_;
  const std::vector<double>& centre_;
  RungOptions options_;
  LinearSearch search_;
  WideSearch wide_;
  std::vector<Fold> folds_;
  LinearChoice choice_;
  Eigen::Index basis_columns_ = 0;
  CodecModel model_;
  double side_scale_ = 1;    ///< of the reference's inputs when its matrix was learned
  double noise_ = 1.0 / 12;  ///< of the quantiser, in squared steps
  double energy_ = 0;        ///< of the centred training rows, in squared values
  double train_rows_ = 0;
  std::vector<float> row_scale_;  ///< of each row in the moments
  std::vector<double> peak_;      ///< of each channel, in values
  std::vector<std::uint8_t> input_shift_;
  std::vector<std::uint8_t> input_shift_used_;  ///< when `remembered` was filled
  float remembered_scale_ = 1.0F;               ///< from its unit to the present one
};

}  // namespace

RungFit fit_rung(TrainingRows& rows, const std::vector<double>& centre, const RungOptions& options) {
  return RungTrainer(rows, centre, options).run();
}

}  // namespace actz
