#include "first_half.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "actz/packets.hpp"
#include "opening.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point before) {
  return std::chrono::duration<double, std::micro>(Clock::now() - before).count();
}

/// One run of a text over a link.
class Sender {
 public:
  Sender(Link& link, const Llama& model, actz::PacketEncoder encoder, const FirstHalfOptions& options)
      : link_(link), model_(model), encoder_(std::move(encoder)), options_(options), cache_(model.sizes()) {}

  actz::Status open() {
    Opening opening;
    std::ranges::copy(encoder_.session(), opening.session.begin());
    opening.layers = options_.layers;
    opening.wants_logits = options_.compares ? 1 : 0;
    return link_.send(std::as_bytes(std::span(&opening, 1)));
  }

  /// Runs the first layers for some tokens and sends their rows as a packet.
  /// @return a report for each, as far as it is known yet; logits of the whole model stay in whole_logits().
  actz::Result<std::vector<TokenReport>> send(std::span<const std::uint32_t> tokens) {
    std::vector<float> rows;
    std::vector<TokenReport> out(tokens.size());
    whole_logits_.clear();
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      std::vector<float> x = model_.embed(tokens[i]);
      const auto before = Clock::now();
      model_.run(0, options_.layers, position_, x, cache_);
      rows.insert(rows.end(), x.begin(), x.end());
      if (options_.compares) {
        model_.run(options_.layers, model_.sizes().layers, position_, x, cache_);
        whole_logits_.push_back(model_.logits(x));
      }
      out[i].model_us = microseconds_since(before);
      ++position_;
    }
    const auto before = Clock::now();
    const auto packet = encoder_.encode(std::as_bytes(std::span(rows)));
    const double encode_us = microseconds_since(before);
    if (!packet) return packet.error();
    std::vector<std::byte> sent(packet->begin(), packet->end());
    if (++packets_ == options_.corrupted) sent[sent.size() / 2] ^= std::byte{0x10};
    if (const auto status = link_.send(sent); !status) return status.error();
    const auto count = static_cast<double>(tokens.size());
    for (TokenReport& report : out) {
      report.bits = 8.0 * static_cast<double>(sent.size()) / count;
      report.encode_us = encode_us / count;
    }
    return out;
  }

  /// The answer to a row of the last packet; the token of the report is then the most likely next one.
  actz::Status receive(std::size_t row, TokenReport& report) {
    Answer answer;
    if (const auto got = link_.receive(std::as_writable_bytes(std::span(&answer, 1))); !got) return got.error();
    report.token = answer.token;
    report.decode_us = double{answer.decode_us};
    if (!options_.compares) return {};
    logits_.resize(model_.sizes().vocabulary);
    if (const auto got = link_.receive(std::as_writable_bytes(std::span(logits_))); !got) return got.error();
    report.agrees = answer.token == most_likely(whole_logits_[row]);
    return {};
  }

  /// What the token that did come next cost either model.
  void set_losses(std::size_t row, TokenReport& report) const {
    if (!options_.compares) return;
    report.loss = loss_nats(logits_, report.token);
    report.whole_loss = loss_nats(whole_logits_[row], report.token);
  }

 private:
  Link& link_;
  const Llama& model_;
  actz::PacketEncoder encoder_;
  const FirstHalfOptions& options_;
  KvCache cache_;
  std::size_t position_ = 0;
  std::size_t packets_ = 0;
  std::vector<std::vector<float>> whole_logits_;  ///< of the rows of the last packet
  std::vector<float> logits_;                     ///< of the last answer
};

}  // namespace

actz::Status run_first_half(Link& link, const Llama& model, const actz::Profile& profile,
                            const std::vector<std::uint32_t>& text, const FirstHalfOptions& options,
                            const std::function<void(const TokenReport&)>& report) {
  // Of a text alone the last token has no next one to be judged by.
  const std::size_t given = options.new_tokens > 0 ? text.size() : text.size() - 1;
  const std::size_t positions = given + options.new_tokens;
  if (positions == 0 || positions > model.sizes().positions)
    return actz::Error{actz::ErrorCode::bad_argument, actz::Error::kNoOffset,
                       "the text is empty, or longer than the model's longest sequence"};
  actz::PacketOptions packet_options;
  packet_options.nmse = options.nmse;
  packet_options.max_rows = static_cast<std::uint32_t>(positions);
  auto encoder = actz::PacketEncoder::begin(profile, packet_options);
  if (!encoder) return encoder.error();
  Sender sender(link, model, std::move(*encoder), options);
  if (const auto opened = sender.open(); !opened) return opened.error();
  std::vector<std::uint32_t> tokens = text;
  for (std::size_t at = 0; at < positions && tokens.back() != 2;) {
    const std::size_t count = at < given ? std::min(options.block, given - at) : 1;
    auto reports = sender.send(std::span(tokens).subspan(at, count));
    if (!reports) return reports.error();
    for (std::size_t i = 0; i < count; ++i) {
      TokenReport& row = (*reports)[i];
      if (const auto got = sender.receive(i, row); !got) return got.error();
      if (at + i + 1 < text.size()) {
        row.token = text[at + i + 1];
      } else if (at + i + 1 < positions) {
        tokens.push_back(row.token);
      }
      sender.set_losses(i, row);
      report(row);
    }
    at += count;
  }
  link.finish_sending();
  return {};
}
