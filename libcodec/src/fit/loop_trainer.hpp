#pragma once

#include <Eigen/Dense>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "fit/rung_fit.hpp"
#include "fit/training_stored_rows.hpp"

namespace actz {

/// Strands that are coded together, as a chunk's are.
using StrandGroup = std::span<const Strand>;

/// Rounds of coding the training rows in the closed loop and learning from what was decoded, for models that look at
/// whole rows decoded before: matched rows, networks.
class LoopTrainer {
 public:
  /// @param rows        its unit becomes that of the model, and changes on the way; borrowed.
  /// @param dictionary  whose rows can be matched with, or null; borrowed.
  LoopTrainer(TrainingRows& rows, CodecModel model, const RungOptions& options, const TrainingStoredRows* dictionary);

  /// A row that is not there.
  static constexpr std::size_t kNoRow = ~std::size_t{0};

  /// Codes groups of the training rows; finds the row that each was matched with.
  void code(std::span<const StrandGroup> groups, Matching matching);
  /// From what was coded last.
  void learn_tables(std::span<const StrandGroup> groups);
  /// As fit_rung does it, with the matches as they are.
  void converge_tables();
  /// Towards the wanted NMSE.
  void adjust_step();

  /// Predictor of what the matches leave, and its basis, unless rows repeat: those that do hardly need one.
  /// @param load_features  fills `features` more inputs of a row, in fixed-point units; the matrix of the network
  ///                       receives their weights.
  using RowFeatures = std::function<void(std::size_t row, float* to)>;
  void learn_linear(std::size_t features = 0, const RowFeatures& load_features = {});

  /// The predictor of the rows as they were coded last: channels × (lags · channels + features).
  struct LinearSolution {
    Eigen::MatrixXd predictor;
    Eigen::MatrixXd covariance;  ///< of what it leaves, classes weighted alike
  };
  LinearSolution solve_linear(std::size_t features = 0, const RowFeatures& load_features = {}) const;

  /// What a row differs by from its match.
  void load_left(std::size_t row, float* to) const;
  /// The same of the decoded row so many before, against the row before the match; zeros if there is none.
  void load_lag(std::size_t row, std::size_t lag, float* to) const;
  /// The decoded row so many before, or null.
  const float* decoded_before(std::size_t row, std::size_t back) const;
  /// The matched row, or one so many before it, or null.
  const float* matched_before(std::size_t row, std::size_t back) const;
  /// For each class, one over the energy of what its rows leave: all count alike, as they do in bits.
  std::vector<float> class_weights() const;
  /// Mean squared error of the values coded last, in squared units.
  double distortion() const;

  /// Visits the training rows.
  template <class Visit>
  void for_each_row(Visit visit) const {
    for (const Strand& strand : rows_.train) {
      for (std::size_t t = 0; t < strand.row_count; ++t) visit(strand.first_row + t);
    }
  }

  CodecModel& model() { return model_; }
  const CodecModel& model() const { return model_; }
  const TrainingRows& rows() const { return rows_; }
  std::span<const StrandGroup> groups() const { return groups_; }
  const RowMatch& match(std::size_t row) const { return matches_[row]; }
  /// The model with the unit that it was trained to.
  CodecModel finished() const;

 private:
  void load_dictionary(const FixedStoredRows& rows);
  void take_row(std::size_t row, const std::int32_t* decoded);
  void name_sources(StrandGroup group);
  float gain(std::size_t row, std::size_t channel) const;
  void set_basis(const Eigen::MatrixXd& covariance, MatrixPrecision& precision);
  bool repeats() const { return options_.decisions.repeat_slope != 1; }

  TrainingRows& rows_;
  const TrainingStoredRows* dictionary_;
  std::size_t dictionary_rows_;
  RungOptions options_;
  CodecModel model_;
  std::vector<RowMatch> matches_;
  /// Row that each was matched with, in position_ and decoded_
  std::vector<std::size_t> source_;
  // of the rows of the dictionary, then of the training rows
  std::vector<std::size_t> position_;
  std::vector<float> decoded_;
  std::vector<StrandGroup> groups_;
  std::vector<std::int16_t> levels_;
  double squared_error_ = 0;
  double energy_ = 0;
  double coded_values_ = 0;
};

/// Bits per value that a model takes for some rows at the wanted NMSE, from trials at two units, or more where these
/// come nowhere near it. Infinite if no unit does.
double judged_bits(const CodecModel& model, TrainingRows& rows, const std::vector<Strand>& judges,
                   const RungOptions& options, const TrainingStoredRows* dictionary);

}  // namespace actz
