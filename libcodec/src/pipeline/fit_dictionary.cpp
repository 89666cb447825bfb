#include "pipeline/fit_dictionary.hpp"

#include <algorithm>
#include <map>

#include "base/try.hpp"
#include "pipeline/dec_dictionary.hpp"
#include "pipeline/enc_dictionary.hpp"

namespace actz {
namespace {

constexpr unsigned kAttempts = 6;  ///< to fit the budget
constexpr double kMargin = 0.98;   ///< of the budget, in the next attempt

/// Rows of a training strand that become one of the dictionary.
struct Piece {
  std::size_t first_row;
  std::size_t of_strand;  ///< first row of the training strand
};

/// Rows that the strands of a dictionary have: as many as most strands to learn from.
std::size_t usual_length(std::span<const Strand> strands) {
  std::map<std::size_t, std::size_t> rows_of;
  for (const Strand& strand : strands) rows_of[strand.row_count] += strand.row_count;
  return std::max_element(rows_of.begin(), rows_of.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

std::vector<Piece> cut(std::span<const Strand> strands, std::size_t length) {
  std::vector<Piece> out;
  for (const Strand& strand : strands) {
    for (std::size_t t = 0; t + length <= strand.row_count; t += length)
      out.push_back({strand.first_row + t, strand.first_row});
  }
  return out;
}

std::vector<Piece> spread(const std::vector<Piece>& pieces, std::size_t count) {
  std::vector<Piece> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(pieces[i * pieces.size() / count]);
  return out;
}

std::vector<float> values_of(const TrainingRows& rows, const std::vector<double>& centre,
                             const std::vector<Piece>& pieces, std::size_t length) {
  std::vector<float> out;
  out.reserve(pieces.size() * length * rows.channels);
  for (const Piece& piece : pieces) {
    const float* from = rows.row(piece.first_row);
    for (std::size_t i = 0; i < length * rows.channels; ++i) {
      out.push_back(static_cast<float>(double{from[i]} * rows.unit + centre[i % rows.channels]));
    }
  }
  return out;
}

TrainingStoredRows for_training(const StoredRows& dictionary, const std::vector<std::byte>& bytes,
                                const std::vector<Piece>& pieces, std::size_t length) {
  TrainingStoredRows out{&dictionary, sha256(bytes), {}};
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto count = static_cast<std::uint32_t>(length);
    if (!out.of_strand.empty() && out.of_strand.back().first == pieces[i].of_strand) {
      out.of_strand.back().second.count += count;
    } else {
      out.of_strand.push_back({pieces[i].of_strand, {static_cast<std::uint32_t>(i * length), count}});
    }
  }
  return out;
}

}  // namespace

Result<std::optional<FittedDictionary>> fit_dictionary(TrainingRows& rows, const std::vector<double>& centre,
                                                       const RungFit& rung, std::uint64_t budget_bytes) {
  const std::size_t length = usual_length(rows.train);
  const std::vector<Piece> all = cut(rows.train, length);
  std::size_t count = std::min<std::size_t>(all.size(), kMaxChunkStrands);
  for (unsigned attempt = 0; attempt < kAttempts && count > 0; ++attempt) {
    const std::vector<Piece> pieces = spread(all, count);
    ACTZ_TRY(auto bytes,
             write_dictionary(rung.model, values_of(rows, centre, pieces, length), static_cast<std::uint32_t>(length)));
    if (bytes.size() > budget_bytes) {
      const double share = kMargin * static_cast<double>(budget_bytes) / static_cast<double>(bytes.size());
      count = std::min(count - 1, static_cast<std::size_t>(static_cast<double>(count) * share));
      continue;
    }
    ACTZ_TRY(auto decoded, read_dictionary(bytes, Error::kNoOffset, DecodeLimits{}));
    FittedDictionary out;
    out.rows = std::make_shared<const StoredRows>(std::move(decoded));
    out.training = for_training(*out.rows, bytes, pieces, length);
    out.bytes = std::move(bytes);
    out.holds_all_rows = pieces.size() == all.size();
    return std::optional(std::move(out));
  }
  return std::optional<FittedDictionary>{};
}

}  // namespace actz
