# `cpack` in a build tree that was configured with -DCMAKE_INSTALL_PREFIX=/usr: packages for Debian.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL program library development python)
set(ACTZ_MAINTAINER "the actz authors <actz@packages.invalid>" CACHE STRING "Maintainer of the packages, NAME <MAIL>")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${ACTZ_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(about "Keeps hidden states, K/V caches and other tensors of floats in few bits,
with a stated error or exactly.")
set(same_version "${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME actz)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "${about}
This is the program, with its manual.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libactz-c${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/deb/triggers)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "${about}
This is the shared library of the C interface.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libactz-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "${CPACK_DEBIAN_LIBRARY_PACKAGE_NAME} (= ${same_version}), libmd-dev, libzip-dev, zlib1g-dev")
if(LIBISAL)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ", libisal-dev")
endif()
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "${about}
These are the headers of the C and C++ interfaces and the static C++ library,
for CMake and pkg-config.")

set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-actz)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS
    "${CPACK_DEBIAN_LIBRARY_PACKAGE_NAME} (= ${same_version}), python3, python3-numpy")
set(CPACK_DEBIAN_PYTHON_DESCRIPTION "${about}
This is the package for Python, numpy or torch in and out.")

# What Debian wants beside the files of `cmake --install`: finish_packages.cmake puts it into each package.
string(TIMESTAMP package_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(cmake/debian_changelog.in ${PROJECT_BINARY_DIR}/deb/changelog @ONLY)
file(WRITE ${PROJECT_BINARY_DIR}/deb/triggers "activate-noawait ldconfig\n")
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/finish_packages.cmake)
foreach(component ${CPACK_COMPONENTS_ALL})
  string(TOUPPER ${component} name)
  set(CPACK_ACTZ_${component}_PACKAGE ${CPACK_DEBIAN_${name}_PACKAGE_NAME})
endforeach()
set(CPACK_ACTZ_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_ACTZ_CHANGELOG ${PROJECT_BINARY_DIR}/deb/changelog)
include(CPack)
