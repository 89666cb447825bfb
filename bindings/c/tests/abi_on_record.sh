#!/usr/bin/env bash
# Compares the interface of a library that was built with debug information with the one on record (libactz_c.abi, of
# x86-64). $1: the library; --write as $2 makes it the record: for additions, and until 1.0 for changes.
set -eu
library=$1
here=$(cd "$(dirname "$0")/.." && pwd)
record=$here/libactz_c.abi
if [ "${2:-}" = "--write" ]; then
  abidw --exported-interfaces-only --drop-private-types --headers-dir "$here/include" --no-corpus-path --no-comp-dir-path --no-show-locs \
    --type-id-style hash "$library" | sed -e "s:path='[^']*/:path=':" -e '/<elf-needed>/,/<\/elf-needed>/d' > "$record"
  exit
fi
readelf -S "$library" | grep -q debug_info || { echo "$library has no debug information"; exit 1; }
abidiff --exported-interfaces-only "$record" "$library"
