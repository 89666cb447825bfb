#!/usr/bin/env bash
# Completion for bash offers the verbs, options, values and files that it should, and no option that --help does not
# list. $1: the program, $2: the completion.
set -eu
actz=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
set +u  # bash-completion looks at variables that may be unset
source /usr/share/bash-completion/bash_completion
source "$2"
cd "$dir"
mkdir sub
touch hidden.npy hidden.actz layer6.actp notes.txt "two words.npy" metric.npz page.html

completions() {  # completions WORD...: sorted, of the last word; "=" is a word of its own, as it is for readline
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  COMP_LINE="$*"
  COMP_LINE=${COMP_LINE// = /=}
  COMP_POINT=${#COMP_LINE}
  COMP_TYPE=9
  COMP_KEY=9
  COMPREPLY=()
  _actz "$actz" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
  printf '%s\n' "${COMPREPLY[@]}" | sed 's/ *$//' | LC_ALL=C sort | paste -sd ' '
}

expect() {  # expect WANTED WORD...
  local wanted=$1 got
  shift
  got=$(completions "$actz" "$@")
  [ "$got" = "$wanted" ] || { echo "after '$*' wanted '$wanted', got '$got'"; exit 1; }
}

verbs=$("$actz" --help | sed -n '/^The first/q; s/^  \([a-z]*\) .*/\1/p')
[ "$(wc -w <<<"$verbs")" -gt 5 ]
expect "$( (echo "$verbs"; echo help; echo --help; echo --version) | LC_ALL=C sort | paste -sd ' ')" ""
expect "verify" v
expect "encode eval" help e
for verb in $verbs; do
  options=$("$actz" "$verb" --help | grep -oE '^  (-[a-z] \[ )?--[a-z-]+' | grep -oE -- '-[a-z-]+' | LC_ALL=C sort | paste -sd ' ')
  [ "$(wc -w <<<"$options")" -gt 5 ]
  expect "$options" "$verb" -
done
expect "--max-error --meta --metric" encode --m
expect "--no-matches --no-progress --no-sources" encode hidden.npy --no-

expect "layer6.actp sub" encode hidden.npy --profile ""
expect "layer6.actp sub" encode hidden.npy -p ""
expect "hidden.npy sub two words.npy" encode --metric ""
expect "page.html sub" bench hidden.npy --report ""
expect "" fit hidden.npy --sample ""
expect "hidden.actz sub" decode ""
expect "hidden.npy metric.npz sub two words.npy" decode hidden.actz ""
expect "hidden.npy metric.npz sub two words.npy" decode --threads 2 hidden.actz ""
expect "hidden.actz sub" append ""
expect "hidden.actz layer6.actp sub" info ""
expect "hidden.actz hidden.npy" cat hidden

expect "f16 f32 f64" decode hidden.actz x.npy --dtype f
expect "f16 f32 f64" decode hidden.actz x.npy --dtype = f
expect "1 2 3 4 5 6 7 8 9" encode --effort ""
expect "auto" encode --references ""
expect "npy npz" decode hidden.actz x --format np
entropies=$("$actz" fit --help | tr '\n' ' ' | grep -oE 'auto \(default\)[a-z, ]+' | sed 's/ (default)//; s/--.*//' | tr -d ',' | xargs)
expect "$(tr ' ' '\n' <<<"$entropies" | LC_ALL=C sort | paste -sd ' ')" fit --entropy ""
for word in $(completions "$actz" encode --dtype ""); do  # each is one that the program knows
  "$actz" encode missing.raw y.actz --dtype "$word" --shape 1 2>&1 | grep -q "missing.raw" || { echo "no dtype $word"; exit 1; }
done
echo "completions are as --help says"
