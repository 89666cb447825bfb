#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "actz/archive.hpp"
#include "base/cpu_kernel.hpp"
#include "profile/profile_content.hpp"
#include "tensor/float_convert.hpp"

using namespace actz;

namespace {

/// Elements in memory, as a source that may or may not go back.
class VectorElements final : public ElementSource {
 public:
  VectorElements(const Tensor& tensor, bool rewindable) : tensor_(tensor), rewindable_(rewindable) {}
  Status read(std::uint64_t first_elem, std::span<std::byte> to) override {
    const std::size_t at = static_cast<std::size_t>(first_elem) * element_bytes(tensor_.dtype);
    REQUIRE(at + to.size() <= tensor_.bytes.size());
    if (!rewindable_) REQUIRE(at == next_);
    next_ = at + to.size();
    std::memcpy(to.data(), tensor_.bytes.data() + at, to.size());
    return {};
  }
  bool rewindable() const override { return rewindable_; }

 private:
  const Tensor& tensor_;
  bool rewindable_;
  std::size_t next_ = 0;
};

/// Rows that follow their predecessors and live near a subspace, like activations.
Tensor correlated(DType dtype, const Shape& shape, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  const std::size_t d = shape.back();
  const std::size_t rows = shape.size() > 1 ? shape[shape.size() - 2] : 1;
  std::size_t count = 1;
  for (const auto extent : shape) count *= extent;
  std::vector<float> values(count);
  std::vector<float> row(d);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t c = i % d;
    if (i / d % rows == 0) row[c] = 0;
    row[c] = 0.7F * row[c] + normal(random) / (1.0F + 0.1F * static_cast<float>(c)) + 0.2F * row[(c + 1) % d];
    values[i] = row[c] + 0.5F * static_cast<float>(c % 3);
  }
  Tensor out{"x", dtype, shape, std::vector<std::byte>(count * element_bytes(dtype))};
  floats_from_f32(dtype, values, out.bytes);
  return out;
}

std::vector<std::byte> encode(const Tensor& tensor, const EncodeOptions& options, EncodeReport* report = nullptr,
                              bool rewindable = true) {
  MemorySink sink;
  ArchiveWriter writer(sink);
  VectorElements elements(tensor, rewindable);
  auto result = writer.add_tensor(tensor.name, tensor.dtype, tensor.shape, elements, options);
  REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().message));
  if (report != nullptr) *report = *result;
  REQUIRE(writer.finish().has_value());
  return sink.bytes;
}

std::vector<std::byte> decode(std::span<const std::byte> file, const DecodeOptions& options = {}) {
  MemorySource source(file);
  std::vector<std::byte> out;
  StreamVisitor visitor;
  visitor.on_elements = [&](std::span<const std::byte> elements) -> Status {
    out.insert(out.end(), elements.begin(), elements.end());
    return {};
  };
  const auto summary = read_stream(source, visitor, options);
  REQUIRE_MESSAGE(summary.has_value(), (summary ? "" : summary.error().message));
  return out;
}

double nmse_of(const Tensor& tensor, std::span<const std::byte> decoded) {
  const std::size_t count = tensor.bytes.size() / element_bytes(tensor.dtype);
  std::vector<float> x(count), y(count);
  floats_to_f32(tensor.dtype, tensor.bytes, x);
  floats_to_f32(tensor.dtype, decoded, y);
  const std::size_t d = tensor.shape.back();
  std::vector<double> mean(d);
  for (std::size_t i = 0; i < count; ++i) mean[i % d] += x[i] / (static_cast<double>(count) / static_cast<double>(d));
  double error = 0, energy = 0;
  for (std::size_t i = 0; i < count; ++i) {
    error += std::pow(static_cast<double>(x[i]) - static_cast<double>(y[i]), 2);
    energy += std::pow(static_cast<double>(x[i]) - mean[i % d], 2);
  }
  return error / energy;
}

}  // namespace

TEST_CASE("a lossy tensor comes back near the wanted nmse, in every float type") {
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16, DType::f64}) {
    CAPTURE(to_string(dtype));
    const Tensor tensor = correlated(dtype, {6, 200, 24}, 1);
    EncodeOptions options;
    options.nmse = 0.01;
    EncodeReport report;
    const auto file = encode(tensor, options, &report);
    const auto decoded = decode(file);
    REQUIRE(decoded.size() == tensor.bytes.size());
    CHECK(nmse_of(tensor, decoded) == doctest::Approx(0.01).epsilon(0.1).scale(0));
    CHECK(report.nmse == doctest::Approx(nmse_of(tensor, decoded)).epsilon(0.01).scale(0));
    CHECK(file.size() < tensor.bytes.size() / 2);
  }
}

TEST_CASE("lossless returns every bit of every type, nan payloads and negative zero included") {
  std::mt19937_64 random(7);
  for (const DType dtype : {DType::boolean, DType::u8, DType::i8, DType::u16, DType::i16, DType::u32, DType::i32,
                            DType::u64, DType::i64, DType::f16, DType::bf16, DType::f32, DType::f64}) {
    for (const Shape& shape : {Shape{}, Shape{0}, Shape{3, 0}, Shape{1}, Shape{1000}, Shape{7, 33}, Shape{2, 5, 100}}) {
      CAPTURE(to_string(dtype));
      CAPTURE(to_string(shape));
      std::size_t count = 1;
      for (const auto extent : shape) count *= extent;
      Tensor tensor{"t", dtype, shape, std::vector<std::byte>(count * element_bytes(dtype))};
      for (auto& byte : tensor.bytes) byte = static_cast<std::byte>(random() & random());
      EncodeOptions options;
      options.lossless = true;
      CHECK(decode(encode(tensor, options)) == tensor.bytes);
    }
  }
}

TEST_CASE("noise is stored as it is, and comes back") {
  std::mt19937 random(3);
  Tensor tensor{"x", DType::u8, {50, 120}, std::vector<std::byte>(6000)};
  for (std::byte& value : tensor.bytes) value = static_cast<std::byte>(random() & 255);
  const auto file = encode(tensor, {});
  CHECK(decode(file) == tensor.bytes);
  CHECK(file.size() < tensor.bytes.size() + 1000);
}

TEST_CASE("lossless notices floats with fewer bits than their type") {
  const Tensor narrow = correlated(DType::bf16, {4, 256, 64}, 3);
  Tensor wide{"x", DType::f32, narrow.shape, std::vector<std::byte>(narrow.bytes.size() * 2)};
  std::vector<float> values(narrow.bytes.size() / 2);
  floats_to_f32(DType::bf16, narrow.bytes, values);
  floats_from_f32(DType::f32, values, wide.bytes);
  EncodeOptions options;
  options.lossless = true;
  const auto as_bf16 = encode(narrow, options);
  const auto as_f32 = encode(wide, options);
  CHECK(decode(as_f32) == wide.bytes);
  CHECK(static_cast<double>(as_f32.size()) < 1.02 * static_cast<double>(as_bf16.size()));
}

TEST_CASE("max_error holds for every element, and what is not finite is kept exactly") {
  for (const DType dtype : {DType::f32, DType::f16, DType::f64}) {
    Tensor tensor = correlated(dtype, {4, 100, 16}, 5);
    std::vector<float> x(tensor.bytes.size() / element_bytes(dtype));
    floats_to_f32(dtype, tensor.bytes, x);
    x[17] = std::numeric_limits<float>::infinity();
    x[18] = -std::numeric_limits<float>::infinity();
    x[900] = std::numeric_limits<float>::quiet_NaN();
    x[901] = dtype == DType::f16 ? 60000.0F : 1e30F;
    floats_from_f32(dtype, x, tensor.bytes);
    floats_to_f32(dtype, tensor.bytes, x);
    for (const double bound : {0.5, 0.01}) {
      EncodeOptions options;
      options.max_error = bound;
      const auto decoded = decode(encode(tensor, options));
      std::vector<float> y(x.size());
      floats_to_f32(dtype, decoded, y);
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (std::isfinite(x[i])) {
          REQUIRE(std::fabs(static_cast<double>(x[i]) - static_cast<double>(y[i])) <= bound);
        } else {
          REQUIRE(std::bit_cast<std::uint32_t>(x[i]) == std::bit_cast<std::uint32_t>(y[i]));
        }
      }
    }
  }
}

TEST_CASE("threads and kernels change neither the file nor what is decoded, at any effort") {
  const Tensor tensor = correlated(DType::f32, {12, 300, 40}, 9);
  const CpuKernel before = active_cpu_kernel();
  for (const unsigned effort : {1u, 5u, 7u}) {
    EncodeOptions options;
    options.chunk_rows = 600;
    options.effort = effort;
    CAPTURE(effort);
    REQUIRE(set_cpu_kernel(before));
    const auto file = encode(tensor, options);
    const auto decoded = decode(file);
    for (const CpuKernel kernel : supported_cpu_kernels()) {
      REQUIRE(set_cpu_kernel(kernel));
      CAPTURE(to_string(kernel));
      options.threads = 2;
      CHECK(encode(tensor, options) == file);
      DecodeOptions two;
      two.threads = 2;
      CHECK(decode(file, two) == decoded);
    }
  }
  REQUIRE(set_cpu_kernel(before));
}

TEST_CASE("rows are read at random, and only those") {
  const Tensor tensor = correlated(DType::f32, {3, 500, 20}, 11);
  EncodeOptions options;
  options.chunk_rows = 128;
  const auto file = encode(tensor, options);
  const auto whole = decode(file);
  const MemorySource source(file);
  const auto reader = ArchiveReader::open(source);
  REQUIRE(reader.has_value());
  CHECK(reader->summary().tensors.size() == 1);
  CHECK(reader->summary().tensors[0].chunks > 5);
  CHECK(reader->summary().tensors[0].codec == "lossy");
  for (const auto& [first, end] :
       {std::pair<std::uint64_t, std::uint64_t>{0, 1}, {499, 502}, {0, 1500}, {777, 777}, {1499, 1500}}) {
    std::vector<std::byte> rows;
    const auto status = reader->read_rows(0, first, end, [&](std::span<const std::byte> elements) -> Status {
      rows.insert(rows.end(), elements.begin(), elements.end());
      return {};
    });
    REQUIRE(status.has_value());
    const std::vector<std::byte> expected(whole.begin() + static_cast<std::ptrdiff_t>(first * 80),
                                          whole.begin() + static_cast<std::ptrdiff_t>(end * 80));
    CHECK(rows == expected);
    for (const std::size_t shift : {0U, 1U}) {  // memory need not be aligned
      std::vector<std::byte> into(expected.size() + 1);
      const auto place = std::span(into).subspan(shift, expected.size());
      REQUIRE(reader->read_rows_into(0, first, end, place).has_value());
      CHECK(std::equal(place.begin(), place.end(), expected.begin()));
      const auto longer = reader->read_rows_into(0, first, end, into);
      REQUIRE_FALSE(longer.has_value());
      CHECK(longer.error().code == ErrorCode::bad_argument);
    }
  }
}

TEST_CASE("a pipe gives a file that decodes, without going back") {
  const Tensor tensor = correlated(DType::f32, {8, 200, 32}, 13);
  for (const bool lossless : {false, true}) {
    EncodeOptions options;
    options.lossless = lossless;
    const auto decoded = decode(encode(tensor, options, nullptr, false));
    CHECK(decoded.size() == tensor.bytes.size());
    if (lossless) CHECK(decoded == tensor.bytes);
  }
}

TEST_CASE("a profile codes what it never saw, embedded or named by digest") {
  const Tensor calib = correlated(DType::f32, {40, 200, 24}, 15);
  const Tensor test = correlated(DType::f32, {5, 200, 24}, 16);
  VectorElements elements(calib, false);
  const FitInput input{calib.dtype, calib.shape, &elements};
  FitOptions fit;
  fit.target_nmse = {0.005, 0.02, 0.08};
  const auto profile = fit_profile(std::span(&input, 1), fit);
  REQUIRE(profile.has_value());
  CHECK(profile->rungs().size() == 3);
  CHECK(profile->rungs()[1].held_out_nmse == doctest::Approx(0.02).epsilon(0.2).scale(0));
  const auto bytes = profile->serialise();
  const auto parsed = Profile::parse(bytes);
  REQUIRE(parsed.has_value());
  CHECK(parsed->serialise() == bytes);

  EncodeOptions options;
  options.profile = &*parsed;
  options.nmse = 0.03;
  EncodeReport embedded_report;
  const auto embedded = encode(test, options, &embedded_report);
  CHECK(nmse_of(test, decode(embedded)) == doctest::Approx(0.03).epsilon(0.03).scale(0));
  options.embed_model = false;
  const auto named = encode(test, options);
  CHECK(named.size() < embedded.size());
  DecodeOptions with_profile;
  with_profile.profiles = {*parsed};
  CHECK(decode(named, with_profile) == decode(embedded));
  MemorySource source(named);
  const auto without = read_stream(source, {}, {});
  REQUIRE_FALSE(without.has_value());
  CHECK(without.error().code == ErrorCode::unsupported);
}

TEST_CASE("profiles see axes of extent 1 as encoders do: not at all") {
  Tensor calib = correlated(DType::f32, {40, 50, 24}, 15);
  FitOptions fit;
  fit.target_nmse = {0.02};
  std::vector<std::vector<std::byte>> profiles;
  for (const Shape& shape : {Shape{40, 50, 24}, Shape{40, 50, 1, 24}, Shape{40, 1, 50, 24, 1}}) {
    calib.shape = shape;
    VectorElements elements(calib, false);
    const FitInput input{calib.dtype, calib.shape, &elements};
    const auto profile = fit_profile(std::span(&input, 1), fit);
    REQUIRE(profile.has_value());
    profiles.push_back(profile->serialise());
    EncodeOptions options;
    options.profile = &*profile;
    CHECK(nmse_of(calib, decode(encode(calib, options))) < 0.021);
  }
  CHECK(profiles[1] == profiles[0]);
  CHECK(profiles[2] == profiles[0]);
}

TEST_CASE("a profile whose tables lack a needed symbol costs rate, never data") {
  const Tensor tensor = correlated(DType::f32, {4, 50, 4}, 19);
  CodecModel model;
  model.channels = 4;
  model.unit = 1.0F / 32;
  model.centre.assign(4, 0);
  model.synthesis = {SynthesisKind::diagonal, 4, 0, 0, {}, {32, 32, 32, 32}};
  model.entropy.ranges = {{-4, 0}};
  model.entropy.class_of.assign(4, 0);
  const ClassFrequencies no_zero = {500, 500, 500, 500, 0, 596, 500, 500, 500};
  const ClassFrequencies no_escape = {500, 500, 500, 1096, 500, 500, 500, 0, 0};
  for (const ClassFrequencies& frequencies : {no_zero, no_escape}) {
    model.entropy.tables.classes = {frequencies};
    auto content = std::make_shared<Profile::Content>();
    content->info.resize(1);
    content->rungs.push_back({model, write_model(model), {}});
    const auto profile = Profile::parse(Profile(content).serialise());
    REQUIRE(profile.has_value());
    EncodeOptions options;
    options.profile = &*profile;
    options.nmse = 0.05;
    EncodeReport report;
    CHECK(decode(encode(tensor, options, &report)) == tensor.bytes);  // raw chunks
    CHECK(report.nmse == 0);
    CHECK(report.max_abs_error == 0);
  }
}

TEST_CASE("memory that holds fewer elements than the shape promises is refused") {
  const Tensor tensor = correlated(DType::f32, {4, 20, 16}, 5);
  MemoryElements elements(tensor.dtype, tensor.bytes);
  for (const bool lossless : {false, true}) {
    EncodeOptions options;
    options.lossless = lossless;
    MemorySink sink;
    ArchiveWriter writer(sink);
    const auto report = writer.add_tensor("x", DType::f32, {5, 20, 16}, elements, options);
    REQUIRE(!report.has_value());
    CHECK(report.error().code == ErrorCode::bad_argument);
  }
}

TEST_CASE("every single-byte change and every truncation is refused") {
  const Tensor tensor = correlated(DType::f32, {2, 40, 8}, 17);
  for (const bool lossless : {false, true}) {
    EncodeOptions options;
    options.lossless = lossless;
    auto file = encode(tensor, options);
    for (std::size_t i = 0; i < file.size(); ++i) {
      file[i] ^= std::byte{0x10};
      MemorySource source(file);
      const auto result = read_stream(source, {}, {});
      // The optional feature bits of the file header may be anything, but its checksum covers them.
      CHECK_MESSAGE(!result.has_value(), "byte ", i);
      file[i] ^= std::byte{0x10};
      MemorySource cut(std::span<const std::byte>(file).first(i));
      CHECK_FALSE(read_stream(cut, {}, {}).has_value());
      const MemorySource cut_at_random(std::span<const std::byte>(file).first(i));
      CHECK_FALSE(ArchiveReader::open(cut_at_random).has_value());
    }
  }
}

TEST_CASE("lambda is the slope of the operational curve, with a profile and without") {
  const Tensor tensor = correlated(DType::f32, {24, 256, 24}, 31);
  const Tensor calib = correlated(DType::f32, {24, 256, 24}, 32);
  VectorElements elements(calib, true);
  const FitInput input{calib.dtype, calib.shape, &elements};
  const auto profile = fit_profile({&input, 1}, {});
  REQUIRE(profile.has_value());
  const double values = 24.0 * 256 * 24;
  for (const Profile* used : {&*profile, static_cast<const Profile*>(nullptr)}) {
    std::vector<double> distortion, bits;
    for (const double factor : {0.8, 1.25}) {
      EncodeOptions options;
      options.profile = used;
      options.lambda = 0.02 * factor;
      EncodeReport report;
      const auto file = encode(tensor, options, &report);
      bits.push_back(8.0 * static_cast<double>(report.output_bytes - report.embedded_model_bytes) / values);
      const auto decoded = decode(file);
      double error = 0;
      for (std::size_t i = 0; i < tensor.bytes.size(); i += 4) {
        float x = 0, y = 0;
        std::memcpy(&x, &tensor.bytes[i], 4);
        std::memcpy(&y, &decoded[i], 4);
        error += std::pow(static_cast<double>(x) - static_cast<double>(y), 2);
      }
      distortion.push_back(error / values);
    }
    const double slope = (distortion[1] - distortion[0]) / (bits[0] - bits[1]);
    CHECK(slope == doctest::Approx(0.02).epsilon(0.2).scale(0));
  }
}

TEST_CASE("psnr counts the range of the values as its peak") {
  const Tensor tensor = correlated(DType::f32, {12, 200, 24}, 33);
  EncodeOptions options;
  options.psnr_db = 40;
  const auto decoded = decode(encode(tensor, options));
  std::vector<float> x(tensor.bytes.size() / 4), y(x.size());
  floats_to_f32(tensor.dtype, tensor.bytes, x);
  floats_to_f32(tensor.dtype, decoded, y);
  double error = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    error += std::pow(static_cast<double>(x[i]) - static_cast<double>(y[i]), 2);
  const auto [lowest, highest] = std::minmax_element(x.begin(), x.end());
  CHECK(
      10 * std::log10(std::pow(static_cast<double>(*highest - *lowest), 2) / (error / static_cast<double>(x.size()))) ==
      doctest::Approx(40).epsilon(0.003).scale(0));
}
