#include "report/coefficient_bits.hpp"

#include <cmath>
#include <limits>

#include "profile/profile_content.hpp"

namespace actz::report {
namespace {

/// Entropy of a class's table, and the bits that bypass it. Escapes are too rare to see.
double class_bits(const StaticModel& model, std::size_t class_index) {
  const double total = std::exp2(model.tables.precision_bits);
  double bits = model.ranges[class_index].raw_bits;
  for (const std::uint16_t frequency : model.tables.classes[class_index]) {
    if (frequency > 0) bits -= frequency / total * std::log2(frequency / total);
  }
  return bits;
}

}  // namespace

std::vector<double> coefficient_bits(const Profile& profile, double nmse, double& measured_nmse) {
  std::size_t nearest = 0;
  double distance = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < profile.rungs().size(); ++i) {
    const double measured = std::fabs(std::log(std::max(profile.rungs()[i].held_out_nmse, 1e-12) / nmse));
    if (measured < distance) {
      distance = measured;
      nearest = i;
    }
  }
  measured_nmse = profile.rungs()[nearest].held_out_nmse;
  const StaticModel& model = profile.content().rungs[nearest].model.entropy;
  std::vector<double> out;
  for (const std::uint8_t class_index : model.class_of) out.push_back(class_bits(model, class_index));
  return out;
}

}  // namespace actz::report
