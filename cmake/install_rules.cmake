# `cmake --install`: libraries, headers, find_package(actz), pkg-config. Programs and the Python package add themselves.
include(CMakePackageConfigHelpers)
set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/actz)

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME development)
install(TARGETS actz_codec EXPORT actz_targets)
install(DIRECTORY libcodec/include/actz DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(ACTZ_BUILD_BINDINGS)
  install(TARGETS actz_c EXPORT actz_targets LIBRARY COMPONENT library NAMELINK_COMPONENT development)
  install(DIRECTORY bindings/c/include/actz DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()
install(EXPORT actz_targets NAMESPACE actz:: DESTINATION ${config_dir} FILE actz-targets.cmake)

configure_package_config_file(cmake/actz-config.cmake.in ${PROJECT_BINARY_DIR}/actz-config.cmake
                              INSTALL_DESTINATION ${config_dir} NO_SET_AND_CHECK_MACRO)
# Until 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/actz-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/actz-config.cmake ${PROJECT_BINARY_DIR}/actz-config-version.cmake
        DESTINATION ${config_dir})

# The directory of the .pc files, from which they find the prefix, wherever the tree is moved.
file(RELATIVE_PATH prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
set(codec_libraries "-lmd -lzip -lz -pthread -lstdc++ -lm")
if(LIBISAL)
  string(PREPEND codec_libraries "-lisal ")
endif()
foreach(name actz actz-codec)
  configure_file(cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

if(ACTZ_BUILD_TESTS AND ACTZ_BUILD_CLI AND ACTZ_BUILD_BINDINGS AND NOT ACTZ_SANITIZE)
  add_test(NAME install_consumer COMMAND ${PROJECT_SOURCE_DIR}/examples/consumer/check.sh ${PROJECT_BINARY_DIR}
                                         ${CMAKE_C_COMPILER} ${CMAKE_CXX_COMPILER})
endif()
