#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <optional>

#include "actz/packets.hpp"
#include "base/try.hpp"
#include "container/packet_fields.hpp"
#include "container/patches.hpp"
#include "container/scaled_centre.hpp"
#include "pipeline/dec_dictionary.hpp"
#include "pipeline/enc_effort.hpp"
#include "pipeline/enc_error_meter.hpp"
#include "pipeline/enc_matches.hpp"
#include "pipeline/enc_row_input.hpp"
#include "pipeline/enc_symbols.hpp"
#include "pipeline/row_output.hpp"
#include "profile/metric_section.hpp"
#include "profile/profile_content.hpp"

namespace actz {
namespace {

constexpr unsigned kMostLanes = 8;
constexpr double kFarthestUnit = 4;  ///< from that of the rung, either way

Error bad_argument(const char* message) { return {ErrorCode::bad_argument, Error::kNoOffset, message}; }

std::size_t nearest_rung(const Profile::Content& profile, double nmse) {
  const auto distance = [&](const RungInfo& rung) {
    return std::fabs(std::log(std::max(rung.held_out_nmse, 1e-12) / nmse));
  };
  const auto nearest =
      std::min_element(profile.info.begin(), profile.info.end(),
                       [&](const RungInfo& a, const RungInfo& b) { return distance(a) < distance(b); });
  return static_cast<std::size_t>(nearest - profile.info.begin());
}

/// At high rate the error goes with the square of the unit.
double unit_for(const CodecModel& model, const RungInfo& rung, double nmse) {
  if (!(rung.held_out_nmse > 0)) return double{model.unit};
  return double{model.unit} * std::clamp(std::sqrt(nmse / rung.held_out_nmse), 1 / kFarthestUnit, kFarthestUnit);
}

Result<std::shared_ptr<const StoredRows>> dictionary_rows(const CodecModel& model, const Profile::Content& profile) {
  for (const StoredDictionary& stored : profile.dictionaries) {
    if (model.match.dictionary == stored.digest) return load_dictionary(stored)->part()->rows();
  }
  return std::shared_ptr<const StoredRows>();
}

}  // namespace

struct PacketEncoder::State {
  State(std::size_t number, const Rung& used, const SessionHeader& header, const Decisions& decisions,
        const StoredRows* dictionary)
      : rung(number),
        session(write_session_header(header)),
        tensor(session_tensor(header)),
        model(used.model),
        centre(scaled_centre(model, header.centre_scale)),
        input(tensor, centre),
        rows(model, Rates::of_model, decisions),
        symbols(model.entropy_kind == EntropyKind::context ? make_context_symbol_coder(model)
                                                           : make_static_symbol_coder(model)),
        stored(dictionary != nullptr ? std::optional(rows.searchable(*dictionary, tensor.unit, centre)) : std::nullopt),
        strand{0, header.max_rows},
        run(rows, std::span(&strand, 1), 1, {nullptr, stored ? &*stored : nullptr}),
        match_writer(model.match, header.max_rows, 1,
                     stored ? stored->rows.position() : std::span<const std::uint32_t>{}),
        matches(model.match.classes > 0 ? header.max_rows : 0),
        chain(session) {}

  std::size_t row_bytes() const { return tensor.channels * element_bytes(tensor.dtype); }
  Status encode(std::span<const std::byte> elements, std::size_t count);

  std::size_t rung;
  std::vector<std::byte> session;
  TensorHeader tensor;
  CodecModel model;
  std::vector<std::int32_t> centre;
  RowInput input;
  LossyRowEncoder rows;
  std::unique_ptr<SymbolCoder> symbols;
  std::optional<StoredSearch> stored;
  // what goes on from packet to packet
  Strand strand;
  LossyRowEncoder::Run run;
  MatchWriter match_writer;
  std::vector<RowMatch> matches;
  PacketChain chain;
  std::size_t next_row = 0;
  // of the last packet
  std::vector<std::byte> packet;
  std::vector<std::byte> room_and_decoded;
  std::optional<Error> failed;
};

/// Codes the next rows, one after the other, and makes a packet of them. An error leaves the state between packets.
Status PacketEncoder::State::encode(std::span<const std::byte> elements, std::size_t count) {
  room_and_decoded.resize(PacketChain::kRoomBytes + elements.size());
  const auto decoded = std::span(room_and_decoded).subspan(PacketChain::kRoomBytes);
  RowOutput output(tensor, model, decoded);
  ErrorMeter meter(tensor, centre, kPatchedErrorUnits * double{tensor.unit}, elements, decoded);
  const auto out = symbols->begin(count, 1);
  StepRows step{0, {0}, {0}, {0}};
  for (std::size_t i = 0; i < count; ++i) {
    step.t = step.row[0] = step.position[0] = next_row + i;
    const auto coded = rows.encode_step(
        run, step, [&](std::size_t, float* room) { return input.centred(elements, i, room); }, matches);
    match_writer.write(step, matches, out->bypass());
    if (!out->write(coded.levels, match_writer.start_activity())) return bad_argument("the model cannot code a row");
    output.store(i, coded.decoded[0]);
    meter.measure(i);
  }
  next_row += count;
  ChunkStatistics statistics;
  const auto patches = write_patches(meter.finish(statistics));
  const CodedSymbols coded = out->finish(kMostLanes);
  const PacketParts parts{static_cast<std::uint32_t>(count),
                          coded.coded.lanes_log2(),
                          chain.take(room_and_decoded),
                          coded.coded.states_and_words,
                          coded.bypass,
                          patches};
  if (!write_packet(parts, packet)) return bad_argument("a packet of so many rows is too long");
  return {};
}

Result<PacketEncoder> PacketEncoder::begin(const Profile& profile, const PacketOptions& options) try {
  const Profile::Content& content = profile.content();
  if (!is_float(options.dtype)) return bad_argument("packets hold rows of a float type");
  if (options.max_rows == 0 || options.max_rows > kMaxSessionRows)
    return bad_argument("a session has 1 to 1048576 rows");
  if (!(options.nmse > 0)) return bad_argument("the error aimed at is above 0");
  if (content.rungs.empty()) return bad_argument("the profile has no rung");
  const std::size_t number = nearest_rung(content, options.nmse);
  const Rung& rung = content.rungs[number];
  if (rung.model.kind != CodecKind::lossy || rung.model.reference.channels > 0)
    return bad_argument("the profile predicts from another tensor, which packets do not have");
  ACTZ_TRY(const auto metric, read_metric(content.metric, rung.model.channels));
  ACTZ_TRY(const auto dictionary, dictionary_rows(rung.model, content));
  SessionHeader header;
  header.dtype = options.dtype;
  header.channels = rung.model.channels;
  header.max_rows = options.max_rows;
  header.unit = static_cast<float>(unit_for(rung.model, content.info[number], options.nmse));
  header.centre_scale = centre_scale_for(rung.model, double{header.unit});
  header.model = rung.digest;
  DecisionOptions wanted = decisions_of_effort(options.effort, metric);
  wanted.repeat_slope = rung.repeat_slope;
  const Decisions decisions = decisions_for(rung.model.state_bits, wanted);
  return PacketEncoder(std::make_unique<State>(number, rung, header, decisions, dictionary.get()));
} catch (const std::bad_alloc&) {
  return Error{ErrorCode::out_of_memory, Error::kNoOffset, "not enough memory for a session"};
}

PacketEncoder::PacketEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
PacketEncoder::~PacketEncoder() = default;
PacketEncoder::PacketEncoder(PacketEncoder&&) noexcept = default;
PacketEncoder& PacketEncoder::operator=(PacketEncoder&&) noexcept = default;

std::span<const std::byte> PacketEncoder::session() const { return state_->session; }
std::size_t PacketEncoder::rung() const { return state_->rung; }
std::span<const std::byte> PacketEncoder::decoded() const {
  const std::span<const std::byte> all(state_->room_and_decoded);
  return all.empty() ? all : all.subspan(PacketChain::kRoomBytes);
}

Result<std::span<const std::byte>> PacketEncoder::encode(std::span<const std::byte> rows) try {
  if (state_->failed) return *state_->failed;
  const std::size_t count = rows.size() / state_->row_bytes();
  if (count == 0 || rows.size() % state_->row_bytes() != 0)
    return bad_argument("a packet holds one or more whole rows");
  if (count > state_->tensor.rows - state_->next_row) return bad_argument("the session has no room for so many rows");
  const Status coded = state_->encode(rows, count);
  if (coded) return std::span<const std::byte>(state_->packet);
  state_->failed = coded.error();
  return *state_->failed;
} catch (const std::bad_alloc&) {
  state_->failed = Error{ErrorCode::out_of_memory, Error::kNoOffset, "not enough memory for a packet"};
  return *state_->failed;
}

}  // namespace actz
