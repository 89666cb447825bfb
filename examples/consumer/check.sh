#!/usr/bin/env bash
# Installs a build, moves the tree, and builds and runs this project against it: with find_package, with pkg-config, and
# from Python. $1: build directory, $2: C compiler, $3: C++ compiler.
set -eu
build=$1 cc=$2 cxx=$3
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cmake --install "$build" --prefix "$dir/first" >/dev/null
mv "$dir/first" "$dir/installed"
cd "$dir"
if grep -rIl "$dir/first\|$(dirname "$(dirname "$here")")" installed; then
  echo "installed files name directories of the build"
  exit 1
fi

cmake -S "$here" -B by_cmake -DCMAKE_PREFIX_PATH="$dir/installed" -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx"
cmake --build by_cmake
by_cmake/encode_in_cpp
by_cmake/encode_in_c

pc=$(dirname "$(find installed -name actz.pc)")
export PKG_CONFIG_PATH="$dir/$pc"
"$cc" -std=c99 "$here/encode_in_c.c" -o by_pkg_config_c $(pkg-config --cflags --libs actz)
LD_LIBRARY_PATH="$dir/$(dirname "$pc")" ./by_pkg_config_c
"$cxx" -std=c++20 "$here/encode_in_cpp.cpp" -o by_pkg_config_cpp $(pkg-config --cflags --libs actz-codec)
./by_pkg_config_cpp

installed/bin/actz verify hidden.actz
package=$(dirname "$(find "$PWD/installed" -path '*/actz/py.typed')")
env -u ACTZ_LIBRARY PYTHONPATH="$(dirname "$package")" PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -c '
import sys, actz
from actz import _native
assert _native.library._name.startswith(sys.argv[1]), _native.library._name
assert actz.load_file("hidden.actz")["hidden"].shape == (500, 32)' "$package"
if [ -n "$(find installed -name libactz_hdf5.so)" ]; then
  env -u ACTZ_LIBRARY -u HDF5_PLUGIN_PATH PYTHONPATH="$(dirname "$package")" PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -c '
from actz.hdf5 import plugin_directory, register_plugin
register_plugin()
assert plugin_directory().endswith("hdf5/plugin"), plugin_directory()'
fi
