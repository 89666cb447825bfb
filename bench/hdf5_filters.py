#!/usr/bin/python3
"""Size and speed of the HDF5 filter against those that HDF5 brings along: hdf5_filters.py BUILD CALIB.npy TEST.npy

A profile is learned from CALIB; TEST is written as one dataset with chunks of 8192 rows and read back whole, through
h5py, in a file in memory, one thread. Filters take turns; the median of the turns counts. Speeds are of processor time,
which other work on the machine changes less than the clock's. Sizes are of the stored chunks, the profile beside them.
NMSE is that of what was read. Prints a table for docs/hdf5.md.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

TURNS = 7
BUILD, CALIB, TEST = (Path(argument).resolve() for argument in sys.argv[1:4])
os.environ["ACTZ_LIBRARY"] = str(BUILD / "bindings/c/libactz_c.so")
os.environ["HDF5_PLUGIN_PATH"] = str(BUILD / "bindings/hdf5")
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # the filter takes all processors that it may
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bindings/python"))
import actz  # noqa: E402
import h5py  # noqa: E402
import numpy as np  # noqa: E402
from actz.hdf5 import filter_options, save_profile  # noqa: E402


def write_and_read(rows, options):
    """Seconds of both, stored bytes, and what was read."""
    with h5py.File("memory.h5", "w", driver="core", backing_store=False) as file:
        start = time.process_time()
        dataset = file.create_dataset("x", data=rows, chunks=(min(8192, len(rows)), rows.shape[1]), **options)
        file.flush()
        written = time.process_time()
        stored = dataset.id.get_storage_size()
        del dataset  # and with it the chunks that HDF5 keeps decoded
        dataset = file["x"]
        middle = time.process_time()
        out = dataset[...]
        return written - start, time.process_time() - middle, stored, out


def nmse(rows, out):
    error = rows.astype(np.float64) - out
    return (error**2).sum() / ((rows - rows.mean(axis=0, dtype=np.float64)) ** 2).sum()


def main():
    rows = np.load(TEST)
    rows = np.ascontiguousarray(rows.reshape(-1, rows.shape[-1]), dtype=np.float32)
    with tempfile.TemporaryDirectory() as directory:
        os.environ["ACTZ_PROFILE_PATH"] = directory
        calib = np.load(CALIB)
        profile = save_profile(actz.Profile.fit(calib), directory)
        fast = save_profile(actz.Profile.fit(calib, no_transform=True, lags=()), directory)
        lossy = dict(profile=profile, embed_profile=False)
        ways = {
            "no filter": {},
            "lzf": dict(compression="lzf"),
            "shuffle + lzf": dict(compression="lzf", shuffle=True),
            "gzip 4": dict(compression="gzip", compression_opts=4),
            "shuffle + gzip 4": dict(compression="gzip", compression_opts=4, shuffle=True),
            "shuffle + gzip 9": dict(compression="gzip", compression_opts=9, shuffle=True),
            "actz, lossless": filter_options(lossless=True),
            "actz, lossless, profile": filter_options(lossless=True, **lossy),
            "actz, NMSE 0.005, profile": filter_options(nmse=0.005, **lossy),
            "actz, NMSE 0.02, profile": filter_options(nmse=0.02, **lossy),
            "actz, NMSE 0.02, fast profile": filter_options(nmse=0.02, profile=fast, embed_profile=False),
        }
        runs = {way: [] for way in ways}
        for _ in range(TURNS):
            for way, options in ways.items():
                runs[way].append(write_and_read(rows, options))
    print(f"{rows.shape[0]} rows of {rows.shape[1]} channels, {rows.nbytes / 1e6:.1f} MB\n")
    print("| filter | bits per value | of the floats | NMSE | write MB/s | read MB/s |")
    print("|---|---|---|---|---|---|")
    for way, turns in runs.items():
        write, read = (rows.nbytes / 1e6 / statistics.median(turn[i] for turn in turns) for i in (0, 1))
        stored, error = turns[0][2], nmse(rows, turns[0][3])
        lost = "0" if error == 0 else f"{error:.4f}"
        print(f"| {way} | {8 * stored / rows.size:.2f} | {stored / rows.nbytes:.3f} | {lost} | {write:.0f} | {read:.0f} |")


if __name__ == "__main__":
    main()
