#include "command_line.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <filesystem>

#include <charconv>
#include <cstdio>
#include <thread>

namespace actz::cli {
namespace {

/// Pieces of a comma-separated list.
std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    out.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

template <class T>
std::optional<T> parse_number(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

bool takes_value(const po::options_description& options, const std::string& argument) {
  if (argument.rfind("--", 0) != 0) return false;
  const auto* option = options.find_nothrow(argument.substr(2), false);
  return option != nullptr && option->semantic()->max_tokens() > 0;
}

/// -1 … -9 as --effort=1 … 9; a negative number after an option that takes a value is that value.
Arguments with_effort_spelled_out(const Arguments& arguments, const po::options_description& options) {
  Arguments out;
  for (const std::string& argument : arguments) {
    const bool is_number = argument.size() >= 2 && argument[0] == '-' &&
                           (argument[1] == '.' || (argument[1] >= '0' && argument[1] <= '9'));
    if (is_number && !out.empty() && takes_value(options, out.back())) {
      out.back() += "=" + argument;
    } else if (is_number && argument.size() == 2 && argument[1] >= '1' && argument[1] <= '9') {
      out.push_back("--effort=" + argument.substr(1));
    } else {
      out.push_back(argument);
    }
  }
  return out;
}

}  // namespace

int report(const Failure& failure) {
  std::string line = "actz: ";
  if (!failure.file.empty()) line += failure.file + ": ";
  line += failure.error.message;
  if (failure.error.byte_offset != Error::kNoOffset) line += fmt::format(" (at byte {})", failure.error.byte_offset);
  std::error_code ignored;
  if (exit_code(failure.error.code) == kCorrupt && std::filesystem::exists(failure.file + ".undo", ignored))
    line += fmt::format("; an append was cut off: 'actz append {}' puts the old end back", failure.file);
  fmt::print(stderr, "{} [{}]\n", line, std::string(to_string(failure.error.code)));
  return exit_code(failure.error.code);
}

int usage_error(const std::string& message) {
  fmt::print(stderr, "actz: {}; see actz --help\n", message);
  return kUsage;
}

Verb::Verb(std::string synopsis, std::string about) : synopsis_(std::move(synopsis)), about_(std::move(about)) {
  own_.add_options()("json", "print the result as JSON on standard output")("threads", po::value<unsigned>(),
                                                                            "threads to use; default: all processors")(
      "quiet,q", "print nothing but errors")("no-progress", "no progress line on a terminal")(
      "dtype", po::value<std::string>(), "element type of raw input: f32, f16, bf16, f64, i32, …")(
      "shape", po::value<std::string>(), "extents of raw input, for example 32,256,128")("help,h", "this text");
}

std::optional<int> Verb::parse(const Arguments& arguments) {
  po::options_description all;
  all.add(own_).add_options()("file", po::value<Arguments>());
  po::positional_options_description positions;
  positions.add("file", -1);
  try {
    po::store(po::command_line_parser(with_effort_spelled_out(arguments, all)).options(all).positional(positions).run(),
              values_);
    po::notify(values_);
  } catch (const po::error& error) {
    return usage_error(error.what());
  }
  if (has("help")) {
    fmt::print("Usage: actz {}\n\n{}\n\n", synopsis_, about_);
    std::ostringstream text;
    text << own_;
    fmt::print("{}", text.str());
    return kOk;
  }
  if (has("file")) files_ = get<Arguments>("file");
  return std::nullopt;
}

unsigned Verb::threads() const {
  const unsigned wanted = has("threads") ? get<unsigned>("threads") : std::thread::hardware_concurrency();
  return std::max(wanted, 1u);
}

bool Verb::shows_progress() const { return !has("quiet") && !has("no-progress") && isatty(STDERR_FILENO) != 0; }

Result<io::ReadOptions> Verb::read_options() const {
  io::ReadOptions out;
  if (has("dtype")) {
    const auto dtype = dtype_from_string(text("dtype"));
    if (!dtype) return Error{ErrorCode::bad_argument, Error::kNoOffset, "unknown --dtype " + text("dtype")};
    out.raw_dtype = *dtype;
    out.format = io::FileFormat::raw;
  }
  if (has("shape")) {
    Shape shape;
    for (const std::string& piece : split_list(text("shape"))) {
      const auto extent = parse_number<std::uint64_t>(piece);
      if (!extent) return Error{ErrorCode::bad_argument, Error::kNoOffset, "--shape wants numbers, as in 32,256,128"};
      shape.push_back(*extent);
    }
    out.raw_shape = shape;
    out.format = io::FileFormat::raw;
  }
  return out;
}

std::optional<std::vector<std::uint16_t>> parse_lags(const std::string& text) {
  std::vector<std::uint16_t> out;
  if (text == "none") return out;
  for (const std::string& piece : split_list(text)) {
    const auto lag = parse_number<std::uint16_t>(piece);
    if (!lag) return std::nullopt;
    out.push_back(*lag);
  }
  return out;
}

std::optional<std::uint64_t> parse_bytes(const std::string& text) {
  constexpr std::pair<std::string_view, unsigned> kSuffixes[] = {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"", 0}};
  for (const auto& [suffix, shift] : kSuffixes) {
    if (!text.ends_with(suffix)) continue;
    const auto count = parse_number<std::uint32_t>(text.substr(0, text.size() - suffix.size()));
    return count ? std::optional(std::uint64_t{*count} << shift) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::vector<double>> parse_numbers(const std::string& text) {
  std::vector<double> out;
  for (const std::string& piece : split_list(text)) {
    const auto value = parse_number<double>(piece);
    if (!value) return std::nullopt;
    out.push_back(*value);
  }
  return out;
}

}  // namespace actz::cli
