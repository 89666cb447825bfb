#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "actz/profile.hpp"
#include "arguments.hpp"
#include "checkpoint.hpp"
#include "llama.hpp"
#include "tokenizer.hpp"

/// What the programs of the examples share: an error ends them with a line and status 1.

inline void print_error(const actz::Error& error) {
  std::fprintf(stderr, "%s [%s]\n", error.message.c_str(), std::string(to_string(error.code)).c_str());
}

template <class T>
T or_exit(actz::Result<T> result) {
  if (result) return std::move(result).value();
  print_error(result.error());
  std::exit(1);
}

inline void or_exit(const actz::Status& status) {
  if (status) return;
  print_error(status.error());
  std::exit(1);
}

inline Llama load_model(Arguments& arguments) { return Llama(or_exit(Checkpoint::load(arguments.text("weights")))); }

inline Tokenizer load_tokenizer(Arguments& arguments, const Llama& model) {
  return or_exit(Tokenizer::load(arguments.text("tokenizer"), model.sizes().vocabulary));
}

inline std::string text_of(const std::string& path) {
  const auto bytes = or_exit(read_file(path));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// --prompt, or else the content of the file --text.
inline std::vector<std::uint32_t> tokens_of(Arguments& arguments, const Tokenizer& tokenizer) {
  const std::string prompt = arguments.text("prompt", "");
  return tokenizer.encode(prompt.empty() ? text_of(arguments.text("text")) : prompt);
}

inline void write_file(const std::string& path, std::span<const std::byte> bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!out.flush())
    or_exit(actz::Status(actz::Error{actz::ErrorCode::io, actz::Error::kNoOffset, "cannot write " + path}));
}
