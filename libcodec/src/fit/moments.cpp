#include "fit/moments.hpp"

#include "linear/float_linear.hpp"

namespace actz {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

}  // namespace

LagMoments lag_moments(std::span<const Strand> strands, std::uint32_t channels, std::span<const std::uint16_t> lags,
                       const RowLoader& rows_z, const RowLoader& rows_h) {
  const std::size_t d = channels;
  const std::size_t lag_count = lags.size();
  std::vector<RowMajor> zh(lag_count, RowMajor::Zero(channels, channels));
  std::vector<RowMajor> hh(lag_count * lag_count, RowMajor::Zero(channels, channels));
  RowMajor zz = RowMajor::Zero(channels, channels);
  double rows = 0;
  std::vector<float> z;
  std::vector<float> h;
  for (const Strand& strand : strands) {
    rows_z(strand, z);
    if (lag_count > 0) rows_h(strand, h);
    rows += static_cast<double>(strand.row_count);
    accumulate_gram(z.data(), d, d, z.data(), d, d, strand.row_count, zz.data());
    for (std::size_t l = 0; l < lag_count; ++l) {
      const std::size_t lag = lags[l];
      if (lag >= strand.row_count) break;
      accumulate_gram(z.data() + lag * d, d, d, h.data(), d, d, strand.row_count - lag, zh[l].data());
      for (std::size_t m = l; m < lag_count; ++m) {
        const std::size_t longer = lags[m];
        if (longer >= strand.row_count) break;
        accumulate_gram(h.data() + (longer - lag) * d, d, d, h.data(), d, d, strand.row_count - longer,
                        hh[l * lag_count + m].data());
      }
    }
  }
  const auto n = static_cast<Eigen::Index>(channels);
  LagMoments out{zz, Eigen::MatrixXd(n, n * static_cast<Eigen::Index>(lag_count)),
                 Eigen::MatrixXd(n * static_cast<Eigen::Index>(lag_count), n * static_cast<Eigen::Index>(lag_count)),
                 rows, n * static_cast<Eigen::Index>(lag_count)};
  for (std::size_t l = 0; l < lag_count; ++l) {
    const auto at = static_cast<Eigen::Index>(l) * n;
    out.zh.middleCols(at, n) = zh[l];
    for (std::size_t m = l; m < lag_count; ++m) {
      const auto to = static_cast<Eigen::Index>(m) * n;
      out.hh.block(at, to, n, n) = hh[l * lag_count + m];
      out.hh.block(to, at, n, n) = hh[l * lag_count + m].transpose();
    }
  }
  return out;
}

void add_reference_moments(LagMoments& moments, std::span<const Strand> strands, std::uint32_t channels,
                           std::span<const std::uint16_t> lags, std::uint32_t side_channels, const RowLoader& rows_z,
                           const RowLoader& rows_h, const RowLoader& rows_s) {
  const std::size_t d = channels;
  const std::size_t side = side_channels;
  RowMajor zs = RowMajor::Zero(channels, side_channels);
  RowMajor ss = RowMajor::Zero(side_channels, side_channels);
  std::vector<RowMajor> hs(lags.size(), RowMajor::Zero(channels, side_channels));
  std::vector<float> z, h, s;
  for (const Strand& strand : strands) {
    rows_z(strand, z);
    rows_s(strand, s);
    if (!lags.empty()) rows_h(strand, h);
    accumulate_gram(z.data(), d, d, s.data(), side, side, strand.row_count, zs.data());
    accumulate_gram(s.data(), side, side, s.data(), side, side, strand.row_count, ss.data());
    for (std::size_t l = 0; l < lags.size() && lags[l] < strand.row_count; ++l) {
      accumulate_gram(h.data(), d, d, s.data() + lags[l] * side, side, side, strand.row_count - lags[l], hs[l].data());
    }
  }
  const Eigen::Index from = moments.hh.rows();
  const auto added = static_cast<Eigen::Index>(side);
  moments.zh.conservativeResize(Eigen::NoChange, from + added);
  moments.zh.rightCols(added) = zs;
  moments.hh.conservativeResize(from + added, from + added);
  moments.hh.bottomRightCorner(added, added) = ss;
  const auto n = static_cast<Eigen::Index>(channels);
  for (std::size_t l = 0; l < lags.size(); ++l) {
    const Eigen::Index at = static_cast<Eigen::Index>(l) * n;
    moments.hh.block(at, from, n, added) = hs[l];
    moments.hh.block(from, at, added, n) = hs[l].transpose();
  }
}

}  // namespace actz
