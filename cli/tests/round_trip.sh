#!/usr/bin/env bash
# Files of every format, through paths and pipes, come back as they should. $1: the program.
set -eu
actz=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
/usr/bin/python3 - <<'PY'
import numpy as np
rng = np.random.default_rng(1)
x = np.cumsum(rng.normal(size=(4, 120, 16)), axis=2).astype(np.float32) / 4
np.save("x.npy", x)
np.save("fortran.npy", np.asfortranarray(x))
np.save("half.npy", x.astype(np.float16))
np.save("ids.npy", rng.integers(0, 500, (7, 33)).astype(np.int32))
np.savez("many.npz", a=x, b=rng.integers(-9, 9, 50).astype(np.int64), c=np.float64(3.5), d=np.zeros((0, 4), np.float32))
x.tofile("x.bin")
PY
same() { /usr/bin/python3 -c 'import sys, numpy as np
a, b = np.load(sys.argv[1]), np.load(sys.argv[2])
if hasattr(a, "files"):
    assert sorted(a.files) == sorted(b.files)
    pairs = [(a[k], b[k]) for k in a.files]
else:
    pairs = [(a, b)]
for p, q in pairs:
    assert p.dtype == q.dtype and p.shape == q.shape and p.tobytes("C") == q.tobytes("C"), (p.shape, q.shape)' "$1" "$2"; }

for file in x.npy fortran.npy half.npy ids.npy many.npz; do
  "$actz" encode "$file" "$file.actz" --lossless -q
  "$actz" decode "$file.actz" "back.$file" -q
  same "$file" "back.$file"
  "$actz" verify -q "$file.actz"
  rm "back.$file"
done
"$actz" decode x.npy.actz x.safetensors
"$actz" encode x.safetensors again.actz --lossless -q
"$actz" decode again.actz again.npy
same x.npy again.npy
"$actz" encode x.bin raw.actz --dtype f32 --shape 4,120,16 --lossless -q
"$actz" decode raw.actz raw.npy
same x.npy raw.npy

cat x.npy | "$actz" encode - - --lossless | "$actz" decode - - | cat > piped.npy
same x.npy piped.npy

"$actz" encode x.npy lossy.actz --nmse 0.01 --threads 1 -q
"$actz" encode x.npy lossy2.actz --nmse 0.01 --threads 2 -q
cmp lossy.actz lossy2.actz
"$actz" eval x.npy lossy.actz --json | /usr/bin/python3 -c 'import json, sys
r = json.load(sys.stdin)
assert 0.005 < r["nmse"] < 0.015 and r["values"] == 7680 and {"psnr_db", "max_abs_error", "cosine"} <= set(r), r'
"$actz" encode x.npy bounded.actz --max-error 0.05 -q
"$actz" eval x.npy bounded.actz --json | /usr/bin/python3 -c 'import json, sys; assert json.load(sys.stdin)["max_abs_error"] <= 0.05'
"$actz" decode lossy.actz whole.npy
"$actz" decode lossy.actz rows.npy --rows 100:250
/usr/bin/python3 -c 'import numpy as np
assert (np.load("whole.npy").reshape(-1, 16)[100:250] == np.load("rows.npy")).all()'

"$actz" fit x.npy -o x.actp --nmse 0.01,0.05 -q
"$actz" encode x.npy named.actz --profile x.actp --name-profile --nmse 0.02 --json | /usr/bin/python3 -c 'import json, sys
r = json.load(sys.stdin)
assert {"input_bytes", "output_bytes", "bits_per_value", "nmse", "max_abs_error", "encode_mb_per_s"} <= set(r), r'
"$actz" decode named.actz named.npy --profile x.actp
/usr/bin/python3 -c 'import numpy as np; np.save("metric.npy", np.diag([50.0] + [1] * 15)); np.save("vector.npy", np.array([50.0] + [1] * 15))'
"$actz" fit x.npy -o metric.actp --nmse 0.02 --metric metric.npy -q
"$actz" encode x.npy metric.actz --profile metric.actp --name-profile --nmse 0.02 -q
"$actz" encode x.npy vector.actz --metric vector.npy --nmse 0.02 -q
"$actz" encode x.npy plain.actz --nmse 0.02 -q
"$actz" decode plain.actz plain.npy
for file in metric.actz vector.actz; do
  "$actz" decode "$file" "$file.npy" --profile metric.actp
  "$actz" eval x.npy "$file.npy" --json --metric metric.npy > matrix.json
  "$actz" eval x.npy "$file.npy" --json --metric vector.npy > vector.json
  /usr/bin/python3 -c 'import json, sys, numpy as np
x, y, plain = (np.load(name).astype(np.float64).reshape(-1, 16) for name in ("x.npy", sys.argv[1], "plain.npy"))
w = np.load("vector.npy")
wanted, without = (((x - z) ** 2 @ w).sum() / ((x - x.mean(0)) ** 2 @ w).sum() for z in (y, plain))
for name in ("matrix.json", "vector.json"):
    r = json.load(open(name))
    assert abs(r["metric_nmse"] / wanted - 1) < 1e-4 and 0.01 < r["nmse"] < 0.03 and r["metric_nmse"] < 0.7 * without, (r, without)' "$file.npy"
done
"$actz" info lossy.actz --json | /usr/bin/python3 -c 'import json, sys
r = json.load(sys.stdin)
assert r["format_version"] == "1.0"
assert {"name", "dtype", "shape", "bits_per_value", "coded_bytes", "chunks"} <= set(r["tensors"][0]), r'
"$actz" info x.actp --json | /usr/bin/python3 -m json.tool > /dev/null
"$actz" cat lossy.actz | grep -q '^# x f32'
"$actz" bench x.npy --repeat 1 --json | /usr/bin/python3 -m json.tool > /dev/null

# A higher layer predicted from a lower one, both in one file; the order of the inputs does not matter.
/usr/bin/python3 -c 'import numpy as np
x = np.load("x.npy")
mix = np.random.default_rng(3).normal(size=(16, 16)) / 4
np.save("high.npy", (x @ mix + 0.05 * np.random.default_rng(4).normal(size=x.shape)).astype("f4"))'
"$actz" encode high.npy alone.actz --nmse 0.01 -q
"$actz" encode high.npy x.npy both.actz --nmse 0.01 --reference high=x | grep -q "^high is predicted from x$"
"$actz" info both.actz --json | /usr/bin/python3 -c 'import json, sys
low, high = json.load(sys.stdin)["tensors"]
assert low["name"] == "x" and high["reference"] == "x", (low, high)'
"$actz" decode both.actz both.npz
"$actz" encode x.npy high.npy auto.actz --nmse 0.01 --references auto -q
cmp both.actz auto.actz
/usr/bin/python3 -c 'import numpy as np; np.save("few.npy", np.load("x.npy")[:2])'
"$actz" encode x.npy few.npy apart.actz --reference few=x | grep -q "^few is not predicted from another tensor"
"$actz" fit high.npy -o high.actp --reference x=x.npy --nmse 0.01 -q
"$actz" encode x.npy high.npy profiled.actz --nmse 0.01 --profile high=high.actp -q
"$actz" verify -q profiled.actz
mkdir lr=0.1 && cp high.actp lr=0.1/
"$actz" encode x.npy high.npy same.actz --nmse 0.01 --profile high=lr=0.1/high.actp -q && cmp profiled.actz same.actz
"$actz" fit x.npy -o lr=0.1/x.actp -q && "$actz" encode x.npy equals.actz --profile lr=0.1/x.actp -q
if "$actz" encode high.npy missing.actz --nmse 0.01 --profile high.actp 2> error.txt; then exit 1; fi
grep -q "predicts from the tensor 'x'" error.txt && [ ! -e missing.actz ]

# Rows that come back from tensor to tensor, and a dictionary of them.
/usr/bin/python3 -c 'import numpy as np
book = np.random.default_rng(5).normal(size=(60, 4, 16))
for name, seed, sequences in (("calib", 6, 40), ("short", 7, 2)):
    random = np.random.default_rng(seed)
    rows = book[random.integers(0, 60, size=(sequences, 16))].reshape(sequences, 64, 16)
    np.save(name + ".npy", (rows + 0.05 * random.normal(size=rows.shape)).astype("f4"))'
"$actz" fit calib.npy -o with.actp --nmse 0.02 --dictionary 64KiB --json > with.json
/usr/bin/python3 -c 'import json
p = json.load(open("with.json"))
assert 0 < p["dictionary_bytes"] <= 65536 and p["dictionary_rows"] > 0 and p["rungs"][0]["uses_dictionary"], p
assert p["rungs"][0]["dictionary_pays_from_values"] > 0, p'
"$actz" info with.actp | grep -q "dictionary of"
"$actz" fit calib.npy -o without.actp --nmse 0.02 -q
"$actz" encode short.npy with.actz --profile with.actp --name-profile --nmse 0.02 -q
"$actz" encode short.npy without.actz --profile without.actp --name-profile --nmse 0.02 -q
[ "$(stat -c %s with.actz)" -lt "$(stat -c %s without.actz)" ]
"$actz" encode short.npy whole.actz --profile with.actp --nmse 0.02 -q
"$actz" decode with.actz by_name.npy --profile with.actp
"$actz" decode whole.actz embedded.npy
cmp by_name.npy embedded.npy
if "$actz" decode with.actz lost.npy 2> error.txt; then exit 1; fi
[ ! -e lost.npy ]

# Lossless with a profile: a lossy model and a refinement.
"$actz" fit calib.npy -o fine.actp --nmse 0.001 -q
"$actz" encode calib.npy exact.actz --profile fine.actp --name-profile --lossless -q
"$actz" decode exact.actz exact.npy --profile fine.actp
same calib.npy exact.npy
"$actz" encode calib.npy static.actz --lossless -q
[ "$(stat -c %s exact.actz)" -lt "$(stat -c %s static.actz)" ]

if "$actz" fit calib.npy -o bad.actp --dictionary 1MB 2> error.txt; then exit 1; fi
grep -q -- "--dictionary wants a size" error.txt
"$actz" bounds calib.npy --test x.npy --nmse 0.05 --profile fine.actp --draws 8 --json | /usr/bin/python3 -c 'import json, sys
r = json.load(sys.stdin)
assert {"gaussian_rate", "gaussian_entropy", "measured_rate", "families", "rows", "step"} <= set(r), r
histogram = r["families"][0]
assert r["gaussian_rate"] < histogram["train_bits"] < histogram["train_bits"] + histogram["pac_gap"], r
assert abs(r["nmse"] / 0.05 - 1) < 0.02 and len(r["families"]) == 7, r'
"$actz" bounds calib.npy | grep -q "^fourier "

# A file that grows is what it had been at once; one that could not grow stays as it was.
/usr/bin/python3 -c 'import numpy as np
x = np.load("x.npy").reshape(-1, 16)
np.save("a.npy", x[:200]); np.save("b.npy", x[200:])'
"$actz" encode a.npy b.npy once.actz --profile x.actp --prefix text/ --nmse 0.02 -q
"$actz" encode a.npy grown.actz --profile x.actp --prefix text/ --nmse 0.02 -q
"$actz" append grown.actz b.npy --profile x.actp --prefix text/ --nmse 0.02 -q
cmp once.actz grown.actz
if "$actz" append grown.actz a.npy --prefix text/ -q 2> refused.txt; then exit 1; fi
grep -q "two tensors are named 'text/a'" refused.txt
cmp once.actz grown.actz
test ! -e grown.actz.undo
"$actz" append grown.actz a.npy --lossless -q
"$actz" verify -q grown.actz
# What is left of a file that was cut short or damaged.
"$actz" encode x.npy intact.actz --chunk-rows 60 --lossless -q --meta layer=3
"$actz" recover intact.actz came_back.actz -q
cmp intact.actz came_back.actz
size=$(stat -c %s intact.actz)
head -c $((size * 3 / 4)) intact.actz > torn.actz
code=0
"$actz" recover torn.actz salvaged.actz > recovered.txt || code=$?
[ "$code" -eq 3 ]
grep -q "the end is missing" recovered.txt
"$actz" verify -q salvaged.actz
piece=$(sed -n 's/^  \(.*\[0:[0-9]*\]\)$/\1/p' recovered.txt)
"$actz" decode salvaged.actz piece.npy --tensor "$piece"
/usr/bin/python3 -c 'import numpy as np
whole, piece = np.load("x.npy").reshape(-1, 16), np.load("piece.npy")
assert len(piece) >= 240 and np.array_equal(whole[: len(piece)], piece), piece.shape'

echo "round trips hold"
