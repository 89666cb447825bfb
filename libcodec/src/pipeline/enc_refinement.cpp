#include "pipeline/enc_refinement.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <utility>

#include "base/bit_writer.hpp"
#include "base/byte_writer.hpp"
#include "base/bytes.hpp"
#include "base/rice.hpp"
#include "entropy/rans.hpp"
#include "fit/class_fit.hpp"
#include "model/refinement.hpp"
#include "pipeline/enc_chunk.hpp"

namespace actz {
namespace {

constexpr unsigned kClassesPerOctaveLog2 = 2;
constexpr std::size_t kMostClasses = 64;
constexpr double kReach = 4.5;  ///< deviations that symbols reach; beyond are escapes
/// Classes whose deviations in symbols are alike share a table, unless they have a tail of their own, as those of
/// decoded elements near zero have.
struct Fineness {
  int deviations;               ///< of an octave
  double symbols_of_deviation;  ///< at least; finer than the density bends
};
constexpr Fineness kFine{8, 6};
constexpr Fineness kCoarse{1, 2};               ///< where tables cost more than they give
constexpr std::size_t kManyElements = 1 << 16;  ///< from here on fine
constexpr double kLeastMean = 0.2;              ///< of |difference|
constexpr double kHeavyTail = 1.3;              ///< root of the mean square over the mean; 1.25 for a Gaussian
constexpr double kOwnTable = 2048;              ///< elements of a class that has a table of its own

unsigned mantissa_bits(DType dtype) {
  switch (dtype) {
    case DType::f16: return 10;
    case DType::bf16: return 7;
    case DType::f32: return 23;
    default: return 52;
  }
}

template <class T>
using Signed = std::make_signed_t<T>;

/// Difference of an exact element to the decoded one, in the order of numbers.
template <class T>
Signed<T> difference(T decoded, T exact) {
  return static_cast<Signed<T>>(static_cast<T>(ordered(exact) - ordered(decoded)));
}

template <class T>
class RefinementWriter {
 public:
  RefinementWriter(DType dtype, std::span<const std::byte> decoded, std::span<const std::byte> elements)
      : decoded_(decoded), elements_(elements), count_(elements.size() / sizeof(T)) {
    model_.class_shift = mantissa_bits(dtype) - kClassesPerOctaveLog2;
    choose_classes();
    choose_tables();
    count_symbols();
  }

  std::vector<std::byte> write() const {
    std::vector<std::uint8_t> symbols(count_ + kSymbolPadding);
    std::vector<std::uint32_t> offsets(count_ + RefinementModel::kRunSymbols + kSymbolPadding);
    BitWriter bypass;
    for (std::size_t i = 0; i < count_; ++i) {
      const Coded coded = code(i);
      symbols[i] = coded.symbol;
      offsets[i] = EncodeTables::table_offset(coded.table);
      if (coded.symbol == escape(coded.table)) {
        bypass.bits(exact(i), 8 * sizeof(T));
      } else {
        bypass.bits(static_cast<std::uint64_t>(coded.left), model_.raw_bits[coded.of_class]);
      }
    }
    const EncodeTables tables(model_.tables);
    const unsigned lanes = choose_lanes(count_);
    RansEncoder encoder(tables, lanes, count_);
    for (std::size_t end = count_; end > 0;) {
      const std::size_t first = (end - 1) / RefinementModel::kRunSymbols * RefinementModel::kRunSymbols;
      encoder.encode_step({&offsets[first], RefinementModel::kRunSymbols},
                          std::span(symbols).subspan(first, end - first));
      end = first;
    }
    ByteWriter out;
    write_tables(out);
    out.u8(static_cast<std::uint8_t>(std::countr_zero(lanes)));
    out.u32(static_cast<std::uint32_t>(encoder.words().size() / 2));
    for (const std::uint32_t state : encoder.states()) out.u32(state);
    out.bytes(encoder.words());
    out.bytes(bypass.finish());
    return out.take();
  }

 private:
  /// How one element is coded.
  struct Coded {
    std::int64_t left;  ///< difference to the decoded element, in the order of numbers
    std::uint8_t of_class;
    std::uint8_t table;
    std::uint8_t symbol;
  };

  T decoded(std::size_t i) const { return load_le<T>(&decoded_[i * sizeof(T)]); }
  T exact(std::size_t i) const { return load_le<T>(&elements_[i * sizeof(T)]); }
  std::int64_t left(std::size_t i) const { return difference(decoded(i), exact(i)); }

  Coded code(std::size_t i) const {
    const std::uint8_t of_class = model_.class_of(decoded(i));
    const std::uint8_t table = model_.table_of[of_class];
    const std::int64_t by = left(i);
    const std::int64_t index = (by >> model_.raw_bits[of_class]) - model_.lowest[table];
    const bool within = index >= 0 && index < escape(table);
    return {by, of_class, table, within ? static_cast<std::uint8_t>(index) : escape(table)};
  }

  std::uint8_t escape(std::uint8_t table) const {
    return static_cast<std::uint8_t>(model_.tables.classes[table].size() - 1);
  }

  /// The highest quarters of octaves that occur; lower ones count as the lowest of these.
  void choose_classes() {
    constexpr std::uint64_t kMagnitude = (std::uint64_t{1} << (8 * sizeof(T) - 1)) - 1;
    std::uint64_t lowest = kMagnitude, highest = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      const std::uint64_t index = (std::uint64_t{decoded(i)} & kMagnitude) >> model_.class_shift;
      lowest = std::min(lowest, index);
      highest = std::max(highest, index);
    }
    const std::uint64_t count = std::min<std::uint64_t>(highest - lowest + 1, kMostClasses);
    model_.first_class = static_cast<std::uint32_t>(highest + 1 - count);
    model_.table_of.resize(static_cast<std::size_t>(count));
    model_.raw_bits.resize(static_cast<std::size_t>(count));
  }

  /// Raw bits and table of each class, from the mean of |difference|, which a few that are far off do not spoil as they
  /// spoil its square.
  void choose_tables() {
    const std::size_t classes = model_.table_of.size();
    std::vector<double> sum(classes), squares(classes), count(classes);
    for (std::size_t i = 0; i < count_; ++i) {
      const std::uint8_t of_class = model_.class_of(decoded(i));
      const auto by = std::fabs(static_cast<double>(left(i)));
      sum[of_class] += by;
      squares[of_class] += by * by;
      count[of_class] += 1;
    }
    const auto [deviations, symbols_of_deviation] = count_ < kManyElements ? kCoarse : kFine;
    std::map<std::pair<std::size_t, int>, std::uint8_t> tables;
    for (std::size_t i = 0; i < classes; ++i) {
      const double mean = std::max(sum[i] / std::max(count[i], 1.0), kLeastMean);
      const double octaves = std::log2(1.25 * mean / symbols_of_deviation);
      const bool heavy = count[i] >= kOwnTable && std::sqrt(squares[i] / count[i]) > kHeavyTail * mean;
      const double whole = std::clamp(std::floor(octaves), 0.0, 8.0 * sizeof(T) - 1);
      const auto part = static_cast<int>(std::floor((octaves - whole) * deviations));
      model_.raw_bits[i] = static_cast<std::uint8_t>(whole);
      const auto [at, is_new] = tables.try_emplace({heavy ? i + 1 : 0, part}, static_cast<std::uint8_t>(tables.size()));
      model_.table_of[i] = at->second;
      if (!is_new) continue;
      const double deviation = symbols_of_deviation * std::exp2((part + 1.0) / deviations);
      const double reach = std::ceil(kReach * deviation) + 1;
      model_.lowest.push_back(-static_cast<std::int32_t>(reach));
      model_.tables.classes.emplace_back(static_cast<std::size_t>(2 * reach) + 1);
    }
  }

  void count_symbols() {
    std::vector<std::vector<double>> weight;
    for (const ClassFrequencies& frequencies : model_.tables.classes) weight.emplace_back(frequencies.size());
    for (std::size_t i = 0; i < count_; ++i) {
      const Coded coded = code(i);
      weight[coded.table][coded.symbol] += 1;
    }
    for (std::size_t i = 0; i < weight.size(); ++i) {
      if (std::all_of(weight[i].begin(), weight[i].end(), [](double x) { return x == 0; })) weight[i].back() = 1;
      model_.tables.classes[i] = normalise_frequencies(weight[i], model_.tables.precision_bits);
    }
  }

  void write_tables(ByteWriter& out) const {
    out.u8(static_cast<std::uint8_t>(model_.tables.precision_bits));
    out.u8(static_cast<std::uint8_t>(model_.class_shift));
    out.u32(model_.first_class);
    out.u8(static_cast<std::uint8_t>(model_.table_of.size()));
    out.u8(static_cast<std::uint8_t>(model_.lowest.size()));
    for (std::size_t i = 0; i < model_.lowest.size(); ++i) {
      const ClassFrequencies& frequencies = model_.tables.classes[i];
      out.u16(static_cast<std::uint16_t>(model_.lowest[i]));
      out.u16(static_cast<std::uint16_t>(frequencies.size()));
      write_rice_array(out, std::vector<std::int32_t>(frequencies.begin(), frequencies.end()));
    }
    write_rice_array(out, std::vector<std::int32_t>(model_.table_of.begin(), model_.table_of.end()));
    write_rice_array(out, std::vector<std::int32_t>(model_.raw_bits.begin(), model_.raw_bits.end()));
  }

  std::span<const std::byte> decoded_;
  std::span<const std::byte> elements_;
  std::size_t count_;
  RefinementModel model_;
};

}  // namespace

std::vector<std::byte> write_refinement(DType dtype, std::span<const std::byte> decoded,
                                        std::span<const std::byte> elements) {
  switch (element_bytes(dtype)) {
    case 2: return RefinementWriter<std::uint16_t>(dtype, decoded, elements).write();
    case 4: return RefinementWriter<std::uint32_t>(dtype, decoded, elements).write();
    default: return RefinementWriter<std::uint64_t>(dtype, decoded, elements).write();
  }
}

}  // namespace actz
