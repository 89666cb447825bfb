#!/usr/bin/python3
"""How long a slice of a large file takes, by how the file was encoded.

    bench/python_slices.py build/release CALIB.npy TEST.npy [MIB]

A profile is learned from CALIB. TEST is repeated until it has MIB (1024) of float32, each time with noise of its own of
a twentieth of its energy, so that no chunk is a copy of another. The files are of NMSE 0.02, or lossless; slices are 256
rows at random places of a file that stays open. The first slice is counted apart: it decodes the sources of its chunk,
which the reader then keeps. Times are of the processor, one thread, so that other work on the machine counts little.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SLICES = 100
SLICE_ROWS = 256
BUILD = Path(sys.argv[1]).resolve()
os.environ["ACTZ_LIBRARY"] = str(BUILD / "bindings/c/libactz_c.so")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bindings/python"))
import actz  # noqa: E402


def noisy_copies(rows, byte_count):
    random = np.random.default_rng(1)
    deviation = np.float32(np.sqrt(rows.var(axis=0).mean() / 20))
    copies = -(-byte_count // rows.nbytes)
    out = np.empty((copies, *rows.shape), np.float32)
    for copy in out:
        random.standard_normal(out=copy, dtype=np.float32)
        copy *= deviation
        copy += rows
    return out.reshape(-1, rows.shape[1])


def milliseconds(function):
    start = time.thread_time()
    function()
    return 1e3 * (time.thread_time() - start)


def measure(name, path):
    with actz.safe_open(path, threads=1) as file:
        part, info = file.get_slice("x"), file.info.tensors[0]
        rows = info.rows
        first = milliseconds(lambda: part[rows // 2 : rows // 2 + SLICE_ROWS])
        places = np.random.default_rng(2).integers(0, rows - SLICE_ROWS, SLICES)
        slices = [milliseconds(lambda: part[at : at + SLICE_ROWS]) for at in places]
    bits = 8 * path.stat().st_size / info.values
    print(f"| {name} | {bits:.3f} | {info.chunks} | {first:.1f} | {statistics.median(slices):.2f} | "
          f"{statistics.quantiles(slices, n=10)[-1]:.2f} |", flush=True)  # fmt: skip


def main():
    calib, test = np.load(sys.argv[2]), np.load(sys.argv[3])
    mebibytes = int(sys.argv[4]) if len(sys.argv) > 4 else 1024
    wide = noisy_copies(test.reshape(-1, test.shape[-1]).astype(np.float32), mebibytes << 20)
    lossy = dict(profile=actz.Profile.fit(calib, nmse=(0.02,)), nmse=0.02)
    fast = dict(profile=actz.Profile.fit(calib, nmse=(0.02,), no_transform=True, lags=()), nmse=0.02)
    ways = {
        "default profile": lossy,
        "`chunk_rows=4096`": dict(lossy, chunk_rows=4096),
        "`chunk_rows=2048`": dict(lossy, chunk_rows=2048),
        "`chunk_rows=1024`": dict(lossy, chunk_rows=1024),
        "`chunk_rows=1024, no_sources=True`": dict(lossy, chunk_rows=1024, no_sources=True),
        "fast profile": fast,
        "fast profile, `chunk_rows=1024`": dict(fast, chunk_rows=1024),
        "lossless": dict(lossless=True),
        "lossless, `chunk_rows=1024`": dict(lossless=True, chunk_rows=1024),
    }
    print(f"{SLICE_ROWS} of {len(wide)} rows of {wide.shape[1]}, {wide.nbytes / 2**20:.0f} MiB\n")
    print("| | bits per value | chunks | first slice, ms | median | ninth of ten |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "wide.actz"
        for name, options in ways.items():
            actz.save_file({"x": wide}, path, effort=3, **options)
            measure(name, path)


if __name__ == "__main__":
    main()
