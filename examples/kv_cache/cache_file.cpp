#include "cache_file.hpp"

#include <cstring>
#include <nlohmann/json.hpp>

namespace {

actz::Error refusal(const std::string& message) {
  return {actz::ErrorCode::bad_argument, actz::Error::kNoOffset, message};
}

std::string tensor_name(std::size_t layer, bool is_value) {
  return "layer" + std::to_string(layer) + (is_value ? ".v" : ".k");
}

std::string record_of(const CacheOwner& owner) {
  return nlohmann::json{
      {"model", owner.model}, {"revision", owner.revision}, {"layout", owner.layout}, {"tokens", owner.tokens}}
      .dump();
}

/// Each thing that the owner is known by must be as wanted.
actz::Status check_owner(const std::string& metadata, const CacheOwner& wanted) {
  const auto record = nlohmann::json::parse(metadata, nullptr, false);
  const std::pair<const char*, const std::string&> all[] = {
      {"model", wanted.model}, {"revision", wanted.revision}, {"layout", wanted.layout}, {"tokens", wanted.tokens}};
  for (const auto& [name, value] : all) {
    const std::string found = record.is_object() ? record.value(name, "none") : "none";
    if (found != value)
      return refusal(std::string("the cache is of another ") + name + ": wanted '" + value + "', it has '" + found +
                     "'");
  }
  return {};
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

std::string layout_of(const Checkpoint::Sizes& sizes) {
  return "layers=" + std::to_string(sizes.layers) + " kv_heads=" + std::to_string(sizes.kv_heads) +
         " head_dim=" + std::to_string(sizes.head_dim()) + " keys=rotated f32 [position][kv_head][head_dim]";
}

std::string digest_of(std::span<const std::uint32_t> tokens) {
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a, 64 bits
  for (const std::uint32_t token : tokens) {
    for (unsigned shift = 0; shift < 32; shift += 8) hash = (hash ^ ((token >> shift) & 0xFF)) * 0x100000001B3;
  }
  char text[17];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(hash));
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
  const auto reader = actz::ArchiveReader::open(source, options);
  if (!reader) return reader.error();
  const auto& summary = reader->summary();
  if (const auto checked = check_owner(summary.metadata, wanted); !checked) return checked.error();
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
