#include "decode_options.hpp"

#include "encode_plan.hpp"
#include "file_adapters.hpp"

namespace actz::cli {

void add_require_option(Verb& verb) {
  verb.options()("require", po::value<Arguments>()->composing(),
                 "KEY=VALUE that the metadata must say, as kept by encode --meta (may be repeated)");
}

std::optional<Failure> read_require_option(const Verb& verb, std::vector<Requirement>& required) {
  if (!verb.has("require")) return std::nullopt;
  for (const std::string& pair : verb.get<Arguments>("require")) {
    auto [key, value] = split_pair(pair);
    if (key.empty()) return Failure{"", {ErrorCode::bad_argument, Error::kNoOffset, "--require wants KEY=VALUE"}};
    required.push_back({std::move(key), std::move(value)});
  }
  return std::nullopt;
}

void add_decode_options(Verb& verb) {
  verb.options()("profile,p", po::value<Arguments>()->composing(), "profile that the file names (may be repeated)");
  add_require_option(verb);
  verb.options()(
      "memory", po::value<std::string>(),
      "memory that chunks may take to decode, as in 512MiB; default 1GiB. A file that needs more is refused");
}

std::optional<Failure> read_decode_options(const Verb& verb, DecodeOptions& options) {
  options.threads = verb.threads();
  if (verb.has("profile")) {
    for (const std::string& path : verb.get<Arguments>("profile")) {
      auto profile = load_profile(path);
      if (!profile) return Failure{path, profile.error()};
      options.profiles.push_back(*profile);
    }
  }
  if (verb.has("memory")) {
    const auto bytes = parse_bytes(verb.text("memory"));
    if (!bytes) return Failure{"", {ErrorCode::bad_argument, Error::kNoOffset, "--memory wants a size, as in 512MiB"}};
    options.limits = DecodeLimits::of_memory(*bytes);
  }
  return read_require_option(verb, options.required);
}

}  // namespace actz::cli
