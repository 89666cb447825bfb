#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "fit/density.hpp"

namespace actz {
namespace {

using Complex = std::complex<double>;

constexpr std::size_t kTerms = 12;  ///< of the series that is squared, besides the constant
constexpr unsigned kSteps = 600;
constexpr double kRate = 0.03;
constexpr double kMapDeviations = 3;        ///< that tanh maps to 1
constexpr double kRoughnessPenalty = 1e-4;  ///< of the squares of the slopes of the density

/// ∫ from −1 to x of e^{iπnt}, for each n from 1 on.
std::vector<Complex> integrals(double x) {
  std::vector<Complex> out;
  for (std::size_t n = 1; n <= kTerms; ++n) {
    const double turn = std::numbers::pi * static_cast<double>(n);
    out.push_back((std::polar(1.0, turn * x) - std::polar(1.0, -turn)) / Complex(0, turn));
  }
  return out;
}

/// Coefficients of |Σ a_k e^{iπkx}|²: c_n = Σ a_{k+n} · conj(a_k).
std::vector<Complex> squared(const std::vector<Complex>& a) {
  std::vector<Complex> out(a.size());
  for (std::size_t n = 0; n < a.size(); ++n) {
    for (std::size_t k = 0; k + n < a.size(); ++k) out[n] += a[k + n] * std::conj(a[k]);
  }
  return out;
}

std::vector<Complex> as_series(const std::vector<double>& parameters) {
  std::vector<Complex> out;
  for (std::size_t i = 0; i < parameters.size(); i += 2) out.emplace_back(parameters[i], parameters[i + 1]);
  return out;
}

/// Points between integers, mapped to −1 … 1, with what a mass between two of them depends on.
class MappedEdges {
 public:
  MappedEdges(double first, std::size_t count, const CountMoments& moments) {
    const double scale = kMapDeviations * std::max(moments.deviation, 0.3);
    for (std::size_t i = 0; i <= count; ++i) {
      const double x = std::tanh((first + static_cast<double>(i) - moments.mean) / scale);
      x_.push_back(x);
      integral_.push_back(integrals(x));
    }
  }
  std::size_t masses() const { return x_.size() - 1; }
  double width(std::size_t i) const { return (x_[i + 1] - x_[i]) / 2; }
  Complex integral(std::size_t i, std::size_t n) const { return integral_[i + 1][n - 1] - integral_[i][n - 1]; }
  /// The density is ½ + Re Σ c_n / c_0 e^{iπnx}.
  double mass(std::size_t i, const std::vector<Complex>& c) const {
    double out = width(i);
    for (std::size_t n = 1; n <= kTerms; ++n) out += (c[n] * integral(i, n)).real() / c[0].real();
    return out;
  }

 private:
  std::vector<double> x_;
  std::vector<std::vector<Complex>> integral_;
};

}  // namespace

std::vector<double> fit_fourier(const Histogram& counts, std::size_t margin) {
  const CountMoments moments = moments_of(counts);
  const MappedEdges seen(counts.lowest - 0.5, counts.count.size(), moments);
  std::vector<double> parameters(2 * (kTerms + 1)), gradient(parameters.size());
  parameters[0] = 1;
  for (std::size_t k = 1; k <= kTerms; ++k) parameters[2 * k] = 0.1 / static_cast<double>(k);
  Adam adam(parameters.size(), kRate);
  for (unsigned step = 0; step < kSteps; ++step) {
    const std::vector<Complex> a = as_series(parameters), c = squared(a);
    const double whole = c[0].real();
    // By real and imaginary part of each c_n.
    std::vector<Complex> by_c(kTerms + 1);
    for (std::size_t i = 0; i < seen.masses(); ++i) {
      if (counts.count[i] <= 0) continue;
      const double by_mass = -counts.count[i] / moments.total / std::max(seen.mass(i, c), 1e-9);
      for (std::size_t n = 1; n <= kTerms; ++n) {
        const Complex integral = seen.integral(i, n);
        by_c[n] += by_mass / whole * std::conj(integral);
        by_c[0] -= by_mass / (whole * whole) * (c[n] * integral).real();
      }
    }
    for (std::size_t n = 1; n <= kTerms; ++n) {
      const double weight = 2 * kRoughnessPenalty * static_cast<double>(n * n);
      by_c[n] += weight * c[n] / (whole * whole);
      by_c[0] -= weight * std::norm(c[n]) / (whole * whole * whole);
    }
    std::vector<Complex> by_a(kTerms + 1);
    for (std::size_t n = 0; n <= kTerms; ++n) {
      for (std::size_t k = 0; k + n <= kTerms; ++k) {
        by_a[k + n] += by_c[n] * a[k];
        by_a[k] += std::conj(by_c[n]) * a[k + n];
      }
    }
    for (std::size_t k = 0; k <= kTerms; ++k) {
      gradient[2 * k] = by_a[k].real();
      gradient[2 * k + 1] = by_a[k].imag();
    }
    adam.step(parameters, gradient);
  }
  const MappedEdges all(counts.lowest - static_cast<double>(margin) - 0.5, counts.count.size() + 2 * margin, moments);
  const std::vector<Complex> c = squared(as_series(parameters));
  std::vector<double> out;
  for (std::size_t i = 0; i < all.masses(); ++i) out.push_back(std::max(all.mass(i, c), 0.0));
  return out;
}

}  // namespace actz
