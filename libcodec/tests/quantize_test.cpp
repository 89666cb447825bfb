#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/cpu_kernel.hpp"
#include "linear/row_block.hpp"
#include "quantize/dependent.hpp"
#include "quantize/enc_trellis.hpp"
#include "rows/context_lanes.hpp"
#include "rows/row_contexts.hpp"

using namespace actz;

namespace {

/// A model whose tables differ with coefficient, bin and quantiser.
ContextModel varied_model(std::uint32_t coefficients, unsigned quantizers, unsigned bins, std::mt19937& random) {
  ContextModel model = untrained_context_model(coefficients, quantizers);
  model.tables = {10, {}};
  model.code_count.clear();
  for (unsigned table = 0; table < 12; ++table) {
    const unsigned codes = 3 + table * 3;
    ClassFrequencies frequencies(kMaxSymbols);
    unsigned left = 1024 - codes - 1;
    for (unsigned code = 0; code < codes; ++code) {
      const unsigned extra = left / 3;
      frequencies[code] = static_cast<std::uint16_t>(1 + extra);
      left -= extra;
    }
    frequencies[ContextModel::kEscapeSymbol] = static_cast<std::uint16_t>(1 + left);
    model.tables.classes.push_back(frequencies);
    model.code_count.push_back(static_cast<std::uint8_t>(codes));
  }
  model.bins = bins;
  model.thresholds.clear();
  for (unsigned i = 1; i < bins; ++i) model.thresholds.push_back(static_cast<std::uint16_t>(3000 + 2500 * i));
  std::uniform_int_distribution<unsigned> table(0, 11), weight(20, 4000), raw(0, 2);
  model.table_of.clear();
  for (std::size_t i = 0; i < std::size_t{coefficients} * bins * quantizers; ++i) {
    model.table_of.push_back(static_cast<std::uint8_t>(table(random)));
  }
  for (auto& value : model.weight) value = static_cast<std::uint16_t>(weight(random));
  for (auto& value : model.raw_bits) value = static_cast<std::uint8_t>(raw(random) == 2 ? 2 : 0);
  return model;
}

RowBlock<float> normal_rows(std::size_t rows, std::size_t columns, float scale, std::mt19937& random) {
  std::normal_distribution<float> normal(0, scale);
  RowBlock<float> out(rows, columns);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t k = 0; k < columns; ++k) out.row(row)[k] = normal(random);
  }
  return out;
}

/// Cost of a row of levels as the coder and the distortion see it.
double cost_of(const ContextModel& model, unsigned state_bits, const float* coefficients, const std::int16_t* levels,
               double lambda) {
  double cost = 0;
  visit_contexts(model, state_bits, levels, kActivityStart,
                 [&](std::size_t k, unsigned bin, unsigned quantizer, std::int32_t index) {
                   const double error = double{coefficients[k]} - levels[k];
                   cost += error * error / lambda +
                           double{context_symbol_bits(model, model.table(k, bin, quantizer), index)};
                 });
  return cost;
}

/// The least cost of all rows of indices −2 … 2.
double least_cost(const ContextModel& model, unsigned state_bits, const float* coefficients, std::size_t count,
                  double lambda) {
  double best = std::numeric_limits<double>::infinity();
  std::vector<std::int16_t> levels(count);
  std::size_t combinations = 1;
  for (std::size_t k = 0; k < count; ++k) combinations *= 5;
  for (std::size_t number = 0; number < combinations; ++number) {
    unsigned state = 0;
    std::size_t digits = number;
    for (std::size_t k = 0; k < count; ++k, digits /= 5) {
      const auto index = static_cast<std::int32_t>(digits % 5) - 2;
      levels[k] = static_cast<std::int16_t>(state_bits == 0 ? index : dependent_level(index, quantizer_of(state)));
      state = next_state(state, index, state_bits);
    }
    best = std::min(best, cost_of(model, state_bits, coefficients, levels.data(), lambda));
  }
  return best;
}

}  // namespace

TEST_CASE("an index and the level it stands for belong to each other in both quantisers") {
  for (const unsigned quantizer : {0U, 1U}) {
    for (std::int32_t index = -16383; index <= 16383; ++index) {
      const std::int32_t level = dependent_level(index, quantizer);
      REQUIRE(dependent_index(level, quantizer) == index);
      REQUIRE((level == 0 || (level & 1) == static_cast<std::int32_t>(quantizer)));
    }
  }
}

TEST_CASE("every state is entered from two states, by indices of both parities") {
  for (const unsigned state_bits : {2U, 3U}) {
    std::vector<int> entered(1U << state_bits);
    for (unsigned state = 0; state < 1U << state_bits; ++state) {
      CHECK(next_state(state, 0, state_bits) != next_state(state, 1, state_bits));
      CHECK(next_state(state, -1, state_bits) == next_state(state, 1, state_bits));
      for (const int parity : {0, 1}) ++entered[next_state(state, parity, state_bits)];
    }
    for (const int count : entered) CHECK(count == 2);
  }
}

TEST_CASE("the trellis finds the best of all rows when contexts do not depend on the path") {
  std::mt19937 random(5);
  const std::size_t count = 6;
  for (const unsigned state_bits : {0U, 2U, 3U}) {
    CAPTURE(state_bits);
    ContextModel model = varied_model(count, state_bits > 0 ? 2 : 1, 1, random);
    std::fill(model.raw_bits.begin(), model.raw_bits.end(), 0);
    const double lambda = 0.4;
    const TrellisQuantizer quantizer(model, ContextRates(model), state_bits, std::vector<float>(count, 1.0F),
                                     static_cast<float>(lambda), TrellisContexts::of_each_path);
    const RowBlock<float> coefficients = normal_rows(40, count, 0.9F, random);
    RowBlock<std::int16_t> levels(40, count);
    quantizer.quantize(coefficients.first(40), levels.first(40));
    for (std::size_t row = 0; row < 40; ++row) {
      const double found = cost_of(model, state_bits, coefficients.row(row), levels.row(row), lambda);
      CHECK(found <= least_cost(model, state_bits, coefficients.row(row), count, lambda) + 0.05);  // rates in 1/256 bit
    }
  }
}

TEST_CASE("dependent quantisation without a price on bits beats a scalar quantiser of the same rate by 0.9 decibel") {
  std::mt19937 random(9);
  const std::size_t count = 256;
  std::uniform_real_distribution<float> uniform(-200, 200);
  RowBlock<float> coefficients(16, count);
  for (std::size_t row = 0; row < 16; ++row) {
    for (std::size_t k = 0; k < count; ++k) coefficients.row(row)[k] = uniform(random);
  }
  for (const auto& [state_bits, least_gain_db] : {std::pair{2U, 0.9}, std::pair{3U, 0.95}}) {
    const ContextModel model = untrained_context_model(count, 2);
    const TrellisQuantizer quantizer(model, ContextRates::geometric(model), state_bits, std::vector<float>(count, 1.0F),
                                     0, TrellisContexts::of_each_path);
    RowBlock<std::int16_t> levels(16, count);
    quantizer.quantize(coefficients.first(16), levels.first(16));
    double squared_error = 0;
    for (std::size_t row = 0; row < 16; ++row) {
      for (std::size_t k = 0; k < count; ++k)
        squared_error += std::pow(coefficients.row(row)[k] - levels.row(row)[k], 2);
    }
    // Indices are as many a unit as those of a scalar quantiser with steps of 2, whose error is 4/12.
    CHECK(10 * std::log10(4.0 / 12 / (squared_error / (16.0 * count))) >= least_gain_db);
  }
}

TEST_CASE("a row with a slope of its own is decided as by a quantiser of that lambda") {
  std::mt19937 random(8);
  const std::size_t count = 37, rows = 21;
  const CpuKernel before = active_cpu_kernel();
  std::vector<float> slopes(rows);
  for (std::size_t row = 0; row < rows; ++row) slopes[row] = std::exp2(static_cast<float>(row % 7) - 2);
  for (const unsigned state_bits : {0U, 2U, 3U}) {
    const ContextModel model = varied_model(count, state_bits > 0 ? 2 : 1, 8, random);
    const ContextRates rates(model);
    const RowBlock<float> coefficients = normal_rows(rows, count, 2.0F, random);
    const auto quantizer_of_lambda = [&](float lambda) {
      return TrellisQuantizer(model, rates, state_bits, std::vector<float>(count, 1.0F), lambda,
                              TrellisContexts::of_each_quantizer);
    };
    for (const CpuKernel kernel : supported_cpu_kernels()) {
      REQUIRE(set_cpu_kernel(kernel));
      for (const std::size_t together : {std::size_t{1}, rows}) {  // one row has a loop of its own
        RowBlock<std::int16_t> levels(rows, count), expected(1, count);
        for (std::size_t first = 0; first < rows; first += together) {
          quantizer_of_lambda(0.25F).quantize(coefficients.first(rows).subspan(first, together),
                                              levels.first(rows).subspan(first, together), {},
                                              std::span(slopes).subspan(first, together));
        }
        for (std::size_t row = 0; row < rows; ++row) {
          quantizer_of_lambda(0.25F * slopes[row])
              .quantize(coefficients.first(rows).subspan(row, 1), expected.first(1));
          CHECK(std::equal(levels.row(row), levels.row(row) + count, expected.row(0)));
        }
      }
    }
  }
  set_cpu_kernel(before);
}

TEST_CASE("all kernels of the trellis decide alike") {
  std::mt19937 random(7);
  const CpuKernel before = active_cpu_kernel();
  for (const unsigned state_bits : {0U, 2U, 3U}) {
    for (const TrellisContexts contexts :
         {TrellisContexts::of_each_path, TrellisContexts::of_each_quantizer, TrellisContexts::of_best_path}) {
      for (const std::size_t rows : {1U, 15U, 16U, 33U}) {
        const std::size_t count = 37;
        const ContextModel model = varied_model(count, state_bits > 0 ? 2 : 1, 8, random);
        const TrellisQuantizer quantizer(model, ContextRates(model), state_bits, std::vector<float>(count, 1.1F), 0.3F,
                                         contexts);
        RowBlock<float> coefficients = normal_rows(rows, count, 6.0F, random);
        coefficients.row(0)[3] = 1e9F;
        coefficients.row(0)[4] = -1e9F;
        coefficients.row(0)[5] = std::numeric_limits<float>::quiet_NaN();
        coefficients.row(0)[6] = std::numeric_limits<float>::infinity();
        coefficients.row(0)[7] = -std::numeric_limits<float>::infinity();
        RowBlock<std::int16_t> reference(rows, count);
        REQUIRE(set_cpu_kernel(CpuKernel::scalar));
        quantizer.quantize(std::as_const(coefficients).first(rows), reference.first(rows));
        for (const CpuKernel kernel : supported_cpu_kernels()) {
          RowBlock<std::int16_t> levels(rows, count);
          REQUIRE(set_cpu_kernel(kernel));
          quantizer.quantize(std::as_const(coefficients).first(rows), levels.first(rows));
          for (std::size_t row = 0; row < rows; ++row) {
            CHECK(std::equal(levels.row(row), levels.row(row) + count, reference.row(row)));
          }
        }
      }
    }
  }
  set_cpu_kernel(before);
}

TEST_CASE("the lanes of a step walk as each row does by itself, with every kernel, both ways") {
  std::mt19937 random(3);
  const CpuKernel before = active_cpu_kernel();
  for (const unsigned state_bits : {0U, 2U, 3U}) {
    const std::size_t count = 29, rows = 21;
    const ContextModel model = varied_model(count, state_bits > 0 ? 2 : 1, state_bits == 3 ? 5 : 8, random);
    const TrellisQuantizer quantizer(model, ContextRates(model), state_bits, std::vector<float>(count, 1.0F), 0.3F,
                                     TrellisContexts::of_each_path);
    const RowBlock<float> coefficients = normal_rows(rows, count, 9.0F, random);
    RowBlock<std::int16_t> levels(rows, count);
    quantizer.quantize(coefficients.first(rows), levels.first(rows));
    const ContextLanes lanes(model, state_bits);
    for (const CpuKernel kernel : supported_cpu_kernels()) {
      REQUIRE(set_cpu_kernel(kernel));
      ContextLanes::Rows encoder(rows), decoder(rows);
      lanes.start(encoder, rows, {});
      lanes.start(decoder, rows, {});
      std::vector<std::int16_t> column(32), decoded(32);
      std::vector<std::uint8_t> symbols(32);
      std::size_t mismatches = 0;
      for (std::size_t k = 0; k < count; ++k) {
        for (std::size_t row = 0; row < rows; ++row) column[row] = levels.row(row)[k];
        const bool may_escape = lanes.emit(encoder, k, rows, column.data(), symbols.data());
        for (std::size_t row = 0; row < rows; ++row) {
          visit_contexts(model, state_bits, levels.row(row), kActivityStart,
                         [&](std::size_t at, unsigned bin, unsigned quantizer_at, std::int32_t index) {
                           if (at != k) return;
                           mismatches += encoder.index[row] != index ||
                                         lanes.table_of(encoder, row) != model.table(k, bin, quantizer_at);
                           const bool escapes = zigzag(index >> model.raw_bits[k]) >=
                                                model.code_count[model.table(k, bin, quantizer_at)];
                           mismatches += escapes && !may_escape;
                           if (!escapes) mismatches += symbols[row] != zigzag(index >> model.raw_bits[k]);
                         });
          decoder.index[row] = encoder.index[row];
        }
        lanes.advance(encoder, k, rows, decoded.data());
        lanes.advance(decoder, k, rows, decoded.data());
        mismatches += !std::equal(column.begin(), column.begin() + rows, decoded.begin());
        if (k + 1 < count)
          mismatches += !std::equal(encoder.table_offset.begin(), encoder.table_offset.begin() + rows,
                                    decoder.table_offset.begin());
      }
      CHECK(mismatches == 0);
    }
  }
  set_cpu_kernel(before);
}
