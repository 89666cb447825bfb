# Turns the caps of format_spec/tables/limits.csv and the numbers of constants.csv into constants, so that each is
# written once: row max_lag,4096,u16,format,… becomes `inline constexpr std::uint16_t kMaxLag = 4096;`.
# Limits of readers are defaults of DecodeLimits, a public header; check_spec.py compares them.
set(ACTZ_GENERATED ${PROJECT_BINARY_DIR}/include)
set(limits_csv ${CMAKE_CURRENT_LIST_DIR}/../format_spec/tables/limits.csv)
set(constants_csv ${CMAKE_CURRENT_LIST_DIR}/../format_spec/tables/constants.csv)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${limits_csv} ${constants_csv})

set(lines "")
file(STRINGS ${limits_csv} caps REGEX ",format,")
file(STRINGS ${constants_csv} constants REGEX ",[0-9]+,[iu][0-9]+,")
foreach(row IN LISTS caps constants)
  if(NOT row MATCHES "^([a-z_]+),([0-9]+),([iu])([0-9]+),")
    message(FATAL_ERROR "${limits_csv}: cannot read ${row}")
  endif()
  set(constant k)
  set(value ${CMAKE_MATCH_2})
  if(CMAKE_MATCH_3 STREQUAL "u")
    set(type std::uint${CMAKE_MATCH_4}_t)
  else()
    set(type std::int${CMAKE_MATCH_4}_t)
  endif()
  string(REPLACE "_" ";" words ${CMAKE_MATCH_1})
  foreach(word IN LISTS words)
    string(SUBSTRING ${word} 0 1 first)
    string(SUBSTRING ${word} 1 -1 rest)
    string(TOUPPER ${first} first)
    string(APPEND constant ${first}${rest})
  endforeach()
  string(APPEND lines "inline constexpr ${type} ${constant} = ${value};\n")
endforeach()
file(CONFIGURE OUTPUT ${ACTZ_GENERATED}/generated/format_limits.hpp @ONLY CONTENT "// Generated from format_spec/tables/limits.csv and constants.csv; do not edit.
#pragma once

#include <cstdint>

namespace actz {

/// Caps of the format, which a decoder refuses to exceed, and its constants (format_spec/09_limits.md).
${lines}
}  // namespace actz
")
