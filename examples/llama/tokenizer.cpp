#include "tokenizer.hpp"

#include <cstring>

#include "checkpoint.hpp"

namespace {

constexpr std::uint32_t kUnknown = 0;
constexpr std::uint32_t kFirstByte = 3;            ///< token of byte 0, where a character has no piece
const std::string kVisibleSpace = "\xE2\x96\x81";  // U+2581

/// The characters of UTF-8 text; a byte that begins none is one of its own.
std::vector<std::string> characters_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    out.push_back(text.substr(at, bytes));
    at += bytes;
  }
  return out;
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \n\t"), last = text.find_last_not_of(" \n\t");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string squeezed(const std::string& text) {
  std::string out;
  for (const char one : text) {
    if (one != ' ' || out.empty() || out.back() != ' ') out += one;
  }
  return out;
}

/// Each with the space before it; of more spaces in a row, all but the last are a word of their own.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins =
        text[i] == ' ' ? i == 0 || text[i - 1] != ' ' || (i + 1 < text.size() && text[i + 1] != ' ') : i == 0;
    if (begins) out.emplace_back();
    out.back() += text[i];
  }
  return out;
}

}  // namespace

actz::Result<Tokenizer> Tokenizer::load(const std::string& path, std::uint32_t vocabulary) {
  const auto file = read_file(path);
  if (!file) return file.error();
  const std::string text(reinterpret_cast<const char*>(file->data()), file->size());
  Tokenizer out;
  out.by_character_ = path.ends_with(".vocab");
  std::size_t at = out.by_character_ ? 0 : 4;
  while (out.pieces_.size() < vocabulary && at < text.size()) {
    if (out.by_character_) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string line = text.substr(at, end - at);
      out.pieces_.push_back(line.substr(0, line.find('\t')));
      at = end + 1;
      continue;
    }
    float score = 0;
    std::uint32_t bytes = 0;
    if (text.size() - at < 8) break;
    std::memcpy(&score, &text[at], 4);
    std::memcpy(&bytes, &text[at + 4], 4);
    at += 8;
    if (bytes > text.size() - at) break;
    out.pieces_.push_back(text.substr(at, bytes));
    out.scores_.push_back(score);
    at += bytes;
  }
  if (out.pieces_.size() != vocabulary)
    return actz::Error{actz::ErrorCode::corrupt, actz::Error::kNoOffset,
                       path + " has another number of tokens than the checkpoint"};
  for (std::uint32_t i = 0; i < vocabulary; ++i) out.number_of_.emplace(out.pieces_[i], i);
  return out;
}

std::vector<std::uint32_t> Tokenizer::encode(const std::string& text) const {
  std::vector<std::uint32_t> out{kBegin};
  if (by_character_) {
    const std::string spaced = " " + squeezed(trimmed(text));
    for (const std::string& character : characters_of(replaced(spaced, " ", kVisibleSpace))) {
      const auto found = number_of_.find(character);
      const std::uint32_t token = found == number_of_.end() ? kUnknown : found->second;
      if (token != kUnknown || out.back() != kUnknown) out.push_back(token);  // unknown ones in a row are one
    }
    return out;
  }
  for (const std::string& word : words_of(" " + trimmed(text))) {
    const auto tokens = merge(word);
    out.insert(out.end(), tokens.begin(), tokens.end());
  }
  return out;
}

std::vector<std::uint32_t> Tokenizer::merge(const std::string& word) const {
  std::vector<std::uint32_t> out;
  for (const std::string& character : characters_of(word)) {
    if (const auto found = number_of_.find(character); found != number_of_.end()) {
      out.push_back(found->second);
      continue;
    }
    for (const char byte : character) out.push_back(kFirstByte + static_cast<unsigned char>(byte));
  }
  for (;;) {  // the pair of the best score, until none makes a piece
    std::size_t best_at = out.size();
    std::uint32_t best = 0;
    float best_score = -1e10F;
    for (std::size_t i = 0; i + 1 < out.size(); ++i) {
      const auto found = number_of_.find(pieces_[out[i]] + pieces_[out[i + 1]]);
      if (found == number_of_.end() || scores_[found->second] <= best_score) continue;
      best_at = i;
      best = found->second;
      best_score = scores_[best];
    }
    if (best_at == out.size()) return out;
    out[best_at] = best;
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(best_at) + 1);
  }
}

std::string Tokenizer::decode(std::uint32_t token) const {
  if (token == kBegin || token == kEnd || token >= pieces_.size()) return "";
  if (by_character_ && token == kUnknown) return "\n";
  return replaced(pieces_[token], kVisibleSpace, " ");
}
