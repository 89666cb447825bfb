#!/usr/bin/env python3
"""What a network of `fit --network` saves and costs, by its width.

    bench/networks.py ACTZ CALIB.npy TEST.npy [--nmse 0.02] [--widths 0,64,256,1024] [--lags 1,2] [--no-matches] > table.md

Learns from CALIB, encodes TEST at the NMSE, the profile named. Prints bits per value of the whole file, seconds of `fit`,
bytes of the profile, and MB/s of f32 that one thread decodes, reading and writing files included, the best of three runs. Times
are of the processor.
"""

import argparse
import json
import os
import resource
import subprocess
import tempfile


def seconds_of(command):
    """Processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("actz")
    parser.add_argument("calib")
    parser.add_argument("test")
    parser.add_argument("--nmse", default="0.02")
    parser.add_argument("--widths", default="0,64,256,1024")
    parser.add_argument("--lags", default="1,2")
    parser.add_argument("--no-matches", action="store_true")
    options = parser.parse_args()
    print("| width | bits per value | of no network | fit, s | profile, bytes | decoding, MB/s |\n|---|---|---|---|---|---|")
    first = None
    with tempfile.TemporaryDirectory() as folder:
        profile, coded, plain = (os.path.join(folder, name) for name in ("x.actp", "x.actz", "x.npy"))
        for width in options.widths.split(","):
            more = ["--no-matches"] if options.no_matches else []
            more += [] if width == "0" else ["--network", width]
            fit = seconds_of([options.actz, "fit", options.calib, "-o", profile, "--nmse", options.nmse, "--lags",
                              options.lags, "-q", "--force"] + more)
            run = subprocess.run([options.actz, "encode", options.test, coded, "--profile", profile, "--name-profile",
                                  "--nmse", options.nmse, "--force", "--json"], check=True, capture_output=True)
            bits = json.loads(run.stdout)["bits_per_value"]
            first = first or bits
            decode = min(seconds_of([options.actz, "decode", coded, plain, "--profile", profile, "--threads", "1", "--force",
                                     "-q"]) for _ in range(3))
            print(f"| {width} | {bits:.4f} | {bits / first:.3f} | {fit:.1f} | {os.path.getsize(profile)} | "
                  f"{os.path.getsize(plain) / decode / 1e6:.0f} |", flush=True)


if __name__ == "__main__":
    main()
