#!/usr/bin/python3
"""A Zarr archive written, read and checked by one worker of Dask and by two: zarr_workers.py BUILD DUMP.npy [GB [FOLDER]]

The archive has GB (1.1) gigabytes of float32, in chunks of 2^21 values, of texts of 256 rows that are drawn like those
of DUMP: mean, covariance, and how a row follows linearly from the one before are the dump's, the rest is Gaussian noise,
seeded by the number of the chunk. It has no rows that return, as text has, so that nothing is gained by matched rows.
Workers are processes with one thread each, over TCP on this machine; they draw the rows, encode them at NMSE 0.02
with a profile that fit_profile learned from the same rows, and write them below FOLDER (a temporary one).

"control" is SHA-256 of HASHINGS times as many bytes as the archive has, in as many tasks: what this machine, now, gives
to two processes that share nothing. "empty tasks" are EMPTY_TASKS that do nothing: what Dask itself takes. Numbers of
workers take turns, and the median of TURNS counts. Seconds of writing hold those of drawing, which are given for
themselves, too.
"""

import hashlib
import logging
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

TURNS = 3
EMPTY_TASKS = 5000
HASHINGS = 8
TEXT_ROWS = 256
CHUNK_VALUES = 1 << 21
BUILD = Path(sys.argv[1]).resolve()
PACKAGE = str(Path(__file__).resolve().parents[1] / "bindings/python")
os.environ.update(ACTZ_LIBRARY=str(BUILD / "bindings/c/libactz_c.so"), OPENBLAS_NUM_THREADS="1", PYTHONPATH=PACKAGE)
sys.path.insert(0, PACKAGE)
import dask  # noqa: E402
import dask.array as da  # noqa: E402
import distributed  # noqa: E402
import numpy as np  # noqa: E402
from actz.distributed import check_array, fit_profile, read_array, write_array  # noqa: E402
from actz.zarr_codec import Actz  # noqa: E402


class Process:
    """Rows that follow each other as those of a dump: x' = mean + A (x − mean) + noise."""

    def __init__(self, dump):
        texts = dump.reshape(-1, *dump.shape[-2:]).astype(np.float64)
        self.mean = texts.mean(axis=(0, 1))
        texts -= self.mean
        before, after = (part.reshape(-1, texts.shape[-1]) for part in (texts[:, :-1], texts[:, 1:]))
        self.step = np.linalg.lstsq(before, after, rcond=None)[0]
        noise = after - before @ self.step
        self.first, self.noise = (self._root(rows) for rows in (before, noise))
        self.mean, self.step, self.first, self.noise = (
            part.astype(np.float32) for part in (self.mean, self.step, self.first, self.noise)
        )

    @staticmethod
    def _root(rows):
        values, vectors = np.linalg.eigh(rows.T @ rows / len(rows))
        return np.sqrt(np.maximum(values, 0))[:, None] * vectors.T

    def rows(self, count, seed):
        random = np.random.default_rng(seed)
        texts = -(-count // TEXT_ROWS)
        drawn = random.standard_normal((TEXT_ROWS, texts, len(self.mean)), np.float32)
        row = drawn[0] @ self.first
        out = np.empty((texts, TEXT_ROWS, len(self.mean)), np.float32)
        for t in range(TEXT_ROWS):
            out[:, t] = row + self.mean
            row = row @ self.step + drawn[(t + 1) % TEXT_ROWS] @ self.noise
        return out.reshape(-1, len(self.mean))[:count]


def drawn_rows(process, chunk_rows, block_id):
    return process.rows(chunk_rows, block_id[0])


def hashed(byte_count):
    data, state = bytes(byte_count), hashlib.sha256()
    for _ in range(HASHINGS):
        state.update(data)
    return state.hexdigest()


def nothing():
    pass


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def cluster_of(workers):
    return distributed.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0",
                                    silence_logs=logging.ERROR)  # fmt: skip


def timed_run(source, store, profile):
    codec = Actz(nmse=0.02, profile=profile, embed_profile=False)
    controls = [dask.delayed(hashed, pure=False)(4 * CHUNK_VALUES) for _ in range(source.numblocks[0])]
    empty = [dask.delayed(nothing, pure=False)() for _ in range(EMPTY_TASKS)]
    return {
        "empty": seconds(lambda: dask.compute(*empty)),
        "control": seconds(lambda: dask.compute(*controls)),
        "drawing": seconds(lambda: source.map_blocks(np.sum, keepdims=True, chunks=(1, 1)).compute()),
        "writing": seconds(lambda: write_array(source, store, codec)),
        "checking": seconds(lambda: check_array(store)),
        "reading": seconds(lambda: read_array(store).sum().compute()),
    }


def main():
    dump = np.load(sys.argv[2])
    gigabytes = float(sys.argv[3]) if len(sys.argv) > 3 else 1.1
    folder = tempfile.mkdtemp(dir=sys.argv[4] if len(sys.argv) > 4 else None)
    channels = dump.shape[-1]
    chunk_rows = CHUNK_VALUES // channels
    chunk_count = max(2, round(gigabytes * 1e9 / (4 * CHUNK_VALUES)))
    source = da.map_blocks(drawn_rows, Process(dump), chunk_rows, chunks=((chunk_rows,) * chunk_count, (channels,)),
                           dtype="f4", meta=np.empty((0, 0), "f4"))  # fmt: skip
    runs, profile = {1: [], 2: []}, None
    try:
        for _ in range(TURNS):
            for workers, turns in runs.items():
                with cluster_of(workers) as cluster, distributed.Client(cluster):
                    profile = profile or fit_profile(source, nmse=(0.02,))
                    source[:1].compute()  # the worker has what it imports
                    turns.append(timed_run(source, f"{folder}/x.zarr", profile))
                    turns[-1]["load"] = os.getloadavg()[0]
        stored = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    finally:
        shutil.rmtree(folder)
    loads = [turn["load"] for turns in runs.values() for turn in turns]
    print(f"{chunk_count} chunks, {source.nbytes / 1e9:.2f} GB, stored {stored / 1e9:.3f} GB, "
          f"{8 * stored / source.size:.2f} bits per value, {os.cpu_count()} processors, "
          f"load {min(loads):.1f} to {max(loads):.1f}\n")  # fmt: skip
    print("| | 1 worker, s | 2 workers, s | times as fast | MB/s of 2 workers |")
    print("|---|---|---|---|---|")
    for what in ("control", "drawing", "writing", "checking", "reading"):
        one, two = (statistics.median(turn[what] for turn in runs[workers]) for workers in (1, 2))
        print(f"| {what} | {one:.1f} | {two:.1f} | {one / two:.2f} | {source.nbytes / 1e6 / two:.0f} |")
    one, two = (EMPTY_TASKS / statistics.median(turn["empty"] for turn in runs[workers]) for workers in (1, 2))
    print(f"\nempty tasks a second: {one:.0f} with 1 worker, {two:.0f} with 2")


if __name__ == "__main__":
    main()
