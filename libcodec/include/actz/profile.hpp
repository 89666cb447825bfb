#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "actz/options.hpp"
#include "actz/result.hpp"
#include "actz/streams.hpp"
#include "actz/tensor.hpp"

namespace actz {

/// One step of a profile's ladder, as measured when it was trained.
struct RungInfo {
  double target_nmse = 0;
  double held_out_nmse = 0;            ///< on strands that were not trained on
  double held_out_bits_per_value = 0;  ///< code length of the tables; container and patches come on top
  std::uint32_t coefficients = 0;      ///< of channels
  std::uint64_t model_bytes = 0;
  bool matches_rows = false;     ///< rows are predicted from like rows of their chunk
  bool uses_dictionary = false;  ///< or of the profile's dictionary
  bool uses_network = false;     ///< rows are predicted by a network, too
  /// So many values save what the dictionary takes, against matching within chunks; 0: unknown, or no dictionary
  std::uint64_t dictionary_pays_from_values = 0;
  std::string digest;  ///< SHA-256 of the model, hex
};

/// What a profile was learned from. There is no date, so that equal data give equal profiles.
struct TrainingRecord {
  std::uint64_t rows = 0;       ///< seen
  std::uint64_t rows_held = 0;  ///< kept in memory to train in the closed loop
  std::uint32_t channels = 0;
  std::string data_digest;  ///< XXH64 of the elements seen, hex
  std::vector<std::uint16_t> lags;
  std::uint64_t dictionary_rows = 0;   ///< rows that those of any tensor may be matched with
  std::uint64_t dictionary_bytes = 0;  ///< that they take in the profile
  std::string reference;               ///< name of the tensor whose rows it predicts from, or empty
};

/// A trained codec for one kind of tensor: a ladder of models from fine to coarse. Immutable and shareable.
class Profile {
 public:
  /// Parses the bytes of a .actp file. Errors: those of a file.
  static Result<Profile> parse(std::span<const std::byte> file);
  std::vector<std::byte> serialise() const;

  const TrainingRecord& training() const;
  const std::vector<RungInfo>& rungs() const;

  struct Content;  ///< internal
  explicit Profile(std::shared_ptr<const Content> content) : content_(std::move(content)) {}
  const Content& content() const { return *content_; }

 private:
  std::shared_ptr<const Content> content_;
};

/// How the tables of entropy models follow from counts. All end as the same integer frequencies.
enum class Density {
  automatic,  ///< counts over the prior that explains them best: matters where they are few
  histogram,  ///< counts over a geometric prior of two
  gaussian,   ///< these three by maximum likelihood, alone
  laplace,
  logistic,
  mixture,     ///< of three Gaussians
  factorized,  ///< a monotone network (Ballé et al. 2018, appendix 6.1)
  fourier,     ///< a squared Fourier series (De la Fuente et al. 2024)
};

struct FitOptions {
  std::vector<double> target_nmse = {0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16};  ///< one rung each
  /// Rows that may be predicted from; empty: none. The last ones are left out where, on held-out rows or by
  /// cross-validation, they do not pay: few rows to learn from, or low rates.
  std::vector<std::uint16_t> lags = {1, 2};
  std::uint64_t sample_bytes = std::uint64_t{64} << 20;  ///< rows kept in memory, as f32, to train on
  bool transform = true;                                 ///< false: code channels as they are (fast)
  /// Of the dependent quantiser: 4 or 8; 1: the uniform quantiser; 0: for each rung 8, or 4 where rates are low and
  /// those need fewer bits on held-out rows
  unsigned quantizer_states = 0;
  /// Tables follow what was decoded before; false: a table class for each coefficient (fast, uniform only)
  bool context = true;
  Density density = Density::automatic;  ///< of the tables
  /// Predict rows from like rows decoded before in their chunk, in rungs where that pays. Not without transform, nor
  /// yet with a metric
  bool match_rows = true;
  /// Bytes of a dictionary, at most: rows learned from, coded, for rows of any tensor to be matched with. It is left
  /// out if no rung gains by it. 0: none
  std::uint64_t dictionary_bytes = 0;
  /// Hidden units, at most 4096, of a network that predicts rows beside the linear predictor, in rungs where on
  /// held-out rows that pays; decoding then takes some products for each value and unit. 0: none. There is none without
  /// transform, context model or lags, with a reference or a metric, beyond 1024 channels, or where it would be larger
  /// than the format allows: wide and with many lags
  unsigned network_width = 0;
  /// Sensitivity of the task to errors: distortion becomes (x − x̂)ᵀ M (x − x̂) in basis, steps and decisions. channels ×
  /// channels, row-major, positive semidefinite; or a diagonal of `channels`; empty: M = I. Its scale does not matter,
  /// and a tenth of the identity is mixed in. Targets stay plain NMSE. Beyond 1024 channels only the diagonal is used.
  std::vector<double> metric;
  ProgressCallback progress = nullptr;
  void* progress_context = nullptr;
};

/// One dump to learn from: the last axis is channels, the one before it rows, the others sequences.
struct FitInput {
  DType dtype = DType::f32;
  Shape shape;
  ElementSource* elements = nullptr;  ///< borrowed; read once, front to back
};

/// Dumps of another tensor, row for row beside those to learn from: a lower layer for a higher one, K for V.
struct FitReference {
  std::string name;                 ///< of the tensor, as files will name it
  std::span<const FitInput> dumps;  ///< one for each dump to learn from, with the same sequences and rows
};

/// Learns a profile, reading every dump once. Rows with NaN or ±Inf are left out.
/// Memory: sample_bytes · 2.5 + O(channels²). Errors: bad_argument (no rows, channels differ, a metric of another size
/// or not positive semidefinite, a dictionary without matched rows), and those of the sources.
Result<Profile> fit_profile(std::span<const FitInput> dumps, const FitOptions& options,
                            const FitReference& reference = {});

}  // namespace actz
