#!/usr/bin/env bash
# Fuzzes each target for some seconds, run.sh SECONDS [TARGET...], or with so many inputs, run.sh --inputs N [TARGET...].
# Corpora stay in build/fuzz/corpus; inputs that crash land in build/fuzz/crashes. When one is mended, its input goes to
# fuzz/findings/TARGET, which ./check replays.
set -eu
cd "$(dirname "$0")/.."
usage="usage: fuzz/run.sh SECONDS [TARGET...] or fuzz/run.sh --inputs N [TARGET...]"
[ $# -ge 1 ] || { echo "$usage" >&2; exit 2; }
if [ "$1" = "--inputs" ]; then
  [ $# -ge 2 ] || { echo "$usage" >&2; exit 2; }
  until="-runs=$2"
  shift 2
else
  until="-max_total_time=$1"
  shift
fi
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(read_stream archive_reader profile external_model packets rans tensor_files round_trip matched_rows append recover)
cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_COMPILER=clang++-14 \
  -DACTZ_SANITIZE=address,undefined -DCMAKE_CXX_FLAGS="-fsanitize=fuzzer-no-link -gline-tables-only -O1" \
  -DACTZ_BUILD_FUZZERS=ON -DACTZ_BUILD_TESTS=OFF -DACTZ_BUILD_CLI=OFF -DACTZ_BUILD_EXAMPLES=OFF >/dev/null
cmake --build build/fuzz -j "${JOBS:-$(nproc)}" >/dev/null
fuzz/make_seeds.py build/fuzz/seeds
mkdir -p build/fuzz/crashes
failed=0
for target in "${targets[@]}"; do
  corpus=build/fuzz/corpus/$target
  mkdir -p "$corpus"
  log=build/fuzz/$target.log
  status=0
  "build/fuzz/fuzz_$target" "$corpus" "build/fuzz/seeds/$target" "$until" -timeout=20 -rss_limit_mb=3000 \
    -max_len=65536 -artifact_prefix="build/fuzz/crashes/$target-" -print_final_stats=1 >"$log" 2>&1 || status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  coverage=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1)
  if [ "$status" -eq 0 ]; then
    echo "$target: $runs inputs, $coverage, no crash"
  else
    failed=1
    echo "$target: FAILED after $coverage; see $log"
  fi
done
exit "$failed"
