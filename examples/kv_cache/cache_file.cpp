#include "cache_file.hpp"

#include <sha2.h>

#include <cstring>
#include <nlohmann/json.hpp>

namespace {

actz::Error refusal(const std::string& message) {
  return {actz::ErrorCode::bad_argument, actz::Error::kNoOffset, message};
}

std::string tensor_name(std::size_t layer, bool is_value) {
  return "layer" + std::to_string(layer) + (is_value ? ".v" : ".k");
}

/// Keys of format_spec/02_container.md, 2.5.1, and one of this example's own.
std::vector<actz::Requirement> requirements_of(const CacheOwner& owner) {
  return {{"model", owner.model},
          {"revision", owner.revision},
          {"layout", "token,channel"},
          {"heads", owner.heads},
          {"token_digest", owner.token_digest}};
}

std::string record_of(const CacheOwner& owner) {
  nlohmann::json out;
  for (const actz::Requirement& one : requirements_of(owner)) out[one.key] = one.value;
  return out.dump();
}

actz::Status add(actz::ArchiveWriter& writer, const std::string& name, std::span<const float> values,
                 std::size_t kv_dim, const actz::EncodeOptions& options, double& nmse) {
  actz::MemoryElements elements(actz::DType::f32, std::as_bytes(values));
  const auto added = writer.add_tensor(name, actz::DType::f32, {values.size() / kv_dim, kv_dim}, elements, options);
  if (!added) return added.error();
  nmse += added->nmse;
  return {};
}

/// Decodes a tensor to where its values belong.
actz::Status restore(const actz::ArchiveReader& reader, std::size_t tensor, std::span<float> to) {
  const auto& summary = reader.summary().tensors[tensor];
  auto bytes = std::as_writable_bytes(to);
  if (summary.dtype != actz::DType::f32 || summary.values != to.size()) return refusal("the cache has other tensors");
  return reader.read_rows(tensor, 0, summary.rows, [&](std::span<const std::byte> elements) {
    std::memcpy(bytes.data(), elements.data(), elements.size());
    bytes = bytes.subspan(elements.size());
    return actz::Status();
  });
}

}  // namespace

std::string heads_of(const Checkpoint::Sizes& sizes) {
  return "layers=" + std::to_string(sizes.layers) + " kv_heads=" + std::to_string(sizes.kv_heads) +
         " head_dim=" + std::to_string(sizes.head_dim()) + " keys=rotated";
}

std::string digest_of(std::span<const std::uint32_t> tokens) {
  SHA2_CTX context;
  SHA256Init(&context);
  for (const std::uint32_t token : tokens) {
    std::uint8_t bytes[4];
    for (unsigned i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(token >> (8 * i));
    SHA256Update(&context, bytes, sizeof(bytes));
  }
  char text[SHA256_DIGEST_STRING_LENGTH];
  SHA256End(&context, text);
  return text;
}

actz::Result<std::vector<std::byte>> store_cache(const KvCache& cache, std::size_t positions, const CacheOwner& owner,
                                                 const StoreOptions& options, StoreReport& report) {
  actz::MemorySink sink;
  actz::ArchiveWriter writer(sink);
  if (const auto added = writer.add_metadata(record_of(owner)); !added) return added.error();
  actz::EncodeOptions encoding;
  encoding.chunk_rows = options.block;
  encoding.lossless = !options.nmse;
  encoding.nmse = options.nmse;
  encoding.embed_model = options.profiles.empty();
  for (std::size_t layer = 0; layer < cache.keys.size(); ++layer) {
    for (const bool is_value : {false, true}) {
      const auto& all = is_value ? cache.values[layer] : cache.keys[layer];
      if (!options.profiles.empty()) encoding.profile = &options.profiles[2 * layer + (is_value ? 1 : 0)];
      const auto kept = std::span(all).first(positions * cache.kv_dim);
      double& nmse = is_value ? report.value_nmse : report.key_nmse;
      if (const auto added = add(writer, tensor_name(layer, is_value), kept, cache.kv_dim, encoding, nmse); !added)
        return added.error();
    }
  }
  if (const auto finished = writer.finish(); !finished) return finished.error();
  const auto layers = static_cast<double>(cache.keys.size());
  report = {2 * cache.keys.size() * positions * cache.kv_dim, sink.bytes.size(), report.key_nmse / layers,
            report.value_nmse / layers};
  return std::move(sink.bytes);
}

actz::Result<std::size_t> restore_cache(std::span<const std::byte> file, const CacheOwner& wanted,
                                        const std::vector<actz::Profile>& profiles, KvCache& cache) {
  const actz::MemorySource source(file);
  actz::DecodeOptions options;
  options.profiles = profiles;
  options.required = requirements_of(wanted);
  const auto reader = actz::ArchiveReader::open(source, options);
  if (!reader) return reader.error();
  const auto& summary = reader->summary();
  if (summary.tensors.size() != 2 * cache.keys.size()) return refusal("the cache has other tensors");
  const auto positions = static_cast<std::size_t>(summary.tensors[0].rows);
  if (positions * cache.kv_dim > cache.keys[0].size())
    return refusal("the cache is longer than the model's longest sequence");
  for (std::size_t i = 0; i < summary.tensors.size(); ++i) {
    if (summary.tensors[i].name != tensor_name(i / 2, i % 2 == 1)) return refusal("the cache has other tensors");
    auto& all = i % 2 == 1 ? cache.values[i / 2] : cache.keys[i / 2];
    if (const auto restored = restore(*reader, i, std::span(all).first(positions * cache.kv_dim)); !restored)
      return restored.error();
  }
  return positions;
}
