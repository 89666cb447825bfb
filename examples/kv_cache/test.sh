#!/usr/bin/env bash
# A cache stored in one process and gone on from in another, with a model of random weights: test.sh MAKE_TINY KV_CACHE
set -eu
make_tiny=$1
kv_cache=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$make_tiny" "$dir/tiny.bin" "$dir/tiny.vocab" "$dir/text"
head -c 80 "$dir/text" >"$dir/prompt"
of_model=(--weights "$dir/tiny.bin" --tokenizer "$dir/tiny.vocab" --text "$dir/prompt" --model tiny)

fail() {
  echo "$*"
  exit 1
}

"$kv_cache" store "${of_model[@]}" --revision 1 --cache "$dir/exact.actz" --block 16
"$kv_cache" resume "${of_model[@]}" --revision 1 --cache "$dir/exact.actz" --new 40 >"$dir/out"
tail -n 1 "$dir/out" | grep -q '^40 of 40 tokens equal .* from the cache +0.0000$' || fail "$(cat "$dir/out")"

# Lossy: fewer bytes, a loss that is measured; with profiles fewer still.
"$kv_cache" store "${of_model[@]}" --revision 1 --cache "$dir/lossy.actz" --nmse 0.05
"$kv_cache" resume "${of_model[@]}" --revision 1 --cache "$dir/lossy.actz" --new 40 >"$dir/out"
tail -n 1 "$dir/out" | grep -q 'tokens equal .* from the cache [+-][0-9.]*$' || fail "$(cat "$dir/out")"
"$kv_cache" learn --weights "$dir/tiny.bin" --tokenizer "$dir/tiny.vocab" --text "$dir/text" --window 64 --nmse 0.05 \
  --profiles "$dir/layer"
"$kv_cache" store "${of_model[@]}" --revision 1 --cache "$dir/named.actz" --nmse 0.05 --profiles "$dir/layer"
"$kv_cache" resume "${of_model[@]}" --revision 1 --cache "$dir/named.actz" --new 40 --profiles "$dir/layer" >"$dir/out"
sizes=$(stat -c %s "$dir/exact.actz" "$dir/lossy.actz" "$dir/named.actz" | tr '\n' ' ')
echo "$sizes" | awk '{ exit !($1 > 2 * $2 && $2 > $3) }' || fail "sizes: $sizes"

refused() {  # refused PATTERN ARGUMENT...
  local pattern=$1
  shift
  if "$kv_cache" resume "$@" --cache "$dir/exact.actz" >"$dir/out" 2>"$dir/error"; then fail "accepted: $*"; fi
  grep -q "$pattern" "$dir/error" || fail "$(cat "$dir/error")"
  [ ! -s "$dir/out" ] || fail "text in spite of it: $(cat "$dir/out")"
}

refused "revision is '1' in the file, required is '2'" "${of_model[@]}" --revision 2
refused "model is 'tiny' in the file, required is 'other'" "${of_model[@]::6}" --model other --revision 1
head -c 70 "$dir/prompt" >"$dir/shorter"
refused "token_digest is '[0-9a-f]*' in the file, required is '[0-9a-f]*'" "${of_model[@]::4}" --text "$dir/shorter" --model tiny --revision 1

printf '\xFF' | dd of="$dir/exact.actz" bs=1 seek=3000 conv=notrunc status=none
refused "corrupt" "${of_model[@]}" --revision 1
