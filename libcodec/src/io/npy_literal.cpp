#include "io/npy_literal.hpp"

#include <utility>

#include "base/checked_math.hpp"
#include "base/try.hpp"
#include "io/error_text.hpp"

namespace actz::io {
namespace {

class Parser {
 public:
  Parser(std::string_view text, std::uint64_t base_offset_bytes) : text_(text), base_offset_bytes_(base_offset_bytes) {}

  Result<NpyDictionary> dictionary() {
    ACTZ_CHECK(expect('{'));
    while (!accept('}')) {
      ACTZ_CHECK(entry());
      if (accept(',')) continue;
      ACTZ_CHECK(expect('}'));
      break;
    }
    skip_spaces();
    if (position_ != text_.size()) return error("npy header goes on after its dictionary");
    if (!has_descr_ || !has_fortran_order_ || !has_shape_) {
      return error("npy header lacks one of the keys descr, fortran_order, shape");
    }
    return std::move(result_);
  }

 private:
  Status entry() {
    ACTZ_TRY(const std::string_view key, string());
    ACTZ_CHECK(expect(':'));
    if (key == "descr") return descr();
    if (key == "fortran_order") return fortran_order();
    if (key == "shape") return shape();
    return error("npy header has the unknown key " + in_quotes(key));
  }

  Status descr() {
    if (std::exchange(has_descr_, true)) return error("npy header repeats descr");
    skip_spaces();
    if (const char next = peek(); next == '[' || next == '(' || next == '{') {
      return error("npy has a structured dtype; only arrays of plain numbers are read", ErrorCode::unsupported);
    }
    ACTZ_TRY(const std::string_view word, string());
    result_.descr = word;
    return {};
  }

  Status fortran_order() {
    if (std::exchange(has_fortran_order_, true)) return error("npy header repeats fortran_order");
    result_.is_fortran_order = accept_word("True");
    if (result_.is_fortran_order || accept_word("False")) return {};
    return error("npy fortran_order is neither True nor False");
  }

  Status shape() {
    if (std::exchange(has_shape_, true)) return error("npy header repeats shape");
    ACTZ_CHECK(expect('('));
    while (!accept(')')) {
      ACTZ_TRY(const std::uint64_t extent, integer());
      result_.shape.push_back(extent);
      if (accept(',')) continue;
      // In Python "(3)" is a number, not a tuple.
      if (result_.shape.size() == 1) return error("npy shape is not a tuple");
      ACTZ_CHECK(expect(')'));
      break;
    }
    return {};
  }

  Result<std::string_view> string() {
    skip_spaces();
    const char quote = peek();
    if (quote != '\'' && quote != '"') return error("npy header lacks a string");
    const std::size_t begin = ++position_;
    while (position_ < text_.size() && text_[position_] != quote) {
      if (text_[position_] == '\\' || text_[position_] == '\n') return error("npy header has an escape in a string");
      ++position_;
    }
    if (position_ == text_.size()) return error("npy header ends in a string");
    return text_.substr(begin, position_++ - begin);
  }

  Result<std::uint64_t> integer() {
    skip_spaces();
    if (!is_digit(peek())) return error("npy shape has something other than a non-negative integer");
    const std::size_t begin = position_;
    std::uint64_t value = 0;
    for (; is_digit(peek()); ++position_) {
      const auto tens = checked_mul(value, 10);
      const auto sum = tens ? checked_add(*tens, static_cast<std::uint64_t>(peek() - '0')) : std::nullopt;
      if (!sum) return error("npy shape has an extent above 2^64 - 1", ErrorCode::limit_exceeded);
      value = *sum;
    }
    if (text_[begin] == '0' && position_ - begin > 1) return error("npy shape has an integer with a leading zero");
    if (peek() == 'L') ++position_;
    return value;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  /// NUL stands for the end; a real NUL is legal nowhere either.
  char peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }

  void skip_spaces() {
    while (position_ < text_.size() && std::string_view(" \t\r\n").find(text_[position_]) != std::string_view::npos) {
      ++position_;
    }
  }

  bool accept(char wanted) {
    skip_spaces();
    if (peek() != wanted) return false;
    ++position_;
    return true;
  }

  Status expect(char wanted) {
    if (accept(wanted)) return {};
    return error(std::string("npy header lacks '") + wanted + "'");
  }

  bool accept_word(std::string_view word) {
    skip_spaces();
    if (text_.substr(position_, word.size()) != word) return false;
    position_ += word.size();
    return true;
  }

  Error error(std::string message, ErrorCode code = ErrorCode::corrupt) const {
    return {code, base_offset_bytes_ + position_, std::move(message)};
  }

  std::string_view text_;
  std::uint64_t base_offset_bytes_;
  std::size_t position_ = 0;
  NpyDictionary result_;
  bool has_descr_ = false;
  bool has_fortran_order_ = false;
  bool has_shape_ = false;
};

}  // namespace

Result<NpyDictionary> parse_npy_dictionary(std::string_view text, std::uint64_t base_offset_bytes) {
  return Parser(text, base_offset_bytes).dictionary();
}

}  // namespace actz::io
