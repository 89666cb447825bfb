# add_actz_test(NAME source...): one doctest binary, registered with CTest.
function(add_actz_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE actz_codec)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/libcodec/src ${ACTZ_GENERATED})
  add_test(NAME ${name} COMMAND ${name})
endfunction()
