#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "actz/version.hpp"
#include "verbs.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace actz::cli {
namespace {

struct NamedVerb {
  const char* name;
  int (*run)(const Arguments&);
  const char* about;
};

constexpr NamedVerb kVerbs[] = {
    {"fit", run_fit, "learn a profile from activation dumps"},
    {"encode", run_encode, "turn tensors into a small file"},
    {"append", run_append, "add tensors to such a file"},
    {"decode", run_decode, "get tensors, or some of their rows, back"},
    {"info", run_info, "show what a file or profile holds, without decoding"},
    {"verify", run_verify, "decode and check whole files"},
    {"recover", run_recover, "save what is left of a damaged file"},
    {"eval", run_eval, "compare two tensor files: NMSE, PSNR, largest error"},
    {"cat", run_cat, "print values as text"},
    {"bounds", run_bounds, "say what rate theory allows, and how far learned models may be off"},
    {"bench", run_bench, "measure rate and speed on a tensor, in memory"},
};

void print_help() {
  fmt::print("actz {}: a codec for transformer activations\n\nUsage: actz VERB [options]\n\n", kLibraryVersion);
  for (const NamedVerb& verb : kVerbs) fmt::print("  {:<8} {}\n", verb.name, verb.about);
  fmt::print(
      "\nThe first steps:\n"
      "  actz encode hidden.npy hidden.actz                    keeps 98 % of the energy (NMSE 0.02), learns from the tensor\n"
      "  actz decode hidden.actz back.npy                      gets it back\n"
      "  actz fit calib.npy -o layer6.actp                     learns a profile, once for each kind of tensor\n"
      "  actz encode hidden.npy hidden.actz --profile layer6.actp --nmse 0.005\n"
      "  actz encode hidden.npy hidden.actz --lossless         every bit\n\n"
      "'actz VERB --help' tells more. '-' stands for standard input or output.\n");
}

/// Keeps freed memory: by default glibc hands the buffers of a chunk back to the system when the chunk is done, and
/// the next one takes them page by page again, up to half of a chunk's time.
void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kLargestHeapBlockBytes = 32 << 20;
  constexpr int kKeptBytes = 64 << 20;
  mallopt(M_MMAP_THRESHOLD, kLargestHeapBlockBytes);
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);
#endif
}

int run(const Arguments& arguments) {
  if (arguments.empty()) {
    print_help();
    return kUsage;
  }
  const std::string& word = arguments.front();
  if (word == "--version") {
    fmt::print("actz {} (format {}.{})\n", kLibraryVersion, kFormatMajor, kFormatMinor);
    return kOk;
  }
  Arguments rest(arguments.begin() + 1, arguments.end());
  const bool help_for = word == "help" && !rest.empty();
  if (word == "--help" || word == "-h" || (word == "help" && rest.empty())) {
    print_help();
    return kOk;
  }
  for (const NamedVerb& verb : kVerbs) {
    if ((help_for ? rest.front() : word) == verb.name) return verb.run(help_for ? Arguments{"--help"} : rest);
  }
  return usage_error("unknown verb '" + (help_for ? rest.front() : word) + "'");
}

}  // namespace
}  // namespace actz::cli

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  const actz::cli::Arguments arguments(words + 1, words + count);
  // fit has few large buffers, and should stay small.
  if (arguments.empty() || arguments.front() != "fit") actz::cli::keep_freed_memory();
  try {
    return actz::cli::run(arguments);
  } catch (const std::bad_alloc&) {
    std::fputs("actz: not enough memory [out_of_memory]\n", stderr);
    return actz::cli::kOutOfMemory;
  } catch (const std::exception& error) {
    fmt::print(stderr, "actz: {} [internal]\n", error.what());
    return actz::cli::kInternal;
  }
}
