#pragma once

#include <string>

namespace actz::bench {

/// The processor's name, or "unknown processor".
std::string cpu_name();

/// Widest kernel of actz on this processor: "avx512", …
std::string widest_kernel();

}  // namespace actz::bench
