#!/usr/bin/env python3
"""What each density of `fit --entropy` takes on held-out rows, learned from few and many.

    bench/densities.py ACTZ CALIB.npy TEST.npy [--nmse 0.02] [--rows 256,1024,4096,all] [--static] > table.md

Learns from the first rows of CALIB, whole sequences, without matched rows; encodes TEST at the NMSE, the profile named; prints
bits per value of the whole file. --static: a table class for each coefficient in place of contexts.
"""

import argparse
import json
import os
import subprocess
import tempfile

import numpy

DENSITIES = ("auto", "histogram", "gaussian", "laplace", "logistic", "mixture", "factorized", "fourier")


def bits(actz, dump, test, density, nmse, static, folder):
    profile, out = os.path.join(folder, "x.actp"), os.path.join(folder, "x.actz")
    options = ["--states", "1", "--no-context"] if static else []
    subprocess.run([actz, "fit", dump, "-o", profile, "--nmse", nmse, "--no-matches", "--entropy", density, "-q", "--force"] +
                   options, check=True)
    run = subprocess.run([actz, "encode", test, out, "--profile", profile, "--name-profile", "--nmse", nmse, "--force",
                          "--json"], check=True, capture_output=True)
    return json.loads(run.stdout)["bits_per_value"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("actz")
    parser.add_argument("calib")
    parser.add_argument("test")
    parser.add_argument("--nmse", default="0.02")
    parser.add_argument("--rows", default="256,1024,4096,all")
    parser.add_argument("--static", action="store_true")
    options = parser.parse_args()
    calib = numpy.load(options.calib)
    calib = calib.reshape(-1, *calib.shape[-2:])
    counts = options.rows.split(",")
    print("| density | " + " | ".join(f"{count} rows" for count in counts) + " |")
    print("|---" * (1 + len(counts)) + "|")
    with tempfile.TemporaryDirectory() as folder:
        dumps = []
        for count in counts:
            sequences = len(calib) if count == "all" else -(-int(count) // calib.shape[1])
            dumps.append(os.path.join(folder, f"{count}.npy"))
            numpy.save(dumps[-1], calib[:sequences])
        for density in DENSITIES:
            found = [bits(options.actz, dump, options.test, density, options.nmse, options.static, folder) for dump in dumps]
            print(f"| {density} | " + " | ".join(f"{one:.4f}" for one in found) + " |", flush=True)


if __name__ == "__main__":
    main()
