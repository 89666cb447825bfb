#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "actz/external_model.hpp"
#include "base/cpu_kernel.hpp"

using namespace actz;

namespace {

/// Values drawn from classes of several widths around means, some of them far outside.
struct Drawn {
  std::vector<std::int32_t> values, means;
  std::vector<std::uint16_t> class_of;
};

constexpr double kDeviations[] = {0.3, 1, 4, 30};

ExternalModel model(unsigned precision_bits = 12) {
  std::vector<ExternalClass> classes;
  for (const double deviation : kDeviations) {
    const auto reach = std::min<std::int32_t>(static_cast<std::int32_t>(4 * deviation) + 1, 120);
    std::vector<double> masses;
    for (std::int32_t value = -reach; value <= reach; ++value)
      masses.push_back(std::exp(-0.5 * std::pow(value / deviation, 2)));
    const auto made = make_external_class(-reach, masses, 0.001, precision_bits);
    REQUIRE(made.has_value());
    classes.push_back(*made);
  }
  auto out = ExternalModel::make(std::move(classes), precision_bits);
  REQUIRE(out.has_value());
  return std::move(*out);
}

Drawn draw(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  Drawn out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto one = static_cast<std::uint16_t>(random() % std::size(kDeviations));
    const auto mean = static_cast<std::int32_t>(random() % 2001) - 1000;
    double value = std::normal_distribution<double>(mean, kDeviations[one])(random);
    if (random() % 500 == 0) value *= 1000;
    out.class_of.push_back(one);
    out.means.push_back(mean);
    out.values.push_back(static_cast<std::int32_t>(std::lrint(value)));
  }
  return out;
}

std::string hex(const std::vector<std::byte>& bytes) {
  std::string out;
  for (const std::byte byte : bytes) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    out += kDigits[static_cast<unsigned>(byte) >> 4];
    out += kDigits[static_cast<unsigned>(byte) & 15];
  }
  return out;
}

ErrorCode code_of(const Status& status) { return status ? ErrorCode::internal : status.error().code; }

}  // namespace

TEST_CASE("what is coded comes back, in any number, with means and without") {
  const ExternalModel coder = model();
  for (const std::size_t count : {0U, 1U, 2U, 127U, 4095U, 4096U, 4097U, 100000U}) {
    CAPTURE(count);
    const Drawn drawn = draw(count, 7);
    const auto stream = coder.encode(drawn.values, drawn.class_of, drawn.means);
    REQUIRE(stream.has_value());
    std::vector<std::int32_t> back(count);
    REQUIRE(coder.decode(*stream, drawn.class_of, drawn.means, back).has_value());
    CHECK(back == drawn.values);
    const auto without = coder.encode(drawn.values, drawn.class_of);
    REQUIRE(without.has_value());
    REQUIRE(coder.decode(*without, drawn.class_of, {}, back).has_value());
    CHECK(back == drawn.values);
    if (count > 100) CHECK(stream->size() < without->size());
  }
}

TEST_CASE("the rate is the entropy of the classes") {
  const ExternalModel coder = model();
  constexpr std::size_t kCount = 400000;
  std::mt19937 random(3);
  std::vector<std::int32_t> values;
  for (std::size_t i = 0; i < kCount; ++i)
    values.push_back(static_cast<std::int32_t>(std::lrint(std::normal_distribution<double>(0, 4)(random))));
  const auto stream = coder.encode(values, std::vector<std::uint16_t>(kCount, 2));
  REQUIRE(stream.has_value());
  const double entropy = 0.5 * std::log2(2 * M_PI * M_E * 16);
  CHECK(8.0 * static_cast<double>(stream->size()) / kCount == doctest::Approx(entropy).epsilon(0.003).scale(0));
}

TEST_CASE("the stream of the specification") {
  const auto coder = ExternalModel::make({{-1, {100, 100, 50, 6}}, {0, {200, 56}}}, 8);
  REQUIRE(coder.has_value());
  const std::vector<std::int32_t> values{5, -1, 0, 3, -7, 0}, means{5, 0, 0, -2, 0, 1};
  const std::vector<std::uint16_t> class_of{0, 0, 1, 1, 0, 1};
  const auto stream = coder->encode(values, class_of, means);
  REQUIRE(stream.has_value());
  CHECK(hex(*stream) == "010800009989FB61060000000000000000000000000000000200000000000000B2268B6B5EB0E362B2613B1D192A");
}

TEST_CASE("every kernel writes and reads the same") {
  const Drawn drawn = draw(30000, 9);
  std::vector<std::byte> first;
  for (const CpuKernel kernel : {CpuKernel::scalar, CpuKernel::avx2, CpuKernel::avx512}) {
    if (!set_cpu_kernel(kernel)) continue;
    const ExternalModel coder = model(11);
    const auto stream = coder.encode(drawn.values, drawn.class_of, drawn.means);
    REQUIRE(stream.has_value());
    if (first.empty()) first = *stream;
    CHECK(*stream == first);
    std::vector<std::int32_t> back(drawn.values.size());
    REQUIRE(coder.decode(first, drawn.class_of, drawn.means, back).has_value());
    CHECK(back == drawn.values);
  }
}

TEST_CASE("what does not fit is refused, and what is broken, too") {
  const ExternalModel coder = model();
  const Drawn drawn = draw(500, 1);
  const auto stream = coder.encode(drawn.values, drawn.class_of, drawn.means);
  REQUIRE(stream.has_value());
  std::vector<std::int32_t> back(500), fewer(499);
  CHECK(code_of(coder.decode(*stream, std::span(drawn.class_of).first(499), std::span(drawn.means).first(499),
                             fewer)) == ErrorCode::bad_argument);  // R-EXTN-02
  CHECK(code_of(model(11).decode(*stream, drawn.class_of, drawn.means, back)) == ErrorCode::bad_argument);
  auto means = drawn.means;
  means[77] += 1;
  CHECK(code_of(coder.decode(*stream, drawn.class_of, means, back)) == ErrorCode::corrupt_checksum);  // R-EXTN-05
  auto longer = *stream;
  longer.push_back(std::byte{0});
  CHECK(code_of(coder.decode(longer, drawn.class_of, drawn.means, back)) == ErrorCode::corrupt);  // R-EXTN-03
  for (const auto& [at, code] : {std::pair{0, ErrorCode::unsupported}, std::pair{2, ErrorCode::unsupported},
                                 std::pair{3, ErrorCode::unsupported}}) {  // R-EXTN-01
    auto other = *stream;
    other[static_cast<std::size_t>(at)] = std::byte{200};
    CHECK(code_of(coder.decode(other, drawn.class_of, drawn.means, back)) == code);
  }
  const auto above_one = ExternalModel::make({{1, {128, 128}}}, 8);
  const std::vector<std::uint16_t> only{0};
  const std::vector<std::int32_t> high{std::numeric_limits<std::int32_t>::max()};
  const auto one = above_one->encode(std::vector<std::int32_t>{1}, only);
  REQUIRE(one.has_value());
  std::vector<std::int32_t> result(1);
  CHECK(code_of(above_one->decode(*one, only, high, result)) == ErrorCode::corrupt);  // R-EXTN-04
  std::mt19937 random(2);
  for (unsigned i = 0; i < 20000; ++i) {
    auto broken = *stream;
    broken[random() % broken.size()] ^= static_cast<std::byte>(1U << random() % 8);
    CHECK(!coder.decode(broken, drawn.class_of, drawn.means, back).has_value());
    broken.resize(random() % broken.size());
    CHECK(!coder.decode(broken, drawn.class_of, drawn.means, back).has_value());
  }
  CHECK(!coder.encode(drawn.values, std::vector<std::uint16_t>(500, 4)).has_value());
  CHECK(!coder.encode(drawn.values, std::span(drawn.class_of).first(3)).has_value());
  CHECK(!coder
             .encode(std::vector<std::int32_t>{std::numeric_limits<std::int32_t>::min()}, std::vector<std::uint16_t>{0},
                     std::vector<std::int32_t>{2000000000})
             .has_value());
}

TEST_CASE("classes that are none") {
  CHECK(!ExternalModel::make({}, 8).has_value());
  CHECK(!ExternalModel::make({{0, {256}}}, 7).has_value());
  CHECK(!ExternalModel::make({{0, {255}}}, 8).has_value());
  CHECK(!ExternalModel::make({{0, {0, 256}}}, 8).has_value());
  CHECK(!ExternalModel::make({{0, {}}}, 8).has_value());
  CHECK(ExternalModel::make({{0, {256}}}, 8).has_value());
  CHECK(!make_external_class(0, {}, 1, 8).has_value());
  CHECK(!make_external_class(0, std::vector<double>{NAN}, 1, 8).has_value());
  CHECK(!make_external_class(0, std::vector<double>{0}, 0, 8).has_value());
  const auto sharp = make_external_class(3, std::vector<double>{0, 1, 0}, 0, 8);
  REQUIRE(sharp.has_value());
  CHECK(sharp->frequencies == std::vector<std::uint16_t>{1, 253, 1, 1});
}
