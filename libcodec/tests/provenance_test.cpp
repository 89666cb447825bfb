#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <string>

#include "coded_tensors.hpp"

using namespace actz;

namespace {

constexpr const char* kMetadata =
    R"({"model": "tiny", "revision": "a1", "layer": 3, "tensors": {"values": {"layer": 4, "hook": "attn.v"}}})";

/// Two tensors, keys and values, of 8 rows of 4 channels.
std::vector<std::byte> archive(const char* metadata) {
  MemorySink sink;
  ArchiveWriter writer(sink);
  if (metadata != nullptr) REQUIRE(writer.add_metadata(metadata).has_value());
  EncodeOptions options;
  options.lossless = true;
  for (const char* name : {"keys", "values"}) test::add(writer, name, std::vector<float>(32, 1.5F), {8, 4}, options);
  REQUIRE(writer.finish().has_value());
  return sink.bytes;
}

/// The message of opening, or else of reading a tensor; empty if both succeed.
std::string refusal(const std::vector<std::byte>& file, std::vector<Requirement> required, std::size_t tensor = 0) {
  const MemorySource source(file);
  DecodeOptions options;
  options.required = std::move(required);
  const auto reader = ArchiveReader::open(source, options);
  const Status status = reader ? reader->read_rows(tensor, 0, 8, [](auto) { return Status{}; }) : reader.error();
  if (!status) CHECK(status.error().code == ErrorCode::bad_argument);
  return status ? "" : status.error().message;
}

}  // namespace

TEST_CASE("What the metadata says of the file or of a tensor may be required") {
  const auto file = archive(kMetadata);
  CHECK(refusal(file, {{"model", "tiny"}, {"revision", "a1"}, {"layer", "3"}}) == "");
  CHECK(refusal(file, {{"layer", "4"}, {"hook", "attn.v"}}, 1) == "");
  CHECK(refusal(file, {{"revision", "b2"}}) == "revision is 'a1' in the file, required is 'b2'");
  CHECK(refusal(file, {{"layer", "3"}}, 1) == "layer of 'values' is '4' in the file, required is '3'");
  CHECK(refusal(file, {{"layer", "4"}}, 0) == "layer is '3' in the file, required is '4'");
  CHECK(refusal(file, {{"hook", "attn.v"}}, 0) == "hook is not said in the file, required is 'attn.v'");
}

TEST_CASE("A requirement that no tensor meets is refused when the file is opened") {
  const auto file = archive(kMetadata);
  const MemorySource source(file);
  DecodeOptions options;
  options.required = {{"layer", "5"}};
  CHECK_FALSE(ArchiveReader::open(source, options).has_value());
  options.required = {{"layer", "4"}};
  CHECK(ArchiveReader::open(source, options).has_value());
}

TEST_CASE("Requirements of a file without metadata, or whose metadata is no object, are not met") {
  CHECK(refusal(archive(nullptr), {{"model", "tiny"}}) == "model is not said in the file, required is 'tiny'");
  CHECK(check_provenance("[1]", "", std::vector<Requirement>{{"0", "1"}}).error().message ==
        "the metadata of the file is not a JSON object");
  CHECK(check_provenance("[1]", "", {}).has_value());
  CHECK(check_provenance(R"({"tensors": 5, "a": [1, 2], "b": "x"})", "keys",
                         std::vector<Requirement>{{"a", "[1,2]"}, {"b", "x"}})
            .has_value());
}

TEST_CASE("A forward reader holds the tensors that it reads to what is required") {
  const auto file = archive(kMetadata);
  DecodeOptions options;
  options.required = {{"layer", "3"}};
  StreamVisitor keys_only;
  keys_only.on_tensor = [](const TensorSummary& tensor) -> Result<bool> { return tensor.name == "keys"; };
  MemorySource first(file), second(file);
  CHECK(read_stream(first, keys_only, options).has_value());
  const auto all = read_stream(second, {}, options);
  REQUIRE_FALSE(all.has_value());
  CHECK(all.error().message == "layer of 'values' is '4' in the file, required is '3'");
}
