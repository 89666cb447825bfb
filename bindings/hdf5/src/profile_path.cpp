#include "profile_path.hpp"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <string_view>

#include "base/checksum.hpp"
#include "base/try.hpp"
#include "io/output_file.hpp"
#include "profile/profile_content.hpp"

namespace actz::hdf5 {
namespace {

constexpr const char* kVariable = "ACTZ_PROFILE_PATH";

Result<Profile> read_profile(const std::string& path, const std::string& digest) {
  ACTZ_TRY(const auto file, io::MappedFile::open(path));
  if (to_hex(sha256(file.bytes())) != digest) {
    return Error{ErrorCode::bad_argument, Error::kNoOffset, path + " is another profile"};
  }
  return Profile::parse(file.bytes());
}

Result<Profile> search(const std::string& digest) {
  const char* named = std::getenv(kVariable);
  std::string_view left = named != nullptr ? named : "";
  while (!left.empty()) {
    const std::string_view directory = left.substr(0, left.find(':'));
    left.remove_prefix(directory.size() + (directory.size() < left.size() ? 1 : 0));
    const std::string path = std::string(directory) + "/" + digest + ".actp";
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) return read_profile(path, digest);
  }
  return Error{ErrorCode::io, Error::kNoOffset,
               "no profile " + digest + ".actp in the directories of " + kVariable + " (" +
                   (named != nullptr ? named : "not set") + ")"};
}

}  // namespace

Result<Profile> find_profile(const std::string& digest) {
  static std::mutex mutex;
  static std::map<std::string, Profile> known;
  const std::lock_guard lock(mutex);
  if (const auto found = known.find(digest); found != known.end()) return found->second;
  ACTZ_TRY(auto profile, search(digest));
  return known.emplace(digest, std::move(profile)).first->second;
}

}  // namespace actz::hdf5
