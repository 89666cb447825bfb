#pragma once

#include "generated/format_limits.hpp"
