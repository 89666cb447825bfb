#!/usr/bin/python3
"""Rows a second of actz.activation_rows.ActivationRows, against shuffled batches of the same rows from a memory-mapped
.npy.

    bench/python_rows.py build/release FIT.npy ROWS.npy [FILES]

A profile is learned from FIT. FILES (8) files hold each all rows of ROWS, in tensors of 16384 rows as ActivationWriter
writes them; each file is encoded for itself, so that repeating the rows does not make them smaller. The .npy holds as
many rows. Both give batches of 4096 rows as float32 arrays of their own, and each batch is summed, as something that
looks at all of it. The .npy is read in a wholly random order, out of the page cache, where all of it is after the first
pass. Ways take turns; the median of the passes counts.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PASSES = 5
BATCH_ROWS = 4096
BLOCK_ROWS = 16384
BUILD = Path(sys.argv[1]).resolve()
os.environ["ACTZ_LIBRARY"] = str(BUILD / "bindings/c/libactz_c.so")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bindings/python"))
import actz  # noqa: E402
from actz.activation_rows import ActivationRows  # noqa: E402


def batches_of_npy(path, seed):
    rows = np.load(path, mmap_mode="r")
    order = np.random.default_rng(seed).permutation(len(rows))
    for first in range(0, len(rows), BATCH_ROWS):
        yield rows[order[first : first + BATCH_ROWS]]


def write_files(rows, directory, count, options):
    paths = [directory / f"{number}.actz" for number in range(count)]
    for path in paths:
        with actz.Writer(path) as writer:
            for number, first in enumerate(range(0, len(rows), BLOCK_ROWS)):
                writer.add(f"x/{number:06d}", rows[first : first + BLOCK_ROWS], **options)
    return paths


def seconds_of(batches, row_count):
    start = time.perf_counter()
    seen = 0
    for batch in batches:
        seen += len(batch)
        batch.sum()
    assert seen == row_count
    return time.perf_counter() - start


def main():
    calib, rows = np.load(sys.argv[2]), np.load(sys.argv[3])
    rows = np.ascontiguousarray(rows.reshape(-1, rows.shape[-1]), dtype=np.float32)
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 8
    row_count = count * len(rows)
    profile = actz.Profile.fit(calib, nmse=(0.02,))
    fast = actz.Profile.fit(calib, nmse=(0.02,), no_matches=True)
    lossy = dict(profile=profile, nmse=0.02)
    ways = {
        "lossless": dict(lossless=True, no_sources=True),
        "NMSE 0.02, no_sources": dict(**lossy, no_sources=True),
        "NMSE 0.02, no_sources, without matched rows": dict(profile=fast, nmse=0.02, no_sources=True),
        "NMSE 0.02, with sources": lossy,
    }
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        np.save(directory / "rows.npy", np.concatenate([rows] * count))
        sources, seconds, disk_bytes = {}, {}, {"npy": rows.nbytes * count}
        for number, (way, options) in enumerate(ways.items()):
            (directory / str(number)).mkdir()
            paths = write_files(rows, directory / str(number), count, options)
            sources[way] = ActivationRows(paths, "x", BATCH_ROWS, 1)
            disk_bytes[way] = sum(path.stat().st_size for path in paths)
        for turn in range(PASSES):
            npy = batches_of_npy(directory / "rows.npy", turn)
            seconds.setdefault("npy", []).append(seconds_of(npy, row_count))
            for way, source in sources.items():
                seconds.setdefault(way, []).append(seconds_of(source, row_count))
    print(f"{row_count} rows of {rows.shape[1]} channels, {count} files, batches of {BATCH_ROWS}, "
          f"{os.cpu_count()} processors")  # fmt: skip
    for way, passes in seconds.items():
        speed = row_count / statistics.median(passes)
        bits = 8 * disk_bytes[way] / (row_count * rows.shape[1])
        print(f"{way}: {speed:.0f} rows/s (slowest {row_count / max(passes):.0f}), "
              f"{disk_bytes[way] / 2**20:.1f} MiB on disk, {bits:.2f} bits per value")  # fmt: skip


if __name__ == "__main__":
    main()
