#pragma once

#include "actz/archive.hpp"
#include "measure/codec_run.hpp"

namespace actz::bench {

/// actz through its public calls, to and from memory.
/// @param profile  borrowed; named in the file, not embedded, and counted as side information. Null: learned from the
/// tensor.
CodecRun actz_run(const Sample& sample, std::string codec, EncodeOptions options, const Profile* profile);

/// A profile learned from one sample. Throws Failed.
Profile fit(const Sample& calib, const FitOptions& options);

}  // namespace actz::bench
