#include "fit/trial.hpp"

#include <algorithm>
#include <cmath>
#include <future>

#include "container/scaled_centre.hpp"

namespace actz {
namespace {

constexpr double kPatchElementBits = 32;  ///< the type of the tensor is not known here
constexpr std::size_t kTogether = 16;     ///< strands that the quantiser takes at a time

/// Runs `task` on equal parts of the strands, each on a thread of its own.
template <class Task>
void share_out(std::span<const Strand> strands, unsigned threads, const Task& task) {
  const std::size_t groups = (strands.size() + kTogether - 1) / kTogether;
  const std::size_t part = (groups + threads - 1) / std::max(threads, 1u) * kTogether;
  std::vector<std::future<void>> others;
  for (std::size_t first = part; first < strands.size(); first += part) {
    const auto some = strands.subspan(first, std::min(part, strands.size() - first));
    others.push_back(std::async(std::launch::async, [&task, some] { task(some); }));
  }
  task(strands.first(std::min(part, strands.size())));
  for (auto& other : others) other.get();
}

/// The decoded rows of a group, whose strands follow one another, as later ones may be matched with them.
struct GroupRows {
  std::size_t channels;
  std::size_t first = 0;
  std::shared_ptr<RowBlock<std::int32_t>> rows;
  std::vector<std::uint32_t> position;  ///< of each in its strand

  GroupRows(std::span<const Strand> group, std::size_t row_channels) : channels(row_channels) {
    if (group.empty()) return;
    first = group.front().first_row;
    for (const Strand& strand : group) {
      for (std::uint32_t t = 0; t < strand.row_count; ++t) position.push_back(t);
    }
    rows = std::make_shared<RowBlock<std::int32_t>>(position.size(), channels);
  }
  void set(std::size_t row, const std::int32_t* decoded) { std::copy_n(decoded, channels, rows->row(row - first)); }
};

}  // namespace

std::vector<std::uint8_t> classes_of(std::span<const RowMatch> matches) {
  std::vector<std::uint8_t> out;
  for (const RowMatch& match : matches) out.push_back(match.match_class);
  return out;
}

double strand_energy(const TrainingRows& rows, const Strand& strand) {
  double sum = 0;
  const float* from = &rows.values[strand.first_row * rows.channels];
  if (rows.mean.empty()) {
    for (std::size_t i = 0; i < strand.row_count * rows.channels; ++i) sum += double{from[i]} * double{from[i]};
    return sum;
  }
  for (std::size_t row = 0; row < strand.row_count; ++row, from += rows.channels) {
    for (std::size_t c = 0; c < rows.channels; ++c) {
      const double centred = double{from[c]} - rows.mean[c];
      sum += centred * centred;
    }
  }
  return sum;
}

RowBlock<std::int16_t> side_inputs(const LossyRowEncoder& encoder, const TrainingRows& rows, double scale) {
  const ReferencePredictor* predictor = encoder.loop().reference();
  return predictor == nullptr ? RowBlock<std::int16_t>{} : predictor->inputs(rows.reference, static_cast<float>(scale));
}

std::optional<StoredSearch> searchable(const LossyRowEncoder& encoder, const CodecModel& model,
                                       const TrainingStoredRows* stored, double unit, double centre_gain) {
  if (stored == nullptr || model.match.classes == 0) return std::nullopt;
  const std::vector<std::int32_t> centre = scaled_centre(model, centre_scale_for(model, unit, centre_gain));
  return encoder.searchable(*stored->rows, static_cast<float>(unit), centre);
}

double noise_per_step_squared(unsigned state_bits) {
  return state_bits == 0 ? 1.0 / 12 : state_bits == 2 ? 0.2623 : 0.2593;
}

Decisions decisions_for(unsigned state_bits, const DecisionOptions& options) {
  const double lambda = state_bits == 0 ? kLambdaPerStepSquared : kLambdaPerHalfStepSquared;
  return {options.optimize ? lambda * options.lambda_factor : 0.0,
          options.contexts,
          options.metric,
          options.coarse_analysis,
          options.repeat_slope,
          options.look_ahead};
}

Trial try_model(const CodecModel& model, TrainingRows& rows, const std::vector<Strand>& strands,
                const TrialOptions& options) {
  const LossyRowEncoder encoder(model, Rates::of_model, decisions_for(model.state_bits, options.decisions));
  return try_encoder(encoder, model, rows, strands, options);
}

Trial try_encoder(const LossyRowEncoder& encoder, const CodecModel& model, TrainingRows& rows,
                  const std::vector<Strand>& strands, const TrialOptions& options) {
  rows.rescale(options.unit);
  std::vector<std::int16_t> quantised(rows.row_count() * model.synthesis.coefficients);
  std::vector<double> row_error(rows.row_count());
  std::vector<unsigned> row_patches(rows.row_count());
  const double bound = options.error_bound ? *options.error_bound / options.unit : 0;
  std::vector<unsigned> row_beyond(rows.row_count());
  const RowBlock<std::int16_t> side =
      side_inputs(encoder, rows, double{model.reference.scale} * double{model.unit} / options.unit);
  const bool has_matches = model.match.classes > 0;
  MatchedRows own_matched;
  MatchedRows& matched = options.matched != nullptr ? *options.matched : own_matched;
  std::vector<RowMatch>& matches = matched.matches;
  const Matching matching = matches.empty() ? Matching::chosen : Matching::given;
  if (has_matches) matches.resize(rows.row_count());
  const bool near_is_known = !matched.ahead.near.empty();
  std::vector<double> match_bits(matches.size());
  const auto measure_row = [&](std::size_t row, const std::int32_t* decoded) {
    const float* original = rows.row(row);
    for (std::size_t c = 0; c < rows.channels; ++c) {
      const double error = double{original[c]} - decoded[c];
      const bool patched = !options.error_bound && std::fabs(error) > kPatchedErrorUnits;
      row_error[row] += patched ? 0.0 : error * error;
      row_patches[row] += patched;
      row_beyond[row] += std::fabs(error) > bound;
    }
  };
  const RowSource source = [&](std::size_t row, float* room) { return rows.row_within_reach(row, room); };
  std::optional<StoredSearch> search = searchable(encoder, model, options.stored, options.unit, options.centre_gain);
  if (has_matches) {
    std::size_t sources = 0;
    for (const std::span<const Strand> group : chunk_groups(strands, rows.channels, options.group_values)) {
      const std::vector<AddressRange> own =
          options.stored != nullptr ? options.stored->own_rows(group) : std::vector<AddressRange>{};
      const bool is_source = sources < options.most_sources && group.back().first_row != strands.back().first_row;
      GroupRows decoded(is_source ? group : std::span<const Strand>{}, rows.channels);
      encoder.encode(
          source, group, quantised,
          [&](std::size_t row, const std::int32_t* fixed) {
            measure_row(row, fixed);
            if (is_source) decoded.set(row, fixed);
          },
          {&side, search ? &*search : nullptr, own}, {matches, &matched.ahead, near_is_known}, matching);
      add_match_bits(model.match, group, matches, search ? search->rows.position() : std::span<const std::uint32_t>{},
                     match_bits);
      if (!is_source) continue;
      if (!search) search.emplace();
      encoder.append_searchable(*search, decoded.rows, decoded.position);
      ++sources;
    }
  } else {
    share_out(strands, options.threads,
              [&](std::span<const Strand> some) { encoder.encode(source, some, quantised, measure_row, {&side}); });
  }
  const std::vector<std::uint8_t> match_class = classes_of(matches);
  const CodeLength code_length(model);
  Trial out;
  StrandTrial sum;
  const double unit_energy = options.unit * options.unit;
  for (const Strand& whole : strands) {
    const std::size_t skipped = std::min(options.warm_rows, whole.row_count - 1);
    const Strand strand{whole.first_row + skipped, whole.row_count - skipped};
    StrandTrial one;
    one.values = static_cast<double>(strand.row_count * rows.channels);
    one.energy = strand_energy(rows, strand) * unit_energy;
    for (std::size_t row = strand.first_row; row < strand.first_row + strand.row_count; ++row) {
      one.squared_error += row_error[row];
      one.bits += row_patches[row] * (kPatchPlaceBits + kPatchElementBits);
      if (has_matches) one.bits += match_bits[row];
    }
    one.squared_error *= unit_energy;
    if (options.wants_bits) one.bits += code_length.bits({quantised, match_class}, std::span(&strand, 1));
    sum.values += one.values;
    sum.energy += one.energy;
    sum.squared_error += one.squared_error;
    sum.bits += one.bits;
    out.strands.push_back(one);
  }
  sum.values = std::max(sum.values, 1.0);
  out.measured = {sum.squared_error / std::max(sum.energy, 1e-300), sum.bits / sum.values};
  double beyond = 0;
  for (const unsigned count : row_beyond) beyond += count;
  out.share_beyond_bound = beyond / sum.values;
  return out;
}

}  // namespace actz
