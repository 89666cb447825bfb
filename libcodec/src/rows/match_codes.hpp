#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bit_reader.hpp"
#include "base/bit_writer.hpp"
#include "predict/match.hpp"
#include "predict/match_addresses.hpp"
#include "rows/step_plan.hpp"

namespace actz {

/// How the matches of rows are written (format_spec/05_chunks.md): a prefix code for the class; then one bit if the
/// match may go on where that of the row before left off; then, if it does not, a phase-in code of the address.
class MatchCodes {
 public:
  /// @param model  with classes, validated; borrowed.
  MatchCodes(const MatchModel& model, std::size_t strands);

  /// @param addresses  of the steps before.
  /// @return false when the data is broken.
  bool read(BitReader& in, const MatchAddresses& addresses, const StepRows& step, std::vector<RowMatch>& out);
  void write(BitWriter& out, const MatchAddresses& addresses, const StepRows& step, std::span<const RowMatch> matches);

  /// Address at which the match of a strand's last row goes on, or kNone.
  std::uint32_t continuation(const MatchAddresses& addresses, std::uint32_t strand) const {
    return last_[strand] == MatchAddresses::kNone ? MatchAddresses::kNone : addresses.after(last_[strand]);
  }
  /// Bits of a match of a row of a strand.
  double bits(const MatchAddresses& addresses, std::uint32_t strand, const RowMatch& match) const;
  /// To be called for each row in coding order if neither read() nor write() is.
  void pass(std::uint32_t strand, const RowMatch& match) {
    last_[strand] = match.match_class > 0 ? match.address : MatchAddresses::kNone;
  }

 private:
  std::optional<unsigned> read_class(BitReader& in) const;

  const MatchModel& model_;
  std::vector<std::uint16_t> code_;  ///< of each class, first bit lowest
  std::vector<std::uint32_t> last_;  ///< of each strand: address of its last row's match
};

/// Adds to each row of some strands, coded together, the bits of its match.
/// @param stored  as for MatchAddresses.
void add_match_bits(const MatchModel& model, std::span<const Strand> strands, std::span<const RowMatch> matches,
                    std::span<const std::uint32_t> stored, std::span<double> row_bits);

}  // namespace actz
