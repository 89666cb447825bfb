#!/usr/bin/env python3
"""What source chunks save in a file of many short tensors: each sequence of TEST a tensor of its own.

    bench/short_texts.py ACTZ CALIB.npy TEST.npy [--nmse 0.005,0.02,0.08]

Learns a profile on CALIB with the defaults, encodes the tensors into one file, the profile named, with --no-sources and without; prints bits
per value of the whole file.
"""

import argparse
import json
import os
import subprocess
import tempfile

import numpy


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("actz")
    parser.add_argument("calib")
    parser.add_argument("test")
    parser.add_argument("--nmse", default="0.005,0.02,0.08")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        profile, texts, out = (os.path.join(folder, name) for name in ("x.actp", "texts.npz", "x.actz"))
        subprocess.run([options.actz, "fit", options.calib, "-o", profile, "--nmse", options.nmse, "-q"], check=True)
        test = numpy.load(options.test)
        numpy.savez(texts, **{f"text{i:03}": text for i, text in enumerate(test.reshape(-1, *test.shape[-2:]))})
        for title, more in (("without sources", ["--no-sources"]), ("with sources", [])):
            found = []
            for nmse in options.nmse.split(","):
                run = subprocess.run([options.actz, "encode", texts, out, "--profile", profile, "--name-profile", "--nmse", nmse,
                                      "--force", "--json"] + more, check=True, capture_output=True)
                found.append(f"{json.loads(run.stdout)['bits_per_value']:.3f}")
            print(f"{title}: {' / '.join(found)}")


if __name__ == "__main__":
    main()
