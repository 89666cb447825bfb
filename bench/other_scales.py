#!/usr/bin/python3
"""Rates of a profile on tensors of other scales than those it was learned from: other_scales.py ACTZ CALIB.npy TEST.npy

Prints the table of docs/decisions/0022-other-scales.md. Under a minute.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

SCALES = (1e-6, 1e-3, 0.1, 0.5, 1, 3, 1e3, 1e6, 1e12)
MODES = (("--nmse", "0.02"), ("--bits", "1"), ("--lossless",))


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def rates(actz, folder, profile, rows):
    """Bits per value, and NMSE of lossy ones, in each mode."""
    np.save(folder / "rows.npy", rows)
    for mode in MODES:
        words = (folder / "rows.npy", "-o", folder / "rows.actz", "--force", "--profile", profile, "--name-profile", "--json")
        report = json.loads(run(actz, "encode", *words, *mode))["tensors"][0]
        nmse = "" if mode[0] == "--lossless" else f" ({report['nmse']:.2g})"
        yield f"{report['bits_per_value']:.2f}{nmse}"


def main(actz, calib, test):
    rows = np.load(test).astype(np.float32)
    heads = [" ".join(mode) for mode in MODES]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for options in (("--no-matches",), ()):
            profile = folder / "layer.actp"
            run(actz, "fit", calib, "-o", profile, "--nmse", "0.02", "--force", *options)
            print(f"\n| scale, `fit {' '.join(options)}` | " + " | ".join(f"`{head}`" for head in heads) + " |")
            print("|---|" + "---|" * len(heads))
            for scale in SCALES:
                print(f"| {scale:g} | " + " | ".join(rates(actz, folder, profile, rows * np.float32(scale))) + " |")


if __name__ == "__main__":
    main(*sys.argv[1:])
