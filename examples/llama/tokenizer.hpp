#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "actz/result.hpp"

/// The two vocabularies of llama2.c and its kin: tokenizer.bin, pieces that are merged by score; NAME.vocab, one piece
/// of one character on each line. Token 1 begins a text, 2 ends one.
class Tokenizer {
 public:
  static constexpr std::uint32_t kBegin = 1, kEnd = 2;

  /// @param vocabulary  tokens of the checkpoint.
  static actz::Result<Tokenizer> load(const std::string& path, std::uint32_t vocabulary);

  /// Begins with kBegin.
  std::vector<std::uint32_t> encode(const std::string& text) const;
  std::string decode(std::uint32_t token) const;

 private:
  std::vector<std::uint32_t> merge(const std::string& word) const;

  bool by_character_ = false;
  std::vector<std::string> pieces_;
  std::vector<float> scores_;
  std::map<std::string, std::uint32_t> number_of_;
};
