#include <utility>

#include "base/try.hpp"
#include "io/error_text.hpp"
#include "io/npy.hpp"
#include "io/npz.hpp"
#include "io/output_file.hpp"
#include "io/plain_sink.hpp"
#include "io/safetensors.hpp"
#include "io/tensor_sink.hpp"

namespace actz::io {

Result<std::unique_ptr<TensorSink>> open_sink(const std::string& path, FileFormat format,
                                              const std::vector<TensorInfo>& infos, bool overwrite) {
  return without_exceptions([&]() -> Result<std::unique_ptr<TensorSink>> {
    const bool holds_one = format == FileFormat::npy || format == FileFormat::raw;
    if (holds_one && infos.size() != 1) {
      return Error{ErrorCode::bad_argument, Error::kNoOffset,
                   "npy and raw files hold one tensor, not " + std::to_string(infos.size())};
    }
    ACTZ_TRY(OutputFile file, OutputFile::create(path, overwrite));
    switch (format) {
      case FileFormat::npy: return open_npy_sink(std::move(file), infos.front());
      case FileFormat::npz: return open_npz_sink(std::move(file), infos);
      case FileFormat::safetensors: return open_safetensors_sink(std::move(file), infos);
      case FileFormat::raw: return open_plain_sink(std::move(file), {}, infos);
    }
    return Error{ErrorCode::bad_argument, Error::kNoOffset, "no such file format"};
  });
}

}  // namespace actz::io
