#pragma once

#include <boost/program_options.hpp>
#include <iostream>
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

/// Parses options, and words without one as `positional`. Prints `about` and the options if help is wanted: false then.
inline bool parse_words(int count, char** words, const char* about, const std::string& positional,
                        boost::program_options::options_description& options,
                        boost::program_options::variables_map& values) {
  namespace po = boost::program_options;
  options.add_options()("help,h", "this text");
  po::options_description all;
  all.add(options).add_options()(positional.c_str(), po::value<std::vector<std::string>>());
  po::positional_options_description positions;
  positions.add(positional.c_str(), -1);
  po::store(po::command_line_parser(count, words).options(all).positional(positions).run(), values);
  po::notify(values);
  if (values.count("help") > 0) std::cout << about << options;
  return values.count("help") == 0;
}

}  // namespace actz::bench
