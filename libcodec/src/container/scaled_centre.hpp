#pragma once

#include <cstdint>
#include <vector>

#include "container/fields.hpp"
#include "profile/codec_model.hpp"

namespace actz {

/// The model's centre in the units of a tensor: (centre · centre_scale + 2^15) >> 16, clamped to int32.
std::vector<std::int32_t> scaled_centre(const CodecModel& model, std::uint32_t centre_scale);

/// The centre_scale of a tensor that is coded with a model at another unit.
/// @param gain  of the tensor's mean over the model's centre.
std::uint32_t centre_scale_for(const CodecModel& model, double unit, double gain = 1);

}  // namespace actz
