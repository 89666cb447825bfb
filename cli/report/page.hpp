#pragma once

#include <string>

#include "report/report_data.hpp"

namespace actz::report {

/// The whole report as one HTML document that is well-formed XML too, without scripts and without anything to load.
std::string page(const Report& report);

}  // namespace actz::report
