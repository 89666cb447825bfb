#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "base/bit_reader.hpp"
#include "fit/bin_fit.hpp"
#include "fit/channel_clusters.hpp"
#include "model/enc_bin_lookup.hpp"
#include "model/enc_bin_offsets.hpp"

using namespace actz;

namespace {

std::vector<std::byte> as_bytes(const std::vector<std::uint64_t>& values, unsigned element_bits) {
  std::vector<std::byte> out(values.size() * element_bits / 8);
  for (std::size_t i = 0; i < values.size(); ++i) std::memcpy(&out[i * element_bits / 8], &values[i], element_bits / 8);
  return out;
}

/// A few magnitudes with many bits below, values that return, and now and then anything at all.
std::vector<std::uint64_t> elements_like_floats(unsigned element_bits, unsigned low_zero_bits,
                                                std::mt19937_64& random) {
  const std::uint64_t mask = element_bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << element_bits) - 1;
  std::vector<std::uint64_t> out;
  for (unsigned i = 0; i < 5000; ++i) {
    std::uint64_t value = random() & mask;
    if (i % 50 != 0) value = (value >> (2 + random() % 4)) | std::uint64_t{1} << (element_bits - 3);
    if (i % 7 == 0) value = std::uint64_t{5} << (element_bits / 2);
    out.push_back((value & mask) >> low_zero_bits << low_zero_bits);
  }
  return out;
}

std::uint8_t symbol_by_definition(const BinTable& table, std::uint64_t element) {
  const std::uint64_t low_mask = (std::uint64_t{1} << table.low_zero_bits) - 1;
  for (std::size_t i = 0; (element & low_mask) == 0 && i + 1 < table.bins.size(); ++i) {
    const std::uint64_t value = element >> table.low_zero_bits;
    if (value >= table.bins[i].base && (value - table.bins[i].base) >> table.bins[i].width_bits == 0) {
      return static_cast<std::uint8_t>(i);
    }
  }
  return static_cast<std::uint8_t>(table.bins.size() - 1);
}

}  // namespace

TEST_CASE("bins_give_back_every_element") {
  std::mt19937_64 random(1);
  for (const unsigned element_bits : {8u, 16u, 32u, 64u}) {
    for (const unsigned low_zero_bits : {0u, 3u, element_bits / 2}) {
      CAPTURE(element_bits);
      CAPTURE(low_zero_bits);
      std::vector<std::uint64_t> elements = elements_like_floats(element_bits, low_zero_bits, random);
      const BinTable table = fit_bins(std::span(elements).first(2000), element_bits, low_zero_bits);
      elements.back() |= 1;  // an element that the zero bits do not fit
      const std::vector<std::byte> bytes = as_bytes(elements, element_bits);
      std::vector<std::uint8_t> symbols(elements.size());
      BinLookup(table).symbols(bytes, symbols.data());
      std::vector<std::byte> offsets(bytes.size() + OffsetCursor::kSlackBytes);
      const std::byte* const end = BinOffsets(table).write(bytes, symbols.data(), offsets.data());
      offsets.resize(static_cast<std::size_t>(end - offsets.data()));
      BitReader reader(offsets);
      for (std::size_t i = 0; i < elements.size(); ++i) {
        REQUIRE(symbols[i] == symbol_by_definition(table, elements[i]));
        const Bin& bin = table.bins[symbols[i]];
        const bool escape = bin.width_bits == Bin::kEscape;
        const std::uint64_t offset = reader.bits(escape ? element_bits : bin.width_bits);
        REQUIRE((escape ? offset : (bin.base + offset) << low_zero_bits) == elements[i]);
      }
      CHECK(reader.at_end());
    }
  }
}

TEST_CASE("offsets_wider_than_a_field_are_kept") {
  const BinTable table{64, 0, {{0, 63}, {0, Bin::kEscape}}};
  const std::vector<std::uint64_t> elements = {0, 1, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0x123456789ABCDEF0};
  const std::vector<std::byte> bytes = as_bytes(elements, 64);
  std::vector<std::uint8_t> symbols(elements.size());
  BinLookup(table).symbols(bytes, symbols.data());
  std::vector<std::byte> offsets(bytes.size() + OffsetCursor::kSlackBytes);
  BinOffsets(table).write(bytes, symbols.data(), offsets.data());
  BitReader reader(offsets);
  for (std::size_t i = 0; i < elements.size(); ++i) CHECK(reader.bits(symbols[i] == 0 ? 63 : 64) == elements[i]);
}

TEST_CASE("channels_with_the_same_symbols_share_a_class") {
  SymbolCounts counts(6, 3);
  for (std::size_t c = 0; c < counts.rows(); ++c) counts.row(c)[c % 2 == 0 ? 0 : 2] = 100;
  const Clustering clustering = cluster_channels(counts, 2);
  for (std::size_t c = 2; c < counts.rows(); ++c) CHECK(clustering.class_of[c] == clustering.class_of[c - 2]);
  CHECK(clustering.class_of[0] != clustering.class_of[1]);
  CHECK(clustering.counts.row(clustering.class_of[0])[0] == 300);
  CHECK(clustering.bits < cluster_channels(counts, 1).bits);
}
