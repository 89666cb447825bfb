#pragma once

#include "measure/codec_run.hpp"

/// The codecs actz is compared with, one a file. All borrow their samples.

namespace actz::bench {

/// zstd on the bytes as they are, or with the bytes of equal significance gathered first (as Blosc and HDF5 do).
CodecRun zstd_lossless(const Sample& sample, int level, bool shuffled);

/// Uniform bins around the channel means, one step for the tensor, then zstd on the indices.
SteppedCodec bins_then_zstd(const Sample& sample, int level);

/// Min–max integers of each channel, 2 to 8 bits, scales of f32 counted; packed, and with a level zstd after it.
CodecRun channel_integers(const Sample& sample, unsigned bits, std::optional<int> zstd_level);

/// zfp, fixed accuracy, with the best of the layouts it can see the tensor in.
SteppedCodec zfp_accuracy(const Sample& sample);

/// The idea of CacheGen, simplified: see cachegen_like.cpp.
SteppedCodec cachegen_like(const Sample& calib, const Sample& sample);

/// The idea of KVTC, simplified: see kvtc_like.cpp.
SteppedCodec kvtc_like(const Sample& calib, const Sample& sample);

}  // namespace actz::bench
