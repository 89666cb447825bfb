// A language model in two processes: the first runs its lower layers and sends what they make of each token, coded, to
// the second, which runs the rest and sends the text back. README.md shows it.
#include <cstdio>
#include <cstdlib>

#include "first_half.hpp"
#include "learn_profile.hpp"
#include "program.hpp"
#include "second_half.hpp"

namespace {

constexpr const char* kUsage =
    "split_inference learn  --weights W --tokenizer T --layer K --text F --profile OUT [--nmse N,N…] [--window 256]\n"
    "                       [--matches 0]\n"
    "split_inference second --weights W --profile P --listen unix:PATH|HOST:PORT [--connections 1]\n"
    "split_inference first  --weights W --tokenizer T --profile P --layer K --connect ADDRESS [--quality NMSE,NMSE…]\n"
    "                       --prompt TEXT | --text F  [--new 0] [--block 32] [--each 1] [--compare 0] [--corrupt N]\n";

actz::Profile load_profile(Arguments& arguments) {
  return or_exit(actz::Profile::parse(or_exit(read_file(arguments.text("profile")))));
}

std::uint32_t split_of(Arguments& arguments, const Llama& model) {
  const unsigned long layers = arguments.number("layer", 0);
  if (layers > 0 && layers < model.sizes().layers) return static_cast<std::uint32_t>(layers);
  std::fprintf(stderr, "--layer is 1 to %u\n", model.sizes().layers - 1);
  std::exit(2);
}

std::vector<double> numbers_of(const std::string& list) {
  std::vector<double> out;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    out.push_back(std::strtod(list.substr(at, end - at).c_str(), nullptr));
    if (!(out.back() > 0)) {
      std::fprintf(stderr, "no list of positive numbers: '%s'\n", list.c_str());
      std::exit(2);
    }
    at = end + 1;
  }
  return out;
}

int learn(Arguments arguments) {
  const Llama model = load_model(arguments);
  const Tokenizer tokenizer = load_tokenizer(arguments, model);
  const std::uint32_t layers = split_of(arguments, model);
  const auto tokens = tokenizer.encode(text_of(arguments.text("text")));
  const std::string path = arguments.text("profile");
  const auto nmse = numbers_of(arguments.text("nmse", "0.001,0.005,0.02,0.08"));
  const std::size_t window = std::min<std::size_t>(arguments.number("window", 256), model.sizes().positions);
  const bool match_rows = arguments.number("matches", 1) > 0;
  arguments.end();
  const auto profile = or_exit(learn_profile(model, layers, tokens, window, nmse, match_rows)).serialise();
  write_file(path, profile);
  return 0;
}

int second(Arguments arguments) {
  const Llama model = load_model(arguments);
  const std::vector<actz::Profile> profiles{load_profile(arguments)};
  auto listener = or_exit(Listener::open(arguments.text("listen")));
  const unsigned long connections = arguments.number("connections", 1);
  arguments.end();
  int broken = 0;
  for (unsigned long i = 0; i < connections; ++i) {
    Link link = or_exit(listener.accept());
    const auto served = serve(link, model, profiles);
    if (served) continue;
    std::fprintf(stderr, "connection %lu ended: %s [%s]\n", i + 1, served.error().message.c_str(),
                 std::string(to_string(served.error().code)).c_str());
    broken = 1;
  }
  return broken;
}

/// Sums of what a run cost and lost.
struct Sums {
  std::size_t tokens = 0, agreeing = 0;
  double bits = 0, encode_us = 0, decode_us = 0, model_us = 0, loss = 0, whole_loss = 0;

  void add(const TokenReport& one) {
    ++tokens;
    agreeing += one.agrees;
    bits += one.bits;
    encode_us += one.encode_us;
    decode_us += one.decode_us;
    model_us += one.model_us;
    loss += one.loss;
    whole_loss += one.whole_loss;
  }
};

void print_sums(double nmse, const Sums& sums, bool compares) {
  const auto n = static_cast<double>(sums.tokens);
  std::printf("%8g %8.1f %9.1f %9.1f", nmse, sums.bits / n, sums.encode_us / n, sums.decode_us / n);
  if (compares) {
    std::printf(" %8.4f %9.4f %+9.4f %9.1f %6.1f%%", static_cast<double>(sums.agreeing) / n, sums.loss / n,
                (sums.loss - sums.whole_loss) / n, sums.model_us / n,
                100 * (sums.encode_us + sums.decode_us) / sums.model_us);
  }
  std::printf("\n");
}

int first(Arguments arguments) {
  const Llama model = load_model(arguments);
  const Tokenizer tokenizer = load_tokenizer(arguments, model);
  const actz::Profile profile = load_profile(arguments);
  const std::string address = arguments.text("connect");
  const auto text = tokens_of(arguments, tokenizer);
  FirstHalfOptions options;
  options.layers = split_of(arguments, model);
  options.block = std::max(arguments.number("block", 32), 1UL);
  options.new_tokens = arguments.number("new", 0);
  options.compares = arguments.number("compare", 1) > 0;
  options.corrupted = arguments.number("corrupt", 0);
  const auto qualities = numbers_of(arguments.text("quality", "0.02"));
  const bool each = arguments.number("each", 0) > 0;
  arguments.end();
  const char* const head = options.compares
                               ? "    nmse     bits encode_us decode_us    agree      loss  loss_add  model_us coding\n"
                               : "    nmse     bits encode_us decode_us\n";
  std::vector<std::pair<double, Sums>> all;
  for (const double nmse : qualities) {
    options.nmse = nmse;
    Link link = or_exit(Link::connect(address));
    Sums sums;
    if (each) std::printf("   token     bits encode_us decode_us agrees      loss whole_loss\n");
    const auto status = run_first_half(link, model, profile, text, options, [&](const TokenReport& one) {
      sums.add(one);
      if (each) {
        std::printf("%8u %8.1f %9.1f %9.1f %6d %9.4f %10.4f\n", one.token, one.bits, one.encode_us, one.decode_us,
                    one.agrees ? 1 : 0, one.loss, one.whole_loss);
      } else if (sums.tokens >= text.size()) {
        std::printf("%s", tokenizer.decode(one.token).c_str());
        std::fflush(stdout);
      }
    });
    if (options.new_tokens > 0 && !each) std::printf("\n");
    if (!status) {
      print_error(status.error());
      return 1;
    }
    all.emplace_back(nmse, sums);
  }
  std::printf("%s", head);
  for (const auto& [nmse, sums] : all) print_sums(nmse, sums, options.compares);
  return 0;
}

}  // namespace

int main(int count, char** values) {
  const std::string verb = count > 1 ? values[1] : "";
  if (verb == "learn") return learn(Arguments(count, values, 2));
  if (verb == "first") return first(Arguments(count, values, 2));
  if (verb == "second") return second(Arguments(count, values, 2));
  std::fprintf(stderr, "%s", kUsage);
  return 2;
}
