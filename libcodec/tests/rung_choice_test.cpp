#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <memory>
#include <random>

#include "coded_tensors.hpp"
#include "profile/profile_content.hpp"

using namespace actz;

namespace {

constexpr std::size_t kRows = 2048;
constexpr std::size_t kChannels = 8;
const Shape kShape{kRows, kChannels};

std::vector<float> rows(unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out(kRows * kChannels);
  for (float& value : out) value = normal(random);
  return out;
}

/// With rungs of NMSE 0.01 and 0.04, of which the finer one says that it needs so many bits.
Profile profile_whose_fine_rung_needs(double bits) {
  FitOptions options;
  options.target_nmse = {0.01, 0.04};
  auto content = std::make_shared<Profile::Content>(test::fit(rows(1), kShape, options).content());
  content->info[0].held_out_bits_per_value = bits;
  return Profile(std::move(content));
}

std::string rung_taken(const Profile& profile, EncodeOptions options) {
  options.profile = &profile;
  options.embed_model = false;
  const test::Coded coded = test::encode(rows(2), kShape, options);
  MemorySource source(coded.file);
  const auto reader = ArchiveReader::open(source);
  REQUIRE(reader.has_value());
  REQUIRE(reader->summary().required_models.size() == 1);
  return reader->summary().required_models.front();
}

}  // namespace

TEST_CASE("where a fine rung needs fewer bits than coarser ones, it is taken for coarse targets of NMSE") {
  const Profile usual = profile_whose_fine_rung_needs(3), cheap = profile_whose_fine_rung_needs(1);
  const std::string fine = usual.rungs()[0].digest, coarse = usual.rungs()[1].digest;
  EncodeOptions options;
  options.nmse = 0.04;
  CHECK(rung_taken(usual, options) == coarse);
  CHECK(rung_taken(cheap, options) == fine);
  options.nmse = 0.01;
  CHECK(rung_taken(usual, options) == fine);
  options.nmse.reset();
  options.lambda = 0.2;  // of which the step follows
  CHECK(rung_taken(cheap, options) == coarse);
}
