#pragma once

#include <string_view>

namespace actz::report {

/// The page's style sheet: one palette for light, one for dark, and ink on white for paper.
extern const std::string_view kStyleSheet;

}  // namespace actz::report
