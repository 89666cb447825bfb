#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/try.hpp"
#include "container/section.hpp"
#include "profile/profile_content.hpp"

namespace actz {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMostRepeatSlope = 1000;  ///< that is believed

Json training_json(const Profile::Content& content) {
  Json out;
  out["rows"] = content.training.rows;
  out["rows_held"] = content.training.rows_held;
  out["channels"] = content.training.channels;
  out["data_digest"] = content.training.data_digest;
  out["lags"] = content.training.lags;
  if (!content.training.reference.empty()) out["reference"] = content.training.reference;
  if (content.training.dictionary_rows > 0) out["dictionary_rows"] = content.training.dictionary_rows;
  out["rungs"] = Json::array();
  for (std::size_t i = 0; i < content.info.size(); ++i) {
    const RungInfo& info = content.info[i];
    out["rungs"].push_back({{"target_nmse", info.target_nmse},
                            {"held_out_nmse", info.held_out_nmse},
                            {"held_out_bits_per_value", info.held_out_bits_per_value}});
    if (info.uses_dictionary) out["rungs"].back()["dictionary_pays_from_values"] = info.dictionary_pays_from_values;
    if (content.rungs[i].repeat_slope != 1) out["rungs"].back()["repeat_slope"] = content.rungs[i].repeat_slope;
  }
  return out;
}

Error broken_record() { return {ErrorCode::corrupt, Error::kNoOffset, "the training record of the profile is broken"}; }

/// Reads the training record; every field is optional, because it is information only.
/// @param repeat_slopes  one for each rung.
Status read_training(std::span<const std::byte> payload, Profile::Content& content,
                     std::vector<double>& repeat_slopes) {
  const std::string text(reinterpret_cast<const char*>(payload.data()), payload.size());
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return broken_record();  // R-PROF-07
  const auto number = [](const Json& object, const char* key) -> double {
    return object.contains(key) && object[key].is_number() ? object[key].get<double>() : 0.0;
  };
  const auto count = [](const Json& object, const char* key) -> std::uint64_t {
    return object.contains(key) && object[key].is_number_unsigned() ? object[key].get<std::uint64_t>() : 0;
  };
  content.training.rows = count(json, "rows");
  content.training.rows_held = count(json, "rows_held");
  content.training.dictionary_rows = count(json, "dictionary_rows");
  if (json.contains("reference") && json["reference"].is_string()) {
    content.training.reference = json["reference"].get<std::string>();
  }
  if (json.contains("data_digest") && json["data_digest"].is_string()) {
    content.training.data_digest = json["data_digest"].get<std::string>();
  }
  if (json.contains("rungs") && json["rungs"].is_array()) {
    for (const Json& rung : json["rungs"]) {
      if (!rung.is_object()) return broken_record();  // R-PROF-07
      RungInfo info;
      info.target_nmse = number(rung, "target_nmse");
      info.held_out_nmse = number(rung, "held_out_nmse");
      info.held_out_bits_per_value = number(rung, "held_out_bits_per_value");
      info.dictionary_pays_from_values = count(rung, "dictionary_pays_from_values");
      content.info.push_back(info);
      const double slope = number(rung, "repeat_slope");
      repeat_slopes.push_back(slope > 0 && slope <= kMostRepeatSlope ? slope : 1);
    }
  }
  return {};
}

void append(std::vector<std::byte>& out, const std::vector<std::byte>& piece) {
  out.insert(out.end(), piece.begin(), piece.end());
}

/// One section of a whole file in memory; advances `at`.
struct Piece {
  SectionHeader header;
  std::span<const std::byte> payload;
  std::uint64_t payload_offset_bytes = 0;
};
Result<Piece> next_piece(std::span<const std::byte> file, std::size_t& at) {
  ACTZ_TRY(const auto header, read_section_header(file.subspan(at), at));
  if (header.payload_bytes > file.size() - at - kSectionHeaderBytes) {
    return Error{ErrorCode::need_more_input, file.size(), "the file ends inside a section"};  // R-CONT-17
  }
  const std::uint64_t offset = at + kSectionHeaderBytes;
  const auto payload = file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(header.payload_bytes));
  ACTZ_CHECK(check_payload(header, payload, offset));
  at = static_cast<std::size_t>(offset + header.payload_bytes);
  return Piece{header, payload, offset};
}

Status add_rung(const Piece& piece, Profile::Content& content) {
  ACTZ_TRY(auto model, read_model(piece.payload, piece.payload_offset_bytes));
  content.rungs.push_back({std::move(model), {piece.payload.begin(), piece.payload.end()}, sha256(piece.payload)});
  return {};
}

bool has_dictionary_of(const CodecModel& model, const Profile::Content& content) {
  return !model.match.dictionary ||
         std::any_of(content.dictionaries.begin(), content.dictionaries.end(),
                     [&](const StoredDictionary& stored) { return stored.digest == *model.match.dictionary; });
}

/// Ties the record to the rungs, which must agree among themselves.
Status complete(Profile::Content& content, std::span<const double> repeat_slopes) {
  if (content.rungs.empty() || content.info.size() != content.rungs.size()) return broken_record();  // R-PROF-05
  content.training.lags = content.rungs.front().model.predictor.lags;
  for (std::size_t i = 0; i < content.rungs.size(); ++i) {
    Rung& rung = content.rungs[i];
    rung.repeat_slope = repeat_slopes[i];
    if (!has_dictionary_of(rung.model, content)) {  // R-PROF-11
      return Error{ErrorCode::corrupt, Error::kNoOffset, "the profile lacks a dictionary that one of its models names"};
    }
    if (rung.model.channels != content.rungs.front().model.channels || rung.model.kind != CodecKind::lossy) {
      return Error{ErrorCode::corrupt, Error::kNoOffset,
                   "the rungs of the profile do not belong together"};  // R-PROF-06
    }
    content.info[i].coefficients = rung.model.synthesis.coefficients;
    content.info[i].model_bytes = rung.model_bytes.size();
    content.info[i].matches_rows = rung.model.match.classes > 0;
    content.info[i].uses_dictionary = rung.model.match.dictionary.has_value();
    content.info[i].digest = to_hex(rung.digest);
  }
  content.training.channels = content.rungs.front().model.channels;
  for (const StoredDictionary& stored : content.dictionaries) content.training.dictionary_bytes += stored.bytes.size();
  return {};
}

}  // namespace

std::string to_hex(std::span<const std::byte> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const std::byte value : bytes) {
    out.push_back(kDigits[static_cast<unsigned>(value) >> 4]);
    out.push_back(kDigits[static_cast<unsigned>(value) & 15]);
  }
  return out;
}

std::string to_hex(std::uint64_t value) {
  std::array<std::byte, 8> bytes;
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::byte>(value >> (56 - 8 * i));
  return to_hex(bytes);
}

const TrainingRecord& Profile::training() const { return content_->training; }
const std::vector<RungInfo>& Profile::rungs() const { return content_->info; }

std::vector<std::byte> Profile::serialise() const {
  std::vector<std::byte> out = write_file_header(FileKind::profile);
  const std::string record = training_json(*content_).dump();
  append(out, write_section(SectionType::profile, std::as_bytes(std::span(record))));
  if (!content_->metric.empty()) append(out, write_section(SectionType::metric, content_->metric, kSectionSkippable));
  for (const StoredDictionary& dictionary : content_->dictionaries) {
    append(out, write_section(SectionType::dictionary, dictionary.bytes));
  }
  for (const Rung& rung : content_->rungs) append(out, write_section(SectionType::model, rung.model_bytes));
  append(out, write_section(SectionType::end, {}));
  return out;
}

Result<Profile> Profile::parse(std::span<const std::byte> file) {
  ACTZ_TRY(const auto header, read_file_header(file));
  if (header.kind != FileKind::profile) {  // R-PROF-01
    return Error{ErrorCode::bad_argument, Error::kNoOffset, "this is a data file, not a profile"};
  }
  auto content = std::make_shared<Content>();
  std::vector<double> repeat_slopes;
  bool has_record = false;
  bool ended = false;
  for (std::size_t at = kFileHeaderBytes; at < file.size() && !ended;) {
    const std::size_t start = at;
    ACTZ_TRY(const auto piece, next_piece(file, at));
    const auto type = static_cast<SectionType>(piece.header.type);
    if (has_record ? type == SectionType::profile
                   : type == SectionType::model || type == SectionType::end) {  // R-PROF-08
      return Error{ErrorCode::corrupt, start,
                   "the training record of the profile is not its first section, or not its only one"};
    }
    switch (type) {
      case SectionType::profile:
        has_record = true;
        ACTZ_CHECK(read_training(piece.payload, *content, repeat_slopes));
        break;
      case SectionType::model: ACTZ_CHECK(add_rung(piece, *content)); break;
      case SectionType::dictionary:
        content->dictionaries.push_back({{piece.payload.begin(), piece.payload.end()}, sha256(piece.payload)});
        break;
      case SectionType::metric:  // R-PROF-09
        if (content->metric.empty()) content->metric.assign(piece.payload.begin(), piece.payload.end());
        break;
      case SectionType::end:
        ended = true;
        if (at != file.size() || !piece.payload.empty()) {  // R-PROF-03
          return Error{ErrorCode::corrupt, at, "bytes follow the end of the profile"};
        }
        break;
      default:
        if ((piece.header.flags & kSectionSkippable) == 0) {  // R-PROF-02
          return Error{ErrorCode::unsupported, start, "the profile has a section of unknown type"};
        }
    }
  }
  if (!ended) return Error{ErrorCode::need_more_input, file.size(), "the profile has no end mark"};  // R-PROF-04
  ACTZ_CHECK(complete(*content, repeat_slopes));
  return Profile(std::shared_ptr<const Content>(std::move(content)));
}

}  // namespace actz
