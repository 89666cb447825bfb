#include "report/read_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

namespace actz::report {
namespace {

using Json = nlohmann::json;

Json read_json(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw bench::Failed{path, {ErrorCode::io, Error::kNoOffset, "cannot be read"}};
  try {
    return Json::parse(file);
  } catch (const Json::exception&) {
    throw bench::Failed{path, {ErrorCode::corrupt, Error::kNoOffset, "is not JSON"}};
  }
}

[[noreturn]] void fail_shape(const std::string& path, const std::exception& error) {
  throw bench::Failed{
      path, {ErrorCode::corrupt, Error::kNoOffset, std::string("has another layout than expected: ") + error.what()}};
}

bench::Outcome outcome_from(const Json& json) {
  bench::Outcome out;
  out.codec = json.at("codec").get<std::string>();
  out.lossless = json.at("lossless").get<bool>();
  if (json.contains("target_nmse")) out.target_nmse = json.at("target_nmse").get<double>();
  out.bits_per_value = json.at("bits_per_value").get<double>();
  out.nmse = json.at("nmse").get<double>();
  out.max_abs_error = json.at("max_abs_error").get<double>();
  out.encode_mb_per_s = json.at("encode_mb_per_s").get<double>();
  out.decode_mb_per_s = json.at("decode_mb_per_s").get<double>();
  out.side_bytes = json.at("side_bytes").get<std::uint64_t>();
  return out;
}

bool known(const TensorPart& part, const std::string& codec) {
  return codec.starts_with("actz") || std::any_of(part.outcomes.begin(), part.outcomes.end(),
                                                  [&](const bench::Outcome& o) { return o.codec == codec; });
}

void add_tensor(const Json& tensor, TensorPart& part) {
  constexpr std::array kStyles = {"peer-a", "peer-b", "peer-c", "peer-d"};
  std::vector<bench::Outcome> added;
  for (const Json& result : tensor.at("results")) {
    const bench::Outcome outcome = outcome_from(result);
    if (!known(part, outcome.codec)) added.push_back(outcome);
  }
  std::vector<Curve> curves;
  for (const bench::Outcome& outcome : added) {
    if (outcome.lossless || !outcome.target_nmse) continue;
    auto curve = std::find_if(curves.begin(), curves.end(), [&](const Curve& c) { return c.label == outcome.codec; });
    if (curve == curves.end())
      curve = curves.insert(curves.end(), {outcome.codec, kStyles[curves.size() % kStyles.size()], {}});
    curve->points.push_back({outcome.bits_per_value, outcome.nmse});
  }
  std::vector<std::string> names;
  for (const bench::Outcome& outcome : added) {
    if (std::find(names.begin(), names.end(), outcome.codec) == names.end()) names.push_back(outcome.codec);
  }
  part.peers = fmt::format("{}", fmt::join(names, ", "));
  part.outcomes.insert(part.outcomes.end(), added.begin(), added.end());
  // The bound stays last.
  part.curves.insert(part.curves.end() - (part.curves.empty() ? 0 : 1), curves.begin(), curves.end());
  part.name = tensor.at("name").get<std::string>();
}

}  // namespace

void add_peers(const std::string& path, const std::string& file_digest, TensorPart& part) {
  const Json json = read_json(path);
  try {
    for (const Json& tensor : json.at("tensors")) {
      if (tensor.at("test_sha256") != file_digest) continue;
      add_tensor(tensor, part);
      part.peers_measured_on = json.at("machine").at("cpu").get<std::string>();
      return;
    }
  } catch (const Json::exception& error) {
    fail_shape(path, error);
  }
  throw bench::Failed{path, {ErrorCode::bad_argument, Error::kNoOffset, "has no measurements of " + part.name}};
}

std::vector<LossPoint> read_losses(const std::string& path) {
  const Json json = read_json(path);
  std::vector<LossPoint> out;
  try {
    for (const Json& point : json.at("points")) {
      LossPoint loss;
      loss.place = fmt::format("{} layer {}", point.at("network").get<std::string>(), point.at("layer").get<int>());
      loss.codec = point.at("codec").get<std::string>();
      loss.bits_per_token = point.at("bits_per_token").get<double>();
      loss.loss_increase_nats = point.at("loss_increase_nats").get<double>();
      loss.nmse = point.at("nmse").get<double>();
      out.push_back(std::move(loss));
    }
  } catch (const Json::exception& error) {
    fail_shape(path, error);
  }
  return out;
}

}  // namespace actz::report
