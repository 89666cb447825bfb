#!/usr/bin/env bash
# Decodes rows of a file with a C program, decode_rows.c, and prints them.
#
#   decode_in_c.sh [FILE.actz FIRST_ROW END_ROW]
#
# Takes an installed actz that pkg-config knows, or else the build in BUILD (default: build/release). Without arguments
# the bundled sample is encoded first, and what C decodes is compared with what the program does.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../build/release}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if [ -e "$build/bindings/c/libactz_c.so" ]; then
  flags="-I$here/../bindings/c/include -L$build/bindings/c -Wl,-rpath,$build/bindings/c -lactz_c"
  PATH=$build:$PATH
else
  flags=$(pkg-config --cflags --libs actz)
fi
# shellcheck disable=SC2086
${CC:-cc} -std=c99 -Wall -Wextra -pedantic "$here/decode_rows.c" -o "$dir/decode_rows" $flags

if [ $# -gt 0 ]; then
  "$dir/decode_rows" "$@"
  exit
fi
cd "$dir"
actz encode "$here/data/babyllama_layer3_2x256x128.npy" hidden.actz --profile "$here/data/babyllama_layer3.actp" -q
./decode_rows hidden.actz 100 104 >from_c.txt
actz decode hidden.actz rows.npy --rows 100:104 -q
actz cat rows.npy --all | tail -n +2 >from_program.txt
cmp from_c.txt from_program.txt
echo "$(wc -l <from_c.txt) rows of $(head -n 1 from_c.txt | wc -w) channels, as the program decodes them; the first begins"
head -n 1 from_c.txt | cut -d ' ' -f 1-4
