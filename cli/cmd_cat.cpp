#include <fmt/format.h>

#include <algorithm>

#include "decode_options.hpp"
#include "loaded_tensors.hpp"
#include "verbs.hpp"

namespace actz::cli {
namespace {

constexpr std::size_t kFirstRows = 10;

void print_rows(const Tensor& tensor, std::size_t rows_wanted) {
  const std::size_t d = tensor.shape.empty() || tensor.shape.back() == 0 ? 1 : tensor.shape.back();
  const std::size_t count = tensor.bytes.size() / element_bytes(tensor.dtype);
  fmt::print("# {} {} {}\n", tensor.name, std::string(to_string(tensor.dtype)), to_string(tensor.shape));
  const std::size_t rows = std::min(count / d, rows_wanted);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t c = 0; c < d; ++c) fmt::print("{}{:.9g}", c == 0 ? "" : " ", value_at(tensor, row * d + c));
    fmt::print("\n");
  }
  if (rows < count / d) fmt::print("# {} more rows; --all prints them\n", count / d - rows);
}

}  // namespace

int run_cat(const Arguments& arguments) {
  Verb verb(
      "cat FILE [options]",
      "Prints values of a tensor file of any kind as text, a row on a line. Example:\n  actz cat hidden.actz --tensor layer6");
  verb.options()("tensor", po::value<std::string>(), "only this tensor")("all", "every row, not the first ten");
  add_decode_options(verb);
  if (const auto code = verb.parse(arguments)) return *code;
  if (verb.files().size() != 1) return usage_error("cat wants one file");
  DecodeOptions options;
  if (const auto failure = read_decode_options(verb, options)) return report(*failure);
  const auto tensors = load_tensors(verb.files().front(), verb, options);
  if (!tensors) return report({verb.files().front(), tensors.error()});
  bool found = false;
  for (const Tensor& tensor : *tensors) {
    if (verb.has("tensor") && tensor.name != verb.text("tensor")) continue;
    found = true;
    print_rows(tensor, verb.has("all") ? ~std::size_t{0} : kFirstRows);
  }
  return found ? kOk : usage_error("no such tensor");
}

}  // namespace actz::cli
