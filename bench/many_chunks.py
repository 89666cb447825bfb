#!/usr/bin/python3
"""What large tensors come to for the targets that are wanted of them.

    bench/many_chunks.py ACTZ CALIB.npy LARGE.npy > table.md

Learns a profile on CALIB at NMSE 0.005, 0.02 and 0.08 and encodes LARGE, rows that it has not seen, of many chunks; then
rows of 24 channels that this makes: sequences of 128, of 2000 sentences of 8 rows that return with noise. Docs:
docs/decisions/0010-targets-from-a-sample.md, which says how its LARGE was made.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

WANTED = ("--nmse 0.005", "--nmse 0.02", "--nmse 0.08", "--bits 0.6", "--nmse 0.02 --chunk-rows 2048")
CHANNELS, SENTENCES = 24, 2000


def run(*words):
    return subprocess.run(words, check=True, capture_output=True).stdout


def reached(actz, dump, folder, options):
    found = json.loads(run(actz, "encode", dump, folder / "x.actz", "--force", "--json", *options))
    return f"{found['nmse']:.4g}, {found['bits_per_value']:.3f}"


def returning(values, seed):
    """Sentences of one book, drawn and disturbed by `seed`."""
    book = 3 + np.random.default_rng(7).standard_normal((SENTENCES, 8, CHANNELS)).astype(np.float32)
    random = np.random.default_rng(seed)
    rows = book[random.integers(0, SENTENCES, values // (128 * CHANNELS) * 16)]
    return (rows + 0.1 * random.standard_normal(rows.shape).astype(np.float32)).reshape(-1, 128, CHANNELS)


def main():
    actz, calib, large = sys.argv[1:4]
    print("| tensor, wanted | NMSE reached, bits per value |\n|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        profile = folder / "x.actp"
        run(actz, "fit", calib, "-o", profile, "--nmse", "0.005,0.02,0.08", "-q")
        named = ("--profile", profile, "--name-profile")
        for wanted in WANTED:
            print(f"| {wanted} | {reached(actz, large, folder, (*named, *wanted.split()))} |", flush=True)
        print(f"| --nmse 0.02, no profile | {reached(actz, large, folder, ('--nmse', '0.02'))} |", flush=True)
        narrow = folder / "narrow.npy"
        np.save(narrow, returning(400_000, 1))
        run(actz, "fit", narrow, "-o", profile, "--nmse", "0.03", "-q", "--force")
        np.save(narrow, returning(6_400_000, 2))
        print(f"| 24 channels, --nmse 0.03 -1 | {reached(actz, narrow, folder, (*named, '--nmse', '0.03', '-1'))} |")


if __name__ == "__main__":
    main()
