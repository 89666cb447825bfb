#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "actz/result.hpp"

namespace actz {

/// A density over integers as a table: symbol s stands for lowest + s, the last symbol is the escape, for all others.
struct ExternalClass {
  std::int32_t lowest = 0;
  std::vector<std::uint16_t> frequencies;  ///< 1 … 256, each at least 1, in sum 2^precision_bits
};

/// A table from masses, which need not sum to 1.
/// @param masses   of lowest, lowest + 1 …; 1 … 255 of them, not negative.
/// @param outside  mass of all other integers.
/// Errors: bad_argument.
Result<ExternalClass> make_external_class(std::int32_t lowest, std::span<const double> masses, double outside,
                                          unsigned precision_bits);

/// Codes integers whose entropy model is the caller's: for each value, a network or whatever else says which density it
/// has and around which integer, on both sides the same (format_spec/11_external_models.md).
class ExternalModel {
 public:
  /// @param classes         1 … 4096 densities.
  /// @param precision_bits  8 … 12.
  /// Errors: bad_argument.
  static Result<ExternalModel> make(std::vector<ExternalClass> classes, unsigned precision_bits);
  ~ExternalModel();
  ExternalModel(ExternalModel&&) noexcept;
  ExternalModel& operator=(ExternalModel&&) noexcept;

  /// @param class_of  of each value: the number of its density.
  /// @param means     of each value: what its density is shifted by; empty: 0.
  /// Errors: bad_argument (other numbers of them than of values, no such class, a value further than 2^31 from its
  /// density). Memory: 2 bytes for each value, and the stream.
  Result<std::vector<std::byte>> encode(std::span<const std::int32_t> values, std::span<const std::uint16_t> class_of,
                                        std::span<const std::int32_t> means = {}) const;

  /// @param values  out, as many as were encoded.
  /// Errors: bad_argument (another number of values, other tables), corrupt…, unsupported.
  Status decode(std::span<const std::byte> stream, std::span<const std::uint16_t> class_of,
                std::span<const std::int32_t> means, std::span<std::int32_t> values) const;

 private:
  struct State;
  explicit ExternalModel(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace actz
