#!/usr/bin/env bash
# Both halves as two processes over a Unix socket and over TCP, with a model of random weights: test.sh MAKE_TINY SPLIT_INFERENCE
set -eu
make_tiny=$1
split=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$make_tiny" "$dir/tiny.bin" "$dir/tiny.vocab" "$dir/text"
model=(--weights "$dir/tiny.bin" --tokenizer "$dir/tiny.vocab")
"$split" learn "${model[@]}" --layer 2 --text "$dir/text" --window 64 --nmse 0.00001,0.02 --profile "$dir/layer2.actp"

fail() {
  echo "$*"
  exit 1
}

run() {  # run ADDRESS CONNECTIONS ARGUMENT...: the first half's output to $dir/out; its exit status and the second's
  local address=$1 connections=$2
  shift 2
  "$split" second --weights "$dir/tiny.bin" --profile "$dir/layer2.actp" --listen "$address" --connections "$connections" \
    2>"$dir/second" &
  local second=$!
  first_status=1
  for _ in $(seq 100); do  # until the other listens
    first_status=0
    "$split" first "${model[@]}" --profile "$dir/layer2.actp" --layer 2 --connect "$address" "$@" \
      >"$dir/out" 2>"$dir/first" || first_status=$?
    grep -q "refused\|No such file" "$dir/first" || break
    sleep 0.05
  done
  second_status=0
  wait "$second" || second_status=$?
}

prompt="the cat sat on a mat"

# Fine enough, every token is that of the whole model; with a block, with single tokens, with generated ones.
run "unix:$dir/socket" 1 --prompt "$prompt" --new 40 --block 8 --quality 0.00001
[ $first_status = 0 ] && [ $second_status = 0 ] || fail "statuses $first_status $second_status: $(cat "$dir/first" "$dir/second")"
tail -n 1 "$dir/out" | awk '{ exit !($5 == 1 && $7 < 0.001 && $7 > -0.001 && $2 > 0 && $9 > 0) }' ||
  fail "the split run differs from the whole one: $(cat "$dir/out")"
cp "$dir/out" "$dir/blocks"
run "unix:$dir/socket" 1 --prompt "$prompt" --new 40 --block 1 --quality 0.00001
[ "$(head -n 1 "$dir/out")" = "$(head -n 1 "$dir/blocks")" ] || fail "blocks change the text"
[ "$(head -n 1 "$dir/out" | wc -c)" -gt 30 ] || fail "no text: $(cat "$dir/out")"

# Two qualities over TCP: the coarser takes fewer bits.
run "127.0.0.1:$((20000 + RANDOM % 20000))" 2 --text <(head -c 100 "$dir/text") --quality 0.00001,0.05
[ $first_status = 0 ] && [ $second_status = 0 ] || fail "statuses $first_status $second_status: $(cat "$dir/first" "$dir/second")"
tail -n 2 "$dir/out" | awk '{ bits[NR] = $2 } END { exit !(bits[1] > 2 * bits[2] && bits[2] > 0) }' || fail "$(cat "$dir/out")"

# A changed bit ends the connection, with an error at its place and with nothing else.
for packet in 1 3 20; do
  run "unix:$dir/socket" 1 --prompt "$prompt" --new 40 --block 8 --quality 0.02 --corrupt $packet --each 1
  [ $first_status = 1 ] && [ $second_status = 1 ] || fail "statuses $first_status $second_status"
  grep -Eq '^connection 1 ended: .*packet.*\[corrupt' "$dir/second" || fail "$(cat "$dir/second")"
  [ "$(wc -l <"$dir/second")" = 1 ] || fail "$(cat "$dir/second")"
  grep -q "the other end has closed the connection" "$dir/first" || fail "$(cat "$dir/first")"
  answers=$(($(wc -l <"$dir/out") - 1))
  # A prompt of 22 tokens in blocks of 8 is three packets, and each new token is one.
  expected=$((packet == 1 ? 0 : packet == 3 ? 16 : 22 + 16))
  [ "$answers" = "$expected" ] || fail "$answers answers before packet $packet"
done
