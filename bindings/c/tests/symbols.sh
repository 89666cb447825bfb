#!/usr/bin/env bash
# The library shows the symbols of symbols.map and no other, each with its version; it has its soname; the headers
# declare the same ones. $1: library, $2: symbols.map, $3: directory of the headers, $4: soname.
set -eu
library=$1 map=$2 headers=$3 soname=$4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# "actz_free@@ACTZ_0.1" for each name between "ACTZ_0.1 {" and "}"
awk '/^ACTZ_[0-9.]+ *{/ {version = $1} /^ *actz_[a-z0-9_]+;/ {sub(";", "", $1); print $1 "@@" version}' "$map" | sort > "$dir/wanted"
nm -D --defined-only "$library" | awk '$2 != "A" {print $3}' | sort > "$dir/shown"
[ -s "$dir/wanted" ] || { echo "$map names no symbol"; exit 1; }
diff "$dir/wanted" "$dir/shown" || { echo "the library shows other symbols (>) than symbols.map (<)"; exit 1; }
cat "$headers"/*.h | tr '\n' ' ' | grep -oE '\bactz_[a-z_]+\(' | tr -d '(' | sort -u > "$dir/declared"
sed 's/@@.*//' "$dir/wanted" | diff - "$dir/declared" || { echo "the headers declare other functions (>)"; exit 1; }
readelf -d "$library" | grep -q "SONAME.*\[$soname\]" || { echo "the soname is not $soname"; exit 1; }
