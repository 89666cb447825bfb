#pragma once

#include "actz/result.hpp"

/// ACTZ_TRY(declaration, expression): declares the value of a Result or returns its error.
/// ACTZ_CHECK(expression): returns the error of a Status.

#define ACTZ_CONCAT_(a, b) a##b
#define ACTZ_CONCAT(a, b) ACTZ_CONCAT_(a, b)
#define ACTZ_TRY_(temporary, declaration, expression)  \
  auto temporary = (expression);                       \
  if (!temporary) return std::move(temporary).error(); \
  declaration = std::move(temporary).value()
#define ACTZ_TRY(declaration, expression) ACTZ_TRY_(ACTZ_CONCAT(actz_try_, __COUNTER__), declaration, expression)
#define ACTZ_CHECK(expression)                                                                   \
  do {                                                                                           \
    if (auto actz_checked = (expression); !actz_checked) return std::move(actz_checked).error(); \
  } while (false)
