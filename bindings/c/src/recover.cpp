#include "actz/c/recover.h"

#include <algorithm>

#include "actz/recover.hpp"
#include "base/try.hpp"
#include "guard.hpp"
#include "handles.hpp"
#include "io/file_streams.hpp"
#include "io/output_file.hpp"
#include "sized_struct.hpp"

namespace actz::c_abi {
namespace {

actz_recover_report report_of(const RecoverReport& from) {
  actz_recover_report out{};
  out.complete = from.is_complete() ? 1 : 0;
  out.end_found = from.end_found ? 1 : 0;
  out.tensors = from.tensors.size();
  for (const RecoveredTensor& tensor : from.tensors) {
    out.rows += tensor.rows;
    out.recovered_rows += tensor.recovered_rows();
  }
  out.chunks = from.chunks;
  out.lost_chunks = from.lost_chunks;
  out.damaged_bytes = from.damaged_bytes;
  from.loss.copy(out.loss, sizeof(out.loss) - 1);
  return out;
}

Status recover_path(const char* from, const char* to, bool overwrite, const actz_decode_options* options,
                    actz_recover_report* report) {
  ACTZ_TRY(const auto reading, read_decode_options(options));
  ACTZ_TRY(const auto source, io::FileSource::open(from));
  ACTZ_TRY(auto file, io::OutputFile::create(to, overwrite));
  io::FileSink sink(file);
  ACTZ_TRY(const auto recovered, recover(source, sink, reading));
  ACTZ_CHECK(file.finish());
  return report == nullptr ? Status{} : write_struct(report_of(recovered), report);
}

}  // namespace
}  // namespace actz::c_abi

using namespace actz::c_abi;  // NOLINT: the rest of the file is the C interface

extern "C" actz_status actz_recover_path(const char* from, const char* to, int overwrite,
                                         const actz_decode_options* options, actz_recover_report* report,
                                         actz_error* error) {
  return guarded(error, [&]() -> actz::Status {
    if (from == nullptr || to == nullptr) return bad_argument("a path is missing");
    return recover_path(from, to, overwrite != 0, options, report);
  });
}
