#include <bit>
#include <cassert>

#include "entropy/rans.hpp"

namespace actz {

TableSchedule make_schedule(std::span<const std::uint32_t> pattern, std::vector<std::uint32_t>& storage) {
  assert(!pattern.empty());
  const std::size_t repeats = pattern.size() >= kMaxLanes ? 1 : (kMaxLanes + pattern.size() - 1) / pattern.size();
  const std::size_t period = pattern.size() * repeats;
  storage.resize(period + kSymbolPadding);
  for (std::size_t i = 0; i < storage.size(); ++i) storage[i] = pattern[i % pattern.size()];
  return {storage.data(), period};
}

DecodeTables::DecodeTables(const ClassTables& tables)
    : precision_bits_(tables.precision_bits), entries_(tables.classes.size() << tables.precision_bits) {
  assert(precision_bits_ >= kMinPrecisionBits && precision_bits_ <= kMaxPrecisionBits);
  std::uint32_t* entry = entries_.data();
  for (const ClassFrequencies& frequencies : tables.classes) {
    [[maybe_unused]] const std::uint32_t* const class_end = entry + (std::size_t{1} << precision_bits_);
    for (std::uint32_t symbol = 0; symbol < frequencies.size(); ++symbol) {
      const std::uint32_t frequency = frequencies[symbol];
      assert(symbol < kMaxSymbols && frequency <= static_cast<std::size_t>(class_end - entry));
      for (std::uint32_t i = 0; i < frequency; ++i) *entry++ = symbol | (frequency - 1) << 8 | i << 20;
    }
    assert(entry == class_end);
  }
}

// Division by f = frequency, 1 ≤ f ≤ 2^p, of x < f · 2^(32 − p) (what x is after its word was emitted).
// Let k = floor(log2(f)), so that 2^k ≤ f < 2^(k+1) and k ≤ p.
// (a) m = ceil(2^(32+k) / f), e = m·f − 2^(32+k) < f. Then x·m / 2^(32+k) = x/f + x·e / (f · 2^(32+k)), and the floor
// is
//     that of x/f if the second term is below 1/f, so if x·e < 2^(32+k); this follows from f·e ≤ 2^(p+k).
// (b) m = floor(2^(32+k) / f), d = 2^(32+k) − m·f < f. Then (x+1)·m / 2^(32+k) = (x+1)/f − (x+1)·d / (f · 2^(32+k)) is
//     below (x+1)/f and not below x/f if (x+1)·d ≤ 2^(32+k); this follows from f·d ≤ 2^(p+k).
// If f is no power of two, then k ≤ p − 1, 2^31 < m < 2^32 in both cases, and e + d = f, so min(e, d) ≤ f/2 and
// f·min(e, d) ≤ f²/2 < 2^(k+1) · 2^p / 2 = 2^(p+k): one of (a), (b) always holds.
// If f = 2^k, m would be 2^32; m = 2^32 − 1 in (b) has d = f, and the condition (x+1)·f ≤ 2^(32+k) is x + 1 ≤ 2^32.
// The largest k is 12, for f = 4096.
EncodeEntry make_encode_entry(std::uint32_t frequency, std::uint32_t cumulative, unsigned precision_bits) {
  assert(frequency >= 1 && frequency + cumulative <= 1u << precision_bits);
  const auto shift = static_cast<std::uint32_t>(std::bit_width(frequency)) - 1;
  const std::uint64_t power = std::uint64_t{1} << (32 + shift);
  std::uint64_t reciprocal = std::has_single_bit(frequency) ? 0xFFFFFFFFu : power / frequency;
  const std::uint64_t deficit = power - reciprocal * frequency;
  const std::uint64_t limit = std::uint64_t{1} << (precision_bits + shift);
  const bool add_one = std::has_single_bit(frequency) || frequency * deficit <= limit;
  if (!add_one) ++reciprocal;
  return {static_cast<std::uint32_t>(reciprocal),
          frequency | cumulative << 13 | shift << 25 | static_cast<std::uint32_t>(add_one) << 31};
}

EncodeTables::EncodeTables(const ClassTables& tables)
    : precision_bits_(tables.precision_bits), entries_(tables.classes.size() * kMaxSymbols) {
  assert(precision_bits_ >= kMinPrecisionBits && precision_bits_ <= kMaxPrecisionBits);
  for (std::size_t class_index = 0; class_index < tables.classes.size(); ++class_index) {
    const ClassFrequencies& frequencies = tables.classes[class_index];
    assert(frequencies.size() <= kMaxSymbols);
    std::uint32_t cumulative = 0;
    for (std::size_t symbol = 0; symbol < frequencies.size(); ++symbol) {
      const std::uint32_t frequency = frequencies[symbol];
      if (frequency == 0) continue;
      entries_[class_index * kMaxSymbols + symbol] = make_encode_entry(frequency, cumulative, precision_bits_);
      cumulative += frequency;
    }
  }
}

}  // namespace actz
