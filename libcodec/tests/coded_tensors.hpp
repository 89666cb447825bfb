#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <random>
#include <span>
#include <vector>

#include "actz/archive.hpp"

/// Tensors of f32 through the library and back, in memory.

namespace actz::test {

struct Coded {
  std::vector<std::byte> file;
  EncodeReport report;
};

inline EncodeReport add(ArchiveWriter& writer, const std::string& name, const std::vector<float>& values,
                        const Shape& shape, const EncodeOptions& options) {
  MemoryElements elements(DType::f32, std::as_bytes(std::span(values)));
  const auto report = writer.add_tensor(name, DType::f32, shape, elements, options);
  REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().message));
  return *report;
}

/// A file of one tensor.
inline Coded encode(const std::vector<float>& values, const Shape& shape, const EncodeOptions& options) {
  MemorySink sink;
  ArchiveWriter writer(sink);
  const EncodeReport report = add(writer, "x", values, shape, options);
  REQUIRE(writer.finish().has_value());
  return {sink.bytes, report};
}

/// Rows [first, end) of a tensor.
inline Result<std::vector<float>> decode_rows(const std::vector<std::byte>& file, const std::vector<Profile>& profiles,
                                              std::size_t tensor, std::uint64_t first, std::uint64_t end,
                                              unsigned threads = 1) {
  DecodeOptions options;
  options.profiles = profiles;
  options.threads = threads;
  MemorySource source(file);
  const auto reader = ArchiveReader::open(source, options);
  if (!reader) return reader.error();
  std::vector<float> out;
  const auto status = reader->read_rows(tensor, first, end, [&](std::span<const std::byte> bytes) {
    const std::size_t at = out.size();
    out.resize(at + bytes.size() / sizeof(float));
    std::memcpy(&out[at], bytes.data(), bytes.size());
    return Status{};
  });
  if (!status) return status.error();
  return out;
}

inline Result<std::vector<float>> decode(const std::vector<std::byte>& file, const std::vector<Profile>& profiles,
                                         unsigned threads = 1, std::size_t tensor = 0) {
  MemorySource source(file);
  const auto reader = ArchiveReader::open(source);
  if (!reader) return reader.error();
  return decode_rows(file, profiles, tensor, 0, reader->summary().tensors[tensor].rows, threads);
}

inline Profile fit(const std::vector<float>& values, const Shape& shape, const FitOptions& options) {
  MemoryElements elements(DType::f32, std::as_bytes(std::span(values)));
  const FitInput input{DType::f32, shape, &elements};
  auto profile = fit_profile(std::span(&input, 1), options);
  REQUIRE_MESSAGE(profile.has_value(), (profile ? "" : profile.error().message));
  return *profile;
}

/// Rows that go through so many different sentences of a book, each a little different every time; or all new.
inline std::vector<float> sentences(std::size_t rows, std::size_t channels, unsigned seed, bool all_new = false,
                                    std::size_t different = 40) {
  constexpr std::size_t kLength = 8;
  std::mt19937 random(seed), words(7);
  std::normal_distribution<float> normal;
  std::vector<float> book(different * kLength * channels);
  for (float& value : book) value = 3 + normal(words);
  std::vector<float> out;
  for (std::size_t i = 0; i < rows / kLength; ++i) {
    const std::size_t sentence = random() % different;
    for (std::size_t k = 0; k < kLength * channels; ++k) {
      out.push_back(all_new ? normal(random) : book[sentence * kLength * channels + k] + 0.1F * normal(random));
    }
  }
  return out;
}

}  // namespace actz::test
