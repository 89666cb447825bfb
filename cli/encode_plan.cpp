#include "encode_plan.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "file_adapters.hpp"

namespace actz::cli {
namespace {

Failure wrong(std::string message) { return {"", {ErrorCode::bad_argument, Error::kNoOffset, std::move(message)}}; }

/// How often `--references auto` looks back: a tensor is tried against so many before it.
constexpr std::size_t kAutomaticReferences = 3;

}  // namespace

std::pair<std::string, std::string> split_pair(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return {"", text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void add_plan_options(Verb& verb) {
  verb.options()("tensor", po::value<Arguments>()->composing(), "only this tensor (may be repeated)")(
      "prefix", po::value<std::string>(), "put before the names of the tensors")(
      "reference", po::value<Arguments>()->composing(),
      "TENSOR=OTHER: rows of OTHER, in the same file, may predict those of TENSOR")(
      "references", po::value<std::string>(), "auto: without profiles, let each tensor choose among those before it");
}

std::vector<Profile> EncodePlan::profiles() const {
  std::vector<Profile> out;
  for (const auto& [name, profile] : profiles_) out.push_back(*profile);
  return out;
}

std::optional<Failure> EncodePlan::make(const Verb& verb, const Arguments& inputs, const EncodeOptions& options,
                                        EncodePlan& plan) {
  if (auto failure = plan.open_inputs(verb, inputs, options)) return failure;
  if (auto failure = plan.give_profiles(verb)) return failure;
  if (auto failure = plan.give_references(verb)) return failure;
  plan.put_references_first();
  return std::nullopt;
}

std::optional<Failure> EncodePlan::open_inputs(const Verb& verb, const Arguments& inputs,
                                               const EncodeOptions& options) {
  const auto read_options = verb.read_options();
  if (!read_options) return Failure{"", read_options.error()};
  const auto wanted = verb.has("tensor") ? verb.get<Arguments>("tensor") : Arguments{};
  for (const std::string& path : inputs) {
    auto file = io::open_tensors(path, *read_options);
    if (!file) return Failure{path, file.error()};
    for (std::size_t i = 0; i < (*file)->tensors().size(); ++i) {
      io::TensorInfo info = (*file)->tensors()[i];
      if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), info.name) == wanted.end()) continue;
      info.name = verb.text("prefix") + info.name;
      tensors_.push_back({path, file->get(), i, info, options});
    }
    files_.push_back(std::move(*file));
  }
  return std::nullopt;
}

std::optional<Failure> EncodePlan::give_profiles(const Verb& verb) {
  if (!verb.has("profile")) return std::nullopt;
  for (const std::string& text : verb.get<Arguments>("profile")) {
    std::error_code ignored;
    const bool is_path = std::filesystem::exists(text, ignored);  // paths may have '=' in them
    const auto [name, path] = is_path ? std::pair{std::string(), text} : split_pair(text);
    auto loaded = load_profile(path);
    if (!loaded) return Failure{path, loaded.error()};
    if (!name.empty() && find(name) == nullptr)
      return wrong("--profile " + text + ": no tensor is named '" + name + "'");
    profiles_.emplace_back(name, std::make_unique<Profile>(std::move(*loaded)));
  }
  for (PlannedTensor& tensor : tensors_) {
    for (const auto& [name, profile] : profiles_) {
      if (name == tensor.info.name || (name.empty() && tensor.options.profile == nullptr))
        tensor.options.profile = profile.get();
    }
  }
  return std::nullopt;
}

std::optional<Failure> EncodePlan::give_references(const Verb& verb) {
  for (PlannedTensor& tensor : tensors_) {
    if (tensor.options.profile == nullptr) continue;
    const std::string& name = tensor.options.profile->training().reference;
    if (!name.empty() && find(name) != nullptr) tensor.options.references = {name};
  }
  for (const std::string& text : verb.has("reference") ? verb.get<Arguments>("reference") : Arguments{}) {
    const auto [target, source] = split_pair(text);
    if (find(target) == nullptr || find(source) == nullptr)
      return wrong("--reference wants TENSOR=OTHER, both among the inputs, not " + text);
    find(target)->options.references.push_back(source);
  }
  if (verb.has("references")) {
    if (verb.text("references") != "auto") return wrong("--references wants auto");
    for (std::size_t i = 1; i < tensors_.size(); ++i) {
      if (tensors_[i].options.profile != nullptr || !is_float(tensors_[i].info.dtype)) continue;
      for (std::size_t j = i - std::min(i, kAutomaticReferences); j < i; ++j) {
        if (is_float(tensors_[j].info.dtype)) tensors_[i].options.references.push_back(tensors_[j].info.name);
      }
    }
  }
  for (const PlannedTensor& tensor : tensors_) {
    for (const std::string& name : tensor.options.references) find(name)->options.keep_as_reference = true;
  }
  return std::nullopt;
}

void EncodePlan::put_references_first() {
  // In the order given, but each tensor after those it refers to; a circle is left for the writer to refuse.
  std::vector<PlannedTensor> ordered;
  std::set<std::string> placed;
  for (bool moved = true; moved;) {
    moved = false;
    for (PlannedTensor& tensor : tensors_) {
      if (placed.count(tensor.info.name) > 0) continue;
      const auto& references = tensor.options.references;
      if (!std::all_of(references.begin(), references.end(),
                       [&](const std::string& name) { return placed.count(name) > 0; }))
        continue;
      placed.insert(tensor.info.name);
      ordered.push_back(tensor);
      moved = true;
    }
  }
  for (PlannedTensor& tensor : tensors_) {
    if (placed.insert(tensor.info.name).second) ordered.push_back(tensor);
  }
  if (ordered.size() == tensors_.size()) tensors_ = std::move(ordered);  // else names repeat: refused by the writer
}

PlannedTensor* EncodePlan::find(const std::string& name) {
  const auto found = std::find_if(tensors_.begin(), tensors_.end(),
                                  [&](const PlannedTensor& tensor) { return tensor.info.name == name; });
  return found == tensors_.end() ? nullptr : &*found;
}

}  // namespace actz::cli
