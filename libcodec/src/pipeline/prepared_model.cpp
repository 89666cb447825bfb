#include "pipeline/prepared_model.hpp"

namespace actz {

PreparedModel::PreparedModel(CodecModel parsed, std::shared_ptr<const LoadedDictionary> loaded)
    : model(std::move(parsed)), dictionary(std::move(loaded)), tables(model.tables()) {
  if (dictionary != nullptr) stored = std::make_shared<const StoredParts>(SharedParts{dictionary->part()});
  std::vector<std::uint32_t> pattern;
  for (const std::uint8_t class_index : model.entropy.class_of) pattern.push_back(tables.table_offset(class_index));
  if (!pattern.empty()) schedule = make_schedule(pattern, schedule_storage);
  if (model.kind != CodecKind::lossy) return;
  loop.emplace(model);
  if (model.entropy_kind == EntropyKind::context) context_lanes.emplace(model.context, model.state_bits);
  for (const std::uint8_t class_index : model.entropy.class_of) {
    const SymbolRange& range = model.entropy.ranges[class_index];
    has_raw_bits = has_raw_bits || range.raw_bits > 0;
    lowest.push_back(static_cast<std::int16_t>(range.lowest));
    escape.push_back(static_cast<std::uint8_t>(model.entropy.escape_symbol(class_index)));
  }
}

}  // namespace actz
