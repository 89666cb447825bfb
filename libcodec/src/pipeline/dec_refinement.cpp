#include "pipeline/dec_refinement.hpp"

#include <vector>

#include "base/bit_reader.hpp"
#include "base/byte_reader.hpp"
#include "base/bytes.hpp"
#include "base/rice.hpp"
#include "base/try.hpp"
#include "entropy/rans.hpp"
#include "model/refinement.hpp"

namespace actz {
namespace {

struct Block {
  RefinementModel model;
  std::vector<std::uint32_t> states;
  std::span<const std::byte> words;
  std::span<const std::byte> bypass;
};

Status read_table(ByteReader& in, RefinementModel& model) {
  ACTZ_TRY(const auto lowest, in.u16("lowest"));
  ACTZ_TRY(const auto symbol_count, in.u16("symbol_count"));
  if (symbol_count == 0 || symbol_count > kMaxSymbols) {  // R-REFN-01
    return in.error_here(ErrorCode::corrupt, "a table of a refinement is out of bounds");
  }
  const std::int32_t total = 1 << model.tables.precision_bits;
  ACTZ_TRY(const auto frequencies, read_rice_array(in, symbol_count, 0, 0, total, "frequencies"));
  std::int64_t sum = 0;
  ClassFrequencies out;
  for (const std::int32_t frequency : frequencies) {
    sum += frequency;
    out.push_back(static_cast<std::uint16_t>(frequency));
  }
  if (sum != total) return in.error_here(ErrorCode::corrupt, "frequencies do not sum to their total");  // R-MODEL-43
  model.tables.classes.push_back(std::move(out));
  model.lowest.push_back(static_cast<std::int16_t>(lowest));
  return {};
}

Result<Block> read_block(std::span<const std::byte> bytes, std::size_t element_bits, std::uint64_t file_offset_bytes) {
  ByteReader in(bytes, file_offset_bytes);
  Block out;
  RefinementModel& model = out.model;
  ACTZ_TRY(const auto precision_bits, in.u8("precision_bits"));
  ACTZ_TRY(const auto class_shift, in.u8("class_shift"));
  ACTZ_TRY(model.first_class, in.u32("first_class"));
  ACTZ_TRY(const auto class_count, in.u8("class_count"));
  ACTZ_TRY(const auto table_count, in.u8("table_count"));
  if (precision_bits < kMinPrecisionBits || precision_bits > kMaxPrecisionBits || class_shift >= element_bits ||
      class_count == 0 || table_count == 0) {  // R-REFN-01
    return in.error_here(ErrorCode::corrupt, "the tables of a refinement are out of bounds");
  }
  model.tables.precision_bits = precision_bits;
  model.class_shift = class_shift;
  for (unsigned i = 0; i < table_count; ++i) ACTZ_CHECK(read_table(in, model));
  ACTZ_TRY(const auto table_of, read_rice_array(in, class_count, 0, 0, table_count - 1, "table_of"));
  model.table_of.assign(table_of.begin(), table_of.end());
  ACTZ_TRY(const auto raw_bits,
           read_rice_array(in, class_count, 0, 0, static_cast<std::int32_t>(element_bits) - 1, "raw_bits"));
  model.raw_bits.assign(raw_bits.begin(), raw_bits.end());
  ACTZ_TRY(const auto lanes_log2, in.u8("lanes_log2"));
  ACTZ_TRY(const auto word_count, in.u32("word_count"));
  if (lanes_log2 > std::countr_zero(kMaxLanes)) {  // R-REFN-01
    return in.error_here(ErrorCode::corrupt, "more than 128 lanes");
  }
  for (unsigned lane = 0; lane < 1u << lanes_log2; ++lane) {
    ACTZ_TRY(const auto state, in.u32("coder state"));
    if (state < kRansLowerBound) return in.error_here(ErrorCode::corrupt, "a coder state is below 65536");  // R-RANS-01
    out.states.push_back(state);
  }
  ACTZ_TRY(out.words, in.bytes(std::uint64_t{word_count} * 2, "words"));
  out.bypass = bytes.last(in.remaining_bytes());
  return out;
}

template <class T>
Status refine_elements(const Block& block, std::span<std::byte> elements, std::uint64_t file_offset_bytes) {
  constexpr unsigned kBits = 8 * sizeof(T);
  const RefinementModel& model = block.model;
  const DecodeTables tables(model.tables);
  RansDecoder decoder(tables, block.states, block.words);
  BitReader bypass(block.bypass);
  std::vector<std::uint8_t> classes(RefinementModel::kRunSymbols);
  std::vector<std::uint32_t> offset(RefinementModel::kRunSymbols + kSymbolPadding);
  std::vector<std::uint8_t> symbols(RefinementModel::kRunSymbols + kSymbolPadding);
  const std::size_t count = elements.size() / sizeof(T);
  for (std::size_t first = 0; first < count; first += RefinementModel::kRunSymbols) {
    const std::size_t run = std::min(RefinementModel::kRunSymbols, count - first);
    std::byte* const at = elements.data() + first * sizeof(T);
    for (std::size_t i = 0; i < run; ++i) {
      classes[i] = model.class_of(load_le<T>(at + i * sizeof(T)));
      offset[i] = tables.table_offset(model.table_of[classes[i]]);
    }
    if (!decoder.decode_step({offset.data(), RefinementModel::kRunSymbols}, run, symbols.data())) {  // R-RANS-03
      return Error{ErrorCode::corrupt, file_offset_bytes, "the entropy-coded data of a refinement is broken"};
    }
    for (std::size_t i = 0; i < run; ++i) {
      const std::uint8_t table = model.table_of[classes[i]];
      const unsigned raw_bits = model.raw_bits[classes[i]];
      T exact = 0;
      if (symbols[i] + std::size_t{1} == model.tables.classes[table].size()) {
        exact = static_cast<T>(bypass.bits(kBits));
      } else {
        const auto high = static_cast<std::uint64_t>(std::int64_t{model.lowest[table]} + symbols[i]);
        const std::uint64_t difference = (high << raw_bits) + bypass.bits(raw_bits);
        exact = unordered(static_cast<T>(ordered(load_le<T>(at + i * sizeof(T))) + difference));
      }
      store_le(at + i * sizeof(T), exact);
    }
  }
  if (!decoder.finished() || !bypass.at_end()) {  // R-RANS-04, R-CHNK-20
    return Error{ErrorCode::corrupt_checksum, file_offset_bytes, "a refinement does not end where it began"};
  }
  return {};
}

}  // namespace

Status refine(std::span<const std::byte> block, std::size_t element_bytes, std::span<std::byte> elements,
              std::uint64_t file_offset_bytes) {
  ACTZ_TRY(const auto read, read_block(block, 8 * element_bytes, file_offset_bytes));
  switch (element_bytes) {
    case 2: return refine_elements<std::uint16_t>(read, elements, file_offset_bytes);
    case 4: return refine_elements<std::uint32_t>(read, elements, file_offset_bytes);
    default: return refine_elements<std::uint64_t>(read, elements, file_offset_bytes);
  }
}

}  // namespace actz
