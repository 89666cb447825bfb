// Keys and values of a prompt, stored in one process and gone on from in another. README.md shows it.
#include <cstdio>

#include "cache_file.hpp"
#include "learn_profiles.hpp"
#include "program.hpp"

namespace {

constexpr const char* kUsage =
    "kv_cache learn  --weights W --tokenizer T --text F --profiles PREFIX [--nmse 0.005] [--window 256]\n"
    "kv_cache store  --weights W --tokenizer T --model ID --revision R --prompt TEXT | --text F --cache OUT\n"
    "                [--nmse N] [--block 32] [--profiles PREFIX]      without --nmse every bit comes back\n"
    "kv_cache resume --weights W --tokenizer T --model ID --revision R --prompt TEXT | --text F --cache IN\n"
    "                [--new 64] [--compare 1] [--profiles PREFIX]\n";

std::vector<actz::Profile> load_profiles(Arguments& arguments, const Llama& model) {
  std::vector<actz::Profile> out;
  const std::string prefix = arguments.text("profiles", "");
  if (prefix.empty()) return out;
  for (std::size_t i = 0; i < 2 * model.sizes().layers; ++i) {
    out.push_back(or_exit(actz::Profile::parse(or_exit(read_file(profile_path(prefix, i))))));
  }
  return out;
}

/// The cache keeps all tokens but the last, with which the model goes on.
CacheOwner owner_of(Arguments& arguments, const Llama& model, std::span<const std::uint32_t> tokens) {
  if (tokens.size() >= 2 && tokens.size() <= model.sizes().positions)
    return {arguments.text("model"), arguments.text("revision"), heads_of(model.sizes()),
            digest_of(tokens.first(tokens.size() - 1))};
  std::fprintf(stderr, "the text has no token, or more than the model's longest sequence\n");
  std::exit(1);
}

/// The whole model at one position: logits of the next token.
std::vector<float> next_logits(const Llama& model, std::uint32_t token, std::size_t position, KvCache& cache) {
  std::vector<float> x = model.embed(token);
  model.run(0, model.sizes().layers, position, x, cache);
  return model.logits(x);
}

void prefill(const Llama& model, std::span<const std::uint32_t> tokens, KvCache& cache) {
  for (std::size_t t = 0; t < tokens.size(); ++t) (void)next_logits(model, tokens[t], t, cache);
}

int learn(Arguments arguments) {
  const Llama model = load_model(arguments);
  const Tokenizer tokenizer = load_tokenizer(arguments, model);
  const auto tokens = tokenizer.encode(text_of(arguments.text("text")));
  const std::string prefix = arguments.text("profiles");
  const double nmse = std::strtod(arguments.text("nmse", "0.005").c_str(), nullptr);
  const std::size_t window = std::min<std::size_t>(arguments.number("window", 256), model.sizes().positions);
  arguments.end();
  const auto profiles = or_exit(learn_profiles(model, tokens, window, nmse));
  for (std::size_t i = 0; i < profiles.size(); ++i) write_file(profile_path(prefix, i), profiles[i].serialise());
  return 0;
}

int store(Arguments arguments) {
  const Llama model = load_model(arguments);
  const Tokenizer tokenizer = load_tokenizer(arguments, model);
  const auto tokens = tokens_of(arguments, tokenizer);
  const CacheOwner owner = owner_of(arguments, model, tokens);
  const std::string path = arguments.text("cache");
  StoreOptions options;
  options.block = static_cast<std::uint32_t>(arguments.number("block", 32));
  if (const std::string nmse = arguments.text("nmse", ""); !nmse.empty())
    options.nmse = std::strtod(nmse.c_str(), nullptr);
  options.profiles = load_profiles(arguments, model);
  arguments.end();
  KvCache cache(model.sizes());
  const std::size_t positions = tokens.size() - 1;
  prefill(model, std::span(tokens).first(positions), cache);
  StoreReport report;
  write_file(path, or_exit(store_cache(cache, positions, owner, options, report)));
  const auto bits = 8 * static_cast<double>(report.bytes);
  std::printf(
      "%zu positions, %llu bytes: %.2f bits per value, %.0f bits per token; NMSE of keys %.5f, of values %.5f\n",
      positions, static_cast<unsigned long long>(report.bytes), bits / static_cast<double>(report.values),
      bits / static_cast<double>(positions), report.key_nmse, report.value_nmse);
  return 0;
}

/// What was generated from the restored cache against a run that was never interrupted, and what the latter's tokens
/// cost the restored one.
void print_comparison(const Llama& model, std::span<const std::uint32_t> text, const std::vector<std::uint32_t>& made,
                      KvCache restored) {
  KvCache whole(model.sizes());
  prefill(model, text.first(text.size() - 1), whole);
  std::uint32_t token = text.back();
  std::size_t equal = 0, position = text.size() - 1;
  bool so_far = true;
  double loss = 0, restored_loss = 0;
  for (std::size_t i = 0; i < made.size(); ++i, ++position) {
    const auto logits = next_logits(model, token, position, whole);
    const auto restored_logits = next_logits(model, token, position, restored);
    token = most_likely(logits);
    so_far = so_far && token == made[i];
    equal += so_far;
    loss += loss_nats(logits, token);
    restored_loss += loss_nats(restored_logits, token);
  }
  const auto n = static_cast<double>(made.size());
  std::printf(
      "%zu of %zu tokens equal those of a run without interruption; its tokens cost %.4f nats, from the cache %+.4f\n",
      equal, made.size(), loss / n, (restored_loss - loss) / n);
}

int resume(Arguments arguments) {
  const Llama model = load_model(arguments);
  const Tokenizer tokenizer = load_tokenizer(arguments, model);
  const auto text = tokens_of(arguments, tokenizer);
  const CacheOwner owner = owner_of(arguments, model, text);
  const auto file = or_exit(read_file(arguments.text("cache")));
  const std::size_t room = model.sizes().positions - text.size() + 1;
  const std::size_t wanted = std::min<std::size_t>(arguments.number("new", 64), room);
  const bool compares = arguments.number("compare", 1) > 0;
  const auto profiles = load_profiles(arguments, model);
  arguments.end();
  KvCache cache(model.sizes());
  std::size_t position = or_exit(restore_cache(file, owner, profiles, cache));
  const KvCache restored = cache;
  std::vector<std::uint32_t> made;
  std::uint32_t token = text.back();
  while (made.size() < wanted && token != Tokenizer::kEnd) {
    token = most_likely(next_logits(model, token, position++, cache));
    made.push_back(token);
    std::printf("%s", tokenizer.decode(token).c_str());
  }
  std::printf("\n");
  if (compares && !made.empty()) print_comparison(model, text, made, restored);
  return 0;
}

}  // namespace

int main(int count, char** values) {
  const std::string verb = count > 1 ? values[1] : "";
  if (verb == "learn") return learn(Arguments(count, values, 2));
  if (verb == "store") return store(Arguments(count, values, 2));
  if (verb == "resume") return resume(Arguments(count, values, 2));
  std::fprintf(stderr, "%s", kUsage);
  return 2;
}
