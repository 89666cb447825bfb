#pragma once

#include <boost/program_options.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "actz/result.hpp"
#include "actz/tensor.hpp"
#include "exit_codes.hpp"
#include "io/tensor_source.hpp"

namespace actz::cli {

using Json = nlohmann::ordered_json;
using Arguments = std::vector<std::string>;
namespace po = boost::program_options;

/// An error and the file it is about; becomes the one line on standard error.
struct Failure {
  std::string file;
  Error error;
};

/// Prints "actz: FILE: message (at byte N) [code]" and returns the exit code.
int report(const Failure& failure);
/// The same for a wrong command line.
int usage_error(const std::string& message);

/// Options of one verb: those every verb has, and its own.
class Verb {
 public:
  /// @param synopsis  what follows "actz ", for the help; @param about  a few lines with an example.
  Verb(std::string synopsis, std::string about);
  po::options_description_easy_init options() { return own_.add_options(); }

  /// Parses; returns an exit code when the program is to end (help shown, or a wrong option).
  std::optional<int> parse(const Arguments& arguments);

  bool has(const char* name) const { return values_.count(name) > 0; }
  template <class T>
  T get(const char* name) const {
    return values_[name].as<T>();
  }
  std::string text(const char* name) const { return has(name) ? get<std::string>(name) : std::string(); }
  const Arguments& files() const { return files_; }

  bool json() const { return has("json"); }
  unsigned threads() const;
  bool shows_progress() const;
  /// Reading options for input files: --dtype and --shape.
  Result<io::ReadOptions> read_options() const;

 private:
  std::string synopsis_;
  std::string about_;
  po::options_description own_{"Options"};
  po::variables_map values_;
  Arguments files_;
};

/// "1,2" to {1, 2}; "none" to {}. Empty on anything else.
std::optional<std::vector<std::uint16_t>> parse_lags(const std::string& text);
/// A number of bytes, as in 4096, 512KiB, 1MiB.
std::optional<std::uint64_t> parse_bytes(const std::string& text);
/// "0.005,0.02" to numbers.
std::optional<std::vector<double>> parse_numbers(const std::string& text);

}  // namespace actz::cli
