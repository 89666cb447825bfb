#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/cpu_kernel.hpp"
#include "entropy/rans.hpp"
#include "entropy/rans_kernels.hpp"

namespace actz {
namespace {

using Symbols = std::vector<std::uint8_t>;

/// Restores the kernel that was active before.
class KernelScope {
 public:
  explicit KernelScope(CpuKernel kernel) { REQUIRE(set_cpu_kernel(kernel)); }
  ~KernelScope() { set_cpu_kernel(before_); }
  KernelScope(const KernelScope&) = delete;
  KernelScope& operator=(const KernelScope&) = delete;

 private:
  CpuKernel before_ = active_cpu_kernel();
};

/// Laplacian-like integer frequencies of `symbol_count` symbols, each ≥ 1.
ClassFrequencies laplacian(unsigned precision_bits, unsigned symbol_count, double scale) {
  const unsigned total = 1u << precision_bits;
  std::vector<double> weight(symbol_count);
  double sum = 0;
  for (unsigned s = 0; s < symbol_count; ++s) {
    sum += weight[s] = std::exp(-std::abs(s - (symbol_count - 1) / 2.0) / scale);
  }
  ClassFrequencies frequencies(symbol_count);
  unsigned used = 0;
  for (unsigned s = 0; s < symbol_count; ++s) {
    frequencies[s] = static_cast<std::uint16_t>(1 + std::floor(weight[s] / sum * (total - symbol_count)));
    used += frequencies[s];
  }
  frequencies[symbol_count / 2] = static_cast<std::uint16_t>(frequencies[symbol_count / 2] + total - used);
  return frequencies;
}

/// Laplacian classes of many widths and the extreme ones.
ClassTables test_tables(unsigned precision_bits) {
  const auto total = static_cast<std::uint16_t>(1u << precision_bits);
  ClassTables tables{precision_bits, {}};
  for (unsigned i = 0; i < 16; ++i) tables.classes.push_back(laplacian(precision_bits, 7 + 6 * i, 0.3 * (i + 1)));
  tables.classes.push_back({total});           // one symbol, 0
  tables.classes.push_back({0, 0, 0, total});  // one symbol, 3
  tables.classes.push_back({1, static_cast<std::uint16_t>(total - 1)});
  tables.classes.push_back({static_cast<std::uint16_t>(total - 1), 0, 1});  // a gap
  tables.classes.push_back(ClassFrequencies(256, static_cast<std::uint16_t>(total / 256)));
  return tables;
}

std::uint32_t cumulative_of(const ClassFrequencies& frequencies, unsigned symbol) {
  std::uint32_t sum = 0;
  for (unsigned s = 0; s < symbol; ++s) sum += frequencies[s];
  return sum;
}

/// A model, a schedule of classes, and steps of symbols drawn from it.
struct Case {
  ClassTables tables;
  std::vector<unsigned> pattern;  ///< class per symbol of a row, repeated
  std::vector<Symbols> steps;
  unsigned class_of(std::size_t symbol_index) const { return pattern[symbol_index % pattern.size()]; }
};

Case make_case(unsigned precision_bits, std::size_t pattern_size, const std::vector<std::size_t>& step_sizes,
               unsigned seed) {
  std::mt19937 random(seed);
  Case made{test_tables(precision_bits), {}, {}};
  for (std::size_t i = 0; i < pattern_size; ++i) {
    made.pattern.push_back(static_cast<unsigned>(random() % made.tables.classes.size()));
  }
  for (const std::size_t size : step_sizes) {
    Symbols& step = made.steps.emplace_back();
    for (std::size_t j = 0; j < size; ++j) {
      const ClassFrequencies& frequencies = made.tables.classes[made.class_of(j)];
      auto slot = static_cast<std::uint32_t>(random()) >> (32 - precision_bits);
      unsigned symbol = 0;
      while (slot >= frequencies[symbol]) slot -= frequencies[symbol++];
      step.push_back(static_cast<std::uint8_t>(symbol));
    }
  }
  return made;
}

struct Stream {
  std::vector<std::uint32_t> states;
  std::vector<std::byte> words;
  bool operator==(const Stream&) const = default;
};

/// The normative text, written down once more without tables, reciprocals or vectors.
Stream reference_encode(const Case& data, unsigned lanes) {
  const unsigned p = data.tables.precision_bits;
  Stream out{std::vector<std::uint32_t>(lanes, 1u << 16), {}};
  for (auto step = data.steps.rbegin(); step != data.steps.rend(); ++step) {
    for (std::size_t j = step->size(); j-- > 0;) {
      const ClassFrequencies& frequencies = data.tables.classes[data.class_of(j)];
      const std::uint64_t f = frequencies[(*step)[j]];
      std::uint64_t x = out.states[j % lanes];
      if (x >= f << (32 - p)) {
        out.words.push_back(static_cast<std::byte>(x >> 8 & 0xFF));
        out.words.push_back(static_cast<std::byte>(x & 0xFF));
        x >>= 16;
      }
      out.states[j % lanes] = static_cast<std::uint32_t>((x / f << p) + x % f + cumulative_of(frequencies, (*step)[j]));
    }
  }
  std::reverse(out.words.begin(), out.words.end());
  return out;
}

/// Schedule of a case, with table offsets of either kind of table.
template <class Tables>
TableSchedule schedule_of(const Case& data, const Tables& tables, std::vector<std::uint32_t>& storage) {
  std::vector<std::uint32_t> offsets;
  for (const unsigned class_index : data.pattern) offsets.push_back(tables.table_offset(class_index));
  return make_schedule(offsets, storage);
}

Stream encode(const Case& data, unsigned lanes) {
  const EncodeTables tables(data.tables);
  std::vector<std::uint32_t> storage;
  const TableSchedule schedule = schedule_of(data, tables, storage);
  std::size_t total = 0;
  for (const Symbols& step : data.steps) total += step.size();
  RansEncoder encoder(tables, lanes, total);
  for (auto step = data.steps.rbegin(); step != data.steps.rend(); ++step) {
    Symbols padded = *step;
    padded.resize(step->size() + kSymbolPadding, 0xFF);
    encoder.encode_step(schedule, {padded.data(), step->size()});
  }
  return {{encoder.states().begin(), encoder.states().end()}, {encoder.words().begin(), encoder.words().end()}};
}

struct Decoded {
  std::vector<Symbols> steps;
  bool ok = true;  ///< every decode_step returned true
  bool finished = false;
};

Decoded decode(const Case& shape, const Stream& stream) {
  const DecodeTables tables(shape.tables);
  std::vector<std::uint32_t> storage;
  const TableSchedule schedule = schedule_of(shape, tables, storage);
  const std::vector<std::byte> words = stream.words;  // without spare capacity: the sanitizer sees a read past it
  RansDecoder decoder(tables, stream.states, words);
  Decoded out;
  for (const Symbols& step : shape.steps) {
    Symbols& symbols = out.steps.emplace_back(step.size() + kSymbolPadding);
    out.ok = decoder.decode_step(schedule, step.size(), symbols.data()) && out.ok;
    symbols.resize(step.size());
  }
  out.finished = decoder.finished();
  return out;
}

/// All kernels must write the reference's bytes and read them back.
void check_all_kernels(const Case& data, unsigned lanes) {
  const Stream expected = reference_encode(data, lanes);
  for (const CpuKernel encode_kernel : supported_cpu_kernels()) {
    CAPTURE(to_string(encode_kernel));
    const KernelScope encode_scope(encode_kernel);
    const Stream stream = encode(data, lanes);
    REQUIRE(stream.states == expected.states);
    REQUIRE(stream.words == expected.words);
    for (const CpuKernel decode_kernel : supported_cpu_kernels()) {
      CAPTURE(to_string(decode_kernel));
      const KernelScope decode_scope(decode_kernel);
      const Decoded decoded = decode(data, stream);
      REQUIRE(decoded.ok);
      REQUIRE(decoded.finished);
      REQUIRE(decoded.steps == data.steps);
    }
  }
}

template <class Action>
void for_each_lane_count(Action action) {
  for (unsigned lanes = 1; lanes <= kMaxLanes; lanes *= 2) {
    CAPTURE(lanes);
    action(lanes);
  }
}

TEST_CASE("every_encoder_kernel_writes_the_reference_bytes_and_every_decoder_kernel_reads_them") {
  for (unsigned precision_bits = kMinPrecisionBits; precision_bits <= kMaxPrecisionBits; ++precision_bits) {
    CAPTURE(precision_bits);
    for_each_lane_count([&](unsigned lanes) {
      const std::size_t l = lanes;
      for (const std::size_t count : {std::size_t{0}, std::size_t{1}, l - 1, l, l + 1, 3 * l - 1, std::size_t{5003}}) {
        CAPTURE(count);
        check_all_kernels(make_case(precision_bits, 150, {count}, precision_bits + lanes), lanes);
      }
    });
  }
}

TEST_CASE("tails_of_every_size_round_trip") {
  for (const unsigned lanes : {8u, 16u, 32u, 64u, 128u}) {
    CAPTURE(lanes);
    for (std::size_t tail = 0; tail <= 2 * lanes; ++tail) {
      check_all_kernels(make_case(11, 137, {lanes + tail}, static_cast<unsigned>(tail)), lanes);
    }
  }
}

TEST_CASE("steps_of_different_sizes_share_the_states") {
  for_each_lane_count([](unsigned lanes) {
    check_all_kernels(make_case(11, 150, {0, 192, 1, 0, 1000, 191, 4096, 3, 17, 128, 64, 33}, lanes), lanes);
    check_all_kernels(make_case(10, 128, std::vector<std::size_t>(40, 192), lanes), lanes);
  });
  for (const unsigned lanes : {32u, 128u}) check_all_kernels(make_case(11, 192, {300'000, 5}, 7), lanes);
}

TEST_CASE("the_schedule_wraps_at_every_period") {
  for (std::size_t period = kMaxLanes; period <= 2 * kMaxLanes; ++period) {
    CAPTURE(period);
    for (const unsigned lanes : {16u, 128u}) {
      check_all_kernels(make_case(11, period, {4 * period + 5}, static_cast<unsigned>(period)), lanes);
    }
  }
  for (const unsigned period : {1u, 2u, 3u, 5u, 77u, 127u, 500u, 4000u}) {  // short ones are repeated by make_schedule
    CAPTURE(period);
    check_all_kernels(make_case(11, period, {3000}, 1), 64);
  }
}

TEST_CASE("a_symbol_of_the_whole_range_costs_nothing") {
  for (unsigned precision_bits = kMinPrecisionBits; precision_bits <= kMaxPrecisionBits; ++precision_bits) {
    for_each_lane_count([&](unsigned lanes) {
      Case data{{precision_bits, {{0, static_cast<std::uint16_t>(1u << precision_bits)}}}, {0}, {Symbols(2000, 1)}};
      check_all_kernels(data, lanes);
      CHECK(encode(data, lanes).words.empty());
    });
  }
}

TEST_CASE("division_by_every_frequency_is_exact") {
  std::mt19937 random(1);
  for (unsigned precision_bits = kMinPrecisionBits; precision_bits <= kMaxPrecisionBits; ++precision_bits) {
    for (std::uint64_t f = 1; f <= 1u << precision_bits; ++f) {
      const EncodeEntry entry = make_encode_entry(static_cast<std::uint32_t>(f), 0, precision_bits);
      const std::uint64_t limit = f << (32 - precision_bits);
      const auto is_exact = [&](std::uint64_t x) {
        return ((x + entry.add_one()) * entry.reciprocal >> (32 + entry.shift())) == x / f;
      };
      bool exact = entry.frequency() == f && is_exact(0) && is_exact(limit - 1);
      const auto check_around = [&](std::uint64_t multiple) {  // where the quotient steps
        const std::uint64_t first = multiple - std::min<std::uint64_t>(multiple, 2);
        for (std::uint64_t x = first; x < std::min(multiple + 3, limit); ++x) exact = exact && is_exact(x);
      };
      for (unsigned bit = 0; bit < 32; ++bit) {
        check_around(std::uint64_t{1} << bit);
        check_around((std::uint64_t{1} << bit) / f * f);
      }
      for (unsigned i = 0; i < 300; ++i) {
        check_around(limit - (i + 1) * f);  // the largest states
        check_around((random() % limit) / f * f);
        check_around((std::uint64_t{1} << 16) / f * f + i * f);  // the smallest
      }
      if (!exact) FAIL("p = " << precision_bits << ", f = " << f);
    }
  }
}

TEST_CASE("the_payload_is_within_two_permille_of_the_ideal_length") {
  for (unsigned precision_bits = kMinPrecisionBits; precision_bits <= kMaxPrecisionBits; ++precision_bits) {
    const Case data = make_case(precision_bits, 192, {65'536}, precision_bits);
    double ideal_bits = 0;
    for (std::size_t j = 0; j < data.steps[0].size(); ++j) {
      ideal_bits += precision_bits - std::log2(data.tables.classes[data.class_of(j)][data.steps[0][j]]);
    }
    for_each_lane_count([&](unsigned lanes) {
      const Stream stream = encode(data, lanes);
      // Stricter than words + 4 bytes per lane: a state holds log2(x / 2^16) bits of the symbols.
      double bits = 8.0 * static_cast<double>(stream.words.size());
      for (const std::uint32_t state : stream.states) bits += std::log2(state) - 16;
      if (lanes == 1 || lanes == 128) {
        MESSAGE("p = " << precision_bits << ", " << lanes << " lanes: " << 100 * (bits / ideal_bits - 1) << " % over "
                       << ideal_bits / 65'536 << " bits per symbol");
      }
      CHECK(bits <= 1.002 * ideal_bits);
    });
  }
}

TEST_CASE("missing_and_surplus_words_are_found") {
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    const KernelScope scope(kernel);
    CAPTURE(to_string(kernel));
    for_each_lane_count([](unsigned lanes) {
      const Case data = make_case(11, 150, {700, 300}, lanes);
      const Stream stream = encode(data, lanes);
      for (Stream cut = stream; !cut.words.empty();) {
        cut.words.pop_back();  // also to odd sizes
        const Decoded decoded = decode(data, cut);
        CHECK_FALSE((decoded.ok && decoded.finished));
      }
      for (Stream longer = stream; longer.words.size() < stream.words.size() + 600;) {
        longer.words.push_back(std::byte{0});
        const Decoded decoded = decode(data, longer);
        REQUIRE(decoded.ok);
        REQUIRE_FALSE(decoded.finished);
        REQUIRE(decoded.steps == data.steps);
      }
    });
  }
}

TEST_CASE("hostile_streams_decode_alike_on_every_kernel") {
  std::mt19937 random(5);
  for_each_lane_count([&](unsigned lanes) {
    for (unsigned round = 0; round < 40; ++round) {
      const Case shape = make_case(8 + round % 5, 150, {random() % 1500, random() % 1500}, round);
      Stream stream{std::vector<std::uint32_t>(lanes), std::vector<std::byte>(random() % 1500)};
      for (auto& state : stream.states) state = static_cast<std::uint32_t>(random()) | kRansLowerBound;
      for (auto& byte : stream.words) byte = static_cast<std::byte>(random());
      const auto decode_with = [&](CpuKernel kernel) {
        const KernelScope scope(kernel);
        return decode(shape, stream);
      };
      const Decoded expected = decode_with(CpuKernel::scalar);
      for (const CpuKernel kernel : supported_cpu_kernels()) {
        const Decoded decoded = decode_with(kernel);
        REQUIRE(decoded.ok == expected.ok);
        REQUIRE(decoded.finished == expected.finished);
        if (expected.ok) REQUIRE(decoded.steps == expected.steps);
      }
    }
  });
}

TEST_CASE("a_decoder_that_ran_out_of_words_keeps_failing") {
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    const KernelScope scope(kernel);
    const Case data = make_case(11, 150, {1000, 1000, 0}, 3);
    Stream stream = encode(data, 32);
    stream.words.resize(20);
    const Decoded decoded = decode(data, stream);
    CHECK_FALSE(decoded.ok);
    CHECK_FALSE(decoded.finished);
  }
}

TEST_CASE("a_forced_kernel_is_the_one_that_runs") {
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    const KernelScope scope(kernel);
    CHECK(active_cpu_kernel() == kernel);
    CHECK(cpu_kernel_from_string(to_string(kernel)) == kernel);
    CHECK((select_decode_kernel(kernel, 128) == decode_scalar) == (kernel == CpuKernel::scalar));
    CHECK((select_encode_kernel(kernel, 128) == encode_scalar) == (kernel == CpuKernel::scalar));
#if defined(__x86_64__)
    CHECK((select_decode_kernel(kernel, 128) == decode_kernel_avx2(128)) == (kernel == CpuKernel::avx2));
    CHECK((select_encode_kernel(kernel, 128) == encode_kernel_avx2(128)) == (kernel == CpuKernel::avx2));
#endif
  }
  CHECK_FALSE(cpu_kernel_from_string("sse9").has_value());
  CHECK(supported_cpu_kernels().front() == CpuKernel::scalar);
}

// Run by the next test in a process of its own, because the variable is read once.
TEST_CASE("child_uses_the_kernel_of_the_environment" * doctest::skip()) {
  const char* const expected = std::getenv("ACTZ_TEST_EXPECTED_KERNEL");
  REQUIRE(expected != nullptr);
  CHECK(to_string(active_cpu_kernel()) == expected);
}

#if defined(__linux__)
TEST_CASE("the_environment_forces_a_kernel") {
  const auto child_passes = [](const std::string& forced, std::string_view expected) {
    const std::string command = "ACTZ_FORCE_KERNEL=" + forced + " ACTZ_TEST_EXPECTED_KERNEL=" + std::string(expected) +
                                " /proc/$PPID/exe --no-skip"
                                " --test-case=child_uses_the_kernel_of_the_environment >/dev/null";
    return std::system(command.c_str()) == 0;
  };
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    const std::string word(to_string(kernel));
    CHECK(child_passes(word, word));
  }
  CHECK(child_passes("nonsense", to_string(supported_cpu_kernels().back())));
  CHECK_FALSE(child_passes("scalar", "avx2"));
}
#endif

}  // namespace
}  // namespace actz
