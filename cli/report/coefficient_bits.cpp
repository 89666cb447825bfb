#include "report/coefficient_bits.hpp"

#include <cmath>
#include <limits>

#include "profile/profile_content.hpp"

namespace actz::report {
namespace {

/// Entropy of a table. Escapes are too rare to see.
double table_bits(const ClassTables& tables, std::size_t table) {
  const double total = std::exp2(tables.precision_bits);
  double bits = 0;
  for (const std::uint16_t frequency : tables.classes[table]) {
    if (frequency > 0) bits -= frequency / total * std::log2(frequency / total);
  }
  return bits;
}

std::vector<double> static_bits(const StaticModel& model) {
  std::vector<double> out;
  for (const std::uint8_t class_index : model.class_of) {
    out.push_back(table_bits(model.tables, class_index) + model.ranges[class_index].raw_bits);
  }
  return out;
}

/// The mean over the contexts of a coefficient, which are about equally frequent.
std::vector<double> context_bits(const ContextModel& model) {
  const std::size_t contexts = std::size_t{model.bins} * model.quantizers;
  std::vector<double> out;
  for (std::size_t k = 0; k < model.coefficients(); ++k) {
    double bits = 0;
    for (std::size_t i = 0; i < contexts; ++i) bits += table_bits(model.tables, model.table_of[k * contexts + i]);
    out.push_back(bits / static_cast<double>(contexts) + model.raw_bits[k]);
  }
  return out;
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
  const CodecModel& model = profile.content().rungs[nearest].model;
  return model.entropy_kind == EntropyKind::context ? context_bits(model.context) : static_bits(model.entropy);
}

}  // namespace actz::report
