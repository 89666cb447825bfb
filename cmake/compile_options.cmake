# One interface target with the options every target of the project shares.
add_library(actz_options INTERFACE)
# Decoded values may not depend on the compiler: g++ fuses multiply-add by default where the target has it.
target_compile_options(actz_options INTERFACE -ffp-contract=off -fno-fast-math)
# 32-bit x86 computes in 80 bits unless told to use SSE2; tensor/float_convert.cpp refuses to be compiled then.
include(CheckCXXSourceCompiles)
check_cxx_source_compiles("#include <cfloat>
static_assert(FLT_EVAL_METHOD == 0);
int main() {}" ACTZ_FLOATS_AS_WRITTEN)
if(NOT ACTZ_FLOATS_AS_WRITTEN)
  target_compile_options(actz_options INTERFACE -msse2 -mfpmath=sse)
endif()
target_compile_options(actz_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion)
if(ACTZ_WARNINGS_AS_ERRORS)
  target_compile_options(actz_options INTERFACE -Werror)
endif()
if(ACTZ_SANITIZE)
  target_compile_options(actz_options INTERFACE -fsanitize=${ACTZ_SANITIZE} -fno-omit-frame-pointer
                                                -fno-sanitize-recover=all)
  target_link_options(actz_options INTERFACE -fsanitize=${ACTZ_SANITIZE})
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 raises these falsely in the standard library's own code once it is inlined (GCC bugs 105329, 105593).
  target_compile_options(actz_options INTERFACE -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds
                                                -Wno-maybe-uninitialized -Wno-restrict)
endif()
