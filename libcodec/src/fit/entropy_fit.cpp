#include "fit/entropy_fit.hpp"

#include "model/enc_context_rates.hpp"

namespace actz {
namespace {

std::vector<Histogram> count_levels(std::span<const std::int16_t> levels, std::size_t coefficients,
                                    std::span<const Strand> strands) {
  std::vector<Histogram> out(coefficients);
  for (const Strand& strand : strands) {
    for (std::size_t row = strand.first_row; row < strand.first_row + strand.row_count; ++row) {
      for (std::size_t k = 0; k < coefficients; ++k) out[k].add(levels[row * coefficients + k]);
    }
  }
  return out;
}

}  // namespace

void reset_entropy(CodecModel& model) {
  if (model.entropy_kind == EntropyKind::context) {
    model.context = untrained_context_model(model.synthesis.coefficients, model.state_bits > 0 ? 2 : 1);
  }
}

void fit_entropy(CodecModel& model, const LevelRows& levels, std::span<const Strand> strands,
                 const EntropyFitOptions& options) {
  const std::size_t coefficients = model.synthesis.coefficients;
  if (model.entropy_kind == EntropyKind::context) {
    ContextFitOptions context = options.context;
    context.match_classes = model.match.classes;
    ContextFit fit = fit_context_model(levels, coefficients, model.state_bits, strands, context);
    model.context = std::move(fit.model);
    if (model.match.classes > 0) model.match.start_activity = std::move(fit.start_activity);
  } else {
    model.entropy = fit_static_model(count_levels(levels.levels, coefficients, strands), options.classes);
  }
}

CodeLength::CodeLength(const CodecModel& model) : model_(model) {
  if (model.entropy_kind == EntropyKind::context) context_.emplace(model.context, model.state_bits);
}

double CodeLength::bits(const LevelRows& levels, std::span<const Strand> strands) const {
  if (context_) return context_->bits(levels, model_.match.start_activity, strands);
  const auto counts = count_levels(levels.levels, model_.synthesis.coefficients, strands);
  double sum = 0;
  for (std::size_t k = 0; k < counts.size(); ++k)
    sum += code_length_bits(model_.entropy, model_.entropy.class_of[k], counts[k]);
  return sum;
}

}  // namespace actz
