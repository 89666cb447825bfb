#include "actz/external_model.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <new>
#include <numeric>
#include <string>

#include "base/bit_reader.hpp"
#include "base/bit_writer.hpp"
#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"
#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "base/try.hpp"
#include "entropy/rans.hpp"
#include "fit/class_fit.hpp"
#include "pipeline/enc_lanes.hpp"

namespace actz {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 40;
constexpr std::size_t kMaxExternalClasses = 4096;
constexpr std::size_t kBlock = 4096;  ///< symbols at a time: a multiple of every number of lanes

Error bad_argument(const char* message) { return {ErrorCode::bad_argument, Error::kNoOffset, message}; }
Error corrupt(const char* message) { return {ErrorCode::corrupt, Error::kNoOffset, message}; }

std::uint64_t digest_of(std::span<const std::int32_t> values) {
  if constexpr (std::endian::native == std::endian::little) return xxh64(std::as_bytes(values));
  std::vector<std::byte> bytes(values.size() * 4);
  for (std::size_t i = 0; i < values.size(); ++i) store_le(&bytes[4 * i], static_cast<std::uint32_t>(values[i]));
  return xxh64(bytes);
}

std::uint32_t checksum_of(const std::vector<ExternalClass>& classes) {
  ByteWriter out;
  for (const ExternalClass& one : classes) {
    out.u32(static_cast<std::uint32_t>(one.lowest));
    out.u16(static_cast<std::uint16_t>(one.frequencies.size()));
    for (const std::uint16_t frequency : one.frequencies) out.u16(frequency);
  }
  return crc32c(out.data());
}

/// What stands before states, words and bypass stream.
struct StreamHeader {
  std::uint8_t precision_bits = 0;
  std::uint8_t lanes_log2 = 0;
  std::uint64_t count = 0;
  std::uint64_t word_count = 0;
  std::uint64_t bypass_bytes = 0;
  std::uint64_t digest = 0;
  std::uint32_t tables_checksum = 0;
};

void write(const StreamHeader& header, ByteWriter& out) {
  out.u8(kVersion);
  out.u8(header.precision_bits);
  out.u8(header.lanes_log2);
  out.u8(0);
  out.u32(header.tables_checksum);
  out.u64(header.count);
  out.u64(header.word_count);
  out.u64(header.bypass_bytes);
  out.u64(header.digest);
}

Result<StreamHeader> read_header(ByteReader& in) {
  StreamHeader out;
  ACTZ_TRY(const auto version, in.u8("version"));
  ACTZ_TRY(out.precision_bits, in.u8("precision_bits"));
  ACTZ_TRY(out.lanes_log2, in.u8("lanes_log2"));
  ACTZ_TRY(const auto reserved, in.u8("reserved"));
  ACTZ_TRY(out.tables_checksum, in.u32("tables_checksum"));
  ACTZ_TRY(out.count, in.u64("count"));
  ACTZ_TRY(out.word_count, in.u64("word_count"));
  ACTZ_TRY(out.bypass_bytes, in.u64("bypass_bytes"));
  ACTZ_TRY(out.digest, in.u64("digest"));
  if (version != kVersion || out.lanes_log2 > std::countr_zero(kMaxLanes) || reserved != 0) {  // R-EXTN-01
    return Error{ErrorCode::unsupported, Error::kNoOffset, "the stream is of another version"};
  }
  return out;
}

}  // namespace

struct ExternalModel::State {
  explicit State(std::vector<ExternalClass> wanted, unsigned precision_bits)
      : classes(std::move(wanted)), tables(tables_of(classes, precision_bits)), encode(tables), decode(tables) {
    checksum = checksum_of(classes);
    for (const ExternalClass& one : classes) {
      lowest.push_back(one.lowest);
      escape.push_back(static_cast<std::int32_t>(one.frequencies.size()) - 1);
    }
  }

  static ClassTables tables_of(const std::vector<ExternalClass>& classes, unsigned precision_bits) {
    ClassTables out{precision_bits, {}};
    for (const ExternalClass& one : classes) out.classes.push_back(one.frequencies);
    return out;
  }

  Status check(std::size_t count, std::span<const std::uint16_t> class_of, std::span<const std::int32_t> means) const {
    if (class_of.size() != count || (!means.empty() && means.size() != count))
      return bad_argument("every value wants a class, and a mean if there are any");
    for (const std::uint16_t one : class_of) {
      if (one >= classes.size()) return bad_argument("no such class");
    }
    return {};
  }

  std::vector<ExternalClass> classes;
  ClassTables tables;
  EncodeTables encode;
  DecodeTables decode;
  std::uint32_t checksum = 0;
  std::vector<std::int32_t> lowest, escape;  ///< of each class
};

Result<ExternalClass> make_external_class(std::int32_t lowest, std::span<const double> masses, double outside,
                                          unsigned precision_bits) {
  const auto legal = [](double mass) { return std::isfinite(mass) && mass >= 0; };
  if (precision_bits < kMinPrecisionBits || precision_bits > kMaxPrecisionBits || masses.empty() ||
      masses.size() > kMaxSymbols - 1 || !std::all_of(masses.begin(), masses.end(), legal) || !legal(outside))
    return bad_argument("a density has 1 to 255 masses, and 8 to 12 bits of precision");
  std::vector<double> weights(masses.begin(), masses.end());
  weights.push_back(outside);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (!(sum > 0)) return bad_argument("a density has no mass");
  if (weights.size() > 1u << precision_bits) return bad_argument("more symbols than the precision has room for");
  for (double& weight : weights) weight = std::max(weight, sum * 1e-9);
  return ExternalClass{lowest, normalise_frequencies(weights, precision_bits)};
}

Result<ExternalModel> ExternalModel::make(std::vector<ExternalClass> classes, unsigned precision_bits) {
  if (precision_bits < kMinPrecisionBits || precision_bits > kMaxPrecisionBits)
    return bad_argument("the precision is 8 to 12 bits");
  if (classes.empty() || classes.size() > kMaxExternalClasses) return bad_argument("there are 1 to 4096 classes");
  for (const ExternalClass& one : classes) {
    if (one.frequencies.empty() || one.frequencies.size() > kMaxSymbols)
      return bad_argument("a class has 1 to 256 symbols, the escape included");
    std::uint64_t sum = 0;
    for (const std::uint16_t frequency : one.frequencies) sum += frequency;
    if (sum != std::uint64_t{1} << precision_bits || std::count(one.frequencies.begin(), one.frequencies.end(), 0) > 0)
      return bad_argument("the frequencies of a class are at least 1 and sum to 2^precision_bits");
  }
  return ExternalModel(std::make_unique<State>(std::move(classes), precision_bits));
}

ExternalModel::ExternalModel(std::unique_ptr<State> state) : state_(std::move(state)) {}
ExternalModel::~ExternalModel() = default;
ExternalModel::ExternalModel(ExternalModel&&) noexcept = default;
ExternalModel& ExternalModel::operator=(ExternalModel&&) noexcept = default;

Result<std::vector<std::byte>> ExternalModel::encode(std::span<const std::int32_t> values,
                                                     std::span<const std::uint16_t> class_of,
                                                     std::span<const std::int32_t> means) const try {
  const std::size_t count = values.size();
  ACTZ_CHECK(state_->check(count, class_of, means));
  const auto symbols = std::make_unique_for_overwrite<std::uint8_t[]>(count + kSymbolPadding);
  std::fill_n(&symbols[count], kSymbolPadding, std::uint8_t{0});
  BitWriter bypass;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint16_t one = class_of[i];
    const std::int64_t mean = means.empty() ? 0 : means[i];
    const std::int64_t symbol = std::int64_t{values[i]} - mean - state_->lowest[one];
    const std::int32_t escape = state_->escape[one];
    if (symbol >= 0 && symbol < escape) {
      symbols[i] = static_cast<std::uint8_t>(symbol);
      continue;
    }
    symbols[i] = static_cast<std::uint8_t>(escape);
    const std::int64_t excess = symbol < 0 ? -1 - symbol : symbol - escape;
    if (excess >= std::numeric_limits<std::int32_t>::max())
      return bad_argument("a value is further than 2^31 from its density");
    bypass.bits(symbol < 0 ? 0 : 1, 1);
    bypass.exp_golomb(static_cast<std::uint32_t>(excess));
  }
  const unsigned lanes = choose_lanes(count);
  RansEncoder encoder(state_->encode, lanes, count);
  std::vector<std::uint32_t> offsets(kBlock + kSymbolPadding);
  for (std::size_t first = (count + kBlock - 1) / kBlock * kBlock; first > 0;) {
    first -= kBlock;
    const std::size_t size = std::min(kBlock, count - first);
    for (std::size_t i = 0; i < size; ++i) offsets[i] = EncodeTables::table_offset(class_of[first + i]);
    encoder.encode_step({offsets.data(), kBlock}, {&symbols[first], size});
  }
  const std::vector<std::byte> bypass_bytes = bypass.finish();
  ByteWriter out;
  write({static_cast<std::uint8_t>(state_->tables.precision_bits), static_cast<std::uint8_t>(std::countr_zero(lanes)),
         count, encoder.words().size() / 2, bypass_bytes.size(), digest_of(values), state_->checksum},
        out);
  for (const std::uint32_t state : encoder.states()) out.u32(state);
  out.bytes(encoder.words());
  out.bytes(bypass_bytes);
  return out.take();
} catch (const std::bad_alloc&) {
  return Error{ErrorCode::out_of_memory, Error::kNoOffset, "not enough memory for a stream"};
}

Status ExternalModel::decode(std::span<const std::byte> stream, std::span<const std::uint16_t> class_of,
                             std::span<const std::int32_t> means, std::span<std::int32_t> values) const {
  const std::size_t count = values.size();
  ACTZ_CHECK(state_->check(count, class_of, means));
  const Error wrong_length = corrupt("the stream has another length than its header says");
  if (stream.size() < kHeaderBytes) return wrong_length;  // R-EXTN-03
  ByteReader in(stream, 0);
  ACTZ_TRY(const auto header, read_header(in));
  if (header.precision_bits != state_->tables.precision_bits || header.tables_checksum != state_->checksum ||
      header.count != count)  // R-EXTN-02
    return bad_argument("the stream was coded with other tables, or has another number of values");
  const std::size_t state_bytes = std::size_t{4} << header.lanes_log2;
  if (in.remaining_bytes() < state_bytes || header.word_count > (in.remaining_bytes() - state_bytes) / 2 ||
      header.bypass_bytes != in.remaining_bytes() - state_bytes - 2 * header.word_count)  // R-EXTN-03
    return wrong_length;
  std::vector<std::uint32_t> states;
  for (unsigned lane = 0; lane < 1u << header.lanes_log2; ++lane) {
    ACTZ_TRY(const auto state, in.u32("coder state"));
    if (state < kRansLowerBound) return corrupt("a coder state is below 65536");  // R-RANS-01
    states.push_back(state);
  }
  ACTZ_TRY(const auto words, in.bytes(2 * header.word_count, "words"));
  ACTZ_TRY(const auto bypass_bytes, in.bytes(header.bypass_bytes, "bypass"));
  RansDecoder decoder(state_->decode, states, words);
  BitReader bypass(bypass_bytes);
  std::vector<std::uint32_t> offsets(kBlock + kSymbolPadding);
  std::vector<std::uint8_t> symbols(kBlock + kSymbolPadding);
  for (std::size_t first = 0; first < count; first += kBlock) {
    const std::size_t size = std::min(kBlock, count - first);
    for (std::size_t i = 0; i < size; ++i) offsets[i] = state_->decode.table_offset(class_of[first + i]);
    if (!decoder.decode_step({offsets.data(), kBlock}, size, symbols.data())) {  // R-RANS-03
      return corrupt("the words of the stream ran out");
    }
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint16_t one = class_of[first + i];
      std::int64_t value = std::int64_t{state_->lowest[one]} + (means.empty() ? 0 : means[first + i]);
      if (symbols[i] < state_->escape[one]) {
        value += symbols[i];
      } else {
        const bool above = bypass.bits(1) == 1;
        const auto excess = bypass.exp_golomb();
        if (!excess) return corrupt("an escape of the stream is broken");  // R-QUAN-02
        value += above ? std::int64_t{state_->escape[one]} + *excess : -1 - std::int64_t{*excess};
      }
      if (value != static_cast<std::int32_t>(value)) return corrupt("a value leaves 32 bits");  // R-EXTN-04
      values[first + i] = static_cast<std::int32_t>(value);
    }
  }
  if (!decoder.finished() || !bypass.at_end())  // R-RANS-04, R-CHNK-20
    return Error{ErrorCode::corrupt_checksum, Error::kNoOffset, "the coder does not end where it began"};
  if (digest_of(values) != header.digest)  // R-EXTN-05
    return Error{ErrorCode::corrupt_checksum, Error::kNoOffset, "the values do not match their digest"};
  return {};
}

}  // namespace actz
