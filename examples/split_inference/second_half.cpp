#include "second_half.hpp"

#include <chrono>
#include <cstring>

#include "actz/packets.hpp"
#include "opening.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using Bytes = std::vector<std::byte>;

actz::Error wrong(const std::string& what) { return {actz::ErrorCode::bad_argument, actz::Error::kNoOffset, what}; }

/// The next packet, whole: its first bytes say how many there are.
actz::Result<Bytes> receive_packet(Link& link) {
  Bytes packet;
  for (;;) {
    packet.emplace_back();
    if (const auto received = link.receive(std::span(packet).last(1)); !received) return received.error();
    const auto bytes = actz::PacketDecoder::packet_bytes(packet);
    if (!bytes && bytes.error().code == actz::ErrorCode::need_more_input) continue;
    if (!bytes) return bytes.error();
    const std::size_t have = packet.size();
    packet.resize(*bytes);
    if (const auto received = link.receive(std::span(packet).subspan(have)); !received) return received.error();
    return packet;
  }
}

actz::Status check_opening(const Opening& opening, const actz::PacketSession& session, const Checkpoint::Sizes& sizes) {
  if (session.dtype != actz::DType::f32 || session.channels != sizes.dim)
    return wrong("the packets hold rows of another model");
  if (opening.layers == 0 || opening.layers >= sizes.layers) return wrong("the model has no such split");
  if (session.max_rows > sizes.positions) return wrong("the session is longer than the model's longest sequence");
  return {};
}

/// The layers after the split for the rows of a packet, and an answer for each.
actz::Status answer_rows(Link& link, const Llama& model, const Opening& opening, std::span<const std::byte> bytes,
                         float decode_us, std::size_t position, KvCache& cache) {
  const Checkpoint::Sizes& sizes = model.sizes();
  std::vector<float> x(sizes.dim);
  const std::size_t row_bytes = x.size() * sizeof(float);
  for (std::size_t at = 0; at < bytes.size(); at += row_bytes, ++position) {
    std::memcpy(x.data(), &bytes[at], row_bytes);
    model.run(opening.layers, sizes.layers, position, x, cache);
    const std::vector<float> logits = model.logits(x);
    const Answer answer{most_likely(logits), decode_us};
    if (const auto sent = link.send(std::as_bytes(std::span(&answer, 1))); !sent) return sent.error();
    if (opening.wants_logits == 0) continue;
    if (const auto sent = link.send(std::as_bytes(std::span(logits))); !sent) return sent.error();
  }
  return {};
}

}  // namespace

actz::Status serve(Link& link, const Llama& model, const std::vector<actz::Profile>& profiles) {
  Opening opening;
  if (const auto received = link.receive(std::as_writable_bytes(std::span(&opening, 1))); !received)
    return received.error();
  auto decoder = actz::PacketDecoder::begin(opening.session, profiles);
  if (!decoder) return decoder.error();
  if (const auto checked = check_opening(opening, decoder->session(), model.sizes()); !checked) return checked.error();
  KvCache cache(model.sizes());
  while (!link.at_end()) {
    const auto packet = receive_packet(link);
    if (!packet) return packet.error();
    const auto position = static_cast<std::size_t>(decoder->rows_decoded());
    const auto before = Clock::now();
    const auto rows = decoder->decode(*packet);
    const std::chrono::duration<float, std::micro> taken = Clock::now() - before;
    if (!rows) return rows.error();
    const auto count = static_cast<float>(decoder->rows_decoded() - position);
    if (const auto answered = answer_rows(link, model, opening, *rows, taken.count() / count, position, cache);
        !answered)
      return answered.error();
  }
  return {};
}
