#include <algorithm>
#include <cmath>
#include <list>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "actz/archive.hpp"
#include "base/try.hpp"
#include "pipeline/enc_tensor.hpp"
#include "pipeline/file_writer.hpp"
#include "pipeline/model_choice.hpp"
#include "pipeline/unit_search.hpp"

namespace actz {

struct ArchiveWriter::State {
  explicit State(ByteSink& sink) : file(sink) {}
  State(ByteSink& sink, OpenArchive archive)
      : before(std::move(archive)),
        file(sink, *before),
        tensor_count(static_cast<std::uint32_t>(before->tensors.size())) {
    for (const OpenArchive::OpenTensor& tensor : before->tensors) names.insert(tensor.header.name);
  }

  /// Chunks of the file that tensors coded with a profile may be matched with.
  Result<WrittenSources*> sources_for(const Profile::Content& profile) {
    const auto [place, is_new] = sources.try_emplace(profile.rungs.front().digest);
    if (is_new && before) ACTZ_CHECK(place->second.find(*before, profile));
    return &place->second;
  }

  std::optional<OpenArchive> before;  ///< the file that is gone on with
  FileWriter file;
  std::set<std::string> names;
  std::list<ReferenceTensor> kept;           ///< tensors that later ones may refer to
  std::map<Sha256, WrittenSources> sources;  ///< by the first model of the profile that tensors are coded with
  std::uint32_t tensor_count = 0;
  bool finished = false;
};

namespace {

Error bad_argument(std::string message) { return {ErrorCode::bad_argument, Error::kNoOffset, std::move(message)}; }

Status check_options(const EncodeOptions& options) {
  const auto positive = [](const std::optional<double>& value) {
    return !value || (std::isfinite(*value) && *value > 0);
  };
  if (!positive(options.nmse) || !positive(options.bits_per_value) || !positive(options.max_error) ||
      !positive(options.psnr_db) || !positive(options.lambda)) {
    return bad_argument("a target must be a positive number");
  }
  if (!options.metric.empty() && (options.profile != nullptr || options.lossless)) {
    return bad_argument("a metric is for lossy coding without a profile, which has its own");
  }
  if (options.effort < 1 || options.effort > 9) return bad_argument("effort is 1 to 9");
  const int targets = options.nmse.has_value() + options.bits_per_value.has_value() + options.max_error.has_value() +
                      options.psnr_db.has_value() + options.lambda.has_value();
  if (targets + (options.lossless ? 1 : 0) > 1) {
    return bad_argument("choose one of nmse, bits, psnr, lambda, max_error and lossless");
  }
  return {};
}

/// About so many values a chunk.
std::uint64_t chunk_values(const std::optional<ModelChoice>& choice, DType dtype) {
  if (!choice || choice->model.kind == CodecKind::lossless) return kLosslessChunkBytes / element_bytes(dtype);
  return chunk_values_for(choice->model);
}

Result<std::optional<ModelChoice>> choose_model(BufferedElements& elements, DType dtype, const TensorViewPlan& view,
                                                const EncodeOptions& options, References references,
                                                const WrittenSources& sources) {
  if (view.rows == 0) return std::optional<ModelChoice>{};
  if ((options.lossless && options.profile == nullptr) || !is_float(dtype)) {
    ACTZ_TRY(auto choice, choose_lossless(elements, dtype, view));
    return std::optional(std::move(choice));
  }
  EncodeOptions wanted = options;
  if (options.psnr_db) {
    ACTZ_TRY(wanted.nmse, nmse_of_psnr(elements, dtype, view, *options.psnr_db));
  }
  if (options.profile != nullptr) {
    ACTZ_TRY(auto choice, choose_from_profile(elements, dtype, view, wanted, references, sources.list()));
    if (options.lossless) {
      ACTZ_TRY(choice, lossless_with_profile(elements, dtype, view, std::move(choice)));
    }
    return std::optional(std::move(choice));
  }
  ACTZ_TRY(auto choice, choose_by_fitting(elements, dtype, view, wanted, references));
  return std::optional(std::move(choice));
}

}  // namespace

ArchiveWriter::ArchiveWriter(ByteSink& sink) : state_(std::make_unique<State>(sink)) {}
ArchiveWriter::ArchiveWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ArchiveWriter::~ArchiveWriter() = default;
ArchiveWriter::ArchiveWriter(ArchiveWriter&&) noexcept = default;
ArchiveWriter& ArchiveWriter::operator=(ArchiveWriter&&) noexcept = default;

Result<ArchiveWriter> ArchiveWriter::resume(const ByteSource& file, ByteSink& sink, const DecodeOptions& options) {
  ACTZ_TRY(auto archive, open_archive(file, options));
  return ArchiveWriter(std::make_unique<State>(sink, std::move(archive)));
}

std::uint64_t ArchiveWriter::written_bytes() const { return state_->file.offset_bytes(); }

Status ArchiveWriter::add_metadata(std::string_view json) {
  if (state_->file.has_sections()) return bad_argument("metadata comes once, before the first tensor");
  if (!nlohmann::json::parse(json, nullptr, false).is_object()) return bad_argument("metadata is not a JSON object");
  ACTZ_CHECK(state_->file.start());
  return state_->file.section(SectionType::metadata, std::as_bytes(std::span(json)), {}, kSectionSkippable);
}

Result<EncodeReport> ArchiveWriter::add_tensor(const std::string& name, DType dtype, const Shape& shape,
                                               ElementSource& elements, const EncodeOptions& options) {
  if (state_->finished) return bad_argument("the archive is finished");
  ACTZ_CHECK(check_options(options));
  ACTZ_TRY(const auto count, element_count(shape, dtype));
  if (name.size() > kMaxNameBytes || shape.size() > kMaxRank)
    return bad_argument("name longer than 1024 bytes, or rank above 16");
  if (!is_utf8(name)) return bad_argument("the name of a tensor is not UTF-8");
  if (!state_->names.insert(name).second) return bad_argument("two tensors are named '" + name + "'");
  FileWriter& file = state_->file;
  ACTZ_CHECK(file.start());

  const bool lossy = is_float(dtype) && (!options.lossless || options.profile != nullptr);
  const TensorViewPlan planned =
      plan_view(shape, lossy && options.profile != nullptr ? options.profile->training().channels : 0);
  BufferedElements input(elements, element_bytes(dtype));
  std::vector<const ReferenceTensor*> references;
  for (const std::string& wanted : options.references) {
    const auto found = std::find_if(state_->kept.begin(), state_->kept.end(),
                                    [&](const ReferenceTensor& kept) { return kept.header->name == wanted; });
    if (found == state_->kept.end())
      return bad_argument("the reference '" + wanted + "' is not in the file before '" + name + "'");
    references.push_back(&*found);
  }
  WrittenSources own_sources;  // of a tensor without profile, or that is to stand alone
  WrittenSources* sources = &own_sources;
  if (lossy && options.profile != nullptr && options.use_sources) {
    ACTZ_TRY(sources, state_->sources_for(options.profile->content()));
  }
  std::optional<ModelChoice> choice;
  TensorHeader tensor;
  CutPlan cut;
  for (;;) {
    ACTZ_TRY(choice, choose_model(input, dtype, planned, options, references, *sources));
    TensorViewPlan view = planned;
    const std::size_t longest_lag = choice ? lag_to_cut_for(choice->model) : 0;
    if (longest_lag == 0)
      view = {1, view.sequences * view.rows, view.channels};  // one long sequence cuts into better pieces
    cut = plan_cut(view, longest_lag, options.chunk_rows, chunk_values(choice, dtype));
    tensor = {name,
              dtype,
              shape,
              view.sequences,
              view.rows,
              view.channels,
              cut.strand_rows,
              choice ? choice->unit : 1.0F,
              choice ? choice->centre_scale : kCentreScaleOne};
    if (!choice || choice->reference == nullptr || choice->reference->can_serve(tensor, cut)) break;
    if (options.profile != nullptr) {
      return bad_argument("chunks of the reference '" + choice->reference->header->name +
                          "' are too long for those of '" + name + "'");
    }
    std::erase(references, choice->reference);  // its chunks are too long for ours: without it
  }

  EncodeReport report;
  const std::uint64_t first_byte = file.offset_bytes();
  std::uint16_t model_index = 0;
  if (choice) {
    ACTZ_TRY(model_index, file.add_model(*choice));
  }
  report.embedded_model_bytes = file.offset_bytes() - first_byte;
  const ReferenceTensor* const reference = choice ? choice->reference : nullptr;
  tensor.is_referenced = options.keep_as_reference && is_float(dtype);
  if (reference != nullptr) {
    tensor.reference = reference->index;
    tensor.reference_scale = choice->model.reference.scale * (choice->model.unit / choice->unit);
  }
  ACTZ_CHECK(file.section(SectionType::tensor, write_tensor_header(tensor), {0, state_->tensor_count, 0, 0, 0, 0}));
  TensorEncoding encoding(file, tensor, state_->tensor_count, choice ? &*choice : nullptr,
                          options.use_sources ? sources : nullptr, options);
  ACTZ_CHECK(encoding.write_chunks(input, cut, model_index));
  ACTZ_CHECK(encoding.write_end());
  if (tensor.is_referenced) {
    state_->kept.push_back({state_->tensor_count, std::make_shared<const TensorHeader>(tensor),
                            reference != nullptr ? reference->depth + 1 : 0, encoding.take_kept()});
  }
  ++state_->tensor_count;
  encoding.report(report);
  if (reference != nullptr) report.reference = reference->header->name;
  if (choice && choice->dictionary != nullptr) report.dictionary_bytes = choice->dictionary->payload().size();
  report.values = count;
  report.input_bytes = count * element_bytes(dtype);
  report.output_bytes = file.offset_bytes() - first_byte;
  return report;
}

Status ArchiveWriter::finish() {
  if (state_->finished) return bad_argument("the archive is finished");
  state_->finished = true;
  ACTZ_CHECK(state_->file.start());
  return state_->file.finish();
}

}  // namespace actz
