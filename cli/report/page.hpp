#pragma once

#include <string>

#include "report/report_data.hpp"

namespace actz::report {

/// One HTML document that is well-formed XML too, without scripts and without anything to load.
/// @param lead  a line below the title. @param body  sections, as HTML.
std::string document(const std::string& title, const std::string& lead, const std::string& body);

/// The whole report as one HTML document that is well-formed XML too, without scripts and without anything to load.
std::string page(const Report& report);

}  // namespace actz::report
