#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "actz/packets.hpp"
#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "base/cpu_kernel.hpp"
#include "coded_tensors.hpp"

using namespace actz;

namespace {

constexpr std::size_t kChannels = 24;
constexpr std::size_t kRows = 120;

using Bytes = std::vector<std::byte>;

/// A profile of each kind of model that packets can have.
struct Kind {
  const char* name;
  Profile profile;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = [] {
    const auto rows = test::sentences(3200, kChannels, 1);
    const auto fitted = [&](void (*change)(FitOptions&)) {
      FitOptions options;
      options.target_nmse = {0.005, 0.05};
      change(options);
      return test::fit(rows, {4, 800, kChannels}, options);
    };
    std::vector<Kind> out;
    out.push_back({"matched", fitted([](FitOptions&) {})});
    out.push_back({"dictionary", fitted([](FitOptions& o) { o.dictionary_bytes = 20000; })});
    out.push_back({"lags", fitted([](FitOptions& o) { o.match_rows = false; })});
    out.push_back({"no lags", fitted([](FitOptions& o) { o.match_rows = false, o.lags = {}; })});
    out.push_back({"static", fitted([](FitOptions& o) { o.match_rows = o.context = false, o.quantizer_states = 1; })});
    out.push_back({"fast", fitted([](FitOptions& o) { o.transform = o.match_rows = o.context = false, o.lags = {}; })});
    return out;
  }();
  return all;
}

const Profile& matched() { return kinds()[0].profile; }

std::vector<float> sequence(unsigned seed = 99) { return test::sentences(kRows, kChannels, seed); }

PacketEncoder encoder(const Profile& profile, double nmse = 0.005) {
  PacketOptions options;
  options.nmse = nmse;
  options.max_rows = kRows;
  auto out = PacketEncoder::begin(profile, options);
  REQUIRE_MESSAGE(out.has_value(), (out ? "" : out.error().message));
  return std::move(*out);
}

PacketDecoder decoder(std::span<const std::byte> session, const Profile& profile) {
  auto out = PacketDecoder::begin(session, {profile});
  REQUIRE_MESSAGE(out.has_value(), (out ? "" : out.error().message));
  return std::move(*out);
}

std::span<const std::byte> rows_of(const std::vector<float>& values, std::size_t first, std::size_t count) {
  return std::as_bytes(std::span(values).subspan(first * kChannels, count * kChannels));
}

/// The packets of a sequence, of so many rows each, and the rows as the encoder says they arrive.
struct Sent {
  Bytes session;
  std::vector<Bytes> packets;
  Bytes decoded;

  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const Bytes& packet : packets) sum += packet.size();
    return sum;
  }
};

Sent send(const Profile& profile, const std::vector<float>& values, const std::vector<std::size_t>& counts,
          double nmse = 0.005) {
  PacketEncoder from = encoder(profile, nmse);
  Sent out;
  out.session.assign(from.session().begin(), from.session().end());
  std::size_t first = 0;
  for (std::size_t i = 0; first < kRows; ++i) {
    const std::size_t count = std::min(counts[i % counts.size()], kRows - first);
    const auto packet = from.encode(rows_of(values, first, count));
    REQUIRE_MESSAGE(packet.has_value(), (packet ? "" : packet.error().message));
    out.packets.emplace_back(packet->begin(), packet->end());
    const auto decoded = from.decoded();
    out.decoded.insert(out.decoded.end(), decoded.begin(), decoded.end());
    first += count;
  }
  return out;
}

Result<Bytes> receive(const Sent& sent, const Profile& profile) {
  PacketDecoder to = decoder(sent.session, profile);
  Bytes out;
  for (const Bytes& packet : sent.packets) {
    const auto bytes = PacketDecoder::packet_bytes(packet);
    REQUIRE(bytes.has_value());
    CHECK(*bytes == packet.size());
    const auto rows = to.decode(packet);
    if (!rows) return rows.error();
    out.insert(out.end(), rows->begin(), rows->end());
  }
  CHECK(to.rows_decoded() == kRows);
  return out;
}

double nmse_of(const std::vector<float>& values, const Bytes& decoded) {
  std::vector<double> mean(kChannels);
  for (std::size_t i = 0; i < values.size(); ++i) mean[i % kChannels] += values[i] / double{kRows};
  double error = 0, energy = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = std::bit_cast<float>(load_le<std::uint32_t>(&decoded[4 * i]));
    error += std::pow(double{value} - double{values[i]}, 2);
    energy += std::pow(double{values[i]} - mean[i % kChannels], 2);
  }
  return error / energy;
}

ErrorCode code_of(const Result<Bytes>& rows) { return rows ? ErrorCode::internal : rows.error().code; }

}  // namespace

TEST_CASE("rows arrive as the encoder says, however many there are in a packet") {
  const auto values = sequence();
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    Bytes one_by_one;
    for (const auto& counts : {std::vector<std::size_t>{1}, {64, 1, 1, 1}, {3, 17}, {kRows}}) {
      const Sent sent = send(kind.profile, values, counts);
      const auto received = receive(sent, kind.profile);
      REQUIRE_MESSAGE(received.has_value(), (received ? "" : received.error().message));
      CHECK(*received == sent.decoded);
      CHECK(nmse_of(values, *received) < 0.01);
      // What a row becomes depends on the rows before it, not on where packets end.
      if (one_by_one.empty()) one_by_one = *received;
      CHECK(*received == one_by_one);
    }
  }
}

TEST_CASE("a packet takes few bytes more than its rows in a large one") {
  const auto values = sequence();
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const double single = static_cast<double>(send(kind.profile, values, {1}).bytes()) / kRows;
    const double together = static_cast<double>(send(kind.profile, values, {kRows}).bytes()) / kRows;
    CHECK(single - together <= 8);
    CHECK(single > together);
  }
}

TEST_CASE("rows of every float type, and what is not finite, arrive") {
  const auto values = sequence();
  for (const DType dtype : {DType::f16, DType::bf16, DType::f32, DType::f64}) {
    CAPTURE(to_string(dtype));
    PacketOptions options;
    options.dtype = dtype;
    options.max_rows = 4;
    auto from = PacketEncoder::begin(matched(), options);
    REQUIRE(from.has_value());
    const std::size_t width = element_bytes(dtype);
    Bytes row(kChannels * width);
    const Bytes infinity = [&] {  // exponents of ones, whatever the type
      Bytes out(width, std::byte{0});
      out[width - 1] = std::byte{0x7F};
      if (width > 1)
        out[width - 2] = dtype == DType::f16 ? std::byte{0} : dtype == DType::f64 ? std::byte{0xF0} : std::byte{0x80};
      if (dtype == DType::f16) out[width - 1] = std::byte{0x7C};
      return out;
    }();
    std::copy(infinity.begin(), infinity.end(), row.begin() + static_cast<std::ptrdiff_t>(5 * width));
    const auto packet = from->encode(row);
    REQUIRE(packet.has_value());
    PacketDecoder to = decoder(from->session(), matched());
    CHECK(to.session().dtype == dtype);
    const auto rows = to.decode(*packet);
    REQUIRE(rows.has_value());
    CHECK(std::ranges::equal(*rows, from->decoded()));
    CHECK(std::equal(infinity.begin(), infinity.end(), rows->begin() + static_cast<std::ptrdiff_t>(5 * width)));
  }
}

TEST_CASE("every kernel sends and receives the same bytes") {
  const auto values = sequence();
  const CpuKernel best = active_cpu_kernel();
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const Sent sent = send(kind.profile, values, {1, 20});
    for (const CpuKernel kernel : supported_cpu_kernels()) {
      REQUIRE(set_cpu_kernel(kernel));
      CHECK(send(kind.profile, values, {1, 20}).packets == sent.packets);
      const auto received = receive(sent, kind.profile);
      REQUIRE(received.has_value());
      CHECK(*received == sent.decoded);
    }
    REQUIRE(set_cpu_kernel(best));
  }
}

TEST_CASE("a changed bit anywhere is an error, and nothing comes after it") {
  const auto values = sequence();
  const Sent sent = send(matched(), values, {2});
  for (std::size_t bit = 0; bit < 8 * sent.packets[1].size(); ++bit) {
    CAPTURE(bit);
    PacketDecoder to = decoder(sent.session, matched());
    REQUIRE(to.decode(sent.packets[0]).has_value());
    Bytes broken = sent.packets[1];
    broken[bit / 8] ^= std::byte{static_cast<unsigned char>(1u << bit % 8)};
    const auto rows = to.decode(broken);
    REQUIRE(!rows.has_value());
    const ErrorCode error = family(rows.error().code);
    CHECK((error == ErrorCode::corrupt || error == ErrorCode::need_more_input));
    CHECK(to.rows_decoded() == 2);
    if (error == ErrorCode::need_more_input) continue;
    CHECK(code_of(to.decode(sent.packets[1])) == rows.error().code);
  }
}

TEST_CASE("a packet lost, repeated or of another session is an error") {
  const auto values = sequence();
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const Sent sent = send(kind.profile, values, {1});
    PacketDecoder lost = decoder(sent.session, kind.profile);
    REQUIRE(lost.decode(sent.packets[0]).has_value());
    CHECK(family(code_of(lost.decode(sent.packets[2]))) == ErrorCode::corrupt);
    PacketDecoder repeated = decoder(sent.session, kind.profile);
    REQUIRE(repeated.decode(sent.packets[0]).has_value());
    CHECK(family(code_of(repeated.decode(sent.packets[0]))) == ErrorCode::corrupt);
    const Sent other = send(kind.profile, sequence(5), {1});
    PacketDecoder mixed = decoder(sent.session, kind.profile);
    REQUIRE(mixed.decode(sent.packets[0]).has_value());
    CHECK(family(code_of(mixed.decode(other.packets[1]))) == ErrorCode::corrupt);
  }
}

TEST_CASE("a packet cut short wants more, and can be given again") {
  const Sent sent = send(matched(), sequence(), {64});
  PacketDecoder to = decoder(sent.session, matched());
  for (std::size_t size = 0; size < sent.packets[0].size(); ++size) {
    CHECK(code_of(to.decode(std::span(sent.packets[0]).first(size))) == ErrorCode::need_more_input);
  }
  CHECK(to.decode(sent.packets[0]).has_value());
  Bytes longer = sent.packets[1];
  longer.push_back(std::byte{0});
  CHECK(code_of(to.decode(longer)) == ErrorCode::corrupt_bounds);
}

TEST_CASE("a session says who can read it") {
  const PacketEncoder from = encoder(matched());
  const Bytes session(from.session().begin(), from.session().end());
  const auto code = [](const Bytes& bytes, const Profile& profile, const DecodeLimits& limits = {}) {
    const auto begun = PacketDecoder::begin(bytes, {profile}, limits);
    return begun ? ErrorCode::internal : begun.error().code;
  };
  const auto changed = [&](std::size_t at, std::uint32_t value) {
    Bytes out = session;
    store_le(&out[at], value);
    store_le(&out[60], crc32c(std::span(out).first(60)));
    return out;
  };
  CHECK(code(session, kinds()[2].profile) == ErrorCode::unsupported);
  DecodeLimits small;  // R-PACK-06
  small.max_chunk_bytes = 4 * kRows * kChannels - 1;
  CHECK(code(session, matched(), small) == ErrorCode::limit_exceeded);
  CHECK(code(Bytes(session.begin(), session.end() - 1), matched()) == ErrorCode::corrupt_bounds);
  CHECK(code(changed(0, 0), matched()) == ErrorCode::corrupt_signature);
  CHECK(code(changed(8, 2), matched()) == ErrorCode::unsupported);           // version
  CHECK(code(changed(8, 1 | 6 << 8), matched()) == ErrorCode::corrupt);      // i32
  CHECK(code(changed(12, kChannels + 1), matched()) == ErrorCode::corrupt);  // channels
  CHECK(code(changed(16, 0), matched()) == ErrorCode::corrupt);              // max_rows
  CHECK(code(changed(20, 0x7F800000), matched()) == ErrorCode::corrupt);     // unit
  for (std::size_t bit = 0; bit < 8 * session.size(); ++bit) {
    Bytes broken = session;
    broken[bit / 8] ^= std::byte{static_cast<unsigned char>(1u << bit % 8)};
    CHECK(family(code(broken, matched())) == ErrorCode::corrupt);
  }
}

TEST_CASE("what an encoder cannot do is said, and does not end the session") {
  PacketEncoder from = encoder(matched());
  const auto values = sequence();
  const auto bytes = std::as_bytes(std::span(values));
  const auto code = [&](std::span<const std::byte> rows) {
    const auto packet = from.encode(rows);
    return packet ? ErrorCode::internal : packet.error().code;
  };
  CHECK(code({}) == ErrorCode::bad_argument);
  CHECK(code(bytes.first(4 * kChannels - 4)) == ErrorCode::bad_argument);
  REQUIRE(from.encode(bytes).has_value());
  CHECK(code(bytes.first(4 * kChannels)) == ErrorCode::bad_argument);  // the session is full
  PacketOptions options;
  options.dtype = DType::i16;
  CHECK(!PacketEncoder::begin(matched(), options).has_value());
  options = {};
  options.max_rows = 0;
  CHECK(!PacketEncoder::begin(matched(), options).has_value());
  options = {};
  options.nmse = 0;
  CHECK(!PacketEncoder::begin(matched(), options).has_value());
}

TEST_CASE("a smaller error takes more bits") {
  const auto values = sequence();
  const Sent fine = send(matched(), values, {1}, 0.002);
  const Sent coarse = send(matched(), values, {1}, 0.05);
  CHECK(fine.bytes() > coarse.bytes());
  CHECK(nmse_of(values, fine.decoded) < nmse_of(values, coarse.decoded));
}
