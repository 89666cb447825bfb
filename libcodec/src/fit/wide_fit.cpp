#include "fit/wide_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "fit/block_basis.hpp"
#include "linear/row_block.hpp"

namespace actz {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using RowMajorFloat = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr std::size_t kMostFeatures = 128;  ///< per lag
constexpr std::size_t kRowsPerFeature = 8;
constexpr unsigned kSubspaceRounds = 2;
constexpr unsigned kRanks[] = {8, 12, 16, 20, 24, 32};
constexpr double kRidge = 1e-2;  ///< of the features' mean energy
/// Bits per value that an entry per channel must save: it costs a byte of profile and a product per value.
constexpr double kBitsPerEntry = 1.5e-4;
/// Entries of all matrices together: with 0.78 bytes each, and 11 bytes a channel for tables and centre, eight rungs of
/// 4096 channels stay below 4 MiB.
constexpr double kMostEntries = 610e3;
constexpr double kInt16Room = 16;  ///< deviations of a reduced row that fit in 16 bits

FloatMatrix as_float(const Eigen::MatrixXd& matrix) {
  const RowMajorFloat narrow = matrix.cast<float>();
  return FloatMatrix(static_cast<std::size_t>(narrow.rows()), static_cast<std::size_t>(narrow.cols()),
                     std::span(narrow.data(), static_cast<std::size_t>(narrow.size())));
}

/// matrix · row for rows that stand `stride` apart.
RowBlock<float> apply(const FloatMatrix& matrix, const float* rows, std::size_t stride, std::size_t count) {
  std::vector<const float*> inputs(count);
  for (std::size_t i = 0; i < count; ++i) inputs[i] = rows + i * stride;
  RowBlock<float> out(count, matrix.outputs());
  multiply(matrix, inputs, out.first(count));
  return out;
}

Eigen::MatrixXd orthonormal(const Eigen::MatrixXd& columns) {
  const Eigen::HouseholderQR<Eigen::MatrixXd> factored(columns);
  return factored.householderQ() * Eigen::MatrixXd::Identity(columns.rows(), columns.cols());
}

}  // namespace

WideSearch::WideSearch(std::uint32_t channels, std::vector<std::uint16_t> lags, bool transform)
    : channels_(channels), lags_(std::move(lags)), transform_(transform) {}

void WideSearch::weigh_channels(const WideRows& rows, double noise) {
  std::vector<double> energy(channels_);
  std::vector<float> z;
  double count = 0;
  for (const Strand& strand : rows.learn) {
    rows.rows_z(strand, z);
    for (std::size_t i = 0; i < z.size(); ++i) energy[i % channels_] += double{z[i]} * double{z[i]};
    count += static_cast<double>(strand.row_count);
  }
  weight_.resize(channels_);
  for (std::size_t c = 0; c < channels_; ++c) weight_[c] = 1 / std::sqrt(energy[c] / std::max(count, 1.0) + noise);
}

void WideSearch::set_directions(const Eigen::MatrixXd& directions) {
  const Eigen::Map<const Eigen::VectorXd> weight(weight_.data(), static_cast<Eigen::Index>(channels_));
  directions_ = weight.asDiagonal() * directions;
  projection_ = as_float(directions_.transpose());
}

void WideSearch::find_directions(const WideRows& rows) {
  double learned = 0;
  for (const Strand& strand : rows.learn) learned += static_cast<double>(strand.row_count);
  const auto features = static_cast<Eigen::Index>(std::clamp<std::size_t>(
      std::min(static_cast<std::size_t>(learned) / kRowsPerFeature, channels_ / 4), 1, kMostFeatures));
  const auto d = static_cast<Eigen::Index>(channels_);
  std::mt19937 random(
      1);  // the same directions in every run; the generator is the standard's, its bits used as they are
  Eigen::MatrixXd start(d, features);
  for (Eigen::Index i = 0; i < start.size(); ++i) start.data()[i] = (random() & 1) != 0 ? 1.0 : -1.0;
  set_directions(orthonormal(start));
  const std::size_t lag = lags_.front();
  const auto width = static_cast<std::size_t>(features);
  std::vector<float> z, h;
  // One half round from the later rows to the earlier ones, one back: the product is of the cross-covariance and its
  // transpose.
  for (unsigned half = 0; half < 2 * kSubspaceRounds - 1; ++half) {
    const bool from_later = half % 2 == 0;
    RowMajor sum = RowMajor::Zero(d, features);
    for (const Strand& strand : rows.learn) {
      if (lag >= strand.row_count) continue;
      rows.rows_z(strand, z);
      rows.rows_h(strand, h);
      const std::size_t count = strand.row_count - lag;
      const float* later = z.data() + lag * channels_;
      const RowBlock<float> seen = apply(projection_, from_later ? later : h.data(), channels_, count);
      accumulate_gram(from_later ? h.data() : later, channels_, channels_, seen.row(0), seen.stride(), width, count,
                      sum.data());
    }
    const Eigen::Map<const Eigen::VectorXd> weight(weight_.data(), d);
    set_directions(orthonormal(weight.asDiagonal() * sum));
  }
}

std::vector<float> WideSearch::lagged_features(std::size_t row_count, const std::vector<float>& h) const {
  const std::size_t width = projection_.outputs();
  const std::size_t all = lags_.size() * width;
  const RowBlock<float> own = apply(projection_, h.data(), channels_, row_count);
  std::vector<float> out(row_count * all);
  for (std::size_t l = 0; l < lags_.size(); ++l) {
    for (std::size_t t = lags_[l]; t < row_count; ++t)
      std::copy_n(own.row(t - lags_[l]), width, &out[t * all + l * width]);
  }
  return out;
}

WideSearch::Moments WideSearch::moments(std::span<const Strand> strands, const WideRows& rows) const {
  const std::size_t all = lags_.size() * projection_.outputs();
  RowMajor zf = RowMajor::Zero(static_cast<Eigen::Index>(channels_), static_cast<Eigen::Index>(all));
  RowMajor ff = RowMajor::Zero(static_cast<Eigen::Index>(all), static_cast<Eigen::Index>(all));
  Moments out;
  std::vector<float> z, h;
  for (const Strand& strand : strands) {
    rows.rows_z(strand, z);
    rows.rows_h(strand, h);
    const std::vector<float> features = lagged_features(strand.row_count, h);
    accumulate_gram(z.data(), channels_, channels_, features.data(), all, all, strand.row_count, zf.data());
    accumulate_gram(features.data(), all, all, features.data(), all, all, strand.row_count, ff.data());
    out.rows += static_cast<double>(strand.row_count);
  }
  out.zf = zf;
  out.ff = ff;
  return out;
}

WideSearch::Factors WideSearch::factors(const Moments& moments, unsigned rank) const {
  const Eigen::Map<const Eigen::VectorXd> weight(weight_.data(), static_cast<Eigen::Index>(channels_));
  Eigen::MatrixXd regularised = moments.ff;
  regularised.diagonal().array() += kRidge * moments.ff.trace() / static_cast<double>(moments.ff.rows()) + 1e-20;
  const Eigen::LLT<Eigen::MatrixXd> factor(regularised);
  const Eigen::MatrixXd regression = factor.solve((weight.asDiagonal() * moments.zf).transpose()).transpose();
  // Left singular vectors of regression · √ff, by the eigenvectors of its smaller Gram matrix.
  const Eigen::MatrixXd spread = regression * factor.matrixL().toDenseMatrix();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(spread.transpose() * spread);
  const Eigen::Index kept = std::min<Eigen::Index>(rank, spread.cols());
  const Eigen::VectorXd energy = solver.eigenvalues().tail(kept).reverse().cwiseMax(1e-20);
  const Eigen::MatrixXd left = spread * solver.eigenvectors().rightCols(kept).rowwise().reverse() *
                               energy.cwiseSqrt().cwiseInverse().asDiagonal();
  return {weight.cwiseInverse().asDiagonal() * left, left.transpose() * regression,
          (energy / std::max(moments.rows, 1.0)).cwiseSqrt()};
}

std::vector<WideSearch::Grams> WideSearch::residual_grams(std::span<const Strand> strands, const WideRows& rows,
                                                          const Factors& factors,
                                                          std::span<const unsigned> ranks) const {
  std::vector<Grams> out(ranks.size(), Grams(channels_ * kLargestBlock));
  std::vector<FloatMatrix> ups;
  unsigned done = 0;
  for (const unsigned rank : ranks) {
    ups.push_back(as_float(factors.up.middleCols(done, rank - done)));
    done = rank;
  }
  const FloatMatrix down = as_float(factors.down);
  std::vector<float> z, h;
  for (const Strand& strand : strands) {
    rows.rows_z(strand, z);
    RowBlock<float> reduced;
    if (down.outputs() > 0) {
      rows.rows_h(strand, h);
      const std::vector<float> features = lagged_features(strand.row_count, h);
      reduced = apply(down, features.data(), down.inputs(), strand.row_count);
    }
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      if (ups[i].inputs() > 0) {
        const RowBlock<float> part =
            apply(ups[i], reduced.row(0) + (i == 0 ? 0 : ranks[i - 1]), reduced.stride(), strand.row_count);
        for (std::size_t t = 0; t < strand.row_count; ++t) {
          for (std::size_t c = 0; c < channels_; ++c) z[t * channels_ + c] -= part.row(t)[c];
        }
      }
      add_block_grams(z, channels_, strand.row_count, out[i]);
    }
  }
  return out;
}

WideShape WideSearch::choose_shape(const WideRows& rows, const Moments& learned, double noise) const {
  std::vector<unsigned> ranks{0};
  const unsigned features = lags_.empty() ? 0 : static_cast<unsigned>(learned.ff.rows());
  for (const unsigned rank : kRanks) {
    if (rank <= features) ranks.push_back(rank);
  }
  const Factors all =
      ranks.back() > 0 ? factors(learned, ranks.back()) : Factors{Eigen::MatrixXd(channels_, 0), {}, {}};
  const auto own = residual_grams(rows.learn, rows, all, ranks);
  const auto judge = residual_grams(rows.judge, rows, all, ranks);
  double judged = 0;
  for (const Strand& strand : rows.judge) judged += static_cast<double>(strand.row_count);
  WideShape best;
  double best_cost = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    for (const unsigned block : kBlockSizes) {
      if (block > 1 && !transform_) continue;
      const BlockRate rate = unseen_rate(own[i], judge[i], channels_, block, noise * std::max(judged, 1.0));
      const double entries = ranks[i] * static_cast<double>((lags_.size() + 1) * channels_) + rate.entries;
      if (entries > kMostEntries && (ranks[i] > 0 || block > 1)) continue;
      const double cost = rate.bits_per_value + kBitsPerEntry * entries / static_cast<double>(channels_);
      if (cost >= best_cost) continue;
      best_cost = cost;
      best = {ranks[i], block};
    }
  }
  return best;
}

Predictor WideSearch::quantise(const Factors& factors, const std::vector<std::uint8_t>& input_shift,
                               const MatrixPrecision& precision) const {
  const auto width = static_cast<Eigen::Index>(projection_.outputs());
  const auto d = static_cast<Eigen::Index>(channels_);
  Eigen::MatrixXd down(factors.down.rows(), d * static_cast<Eigen::Index>(lags_.size()));
  for (std::size_t l = 0; l < lags_.size(); ++l) {
    const auto lag = static_cast<Eigen::Index>(l);
    down.middleCols(lag * d, d) = factors.down.middleCols(lag * width, width) * directions_.transpose();
  }
  return quantise_factors(factors.up, down, factors.deviation * (kInt16Room / 32767.0), lags_, input_shift, precision);
}

WideLinear WideSearch::choose(const WideRows& rows, double noise, const std::vector<std::uint8_t>& input_shift,
                              const MatrixPrecision& precision) {
  const bool first = weight_.empty();
  if (first) weigh_channels(rows, noise);
  if (first && !lags_.empty()) find_directions(rows);
  const bool predicts = !lags_.empty() && (!shape_ || shape_->rank > 0);
  Moments all;
  if (predicts) all = moments(rows.learn, rows);
  if (!shape_) shape_ = choose_shape(rows, all, noise);
  WideLinear out;
  Factors kept{Eigen::MatrixXd(channels_, 0), {}, {}};
  if (shape_->rank > 0) {
    const Moments more = moments(rows.judge, rows);
    all.zf += more.zf;
    all.ff += more.ff;
    all.rows += more.rows;
    kept = factors(all, shape_->rank);
    out.predictor = quantise(kept, input_shift, precision);
  }
  if (shape_->block_channels == 1) {
    out.synthesis = diagonal_synthesis(static_cast<std::uint32_t>(channels_), precision);
    return out;
  }
  std::vector<Strand> every(rows.learn.begin(), rows.learn.end());
  every.insert(every.end(), rows.judge.begin(), rows.judge.end());
  double count = 0;
  for (const Strand& strand : every) count += static_cast<double>(strand.row_count);
  const unsigned ranks[] = {shape_->rank};
  const auto grams = residual_grams(every, rows, kept, ranks);
  out.synthesis = block_synthesis(grams.front(), count, channels_, shape_->block_channels, noise, precision);
  return out;
}

}  // namespace actz
