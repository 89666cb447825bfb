# add_actz_test(NAME source...): one doctest binary, registered with CTest.
function(add_actz_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE actz_internals)
  add_test(NAME ${name} COMMAND ${name})
endfunction()
