# One interface target with the options every target of the project shares.
add_library(actz_options INTERFACE)
# Decoded values may not depend on the compiler: g++ fuses multiply-add by default where the target has it.
target_compile_options(actz_options INTERFACE -ffp-contract=off -fno-fast-math)
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
