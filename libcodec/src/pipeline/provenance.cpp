#include "pipeline/provenance.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/try.hpp"

namespace actz {
namespace {

using Json = nlohmann::json;

Error bad_argument(std::string message) { return {ErrorCode::bad_argument, Error::kNoOffset, std::move(message)}; }

Result<Json> parse(std::string_view metadata) {
  if (metadata.empty()) return Json::object();
  Json out = Json::parse(metadata, nullptr, false);
  if (!out.is_object()) return bad_argument("the metadata of the file is not a JSON object");
  return out;
}

const Json* member(const Json* object, std::string_view key) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(std::string(key));
  return found == object->end() ? nullptr : &*found;
}

Status check_one(const Json& metadata, std::string_view tensor, const Requirement& required) {
  const Json* own = tensor.empty() ? nullptr : member(member(member(&metadata, "tensors"), tensor), required.key);
  const Json* found = own != nullptr ? own : member(&metadata, required.key);
  const std::string value = found == nullptr     ? ""
                            : found->is_string() ? found->get<std::string>()
                                                 : found->dump(-1, ' ', false, Json::error_handler_t::replace);
  if (found != nullptr && value == required.value) return {};
  const std::string of = own == nullptr ? "" : " of '" + std::string(tensor) + "'";
  const std::string is = found == nullptr ? " is not said in the file" : " is '" + value + "' in the file";
  return bad_argument(required.key + of + is + ", required is '" + required.value + "'");
}

}  // namespace

Status check_provenance(std::string_view metadata, std::string_view tensor, std::span<const Requirement> required) {
  if (required.empty()) return {};
  ACTZ_TRY(const auto parsed, parse(metadata));
  for (const Requirement& one : required) ACTZ_CHECK(check_one(parsed, tensor, one));
  return {};
}

Status check_provenance(const ArchiveSummary& file, std::span<const Requirement> required) {
  if (required.empty()) return {};
  ACTZ_TRY(const auto metadata, parse(file.metadata));
  const std::string_view first = file.tensors.empty() ? std::string_view() : file.tensors.front().name;
  for (const Requirement& one : required) {
    const bool holds = std::any_of(file.tensors.begin(), file.tensors.end(), [&](const TensorSummary& tensor) {
      return check_one(metadata, tensor.name, one).has_value();
    });
    if (!holds) ACTZ_CHECK(check_one(metadata, first, one));
  }
  return {};
}

}  // namespace actz
