#include <algorithm>
#include <new>
#include <optional>

#include "actz/packets.hpp"
#include "base/bytes.hpp"
#include "base/try.hpp"
#include "container/packet_fields.hpp"
#include "container/patches.hpp"
#include "pipeline/dec_row_steps.hpp"
#include "pipeline/model_set.hpp"
#include "pipeline/row_output.hpp"

namespace actz {
namespace {

Result<ChunkParts> split_states(const PacketParts& packet) {
  ChunkParts out;
  const std::size_t lanes = std::size_t{1} << packet.lanes_log2;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    out.states.push_back(load_le<std::uint32_t>(&packet.states_and_words[4 * lane]));
    if (out.states.back() < kRansLowerBound) {  // R-RANS-01
      return Error{ErrorCode::corrupt, Error::kNoOffset, "a coder state of a packet is below 65536"};
    }
  }
  out.words = packet.states_and_words.subspan(4 * lanes);
  out.bypass = packet.bypass;
  return out;
}

Status check_session(const SessionHeader& header, const CodecModel& model, const DecodeLimits& limits) {
  if (model.kind != CodecKind::lossy || model.channels != header.channels || model.reference.channels > 0) {
    return Error{ErrorCode::corrupt, 28, "the session's model is of another kind of rows"};  // R-PACK-04
  }
  const std::uint64_t value_bytes = std::max<std::uint64_t>(4, element_bytes(header.dtype));
  if (std::uint64_t{header.max_rows} * header.channels * value_bytes > limits.max_chunk_bytes) {  // R-PACK-06
    return Error{ErrorCode::limit_exceeded, 16, "the session is larger than the reader's limit"};
  }
  return {};
}

}  // namespace

struct PacketDecoder::State {
  State(const SessionHeader& header, std::span<const std::byte> session_bytes, SharedModel shared,
        std::shared_ptr<const FixedStoredRows> stored_rows)
      : session{header.dtype, header.channels, header.max_rows},
        tensor(session_tensor(header)),
        model(std::move(shared)),
        stored(std::move(stored_rows)),
        strand{0, header.max_rows},
        steps(*model, std::span(&strand, 1), 1, {nullptr, stored.get()}),
        chain(session_bytes) {}

  std::size_t row_bytes() const { return tensor.channels * element_bytes(tensor.dtype); }
  Result<std::vector<std::byte>> decode(std::span<const std::byte> packet);
  Status decode_rows(const PacketParts& packet, std::span<std::byte> to);

  PacketSession session;
  TensorHeader tensor;
  SharedModel model;
  std::shared_ptr<const FixedStoredRows> stored;  ///< of the model's dictionary; null if none
  // what goes on from packet to packet
  Strand strand;
  RowSteps steps;
  PacketChain chain;
  std::size_t next_row = 0;
  std::optional<Error> failed;
};

Status PacketDecoder::State::decode_rows(const PacketParts& packet, std::span<std::byte> to) {
  ACTZ_TRY(const auto parts, split_states(packet));
  const auto levels = make_levels(parts, *model, 1);
  RowOutput output(tensor, model->model, to);
  StepRows step{0, {0}, {0}, {0}};
  for (std::size_t i = 0; i < packet.row_count; ++i) {
    step.t = step.row[0] = step.position[0] = next_row + i;
    std::span<std::int32_t* const> rows;
    if (!steps.decode(*levels, step, rows)) {
      return Error{ErrorCode::corrupt, Error::kNoOffset, "the entropy-coded data of a packet is broken"};
    }
    output.store(i, rows[0]);
  }
  if (!levels->finished()) {
    return Error{ErrorCode::corrupt_checksum, Error::kNoOffset, "the coder of a packet does not end where it began"};
  }
  const std::size_t width = element_bytes(tensor.dtype);
  ACTZ_TRY(const auto patches, read_patches(packet.patches, to.size() / width, width, 0));
  for (std::size_t i = 0; i < patches.element.size(); ++i) {
    std::copy_n(&patches.values[i * width], width, &to[static_cast<std::size_t>(patches.element[i]) * width]);
  }
  return {};
}

Result<std::vector<std::byte>> PacketDecoder::State::decode(std::span<const std::byte> packet) {
  ACTZ_TRY(const auto parts, read_packet(packet));
  if (parts.row_count > tensor.rows - next_row) {  // R-PACK-08
    return Error{ErrorCode::corrupt_bounds, Error::kNoOffset, "a packet has more rows than its session"};
  }
  std::vector<std::byte> out(PacketChain::kRoomBytes + parts.row_count * row_bytes());
  ACTZ_CHECK(decode_rows(parts, std::span(out).subspan(PacketChain::kRoomBytes)));
  if (chain.take(out) != parts.check) {  // R-PACK-09
    return Error{ErrorCode::corrupt_checksum, Error::kNoOffset, "a packet does not match its check"};
  }
  next_row += parts.row_count;
  out.erase(out.begin(), out.begin() + PacketChain::kRoomBytes);
  return out;
}

Result<PacketDecoder> PacketDecoder::begin(std::span<const std::byte> session, const std::vector<Profile>& profiles,
                                           const DecodeLimits& limits) try {
  ACTZ_TRY(const auto header, read_session_header(session));
  DecodeOptions options;
  options.profiles = profiles;
  options.limits = limits;
  ModelSet models(options);
  ACTZ_CHECK(models.add_reference(header.model, 28));
  ACTZ_TRY(auto model, models.prepare(0, 28));
  ACTZ_CHECK(check_session(header, model->model, limits));
  std::shared_ptr<const FixedStoredRows> stored;
  if (model->stored != nullptr) {
    ACTZ_TRY(stored, model->stored->rows_for(session_tensor(header), model->model));
  }
  return PacketDecoder(std::make_unique<State>(header, session, std::move(model), std::move(stored)));
} catch (const std::bad_alloc&) {
  return Error{ErrorCode::out_of_memory, Error::kNoOffset, "not enough memory for a session"};
}

PacketDecoder::PacketDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
PacketDecoder::~PacketDecoder() = default;
PacketDecoder::PacketDecoder(PacketDecoder&&) noexcept = default;
PacketDecoder& PacketDecoder::operator=(PacketDecoder&&) noexcept = default;

const PacketSession& PacketDecoder::session() const { return state_->session; }
std::uint64_t PacketDecoder::rows_decoded() const { return state_->next_row; }

Result<std::size_t> PacketDecoder::packet_bytes(std::span<const std::byte> begin) { return read_packet_bytes(begin); }

Result<std::vector<std::byte>> PacketDecoder::decode(std::span<const std::byte> packet) try {
  if (state_->failed) return *state_->failed;  // R-PACK-11
  const auto bytes = read_packet_bytes(packet);
  if (bytes && packet.size() < *bytes)
    return Error{ErrorCode::need_more_input, packet.size(), "a packet is not complete"};  // R-PACK-10
  if (!bytes && bytes.error().code == ErrorCode::need_more_input) return bytes.error();
  auto rows = !bytes                   ? Result<std::vector<std::byte>>(bytes.error())
              : packet.size() > *bytes ? Error{ErrorCode::corrupt_bounds, *bytes, "bytes follow the packet"}
                                       : state_->decode(packet);
  if (!rows) state_->failed = rows.error();
  return rows;
} catch (const std::bad_alloc&) {
  state_->failed = Error{ErrorCode::out_of_memory, Error::kNoOffset, "not enough memory for a packet"};
  return *state_->failed;
}

}  // namespace actz
