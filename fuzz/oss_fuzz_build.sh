#!/usr/bin/env bash
# Builds the targets as services like OSS-Fuzz ask for: their compiler and flags come in CC, CXX, CFLAGS, CXXFLAGS and
# LIB_FUZZING_ENGINE, the programs and their seeds go to OUT. Packages: cmake/install_packages.sh.
set -eu
cd "$(dirname "$0")/.."
: "${OUT:?where the programs go}" "${CXX:=clang++}" "${CXXFLAGS:=-fsanitize=address,undefined,fuzzer-no-link}"
: "${LIB_FUZZING_ENGINE:=-fsanitize=fuzzer}" "${WORK:=build/oss-fuzz}"
cmake -S . -B "$WORK" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_CXX_FLAGS="$CXXFLAGS" \
  -DACTZ_FUZZING_ENGINE="$LIB_FUZZING_ENGINE" -DACTZ_BUILD_FUZZERS=ON -DACTZ_BUILD_TESTS=OFF -DACTZ_BUILD_CLI=OFF \
  -DACTZ_BUILD_EXAMPLES=OFF
cmake --build "$WORK" -j "$(nproc)"
fuzz/make_seeds.py "$WORK/seeds"
mkdir -p "$OUT"
for program in "$WORK"/fuzz_*; do
  target=$(basename "$program" | sed 's/^fuzz_//')
  [ -x "$program" ] && [ -f "$program" ] || continue
  cp "$program" "$OUT/"
  (cd "$WORK/seeds/$target" && /usr/bin/python3 -m zipfile -c "$OUT/fuzz_${target}_seed_corpus.zip" .)
done
