#include "decode_coder_file.hpp"

#include <algorithm>
#include <string>

#include "actz/external_model.hpp"
#include "actz/packets.hpp"
#include "base/byte_reader.hpp"
#include "base/bytes.hpp"
#include "base/try.hpp"
#include "entropy/rans.hpp"
#include "generated/format_limits.hpp"

namespace actz::conformance {
namespace {

using Bytes = std::vector<std::byte>;
constexpr std::size_t kBlock = 4096;  ///< symbols at a time: a multiple of every number of lanes
enum Form : std::uint8_t { kRans = 1, kExternal = 2, kPackets = 3 };

Error broken(const char* message) { return {ErrorCode::corrupt, Error::kNoOffset, message}; }

/// What stands before the part of each form.
struct Head {
  std::uint8_t form = 0;
  std::uint8_t precision_bits = 0;
  std::vector<ExternalClass> classes;
};

Result<Head> read_head(ByteReader& in) {
  Head out;
  ACTZ_TRY(const auto signature, in.bytes(8, "signature"));
  if (std::string(reinterpret_cast<const char*>(signature.data()), 8) != "actzcodr")
    return Error{ErrorCode::bad_argument, Error::kNoOffset, "not a coder file"};
  ACTZ_TRY(out.form, in.u8("form"));
  ACTZ_TRY(out.precision_bits, in.u8("precision_bits"));
  ACTZ_TRY([[maybe_unused]] const auto reserved, in.u16("reserved"));
  ACTZ_TRY(const auto class_count, in.u32("class_count"));
  for (std::uint32_t i = 0; i < class_count; ++i) {
    ExternalClass one;
    ACTZ_TRY(const auto lowest, in.u32("lowest"));
    one.lowest = static_cast<std::int32_t>(lowest);
    ACTZ_TRY(const auto symbols, in.u16("symbols"));
    for (unsigned s = 0; s < symbols; ++s) {
      ACTZ_TRY(const auto frequency, in.u16("frequency"));
      one.frequencies.push_back(frequency);
    }
    out.classes.push_back(std::move(one));
  }
  return out;
}

Result<std::vector<std::uint16_t>> read_classes(ByteReader& in, std::size_t count, std::size_t class_count) {
  std::vector<std::uint16_t> out;
  for (std::size_t i = 0; i < count; ++i) {
    ACTZ_TRY(const auto one, in.u16("class"));
    if (one >= class_count) return Error{ErrorCode::bad_argument, Error::kNoOffset, "no such class"};
    out.push_back(one);
  }
  return out;
}

Status decode_run(RansDecoder& decoder, const DecodeTables& tables, std::span<const std::uint16_t> class_of,
                  Bytes& out) {
  std::vector<std::uint32_t> offsets(kBlock + kSymbolPadding);
  std::vector<std::uint8_t> symbols(kBlock + kSymbolPadding);
  for (std::size_t first = 0; first < class_of.size(); first += kBlock) {
    const std::size_t size = std::min(kBlock, class_of.size() - first);
    for (std::size_t i = 0; i < size; ++i) offsets[i] = tables.table_offset(class_of[first + i]);
    if (!decoder.decode_step({offsets.data(), kBlock}, size, symbols.data()))  // R-RANS-03
      return broken("the words ran out");
    for (std::size_t i = 0; i < size; ++i) out.push_back(std::byte{symbols[i]});
  }
  return {};
}

/// The sum and the number of the frequencies: what a container would have checked.
Status check_classes(const Head& head) {
  const Error wrong{ErrorCode::bad_argument, Error::kNoOffset, "no such classes"};
  if (head.precision_bits < kMinPrecisionBits || head.precision_bits > kMaxPrecisionBits || head.classes.empty())
    return wrong;
  for (const ExternalClass& one : head.classes) {
    std::uint64_t sum = 0;
    for (const std::uint16_t frequency : one.frequencies) sum += frequency;
    if (one.frequencies.size() > kMaxSymbols || sum != std::uint64_t{1} << head.precision_bits) return wrong;
  }
  return {};
}

Result<Bytes> decode_rans(const Head& head, ByteReader& in) {
  ACTZ_CHECK(check_classes(head));
  ClassTables classes{head.precision_bits, {}};
  for (const ExternalClass& one : head.classes) classes.classes.push_back(one.frequencies);
  const DecodeTables tables(classes);
  ACTZ_TRY(const auto lanes_log2, in.u32("lanes_log2"));
  if (lanes_log2 > 7) return Error{ErrorCode::bad_argument, Error::kNoOffset, "no such number of lanes"};
  ACTZ_TRY(const auto run_count, in.u32("run_count"));
  std::vector<std::uint32_t> lengths;
  for (std::uint32_t i = 0; i < run_count; ++i) {
    ACTZ_TRY(const auto length, in.u32("length"));
    lengths.push_back(length);
  }
  std::vector<std::vector<std::uint16_t>> runs;
  for (const std::uint32_t length : lengths) {
    ACTZ_TRY(auto run, read_classes(in, length, head.classes.size()));
    runs.push_back(std::move(run));
  }
  std::vector<std::uint32_t> states;
  for (unsigned lane = 0; lane < 1u << lanes_log2; ++lane) {
    ACTZ_TRY(const auto state, in.u32("state"));
    if (state < kRansLowerBound) return broken("a coder state is below 65536");  // R-RANS-01
    states.push_back(state);
  }
  ACTZ_TRY(const auto words, in.bytes(in.remaining_bytes(), "words"));
  RansDecoder decoder(tables, states, words);
  Bytes out;
  for (const auto& run : runs) ACTZ_CHECK(decode_run(decoder, tables, run, out));
  if (!decoder.finished()) return broken("the coder does not end where it began");  // R-RANS-04
  return out;
}

Result<Bytes> decode_external(Head head, ByteReader& in) {
  ACTZ_TRY(const auto count, in.u32("count"));
  ACTZ_TRY(const auto class_of, read_classes(in, count, head.classes.size()));
  std::vector<std::int32_t> means;
  for (std::uint32_t i = 0; i < count; ++i) {
    ACTZ_TRY(const auto mean, in.u32("mean"));
    means.push_back(static_cast<std::int32_t>(mean));
  }
  ACTZ_TRY(const auto stream, in.bytes(in.remaining_bytes(), "stream"));
  ACTZ_TRY(const auto model, ExternalModel::make(std::move(head.classes), head.precision_bits));
  std::vector<std::int32_t> values(count);
  ACTZ_CHECK(model.decode(stream, class_of, means, values));
  Bytes out(values.size() * 4);
  for (std::size_t i = 0; i < values.size(); ++i) store_le(&out[4 * i], static_cast<std::uint32_t>(values[i]));
  return out;
}

Result<Bytes> decode_packets(ByteReader& in, const DecodeLimits& limits) {
  ACTZ_TRY(const auto profile_bytes, in.u32("profile_bytes"));
  ACTZ_TRY(const auto profile_file, in.bytes(profile_bytes, "profile"));
  ACTZ_TRY(const auto profile, Profile::parse(profile_file));
  ACTZ_TRY(const auto session, in.bytes(PacketSession::kBytes, "session"));
  ACTZ_TRY(auto decoder, PacketDecoder::begin(session, {profile}, limits));
  Bytes out;
  while (in.remaining_bytes() > 0) {
    ACTZ_TRY(const auto packet_bytes, PacketDecoder::packet_bytes(in.rest()));
    const std::size_t have = std::min(packet_bytes, in.remaining_bytes());
    ACTZ_TRY(const auto packet, in.bytes(have, "packet"));
    ACTZ_TRY(const auto rows, decoder.decode(packet));
    out.insert(out.end(), rows.begin(), rows.end());
  }
  return out;
}

}  // namespace

Result<Bytes> decode_coder_file(std::span<const std::byte> data, const DecodeLimits& limits) {
  ByteReader in(data, 0);
  ACTZ_TRY(auto head, read_head(in));
  if (head.form == kRans) return decode_rans(head, in);
  if (head.form == kPackets) return decode_packets(in, limits);
  return decode_external(std::move(head), in);
}

}  // namespace actz::conformance
