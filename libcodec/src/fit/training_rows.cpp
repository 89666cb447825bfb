#include "fit/training_rows.hpp"

namespace actz {

void TrainingRows::rescale(double new_unit) {
  const auto factor = static_cast<float>(unit / new_unit);
  for (float& value : values) value *= factor;
  unit = new_unit;
}

}  // namespace actz
