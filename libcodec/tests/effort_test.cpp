#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <random>
#include <span>
#include <vector>

#include "actz/archive.hpp"
#include "base/cpu_kernel.hpp"

using namespace actz;

namespace {

/// Rows that follow their predecessors.
std::vector<float> correlated(const Shape& shape, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(shape[0] * shape[1] * shape[2]));
  const std::size_t d = static_cast<std::size_t>(shape[2]);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float before = i < d ? 0.0F : values[i - d];
    values[i] = 0.7F * before + normal(random) / (1.0F + 0.1F * static_cast<float>(i % d));
  }
  return values;
}

/// Elements that can be read, not looked at where they lie.
class CopiedElements final : public ElementSource {
 public:
  CopiedElements(DType dtype, std::span<const std::byte> data) : elements_(dtype, data) {}
  Status read(std::uint64_t first_elem, std::span<std::byte> to) override { return elements_.read(first_elem, to); }
  bool rewindable() const override { return true; }

 private:
  MemoryElements elements_;
};

template <class Source>
std::vector<std::byte> encode(const std::vector<float>& values, const Shape& shape, const EncodeOptions& options) {
  MemorySink sink;
  ArchiveWriter writer(sink);
  Source elements(DType::f32, std::as_bytes(std::span(values)));
  REQUIRE(writer.add_tensor("x", DType::f32, shape, elements, options).has_value());
  REQUIRE(writer.finish().has_value());
  return sink.bytes;
}

}  // namespace

TEST_CASE("with a profile, threads and kernels change nothing, at any effort, nor do elements that are copied first") {
  const Shape shape{40, 64, 36};
  const auto values = correlated(shape, 19), calib = correlated(shape, 20);
  MemoryElements elements(DType::f32, std::as_bytes(std::span(calib)));
  const FitInput input{DType::f32, shape, &elements};
  FitOptions fit;
  fit.target_nmse = {0.02};
  const auto profile = fit_profile({&input, 1}, fit);
  REQUIRE(profile.has_value());
  const CpuKernel before = active_cpu_kernel();
  for (const unsigned effort : {1u, 3u, 5u, 9u}) {
    EncodeOptions options;
    options.profile = &*profile;
    options.effort = effort;
    CAPTURE(effort);
    REQUIRE(set_cpu_kernel(before));
    const auto file = encode<CopiedElements>(values, shape, options);
    for (const CpuKernel kernel : supported_cpu_kernels()) {
      REQUIRE(set_cpu_kernel(kernel));
      CAPTURE(to_string(kernel));
      options.threads = 2;
      CHECK(encode<MemoryElements>(values, shape, options) == file);
    }
  }
  REQUIRE(set_cpu_kernel(before));
}
