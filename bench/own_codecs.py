#!/usr/bin/python3
"""Rates of tensors that are coded without a profile, by their number of rows: own_codecs.py ACTZ DUMP.npy...

Of dumps [sequences, rows, channels] the first sequences, as many as stand in COUNTS; bits per value of the whole file and
NMSE that came of it, with the model and the seconds it took, beside --no-matches. Prints a table of
docs/decisions/0024-own-codecs.md. Some minutes.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

COUNTS = (1, 4, 32)
TARGETS = (0.005, 0.02, 0.08)


def encoded(actz, source, target, *words):
    command = [actz, "encode", source, "-o", source.with_suffix(".actz"), "--force", "--json", "--nmse", target, *words]
    began = time.monotonic()
    printed = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout
    return json.loads(printed), time.monotonic() - began


def cell(actz, source, *words):
    parts, seconds = [], 0.0
    for target in TARGETS:
        report, took = encoded(actz, source, target, *words)
        missed = report["nmse"] / target - 1
        parts.append(f"{report['bits_per_value']:.3f}" + (f" ({missed:+.0%})" if abs(missed) > 0.03 else ""))
        seconds += took
    return " / ".join(parts) + f", {seconds:.1f} s"


def main(actz, *dumps):
    print("| tensor | rows | " + " / ".join(map(str, TARGETS)) + " | `--no-matches` |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        source = pathlib.Path(name) / "rows.npy"
        for path in map(pathlib.Path, dumps):
            dump = np.load(path)
            for count in COUNTS:
                rows = dump[:count]
                np.save(source, rows)
                cells = cell(actz, source), cell(actz, source, "--no-matches")
                print(f"| {path.parent.parent.name} {path.stem} | {rows.shape[0] * rows.shape[1]} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
