#!/usr/bin/env bash
# Makes the Debian packages, holds them against lintian, unpacks them, and uses what is in them: the program, its manual
# and completion, the C and C++ libraries (examples/consumer) and the Python package. $1: build directory, made if there
# is none.
set -eu
build=$1
source=$(cd "$(dirname "$0")/.." && pwd)
sample=$source/examples/data/babyllama_layer3_2x256x128.npy
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DACTZ_WARNINGS_AS_ERRORS=ON -DCMAKE_INSTALL_PREFIX=/usr \
  -DACTZ_BUILD_TESTS=OFF
cmake --build "$build" -j "$(nproc)"
rm -rf "$build/packages"
(cd "$build" && cpack)
packages=("$build"/packages/*.deb)
[ ${#packages[@]} -eq 4 ]
# For users of these sources, not for Debian's archive: no bug is closed. That cpack writes ldconfig into a script as well
# as into the triggers does no harm.
lintian --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs,maintscript-calls-ldconfig "${packages[@]}"

root=$dir/root
for package in "${packages[@]}"; do
  dpkg-deb -x "$package" "$root"
done
dpkg-deb -f "$build"/packages/actz_*.deb Depends | grep -q 'libc6 (>= .*libzip4'
dpkg-deb -f "$build"/packages/libactz-c0_*.deb Depends | grep -q 'libstdc++6 (>='
cd "$dir"
PATH=$root/usr/bin:$PATH
[ "$(command -v actz)" = "$root/usr/bin/actz" ]
actz --version
actz encode "$sample" sample.actz --max-error 0.01
actz decode sample.actz sample.npy
actz eval "$sample" sample.npy
man -l "$root/usr/share/man/man1/actz.1.gz" | grep -q "max-error"
grep -q "complete -F _actz actz" "$root/usr/share/bash-completion/completions/actz"

libraries=$(dirname "$(find "$root" -name 'libactz_c.so.0')")
export LD_LIBRARY_PATH=$libraries
cmake -S "$source/examples/consumer" -B consumer -DCMAKE_PREFIX_PATH="$root/usr"
cmake --build consumer
consumer/encode_in_c
consumer/encode_in_cpp
PYTHONPATH=$root/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -c '
import sys, actz, numpy as np
assert actz.__file__.startswith(sys.argv[1]), actz.__file__
decoded, = actz.load_file("sample.actz").values()
assert np.array_equal(decoded, np.load("sample.npy"))' "$root"
