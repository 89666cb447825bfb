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
                 Eigen::MatrixXd(n * static_cast<Eigen::Index>(lag_count), n * static_cast<Eigen::Index>(lag_count)), rows};
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

}  // namespace actz
