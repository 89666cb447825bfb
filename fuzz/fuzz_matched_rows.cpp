// Rows made of the input's bytes, encoded with a profile that matches rows, decode to what was promised.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <random>

#include "fuzz_input.hpp"
#include "profile/profile_content.hpp"

using namespace actz;

namespace {

constexpr std::size_t kOptionBytes = 6;
constexpr std::size_t kChannels = 16;
constexpr std::size_t kWords = 64;
constexpr std::size_t kMostRows = 300;

using Row = std::array<float, kChannels>;

/// Rows that come again and again.
const std::array<Row, kWords>& words() {
  static const auto made = [] {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::array<Row, kWords> out{};
    for (Row& word : out) std::generate(word.begin(), word.end(), [&] { return normal(random); });
    return out;
  }();
  return made;
}

/// One byte names a word, the next one says how far and in which channel it is off.
Row word_row(std::uint8_t word, std::uint8_t change) {
  Row out = words()[word % kWords];
  out[change % kChannels] += static_cast<float>(change / kChannels) / 128;
  return out;
}

const Profile& profile() {
  static const Profile made = [] {
    std::mt19937 random(2);
    std::vector<Row> rows;
    for (std::size_t i = 0; i < 2048; ++i)
      rows.push_back(word_row(static_cast<std::uint8_t>(random()), static_cast<std::uint8_t>(random())));
    MemoryElements elements(DType::f32, std::as_bytes(std::span(rows)));
    const FitInput input{DType::f32, {16, 128, kChannels}, &elements};
    FitOptions options;
    options.target_nmse = {0.05};
    auto fitted = fit_profile(std::span(&input, 1), options);
    fuzz::promise(fitted.has_value());
    for (const auto& rung : fitted->content().rungs) fuzz::promise(rung.model.match.classes > 0);
    return *std::move(fitted);
  }();
  return made;
}

EncodeOptions options_of(const std::uint8_t* data) {
  EncodeOptions out;
  out.profile = &profile();
  const double level = std::ldexp(1.0, -(data[1] % 16));
  switch (data[0] & 7) {
    case 0: out.lossless = true; break;
    case 1: out.max_error = level; break;
    case 2: out.lambda = level / 64; break;
    case 3: out.psnr_db = 10 + data[1] % 64; break;
    case 4: out.bits_per_value = 4 * level; break;
    default: out.nmse = level / 2; break;
  }
  out.use_sources = (data[0] & 8) == 0;
  out.chunk_rows = data[2];
  out.effort = 1 + data[3] % 7;
  return out;
}

std::vector<Row> rows_of(std::span<const std::uint8_t> data, bool are_words) {
  std::vector<Row> out(std::min(kMostRows, data.size() / (are_words ? 2 : sizeof(Row))));
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (are_words) {
      out[i] = word_row(data[2 * i], data[2 * i + 1]);
    } else {
      std::memcpy(&out[i], &data[i * sizeof(Row)], sizeof(Row));
    }
  }
  return out;
}

/// What the encoder says of the error is so.
bool is_reported(const EncodeReport& report, std::span<const Row> rows, std::span<const Row> decoded) {
  std::array<double, kChannels> mean{};
  for (const Row& row : rows)
    for (std::size_t c = 0; c < kChannels; ++c) mean[c] += double{row[c]} / static_cast<double>(rows.size());
  double error = 0, energy = 0, largest = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t c = 0; c < kChannels; ++c) {
      const double off = double{rows[i][c]} - double{decoded[i][c]};
      error += off * off;
      energy += std::pow(double{rows[i][c]} - mean[c], 2);
      largest = std::max(largest, std::fabs(off));
    }
  }
  return std::fabs(report.max_abs_error - largest) <= 1e-5 * (1 + largest) &&
         (!(energy > 1e-6) || std::fabs(report.nmse - error / energy) <= 1e-3 * error / energy + 1e-9);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  if (size_bytes < kOptionBytes) return 0;
  const EncodeOptions options = options_of(data);
  const bool are_words = (data[0] & 16) != 0;
  std::vector<Row> rows = rows_of(std::span(data, size_bytes).subspan(kOptionBytes), are_words);
  const std::uint64_t sequences = rows.empty() ? 0 : 1 + data[4] % std::min<std::size_t>(rows.size(), 16);
  const std::uint64_t row_count = sequences == 0 ? 0 : rows.size() / sequences;
  rows.resize(static_cast<std::size_t>(sequences * row_count));
  MemorySink sink;
  ArchiveWriter writer(sink);
  MemoryElements elements(DType::f32, std::as_bytes(std::span(rows)));
  const auto report = writer.add_tensor("x", DType::f32, {sequences, row_count, kChannels}, elements, options);
  fuzz::promise(report.has_value() && writer.finish().has_value());
  const auto decoded = fuzz::decode_front_to_back(sink.bytes);
  fuzz::promise(decoded.has_value() && decoded->size() == rows.size() * sizeof(Row));
  std::vector<Row> got(rows.size());
  if (!rows.empty()) std::memcpy(got.data(), decoded->data(), decoded->size());
  if (options.lossless) fuzz::promise(decoded->empty() || std::memcmp(got.data(), rows.data(), decoded->size()) == 0);
  if (are_words && !rows.empty()) fuzz::promise(is_reported(*report, rows, got));
  return 0;
}
