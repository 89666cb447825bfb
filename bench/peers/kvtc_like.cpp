#include <zlib.h>

#include <Eigen/Dense>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>

#include "peers/peers.hpp"

/// The idea of KVTC ("KV Cache Transform Coding"), much simplified and not checked against its paper: a PCA basis
/// learned on calibration data, bits for each coefficient allocated to the least error for a budget, min–max
/// quantisation, deflate. Ours: 0 to 8 bits a coefficient by Lagrangian over the error step²/12; ranges learned on the
/// calibration data too, what leaves them is clamped; indices stored coefficient by coefficient, one byte each; zlib
/// level 6. No tokens are exempt.

namespace actz::bench {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
constexpr unsigned kMaxBits = 8;

struct Learned {
  Eigen::RowVectorXf mean;
  Eigen::MatrixXf basis;  ///< channels × coefficients, orthonormal
  Eigen::VectorXf low;
  Eigen::VectorXf high;
  std::vector<std::array<double, kMaxBits + 1>> distortion;  ///< of each coefficient at each number of bits
};

Eigen::Map<const RowMajor> as_matrix(const Sample& sample) {
  return {sample.values.data(), static_cast<Eigen::Index>(sample.rows), static_cast<Eigen::Index>(sample.channels)};
}

/// Coefficients in columns.
Eigen::MatrixXf analyse(const Sample& sample, const Learned& learned) {
  return (as_matrix(sample).rowwise() - learned.mean) * learned.basis;
}

float step_of(float low, float high, unsigned bits) {
  return std::max((high - low) / static_cast<float>((1u << bits) - 1), 1e-30F);
}

unsigned index_of(float value, float low, float step, unsigned bits) {
  const float index = std::floor((value - low) / step + 0.5F);
  return static_cast<unsigned>(std::min(std::max(index, 0.0F), static_cast<float>((1u << bits) - 1)));
}

Learned learn(const Sample& calib) {
  Learned out;
  const auto rows = as_matrix(calib);
  out.mean = rows.cast<double>().colwise().mean().cast<float>();
  const Eigen::MatrixXd centred = (rows.rowwise() - out.mean).cast<double>();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(centred.transpose() * centred);
  out.basis = solver.eigenvectors().cast<float>();
  const Eigen::MatrixXf coefficients = analyse(calib, out);
  out.low = coefficients.colwise().minCoeff();
  out.high = coefficients.colwise().maxCoeff();
  out.distortion.resize(static_cast<std::size_t>(coefficients.cols()));
  for (Eigen::Index c = 0; c < coefficients.cols(); ++c) {
    auto& distortion = out.distortion[static_cast<std::size_t>(c)];
    distortion[0] = coefficients.col(c).cast<double>().squaredNorm() / static_cast<double>(coefficients.rows());
    for (unsigned bits = 1; bits <= kMaxBits; ++bits) {
      const double step = double{step_of(out.low[c], out.high[c], bits)};
      // A coarse quantiser of few bins can do worse than none.
      distortion[bits] = std::min(step * step / 12, distortion[0]);
    }
  }
  return out;
}

/// Bits of each coefficient where another bit would gain less than the slope step²/6 (that of a uniform quantiser).
std::vector<std::uint8_t> allocate(const Learned& learned, double step) {
  std::vector<std::uint8_t> bits;
  for (const auto& distortion : learned.distortion) {
    std::uint8_t best = 0;
    for (std::uint8_t b = 1; b <= kMaxBits; ++b) {
      const auto cost = [&](std::uint8_t n) { return distortion[n] + step * step / 6 * n; };
      if (cost(b) < cost(best)) best = b;
    }
    bits.push_back(best);
  }
  return bits;
}

std::vector<std::uint8_t> quantize(const Eigen::MatrixXf& coefficients, const Learned& learned,
                                   std::span<const std::uint8_t> bits) {
  std::vector<std::uint8_t> out;
  out.reserve(static_cast<std::size_t>(coefficients.size()));
  for (Eigen::Index c = 0; c < coefficients.cols(); ++c) {
    const unsigned n = bits[static_cast<std::size_t>(c)];
    if (n == 0) continue;
    const float step = step_of(learned.low[c], learned.high[c], n);
    for (const float value : coefficients.col(c))
      out.push_back(static_cast<std::uint8_t>(index_of(value, learned.low[c], step, n)));
  }
  return out;
}

void synthesise(std::span<const std::uint8_t> indices, const Learned& learned, std::span<const std::uint8_t> bits,
                const Sample& sample, std::span<float> out) {
  const auto rows = static_cast<Eigen::Index>(sample.rows);
  const auto channels = static_cast<Eigen::Index>(sample.channels);
  Eigen::MatrixXf coefficients = Eigen::MatrixXf::Zero(rows, channels);
  std::size_t next = 0;
  for (Eigen::Index c = 0; c < channels; ++c) {
    const unsigned n = bits[static_cast<std::size_t>(c)];
    if (n == 0) continue;
    const float step = step_of(learned.low[c], learned.high[c], n);
    for (float& value : coefficients.col(c)) value = learned.low[c] + step * static_cast<float>(indices[next++]);
  }
  Eigen::Map<RowMajor> decoded(out.data(), rows, channels);
  decoded.noalias() = coefficients * learned.basis.transpose();
  decoded.rowwise() += learned.mean;
}

std::vector<std::uint8_t> inflate(std::span<const std::byte> coded, std::span<const std::uint8_t> bits,
                                  std::size_t rows) {
  std::size_t count = 0;
  for (const std::uint8_t n : bits) count += n > 0 ? rows : 0;
  std::vector<std::uint8_t> out(count);
  auto length = static_cast<uLongf>(count);
  uncompress(out.data(), &length, reinterpret_cast<const Bytef*>(coded.data()), static_cast<uLong>(coded.size()));
  return out;
}

Bytes deflate(std::span<const std::uint8_t> indices) {
  auto length = compressBound(static_cast<uLong>(indices.size()));
  Bytes out(length);
  compress2(reinterpret_cast<Bytef*>(out.data()), &length, indices.data(), static_cast<uLong>(indices.size()), 6);
  out.resize(length);
  return out;
}

}  // namespace

SteppedCodec kvtc_like(const Sample& calib, const Sample& sample) {
  const auto learned = std::make_shared<const Learned>(learn(calib));
  const auto known = std::make_shared<const Eigen::MatrixXf>(analyse(sample, *learned));
  SteppedCodec codec;
  codec.nmse_at = [&sample, learned, known](double step) {
    const auto bits = allocate(*learned, step);
    std::vector<float> decoded(sample.values.size());
    synthesise(quantize(*known, *learned, bits), *learned, bits, sample, decoded);
    return nmse(sample, decoded);
  };
  codec.run_at = [&sample, learned](double step) {
    const std::vector<std::uint8_t> bits = allocate(*learned, step);
    CodecRun run;
    run.codec = "KVTC-like";
    run.side_bytes =
        static_cast<std::uint64_t>(learned->basis.size() + 3 * learned->mean.size()) * sizeof(float) + bits.size();
    run.encode = [&sample, learned, bits] { return deflate(quantize(analyse(sample, *learned), *learned, bits)); };
    run.decode = [&sample, learned, bits](std::span<const std::byte> coded, std::span<std::byte> out) {
      synthesise(inflate(coded, bits, sample.rows), *learned, bits, sample, as_floats(out));
    };
    return run;
  };
  return codec;
}

}  // namespace actz::bench
