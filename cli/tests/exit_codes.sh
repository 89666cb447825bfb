#!/usr/bin/env bash
# Wrong input gives one clear line and the right exit code, and nothing is written. $1: the program.
set -eu
actz=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
/usr/bin/python3 -c 'import numpy as np; np.save("x.npy", np.random.default_rng(2).normal(size=(50, 8)).astype(np.float32))'
"$actz" encode x.npy x.actz -q

expect() {  # expect CODE COMMAND...: the code, and exactly one line on standard error
  local want=$1 got=0
  shift
  "$@" >out.txt 2>err.txt || got=$?
  if [ "$got" -ne "$want" ] || [ "$(wc -l < err.txt)" -ne 1 ]; then
    echo "wanted exit $want and one line, got $got from: $*"
    cat err.txt
    exit 1
  fi
}

expect 6 "$actz" decode missing.actz y.npy
expect 3 "$actz" decode x.npy y.npy
: > empty
expect 3 "$actz" decode empty y.npy
expect 3 "$actz" verify empty
expect 2 "$actz" frobnicate
expect 2 "$actz" encode x.npy z.actz --no-such-option
for target in nmse bits psnr lambda; do
  expect 2 "$actz" encode x.npy z.actz --$target -3
  grep -q "a target must be a positive number" err.txt
done
expect 2 "$actz" decode x.actz y.npy --rows 40:60
"$actz" encode x.npy kept.actz -q --meta model=tiny --meta revision=a1
expect 2 "$actz" decode kept.actz y.npy --require revision=b2
grep -q "revision is 'a1' in the file, required is 'b2'" err.txt
expect 2 "$actz" verify kept.actz --require revision=b2
expect 2 "$actz" append kept.actz x.npy --require layer=3
grep -q "layer is not said in the file, required is '3'" err.txt
expect 2 "$actz" decode x.actz y.npy --require model=tiny
expect 2 "$actz" decode kept.actz y.npy --require model
[ ! -e y.npy ]
"$actz" fit x.npy -o x_profile.actp -q
"$actz" encode x.npy named.actz -q --profile x_profile.actp --name-profile
expect 4 "$actz" eval x.npy named.actz
"$actz" eval x.npy named.actz --profile x_profile.actp >out.txt
"$actz" cat named.actz --profile x_profile.actp >out.txt
expect 2 "$actz" cat kept.actz --require revision=b2
"$actz" decode kept.actz kept.npy --require revision=a1 --require model=tiny && rm kept.npy
"$actz" decode - - --require revision=a1 < kept.actz > kept.npy && rm kept.npy
expect 2 "$actz" decode x.actz y.npy --tensor other
/usr/bin/python3 -c 'import numpy as np
np.save("wrong_size.npy", np.ones(7)); np.save("not_square.npy", np.ones((8, 4))); np.save("indefinite.npy", np.diag([-1.0] + [1] * 7))'
for metric in wrong_size not_square indefinite; do
  expect 2 "$actz" fit x.npy -o x.actp --metric $metric.npy
  expect 2 "$actz" encode x.npy z.actz --metric $metric.npy
done
expect 2 "$actz" eval x.npy x.actz --metric wrong_size.npy
expect 6 "$actz" fit x.npy -o x.actp --metric missing.npy
size=$(stat -c %s x.actz)
for cut in 0 7 23 24 100 $((size / 2)) $((size - 1)); do
  head -c "$cut" x.actz > cut.actz
  expect 3 "$actz" decode cut.actz y.npy
  expect 3 "$actz" verify cut.actz
done
/usr/bin/python3 -c 'b = bytearray(open("x.actz", "rb").read()); b[len(b) // 2] ^= 4; open("flip.actz", "wb").write(b)'
expect 3 "$actz" verify flip.actz
/usr/bin/python3 -c 'b = bytearray(open("x.actz", "rb").read()); b[8] = 9
import sys
def crc(data):
    c = 0xFFFFFFFF
    for v in data:
        c ^= v
        for _ in range(8): c = (c >> 1) ^ (0x82F63B78 if c & 1 else 0)
    return c ^ 0xFFFFFFFF
b[20:24] = crc(b[:20]).to_bytes(4, "little"); open("newer.actz", "wb").write(b)'
expect 4 "$actz" decode newer.actz y.npy
[ ! -e y.npy ] || { echo "an output was written in spite of an error"; exit 1; }

expect 2 "$actz" append x.actz
cp x.actz whole.actz
/usr/bin/python3 -c 'import fcntl, os, subprocess, sys, time, numpy as np
np.save("long.npy", np.random.default_rng(1).normal(size=(4096, 512)).astype("f4"))
run = subprocess.Popen([sys.argv[1], "append", "x.actz", "long.npy", "-q"])
while not os.path.exists("x.actz.undo"): time.sleep(0.001)
run.kill(); run.wait()
with open("x.actz", "r+b") as file: file.truncate(os.path.getsize("x.actz") - 1)' "$actz"
"$actz" verify x.actz 2> hint.txt && exit 1
grep -q "an append was cut off: 'actz append x.actz' puts the old end back" hint.txt
"$actz" append x.actz
cmp x.actz whole.actz
expect 3 "$actz" append cut.actz x.npy
expect 6 "$actz" append nothing.actz x.npy
expect 2 "$actz" bounds
expect 2 "$actz" bounds x.npy --confidence 2

echo precious > kept.npy
expect 2 "$actz" decode x.actz kept.npy
expect 2 "$actz" encode x.npy kept.npy
expect 3 "$actz" decode cut.actz kept.npy --force
[ "$(cat kept.npy)" = precious ] || { echo "an existing output was touched"; exit 1; }
"$actz" decode x.actz kept.npy --force
[ "$(ls | grep -c tmp)" -eq 0 ] || { echo "temporary files are left"; ls; exit 1; }
"$actz" --help > help.txt
"$actz" help encode | grep -q -- --max-error
/usr/bin/python3 -c 'import numpy as np
good = dict(centre=np.zeros(8), steps=np.full(8, 0.1), lowest=[-2], frequencies=[[1000, 1000, 1000, 1000, 95, 1]], class_of=np.zeros(8, int))
np.savez("parts.npz", **good)
for name, change in (("no_steps", {"steps": None}), ("extra", {"bias": np.zeros(8)}), ("sum", {"frequencies": [[1000, 1000, 1000, 1000, 95, 2]]}),
                     ("fraction", {"class_of": np.full(8, 0.5)}), ("axes", {"centre": np.zeros((8, 1))})):
    np.savez(name + ".npz", **{key: value for key, value in {**good, **change}.items() if value is not None})'
"$actz" fit --parts parts.npz -o parts.actp -q
"$actz" encode x.npy parts.actz --profile parts.actp -q
"$actz" verify parts.actz -q
expect_refusal() {  # expect_refusal PARTS WORDS: of the one line that fit --parts gives
  expect 2 "$actz" fit --parts "$1" -o wrong.actp
  grep -q "$2" err.txt
  [ ! -e wrong.actp ]
}
expect_refusal no_steps.npz "lack the array 'steps'"
expect_refusal extra.npz "no array 'bias'"
expect_refusal sum.npz "frequencies of table 0 sum to 4097"
expect_refusal fraction.npz "'class_of' has values that do not fit"
expect_refusal axes.npz "'centre' has 2 axes"
expect 2 "$actz" fit --parts parts.npz x.npy -o wrong.actp
expect 2 "$actz" fit --parts parts.npz --nmse 0.1 -o wrong.actp
expect 2 "$actz" fit --parts parts.npz --network 16 -o wrong.actp
expect 2 "$actz" fit x.npy --network 0 -o wrong.actp
expect 2 "$actz" fit x.npy --network 4097 -o wrong.actp
expect 2 "$actz" fit x.npy --network 16 --lags none -o wrong.actp
echo "errors are clear"
