#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

/// `--name value` pairs, behind the words that a program takes. Those not asked for are an error.
class Arguments {
 public:
  /// @param first  number of the first argument that is not a word of the program.
  Arguments(int count, char** values, int first) {
    for (int i = first; i < count; i += 2) {
      const std::string name = values[i];
      if (!name.starts_with("--") || i + 1 == count) fail("wanted --name value, found '" + name + "'");
      given_[name.substr(2)] = values[i + 1];
    }
  }

  std::string text(const std::string& name) {
    if (!given_.contains(name)) fail("--" + name + " is missing");
    return take(name);
  }
  std::string text(const std::string& name, const std::string& otherwise) {
    return given_.contains(name) ? take(name) : otherwise;
  }
  unsigned long number(const std::string& name, unsigned long otherwise) {
    const std::string given = text(name, std::to_string(otherwise));
    char* end = nullptr;
    const unsigned long value = std::strtoul(given.c_str(), &end, 10);
    if (given.empty() || *end != 0) fail("--" + name + " is no number: '" + given + "'");
    return value;
  }
  /// To be called when all have been asked for.
  void end() {
    if (!given_.empty()) fail("nobody asked for --" + given_.begin()->first);
  }

 private:
  std::string take(const std::string& name) {
    const std::string value = given_[name];
    given_.erase(name);
    return value;
  }
  [[noreturn]] static void fail(const std::string& message) {
    std::fprintf(stderr, "%s\n", message.c_str());
    std::exit(2);
  }

  std::map<std::string, std::string> given_;
};
