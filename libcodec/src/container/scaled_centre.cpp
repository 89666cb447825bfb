#include "container/scaled_centre.hpp"

#include <algorithm>
#include <cmath>

namespace actz {

std::vector<std::int32_t> scaled_centre(const CodecModel& model, std::uint32_t centre_scale) {
  std::vector<std::int32_t> out;
  out.reserve(model.centre.size());
  for (const std::int32_t centre : model.centre) {
    const std::int64_t scaled = (std::int64_t{centre} * centre_scale + (1 << 15)) >> 16;
    out.push_back(static_cast<std::int32_t>(std::clamp<std::int64_t>(scaled, INT32_MIN, INT32_MAX)));
  }
  return out;
}

std::uint32_t centre_scale_for(const CodecModel& model, double unit, double gain) {
  const double scale = gain * double{model.unit} / unit * kCentreScaleOne;
  return static_cast<std::uint32_t>(std::lrint(std::clamp(scale, 1.0, 4.0e9)));
}

}  // namespace actz
