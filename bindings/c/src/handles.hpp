#pragma once

#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "actz/actz.h"
#include "actz/archive.hpp"
#include "actz/external_model.hpp"
#include "io/growing_file.hpp"
#include "io/output_file.hpp"

/// What the handles of the C interface point to.

struct actz_profile {
  actz::Profile profile;
};

struct actz_external_model {
  actz::ExternalModel model;
};

struct actz_reader {
  std::unique_ptr<actz::ByteSource> source;
  std::optional<actz::ArchiveReader> reader;
  std::vector<const char*> required_models;
};

namespace actz::c_abi {

/// Where the bytes of a writer go.
class Target : public ByteSink {
 public:
  /// All is written: makes it last. Errors: io.
  virtual Status finish() { return {}; }
  /// The bytes, if they are kept in memory.
  virtual const std::vector<std::byte>* in_memory() const { return nullptr; }
};

/// The options of a call for decoding. Errors: bad_argument.
Result<DecodeOptions> read_decode_options(const actz_decode_options* given);

/// The number of threads that `threads` of an options struct asks for.
unsigned thread_count(std::uint32_t wanted);

}  // namespace actz::c_abi

struct actz_writer {
  std::unique_ptr<actz::ByteSource> appended_to;  ///< the file that is gone on with
  std::unique_ptr<actz::c_abi::Target> target;
  std::optional<actz::ArchiveWriter> writer;
  std::list<actz::Profile> profiles;  ///< of tensors added: the writer may look at them again
  bool failed = false;
  bool finished = false;
};
