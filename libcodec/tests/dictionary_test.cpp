#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/cpu_kernel.hpp"
#include "coded_tensors.hpp"
#include "pipeline/dec_dictionary.hpp"
#include "predict/match_addresses.hpp"
#include "profile/profile_content.hpp"

using namespace actz;
using test::Coded;
using test::decode;

namespace {

constexpr std::size_t kChannels = 24, kRows = 32;
constexpr std::size_t kFewSequences = 20;  ///< to learn from, where that is enough
constexpr std::uint64_t kBudget = 64 << 10;

std::vector<float> activations(std::size_t sequences, unsigned seed, bool all_new = false) {
  return test::sentences(sequences * kRows, kChannels, seed, all_new);
}

Shape shape_of(const std::vector<float>& rows) { return {rows.size() / kRows / kChannels, kRows, kChannels}; }

Profile fit(const std::vector<float>& rows, std::uint64_t dictionary_bytes) {
  FitOptions options;
  options.target_nmse = {0.03};
  options.dictionary_bytes = dictionary_bytes;
  return test::fit(rows, shape_of(rows), options);
}

/// With a dictionary; learned once for all tests.
const Profile& learned() {
  static const Profile profile = fit(activations(60, 1), kBudget);
  return profile;
}

Coded encode(const std::vector<float>& rows, const Profile& profile, bool embed = false, unsigned threads = 1) {
  EncodeOptions options;
  options.profile = &profile;
  options.embed_model = embed;
  options.threads = threads;
  options.nmse = 0.03;
  options.chunk_rows = 64;
  options.use_sources = false;
  return test::encode(rows, shape_of(rows), options);
}

}  // namespace

TEST_CASE("a dictionary saves bits in small tensors, which have little of their own to be matched with") {
  const Profile &with = learned(), without = fit(activations(60, 1), 0);
  REQUIRE(with.rungs()[0].uses_dictionary);
  CHECK(with.training().dictionary_rows > 0);
  CHECK(with.training().dictionary_bytes <= kBudget);
  CHECK(with.rungs()[0].dictionary_pays_from_values > 0);
  CHECK(without.training().dictionary_bytes == 0);
  const std::vector<float> test = activations(4, 2);
  const Coded matched = encode(test, with), plain = encode(test, without);
  CHECK(matched.report.nmse == doctest::Approx(0.03).epsilon(0.05).scale(0));
  CHECK(matched.report.matched_rows > 4 * kRows * 3 / 4);
  CHECK(matched.file.size() * 4 < plain.file.size() * 3);
}

TEST_CASE("a file that holds its dictionary decodes alone, one that names it with the profile") {
  const Profile& profile = learned();
  const auto parsed = Profile::parse(profile.serialise());
  REQUIRE(parsed.has_value());
  CHECK(parsed->serialise() == profile.serialise());
  CHECK(parsed->training().dictionary_rows == profile.training().dictionary_rows);
  CHECK(parsed->training().dictionary_bytes == profile.training().dictionary_bytes);
  CHECK(parsed->rungs()[0].dictionary_pays_from_values == profile.rungs()[0].dictionary_pays_from_values);
  const std::vector<float> test = activations(8, 2);
  const Coded embedded = encode(test, profile, true), named = encode(test, *parsed);
  CHECK(embedded.report.embedded_model_bytes > profile.training().dictionary_bytes);
  CHECK(named.report.embedded_model_bytes < 100);
  const auto alone = decode(embedded.file, {}), with_profile = decode(named.file, {*parsed}, 2);
  REQUIRE(alone.has_value());
  REQUIRE(with_profile.has_value());
  CHECK(*alone == *with_profile);
  const auto missing = decode(named.file, {});
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().code == ErrorCode::unsupported);
}

TEST_CASE("a dictionary gives the same bytes with every kernel and number of threads") {
  const CpuKernel before = active_cpu_kernel();
  const std::vector<float> calib = activations(kFewSequences, 1), test = activations(12, 2);
  std::vector<std::byte> profile_bytes, file;
  for (const CpuKernel kernel : supported_cpu_kernels()) {
    REQUIRE(set_cpu_kernel(kernel));
    const Profile profile = fit(calib, kBudget / 8);
    CHECK(profile.rungs()[0].uses_dictionary);
    const Coded coded = encode(test, profile, false, 1 + static_cast<unsigned>(kernel) % 2);
    if (profile_bytes.empty()) {
      profile_bytes = profile.serialise();
      file = coded.file;
    }
    const auto back = decode(file, {profile});
    REQUIRE(back.has_value());
    CHECK(*back == *decode(coded.file, {profile}, 3));
    CHECK(profile_bytes == profile.serialise());
    CHECK(file == coded.file);
  }
  REQUIRE(set_cpu_kernel(before));
}

TEST_CASE("a dictionary keeps its budget, down to none") {
  const std::vector<float> rows = activations(kFewSequences, 1);
  for (const std::uint64_t budget : {std::uint64_t{4} << 10, std::uint64_t{8} << 10, std::uint64_t{1000}}) {
    const Profile profile = fit(rows, budget);
    CHECK(profile.training().dictionary_bytes <= budget);
    CHECK(profile.training().dictionary_rows % kRows == 0);
  }
}

TEST_CASE("where nothing comes back, no dictionary is kept") {
  const Profile profile = fit(activations(kFewSequences, 1, true), kBudget);
  CHECK(profile.training().dictionary_bytes == 0);
  CHECK(profile.content().dictionaries.empty());
}

TEST_CASE("a dictionary without matched rows is refused") {
  const std::vector<float> rows = activations(8, 1);
  MemoryElements elements(DType::f32, std::as_bytes(std::span(rows)));
  const FitInput input{DType::f32, {8, kRows, kChannels}, &elements};
  FitOptions options;
  options.dictionary_bytes = kBudget;
  options.match_rows = false;
  const auto profile = fit_profile(std::span(&input, 1), options);
  REQUIRE_FALSE(profile.has_value());
  CHECK(profile.error().code == ErrorCode::bad_argument);
}

TEST_CASE("rows of a dictionary become fixed-point rows of a tensor") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const StoredRows dictionary{4, {2.5F, 3.5F, -2.5F, NAN, 1.0F, -kInfinity, 3e38F, 0.0F}, {0, 1}};
  const std::int32_t none[4] = {}, centre[4] = {3, 3, INT32_MIN, INT32_MAX};
  const FixedStoredRows one(dictionary, 1.0F, none);
  CHECK(one.row(0)[0] == 2);
  CHECK(one.row(0)[1] == 4);
  CHECK(one.row(0)[2] == -2);
  CHECK(one.row(0)[3] == 0);
  const FixedStoredRows tenth(dictionary, 0.1F, centre);
  CHECK(tenth.row(1)[0] == 7);
  CHECK(tenth.row(1)[1] == -(1 << 30) - 3);
  CHECK(tenth.row(1)[2] == INT32_MIN + (1 << 30));  // wraps
  const FixedStoredRows tiny(dictionary, std::numeric_limits<float>::denorm_min(), none);
  CHECK(tiny.row(1)[0] == 1 << 30);
  CHECK(tiny.row(1)[3] == 0);  // 0 times an infinite scale
}

TEST_CASE("addresses of a dictionary come before those of a chunk") {
  const std::vector<std::uint32_t> positions = {0, 1, 2, 0, 1};
  MatchAddresses addresses(4, positions);
  CHECK(addresses.size() == 5);
  CHECK(addresses.after(1) == 2);
  CHECK(addresses.after(2) == MatchAddresses::kNone);  // the end of a strand
  CHECK(addresses.after(4) == MatchAddresses::kNone);  // the end of the dictionary
  CHECK(addresses.has_before(2, 2));
  CHECK_FALSE(addresses.has_before(3, 1));
  const std::size_t rows[] = {0, 2}, first[] = {0, 0};
  addresses.add(rows, first);
  CHECK(addresses.size() == 7);
  CHECK_FALSE(addresses.is_stored(5));
  CHECK(addresses.row_of(6) == 2);
  CHECK(addresses.after(4) == MatchAddresses::kNone);
  CHECK(addresses.after(5) == MatchAddresses::kNone);  // not decoded yet
}
