#include "measure/actz_codec.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

namespace actz::bench {
namespace {

Bytes encode(const Tensor& tensor, const EncodeOptions& options) {
  MemorySink sink;
  ArchiveWriter writer(sink);
  MemoryElements elements(tensor.dtype, tensor.bytes);
  if (const auto report = writer.add_tensor(tensor.name, tensor.dtype, tensor.shape, elements, options); !report) {
    throw Failed{tensor.name, report.error()};
  }
  if (const auto status = writer.finish(); !status) throw Failed{tensor.name, status.error()};
  return std::move(sink.bytes);
}

void decode(std::span<const std::byte> coded, std::span<std::byte> out, const DecodeOptions& options) {
  std::size_t filled = 0;
  StreamVisitor visitor;
  visitor.on_tensor = [](const TensorSummary&) -> Result<bool> { return true; };
  visitor.on_elements = [&](std::span<const std::byte> elements) -> Status {
    std::memcpy(out.data() + filled, elements.data(), elements.size());
    filled += elements.size();
    return {};
  };
  MemorySource source(coded);
  if (const auto summary = read_stream(source, visitor, options); !summary) throw Failed{"", summary.error()};
}

}  // namespace

CodecRun actz_run(const Sample& sample, std::string codec, EncodeOptions options, const Profile* profile) {
  DecodeOptions decode_options;
  decode_options.threads = options.threads;
  CodecRun run;
  run.codec = std::move(codec);
  run.target_nmse = options.nmse;
  run.lossless = options.lossless;
  run.decoded_dtype = sample.tensor.dtype;
  if (profile != nullptr) {
    options.profile = profile;
    options.embed_model = false;
    decode_options.profiles = {*profile};
    run.side_bytes = profile->serialise().size();
  }
  run.encode = [&sample, options] { return encode(sample.tensor, options); };
  run.decode = [decode_options](std::span<const std::byte> coded, std::span<std::byte> out) {
    decode(coded, out, decode_options);
  };
  return run;
}

Profile fit(const Sample& calib, const FitOptions& options) {
  MemoryElements elements(calib.tensor.dtype, calib.tensor.bytes);
  const FitInput input{calib.tensor.dtype, calib.tensor.shape, &elements};
  auto profile = fit_profile({&input, 1}, options);
  if (!profile) throw Failed{calib.tensor.name, profile.error()};
  return std::move(profile).value();
}

}  // namespace actz::bench
