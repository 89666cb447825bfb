#!/usr/bin/env bash
# `bench --report` and `bounds --report` write well-formed pages with curves, bars and tables; peers and losses. $1: the program.
set -eu
actz=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
/usr/bin/python3 - <<'PY'
import hashlib, json, numpy as np
rng = np.random.default_rng(3)
x = np.cumsum(rng.normal(size=(6, 80, 16)), axis=2).astype(np.float32) / 4
np.save("calib.npy", x[:4])
np.save("x <&>.npy", x[4:])
digest = hashlib.sha256(open("x <&>.npy", "rb").read()).hexdigest()
result = {"codec": "peer & co", "lossless": False, "bits_per_value": 5.0, "nmse": 0.02, "max_abs_error": 0.1, "encode_mb_per_s": 10,
          "decode_mb_per_s": 20, "side_bytes": 0}
results = [{**result, "target_nmse": 0.02}, {**result, "target_nmse": 0.08, "bits_per_value": 4.0, "nmse": 0.08}]
json.dump({"machine": {"cpu": "a machine"}, "tensors": [{"name": "a <layer>", "test_sha256": digest, "results": results}]}, open("peers.json", "w"))
point = {"network": "net", "layer": 2, "codec": "actz, profile", "nmse": 0.02, "bits_per_token": 40, "loss_increase_nats": 0.01}
points = [{**point, "bits_per_token": 60, "loss_increase_nats": -0.001}]
points += [{**point, "codec": codec, "bits_per_token": bits} for codec in ("one & more", "another", "int8", "int4") for bits in (50, 80)]
json.dump({"points": [point, *points]}, open("loss.json", "w"))
PY
"$actz" fit calib.npy -o x.actp --nmse 0.005,0.02,0.08 -q
"$actz" bench "x <&>.npy" --profile x.actp --report report.html --peers peers.json --loss loss.json -q
"$actz" bench "x <&>.npy" --report self.html --lags none -q
"$actz" bounds calib.npy --test "x <&>.npy" --report bounds.html --draws 4 >out.txt

/usr/bin/python3 - <<'PY'
import xml.etree.ElementTree as tree
SVG = "{http://www.w3.org/2000/svg}"
HTML = "{http://www.w3.org/1999/xhtml}"

def look(path):
    root = tree.parse(path).getroot()
    curves = [c for c in root.iter(SVG + "polyline") if "curve" in c.get("class")]
    points = {c.get("class").split()[1]: max(len(d.get("points").split()) for d in curves if d.get("class") == c.get("class")) for c in curves}
    assert not list(root.iter(HTML + "script")), "the page needs no script"
    text = open(path).read()
    assert "http:" not in text.replace("http://www.w3.org/", ""), "the page loads something"
    assert "https:" not in text and "nan" not in text.split("</style>")[1].lower().split(), "a number is not one"
    return root, points, text

root, points, text = look("report.html")
assert {"actz", "self", "bins", "integers", "integers-zstd", "bound", "peer-a"} <= set(points), points
assert points["actz"] >= 5 and points["self"] >= 5 and points["bound"] >= 20 and points["peer-a"] == 2, points
assert len([r for r in root.iter(SVG + "rect") if r.get("class") == "bar"]) == 16
assert len(list(root.iter(SVG + "title"))) > 40
assert len(list(root.iter(SVG + "svg"))) == 7 and "net layer 2" in text and "a &lt;layer&gt;" in text
losses = [c for drawing in root.iter(SVG + "svg") if "Task loss" in drawing.get("aria-label") for c in drawing.iter(SVG + "polyline")]
assert {c.get("class").split()[1]: len(c.get("points").split()) for c in losses} == {"actz": 2, "peer-a": 2, "peer-b": 2, "integers": 4}, losses
assert sum(1 for _ in root.iter(HTML + "tr")) > 30
root, points, text = look("self.html")
assert "actz" not in points and points["self"] >= 5 and "x &lt;&amp;&gt;" in text, points
root, points, text = look("bounds.html")  # learned from 80 and 320 rows
assert points["actz"] == 2 and points["self"] == 2 and text.count("<figure>") == 7, points
PY

refuse() {  # refuse CODE COMMAND...: that exit code and one line
  local want=$1 got=0
  shift
  "$@" >out.txt 2>err.txt || got=$?
  [ "$got" -eq "$want" ] && [ "$(wc -l < err.txt)" -eq 1 ] || { echo "wanted $want, got $got from: $*"; cat err.txt; exit 1; }
}
refuse 2 "$actz" bench calib.npy --report report.html
refuse 2 "$actz" bounds calib.npy --report bounds.html
refuse 2 "$actz" bench calib.npy --report other.html --peers peers.json
refuse 6 "$actz" bench calib.npy --report other.html --loss missing.json
echo "{}" > empty.json
refuse 3 "$actz" bench calib.npy --report other.html --loss empty.json
[ ! -e other.html ] || { echo "a page was written in spite of an error"; exit 1; }
echo "the report holds what it should"
