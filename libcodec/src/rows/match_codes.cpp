#include "rows/match_codes.hpp"

#include <bit>
#include <cmath>

namespace actz {
namespace {

/// Codes in the order of length, then class; each one more than the one before, shifted to its length.
std::vector<std::uint16_t> canonical_codes(const std::vector<std::uint8_t>& code_bits) {
  std::vector<std::uint16_t> out(code_bits.size());
  unsigned next = 0;
  for (unsigned length = 1; length <= kMaxMatchCodeBits; ++length) {
    next <<= 1;
    for (std::size_t i = 0; i < code_bits.size(); ++i) {
      if (code_bits[i] == length) out[i] = static_cast<std::uint16_t>(next++);
    }
  }
  return out;
}

struct PhaseIn {
  unsigned bits;         ///< of short codes
  std::uint64_t shorts;  ///< values that have one
};

/// The phase-in code of values below `count`.
PhaseIn phase_in(std::uint32_t count) {
  const unsigned bits = static_cast<unsigned>(std::bit_width(count)) - 1;
  return {bits, (std::uint64_t{2} << bits) - count};
}

}  // namespace

MatchCodes::MatchCodes(const MatchModel& model, std::size_t strands)
    : model_(model), code_(canonical_codes(model.code_bits)), last_(strands, MatchAddresses::kNone) {}

std::optional<unsigned> MatchCodes::read_class(BitReader& in) const {
  unsigned code = 0;
  for (unsigned length = 1; length <= kMaxMatchCodeBits; ++length) {
    code = (code << 1) | static_cast<unsigned>(in.bits(1));
    for (unsigned i = 0; i < code_.size(); ++i) {
      if (model_.code_bits[i] == length && code_[i] == code) return i;
    }
  }
  return std::nullopt;
}

bool MatchCodes::read(BitReader& in, const MatchAddresses& addresses, const StepRows& step,
                      std::vector<RowMatch>& out) {
  out.clear();
  for (const std::uint32_t strand : step.strand) {
    RowMatch match;
    const auto match_class = read_class(in);
    if (!match_class) return false;
    match.match_class = static_cast<std::uint8_t>(*match_class);
    if (match.match_class > 0) {
      if (addresses.size() == 0) return false;  // R-MTCH-01
      const std::uint32_t next = continuation(addresses, strand);
      if (next != MatchAddresses::kNone && in.bits(1) == 1) {
        match.address = next;
      } else {
        const PhaseIn code = phase_in(addresses.size());
        std::uint64_t value = in.bits(code.bits);
        if (value >= code.shorts) value = 2 * value + in.bits(1) - code.shorts;
        match.address = static_cast<std::uint32_t>(value);
      }
    }
    pass(strand, match);
    out.push_back(match);
  }
  return !in.overrun();
}

void MatchCodes::write(BitWriter& out, const MatchAddresses& addresses, const StepRows& step,
                       std::span<const RowMatch> matches) {
  for (std::size_t i = 0; i < step.strand.size(); ++i) {
    const RowMatch& match = matches[i];
    const unsigned length = model_.code_bits[match.match_class];
    const std::uint64_t code = code_[match.match_class];
    for (unsigned bit = length; bit-- > 0;) out.bits(code >> bit, 1);
    if (match.match_class > 0) {
      const std::uint32_t next = continuation(addresses, step.strand[i]);
      const bool continues = next == match.address;
      if (next != MatchAddresses::kNone) out.bits(continues ? 1 : 0, 1);
      if (!continues) {
        const PhaseIn address_code = phase_in(addresses.size());
        if (match.address < address_code.shorts) {
          out.bits(match.address, address_code.bits);
        } else {
          out.bits((match.address + address_code.shorts) >> 1, address_code.bits);
          out.bits(match.address + address_code.shorts, 1);
        }
      }
    }
    pass(step.strand[i], match);
  }
}

double MatchCodes::bits(const MatchAddresses& addresses, std::uint32_t strand, const RowMatch& match) const {
  double out = model_.code_bits[match.match_class];
  if (match.match_class == 0) return out;
  const std::uint32_t next = continuation(addresses, strand);
  if (next != MatchAddresses::kNone) out += 1;
  return next == match.address ? out : out + std::log2(static_cast<double>(addresses.size()));
}

void add_match_bits(const MatchModel& model, std::span<const Strand> strands, std::span<const RowMatch> matches,
                    std::span<const std::uint32_t> stored, std::span<double> row_bits) {
  const StepPlan plan(strands, true);
  MatchAddresses addresses(matches.size(), stored);
  MatchCodes codes(model, strands.size());
  StepRows step;
  for (std::size_t index = 0; index < plan.step_count(); ++index) {
    plan.rows_of(index, step);
    for (std::size_t i = 0; i < step.row.size(); ++i) {
      const RowMatch& match = matches[step.row[i]];
      row_bits[step.row[i]] += codes.bits(addresses, step.strand[i], match);
      codes.pass(step.strand[i], match);
    }
    addresses.add(step.row, step.position);
  }
}

}  // namespace actz
