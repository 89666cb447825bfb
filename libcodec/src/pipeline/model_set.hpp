#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actz/archive.hpp"
#include "pipeline/prepared_model.hpp"

namespace actz {

/// The models of a file, in the order of their sections, and the dictionaries that they name. Payloads are kept as they
/// stand in the file; the look-up tables, which are much larger, only for the models in use: a tensor's and those of
/// its references.
class ModelSet {
 public:
  explicit ModelSet(const DecodeOptions& options) : profiles_(options.profiles), limits_(options.limits) {}

  Status add_embedded(std::vector<std::byte> payload, std::uint64_t file_offset_bytes);
  /// A MODEL_REFERENCE section: the model of that digest is taken from the profiles when it is needed.
  Status add_reference(std::span<const std::byte> payload, std::uint64_t file_offset_bytes);

  /// A DICTIONARY section.
  void add_dictionary(std::vector<std::byte> payload, std::uint64_t file_offset_bytes);

  std::size_t size() const { return entries_.size(); }
  /// Digests (hex) of models that no profile holds.
  std::vector<std::string> missing() const;

  /// SHA-256 of a model's payload. @param index  below size().
  Sha256 digest(std::size_t index) const;
  /// Of the dictionaries of the file.
  std::vector<Sha256> dictionary_digests() const;

  /// The model, validated and ready. Errors: corrupt, unsupported (a reference that no profile holds).
  Result<SharedModel> prepare(std::size_t index, std::uint64_t file_offset_bytes);

 private:
  struct Entry {
    std::vector<std::byte> payload;  ///< of a MODEL section
    Sha256 digest{};                 ///< of a MODEL_REFERENCE
    bool is_reference = false;
    std::uint64_t file_offset_bytes = 0;
  };
  Status add(Entry entry);
  /// Null if neither the file so far nor a profile holds it.
  std::shared_ptr<const LoadedDictionary> find_dictionary(const Sha256& digest) const;
  const std::vector<std::byte>* find(const Sha256& digest) const;

  std::vector<Profile> profiles_;
  DecodeLimits limits_;
  std::vector<std::shared_ptr<const LoadedDictionary>> dictionaries_;
  std::vector<Entry> entries_;
  std::vector<std::pair<std::size_t, SharedModel>> prepared_;  ///< the last few, oldest first
};

}  // namespace actz
