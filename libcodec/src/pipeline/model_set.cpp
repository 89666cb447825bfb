#include "pipeline/model_set.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "container/fields.hpp"
#include "profile/profile_content.hpp"

namespace actz {

Status ModelSet::add(Entry entry) {
  if (entries_.size() >= kMaxModels) {  // R-ARCH-22
    return Error{ErrorCode::corrupt, entry.file_offset_bytes, "more models than a chunk can name"};
  }
  entries_.push_back(std::move(entry));
  return {};
}

Status ModelSet::add_embedded(std::vector<std::byte> payload, std::uint64_t file_offset_bytes) {
  return add({std::move(payload), {}, false, file_offset_bytes});
}

Status ModelSet::add_reference(std::span<const std::byte> payload, std::uint64_t file_offset_bytes) {
  Entry entry{{}, {}, true, file_offset_bytes};
  if (payload.size() != entry.digest.size()) {  // R-ARCH-20
    return Error{ErrorCode::corrupt_bounds, file_offset_bytes, "a model reference is not 32 bytes long"};
  }
  std::copy(payload.begin(), payload.end(), entry.digest.begin());
  return add(std::move(entry));
}

const std::vector<std::byte>* ModelSet::find(const Sha256& digest) const {
  for (const Profile& profile : profiles_) {
    for (const Rung& rung : profile.content().rungs) {
      if (rung.digest == digest) return &rung.model_bytes;
    }
  }
  return nullptr;
}

void ModelSet::add_dictionary(std::vector<std::byte> payload, std::uint64_t file_offset_bytes) {
  dictionaries_.push_back(std::make_shared<const LoadedDictionary>(std::move(payload), file_offset_bytes, limits_));
}

std::shared_ptr<const LoadedDictionary> ModelSet::find_dictionary(const Sha256& digest) const {
  for (const auto& loaded : dictionaries_) {
    if (loaded->digest() == digest) return loaded;
  }
  for (const Profile& profile : profiles_) {
    for (const StoredDictionary& stored : profile.content().dictionaries) {
      if (stored.digest == digest) return load_dictionary(stored);
    }
  }
  return nullptr;
}

Sha256 ModelSet::digest(std::size_t index) const {
  const Entry& entry = entries_[index];
  return entry.is_reference ? entry.digest : sha256(entry.payload);
}

std::vector<Sha256> ModelSet::dictionary_digests() const {
  std::vector<Sha256> out;
  for (const auto& loaded : dictionaries_) out.push_back(loaded->digest());
  return out;
}

std::vector<std::string> ModelSet::missing() const {
  std::vector<std::string> out;
  for (const Entry& entry : entries_) {
    if (entry.is_reference && find(entry.digest) == nullptr) out.push_back(to_hex(entry.digest));
  }
  return out;
}

Result<SharedModel> ModelSet::prepare(std::size_t index, std::uint64_t file_offset_bytes) {
  if (index >= entries_.size()) {  // R-CHNK-17
    return Error{ErrorCode::corrupt, file_offset_bytes, "a chunk names a model that the file does not have"};
  }
  for (const auto& [number, model] : prepared_) {
    if (number == index) return model;
  }
  const Entry& entry = entries_[index];
  const std::vector<std::byte>* payload = entry.is_reference ? find(entry.digest) : &entry.payload;
  if (payload == nullptr) {  // R-ARCH-21
    return Error{ErrorCode::unsupported, entry.file_offset_bytes,
                 "the file needs the profile that holds model " + to_hex(entry.digest) + "; give it with --profile"};
  }
  ACTZ_TRY(auto model, read_model(*payload, entry.file_offset_bytes));
  std::shared_ptr<const LoadedDictionary> dictionary;
  if (model.match.dictionary) {
    dictionary = find_dictionary(*model.match.dictionary);
    if (dictionary == nullptr) {  // R-DICT-05
      return Error{ErrorCode::unsupported, entry.file_offset_bytes,
                   "the file needs the profile that holds dictionary " + to_hex(*model.match.dictionary) +
                       "; give it with --profile"};
    }
  }
  if (prepared_.size() > kMaxReferenceDepth) prepared_.erase(prepared_.begin());
  prepared_.emplace_back(index, std::make_shared<const PreparedModel>(std::move(model), std::move(dictionary)));
  return prepared_.back().second;
}

}  // namespace actz
