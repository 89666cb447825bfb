#!/usr/bin/python3
"""Rewrites the marked blocks of bench/README.md from bench/results/*.json."""
import json
import pathlib
import re

import equal_loss

FOLDER = pathlib.Path(__file__).parent
SPEED_AT = 0.02  # NMSE at which speeds are shown


def rates(tensor, codec, targets):
    """Bits per value at each target: '3.37 / 2.38 / 1.37'."""
    found = {r.get("target_nmse"): r["bits_per_value"] for r in tensor["results"] if r["codec"] == codec}
    return " / ".join(f"{found[t]:.2f}" for t in targets)


def speed(tensor, codec):
    rows = [r for r in tensor["results"] if r["codec"] == codec and r.get("target_nmse", SPEED_AT) == SPEED_AT]
    return f"{rows[0]['encode_mb_per_s']:.0f} / {rows[0]['decode_mb_per_s']:.0f}"


def codecs(tensor, chosen):
    return list(dict.fromkeys(r["codec"] for r in tensor["results"] if chosen(r)))


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def lossy(tensors):
    """At equal NMSE: one row a codec, one column a tensor."""
    targets = [point["nmse"] for point in tensors[0]["gaussian_bound"]]
    names = [t["name"] for t in tensors]
    rows = [["*Gaussian R(D), rows independent*"] +
            [" / ".join(f"{p['bits_per_value']:.2f}" for p in t["gaussian_bound"]) for t in tensors] + ["–"]]
    for codec in codecs(tensors[0], lambda r: "target_nmse" in r):
        rows.append([codec] + [rates(t, codec, targets) for t in tensors] + [speed(tensors[0], codec)])
    title = "Bits per value at NMSE " + " / ".join(f"{t:g}" for t in targets)
    side = next(r for r in tensors[0]["results"] if r["codec"] == "actz, profile")["side_bytes"]
    note = f"Profiles are named, not counted: that of {names[0]} has {side / 1000:.0f} kB and took {tensors[0]['fit_seconds']:.1f} s to fit."
    return f"**{title}**\n\n" + table(["codec"] + names + [f"encode / decode MB/s, {names[0]}"], rows) + "\n\n" + note


def integers(tensors):
    """No knob: bits per value and the NMSE that comes with it."""
    rows = []
    for codec in codecs(tensors[0], lambda r: not r["lossless"] and "target_nmse" not in r):
        cells = [next(r for r in t["results"] if r["codec"] == codec) for t in tensors]
        rows.append([codec] + [f"{r['bits_per_value']:.2f} @ {r['nmse']:.2g}" for r in cells] + [speed(tensors[0], codec)])
    names = [t["name"] for t in tensors]
    return "**Integers of each channel: bits per value @ NMSE**\n\n" + table(["codec"] + names + [f"encode / decode MB/s, {names[0]}"], rows)


def lossless(tensors):
    names = [t["name"] for t in tensors]
    rows = []
    for codec in codecs(tensors[0], lambda r: r["lossless"]):
        cells = [next(r for r in t["results"] if r["codec"] == codec) for t in tensors]
        rows.append([codec] + [f"{r['bits_per_value']:.2f}" for r in cells] + [speed(tensors[0], codec)])
    return "**Lossless: bits per value of f32**\n\n" + table(["codec"] + names + [f"encode / decode MB/s, {names[0]}"], rows)


def measured_with(results):
    machine = results["machine"]
    digests = ", ".join(f"{t['name']} `{t['test_sha256'][:12]}`" for t in results["tensors"])
    return (f"{machine['cpu']}, {machine['processors']} processors, kernel {machine['kernel']}, one thread; {results['compiler']}; "
            f"commit `{results['commit']}`. SHA-256 of the test files: {digests}.")


def equal_losses(points):
    """Rates at equal increase of loss and, much less noisy, at equal divergence: one table each."""
    for key, what in (("loss_increase_nats", "increase of loss"), ("divergence_nats", "divergence")):
        for target in equal_loss.INCREASES:
            header, *rows = equal_loss.table_rows(points, key, target)
            yield f"**Bits per token at {target:g} nats per token of {what} (and over those of actz)**\n\n" + table(header, rows)


def loss_points(points, column):
    """A row for each place and codec, a column for each of what stands in `column` of the points."""
    names = list(dict.fromkeys(p[column] for p in points))
    rows = {}
    for p in points:
        cells = rows.setdefault((equal_loss.place(p), equal_loss.family(p)), dict.fromkeys(names, "–"))
        cells[p[column]] = f"{p['bits_per_token']:.0f} @ {p['loss_increase_nats']:+.4f}"
    return table(["place", "codec", *map(str, names)], [[*key, *cells.values()] for key, cells in rows.items()])


def task_loss(losses):
    points = losses["points"]
    stepped = [p for p in points if "target_nmse" in p]
    integers = [{**p, "width": p["codec"].split()[0]} for p in points if "target_nmse" not in p]
    return "\n\n".join([*equal_losses(points), "**At NMSE: bits per token @ increase of loss**", loss_points(stepped, "target_nmse"),
                        "**Integers: bits per token @ increase of loss**", loss_points(integers, "width")])


def replace_block(text, name, content):
    block = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    if not block.search(text):
        raise SystemExit(f"summarise.py: README.md has no block {name}")
    return block.sub(lambda found: f"{found[1]}{content}\n{found[2]}", text)


def main():
    readme = FOLDER / "README.md"
    text = readme.read_text()
    results = json.loads((FOLDER / "results/tensors.json").read_text())
    tensors = results["tensors"]
    parts = [lossy(tensors), integers(tensors), lossless(tensors), measured_with(results)]
    text = replace_block(text, "tensors", "\n\n".join(parts))
    losses = FOLDER / "results/task_loss.json"
    if losses.exists():
        text = replace_block(text, "task loss", task_loss(json.loads(losses.read_text())))
    readme.write_text(text)


if __name__ == "__main__":
    main()
