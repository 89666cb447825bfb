#!/usr/bin/env python3
"""Measured rates beside what theory says of them, over all tensors of the shared networks.

    bench/bounds.py ACTZ DATA_DIR [--write docs/bounds.md]

Learns profiles on `calib`, with matched rows and without, and runs `actz bounds` with them on `test`, at three NMSE each. Prints a table and
correlations; --write puts both, and a plot, into the block and beside the document.
"""

import argparse
import json
import os
import subprocess
import tempfile

import numpy

TENSORS = (("babyllama_tok105", "layer1"), ("babyllama_tok105", "layer3"), ("babyllama_tok105", "layer3_k"),
           ("babyllama_tok105", "layer3_v"), ("stories260K", "layer1"), ("stories260K", "layer3"), ("vit_tiny", "layer6"),
           ("vit_tiny", "layer9"))
TARGETS = ("0.005", "0.02", "0.08")
COLUMNS = (("gaussian_rate", "Gaussian R(D)"), ("gaussian_entropy", "maximum entropy"), ("histogram", "histogram, test"),
           ("best", "best family, test"), ("pac", "histogram, bound"))


def run(*words):
    return subprocess.run(words, check=True, capture_output=True).stdout


def point(actz, calib, test, profile, nmse):
    found = json.loads(run(actz, "bounds", calib, "--test", test, "--profile", profile, "--nmse", nmse, "--json"))
    families = {one["family"]: one for one in found["families"]}
    return {"gaussian_rate": found["gaussian_rate"], "gaussian_entropy": found["gaussian_entropy"],
            "histogram": families["histogram"]["test_bits"], "best": min(one["test_bits"] for one in families.values()),
            "pac": families["histogram"]["train_bits"] + families["histogram"]["pac_gap"],
            "gap": families["histogram"]["test_bits"] - families["histogram"]["train_bits"],
            "pac_gap": families["histogram"]["pac_gap"], "rate": found["measured_rate"]}


def measure(actz, data):
    points = []
    with tempfile.TemporaryDirectory() as folder:
        for network, name in TENSORS:
            calib, test = (os.path.join(data, network, part, name + ".npy") for part in ("calib", "test"))
            lags = ["--lags", "1,14"] if network == "vit_tiny" else []
            for way, options in (("plain", ["--no-matches"]), ("matched", [])):
                profile = os.path.join(folder, "x.actp")
                run(actz, "fit", calib, "-o", profile, "--nmse", ",".join(TARGETS), "-q", "--force", *options, *lags)
                for nmse in TARGETS:
                    if way == "plain":
                        points.append({"tensor": f"{network} {name}", "nmse": nmse, **point(actz, calib, test, profile, nmse)})
                        continue
                    coded = json.loads(run(actz, "encode", test, os.path.join(folder, "x.actz"), "--profile", profile,
                                           "--name-profile", "--nmse", nmse, "--force", "--json"))
                    own = [one for one in points if one["tensor"] == f"{network} {name}" and one["nmse"] == nmse]
                    own[0]["matched"] = coded["bits_per_value"]
    return points


def table(points):
    out = ["| tensor | NMSE | measured | with matched rows | " + " | ".join(title for _, title in COLUMNS) + " | gap / its bound |",
           "|---" * (5 + len(COLUMNS)) + "|"]
    for one in points:
        cells = [one["tensor"], one["nmse"], f"{one['rate']:.3f}", f"{one['matched']:.3f}"]
        cells += [f"{one[key]:.3f}" for key, _ in COLUMNS] + [f"{one['gap']:.4f} / {one['pac_gap']:.3f}"]
        out.append("| " + " | ".join(cells) + " |")
    out += ["", "| correlation with | " + " | ".join(title for _, title in COLUMNS) + " |", "|---" * (1 + len(COLUMNS)) + "|"]
    for key, title in (("rate", "measured rate"), ("matched", "with matched rows")):
        rates = [one[key] for one in points]
        cells = [f"{numpy.corrcoef(rates, [one[column] for one in points])[0, 1]:.4f}" for column, _ in COLUMNS]
        out.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(out) + "\n"


def plot(points):
    """Measured rate over Gaussian R(D) and over the best family, as SVG."""
    size, margin, most = 420, 50, max(max(one["rate"], one["best"], one["gaussian_rate"]) for one in points) * 1.05
    place = lambda x, y: (margin + x / most * (size - 2 * margin), size - margin - y / most * (size - 2 * margin))
    marks = []
    for key, colour in (("gaussian_rate", "#1f77b4"), ("best", "#d62728")):
        for one in points:
            x, y = place(one[key], one["rate"])
            marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}" fill-opacity="0.7"/>')
    (x0, y0), (x1, y1) = place(0, 0), place(most, most)
    text = '<text x="{}" y="{}" text-anchor="middle"{}>{}</text>'
    labels = [text.format(size / 2, size - 12, "", "Gaussian R(D) (blue), best family of densities (red), bits per value"),
              text.format(0, 0, f' transform="translate(16 {size / 2}) rotate(-90)"', "measured, bits per value")]
    for tick in range(int(most) + 1):
        (x, _), (_, y) = place(tick, 0), place(0, tick)
        labels += [text.format(f"{x:.1f}", size - margin + 16, "", tick), text.format(margin - 12, f"{y + 4:.1f}", "", tick)]
    frame = f'<path d="M{x0} {y1}V{y0}H{x1}" fill="none" stroke="#444"/><path d="M{x0} {y0}L{x1} {y1}" stroke="#aaa" stroke-dasharray="4"/>'
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" font-family="sans-serif" font-size="11">'
            f'<rect width="100%" height="100%" fill="white"/>{frame}{"".join(marks)}{"".join(labels)}</svg>\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("actz")
    parser.add_argument("data")
    parser.add_argument("--write")
    options = parser.parse_args()
    points = measure(options.actz, options.data)
    text = table(points)
    print(text)
    if options.write:
        with open(options.write, encoding="utf-8") as file:
            document = file.read()
        begin, end = "<!-- bounds -->\n", "<!-- end of bounds -->"
        at, stop = document.index(begin) + len(begin), document.index(end)
        with open(options.write, "w", encoding="utf-8") as file:
            file.write(document[:at] + text + document[stop:])
        with open(os.path.splitext(options.write)[0] + ".svg", "w", encoding="utf-8") as file:
            file.write(plot(points))


if __name__ == "__main__":
    main()
