#!/usr/bin/env bash
# Measures everything in README.md anew and rewrites its marked blocks. $1: folder of the activations, [$2: of the tools
# that continue a network from a decoded hidden state; without it the table of losses stays as it is].
# About five minutes, with task losses about ten more; leave the machine alone meanwhile.
set -eu
[ $# -ge 1 ] || { echo "usage: bench/measure.sh DATA_DIR [TOOLS_DIR]" >&2; exit 2; }
data=$(realpath "$1")
tools=${2:+$(realpath "$2")}
cd "$(dirname "$0")/.."
cmake -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release -DACTZ_BUILD_BENCH=ON >/dev/null
cmake --build build/release -j "$(nproc)" --target bench_tensor bench_decoded actz >/dev/null

pair() {  # pair NAME FOLDER TENSOR [LAGS]
  echo "$1=$data/$2/calib/$3.npy,$data/$2/test/$3.npy${4:+,$4}"
}
mkdir -p bench/results
build/release/bench_tensor --seconds 3 --json bench/results/tensors.json \
  "$(pair 'babyllama layer 3' babyllama_tok105 layer3)" \
  "$(pair 'babyllama layer 3 K' babyllama_tok105 layer3_k)" \
  "$(pair 'babyllama layer 3 V' babyllama_tok105 layer3_v)" \
  "$(pair 'stories260K layer 3' stories260K layer3)" \
  "$(pair 'vit_tiny layer 6' vit_tiny layer6 1:14)" | tee build/release/tensors.md
[ -z "$tools" ] || bench/task_loss.py "$data" "$tools" --output bench/results/task_loss.json
bench/summarise.py
