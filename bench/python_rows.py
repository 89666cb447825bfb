#!/usr/bin/python3
"""Rows a second of actz.activation_rows.ActivationRows, against shuffled batches of the same rows from a memory-mapped
.npy.

    bench/python_rows.py build/release FIT.npy ROWS.npy [FILES [BATCHES]]

Profiles are learned from FIT. FILES (8) files hold each all rows of ROWS, in tensors of 16384 rows as ActivationWriter
writes them; they are copies of one, so repeating the rows does not make them smaller. The .npy holds as many rows. Both
give batches of 4096 rows as float32 arrays of their own, and each batch is summed, as something that looks at all of
it. The .npy is read in a wholly random order. Ways take turns; the median of the passes counts. The process's time on
all processors is given, too: it is what a row costs, however busy the machine.

The .npy comes out of the page cache, unless there is no room for it. To measure that, run this with less memory than
the .npy has bytes, and end passes after BATCHES, for reading rows from a disk takes long:

    systemd-run --scope -p MemoryMax=900M bench/python_rows.py build/release FIT.npy ROWS.npy 160 10
"""

import itertools
import mmap
import os
import shutil
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


def batches_of_npy(path, seed, fits):
    rows = np.load(path, mmap_mode="r")
    if not fits:  # else each row would read 128 KiB ahead, in vain
        rows._mmap.madvise(mmap.MADV_RANDOM)
    order = np.random.default_rng(seed).permutation(len(rows))
    for first in range(0, len(rows), BATCH_ROWS):
        yield rows[order[first : first + BATCH_ROWS]]


def write_npy(path, rows, count):
    out = np.lib.format.open_memmap(path, "w+", np.float32, (count * len(rows), rows.shape[1]))
    for number in range(count):
        out[number * len(rows) : (number + 1) * len(rows)] = rows


def write_files(rows, directory, count, options):
    directory.mkdir()
    paths = [directory / f"{number}.actz" for number in range(count)]
    with actz.Writer(paths[0]) as writer:
        for number, first in enumerate(range(0, len(rows), BLOCK_ROWS)):
            writer.add(f"x/{number:06d}", rows[first : first + BLOCK_ROWS], **options)
    for path in paths[1:]:
        shutil.copyfile(paths[0], path)
    return paths


def timed(batches, most):
    """Rows, seconds, and seconds of all processors."""
    start, cpu, rows = time.perf_counter(), time.process_time(), 0
    for batch in itertools.islice(batches, most):
        rows += len(batch)
        batch.sum()
    return rows, time.perf_counter() - start, time.process_time() - cpu


def median_speeds(passes):
    return (statistics.median(rows / seconds for rows, seconds, _ in passes),
            statistics.median(1e6 * cpu / rows for rows, _, cpu in passes))  # fmt: skip


def main():
    calib, rows = np.load(sys.argv[2]), np.load(sys.argv[3])
    rows = np.ascontiguousarray(rows.reshape(-1, rows.shape[-1]), dtype=np.float32)
    count, most = ([int(word) for word in sys.argv[4:]] + [8, sys.maxsize][len(sys.argv) - 4 :])[:2]
    profile = actz.Profile.fit(calib, nmse=(0.02,))
    unmatched = actz.Profile.fit(calib, nmse=(0.02,), no_matches=True)
    fast = actz.Profile.fit(calib, nmse=(0.02,), no_transform=True, lags=())
    ways = {
        "lossless": dict(lossless=True),
        "NMSE 0.02, `no_sources`": dict(profile=profile, nmse=0.02, no_sources=True),
        "`no_sources`, `chunk_rows=2048`": dict(profile=profile, nmse=0.02, no_sources=True, chunk_rows=2048),
        "with sources, `chunk_rows=2048`": dict(profile=profile, nmse=0.02, chunk_rows=2048),
        "profile of `no_matches`": dict(profile=unmatched, nmse=0.02),
        "profile of `no_matches`, `chunk_rows=2048`": dict(profile=unmatched, nmse=0.02, chunk_rows=2048),
        "profile of `no_transform`, `lags=()`": dict(profile=fast, nmse=0.02),
    }
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_npy(directory / "rows.npy", rows, count)
        sources, passes, bits = {}, {}, {".npy": 32.0}
        for number, (way, options) in enumerate(ways.items()):
            paths = write_files(rows, directory / str(number), count, options)
            sources[way] = ActivationRows(paths, "x", BATCH_ROWS, 1)
            bits[way] = 8 * paths[0].stat().st_size / rows.size
        for turn in range(PASSES):
            npy = batches_of_npy(directory / "rows.npy", turn, most == sys.maxsize)
            passes.setdefault(".npy", []).append(timed(npy, most))
            for way, source in sources.items():
                passes.setdefault(way, []).append(timed(source, most))
    print(f"{count * len(rows)} rows of {rows.shape[1]} channels, {count} files, batches of {BATCH_ROWS}, "
          f"{os.cpu_count()} processors\n\n| | rows a second | of the .npy | µs of processor a row | bits per value |\n"
          "|---|---|---|---|---|")  # fmt: skip
    whole, _ = median_speeds(passes[".npy"])
    for way, those in passes.items():
        speed, cpu = median_speeds(those)
        print(f"| {way} | {speed:.0f} | {speed / whole:.2f} | {cpu:.2f} | {bits[way]:.2f} |")


if __name__ == "__main__":
    main()
