#pragma once

#include <sstream>
#include <string>
#include <vector>

/// What the command lines of the programs share.

namespace actz::bench {

inline std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> out;
  std::istringstream pieces(text);
  for (std::string piece; std::getline(pieces, piece, separator);) out.push_back(piece);
  return out;
}

/// Numbers with commas between them.
inline std::vector<double> numbers(const std::string& text) {
  std::vector<double> out;
  for (const std::string& number : split(text, ',')) out.push_back(std::stod(number));
  return out;
}

}  // namespace actz::bench
