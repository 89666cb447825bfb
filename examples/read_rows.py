#!/usr/bin/env python3
"""Reads ranges of rows out of a large file, and says what that takes.

  read_rows.py [FILE.actz [--tensor NAME] [--rows A:B C:D ...]]

Only the chunks that hold the rows are read and decoded, and those whose rows they are matched with, which an open
reader keeps. So the first range takes longest. Without arguments two files of 65536 rows are written from the bundled
sample of BabyLlama, repeated, so that their sizes say nothing: one in the chunks that the program chooses, one in
chunks of about 1024 rows.
"""
import argparse
import tempfile
import time
from pathlib import Path

import actz
import numpy as np

DATA = Path(__file__).resolve().parent / "data"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?")
    parser.add_argument("--tensor", help="default: the first")
    parser.add_argument("--rows", nargs="+", default=["40000:40256", "60000:60256"], help="counted over all sequences")
    return parser.parse_args()


class CountedFile:
    """A file that counts the bytes that are read of it."""

    def __init__(self, file):
        self._file = file
        self.seek = file.seek
        self.read_bytes = 0

    def read(self, count):
        piece = self._file.read(count)
        self.read_bytes += len(piece)
        return piece


def read_ranges(path, name, ranges):
    """Prints what each takes; returns the rows of the last."""
    with open(path, "rb") as file:
        counted = CountedFile(file)
        with actz.Reader(counted) as reader:
            name = name or reader.keys()[0]
            print(f"{path.name}: {path.stat().st_size} bytes, {reader.tensor(name).chunks} chunks; "
                  f"opening reads {counted.read_bytes} bytes")  # fmt: skip
            for first_row, end_row in ranges:
                before, start = counted.read_bytes, time.perf_counter()
                rows = reader.read_rows(name, first_row, end_row)
                milliseconds = 1000 * (time.perf_counter() - start)
                print(f"rows {first_row}:{end_row} read {counted.read_bytes - before} bytes in {milliseconds:.1f} ms")
    return rows


def write_samples(folder):
    rows = np.load(DATA / "babyllama_layer3_2x256x128.npy").reshape(-1, 128)
    rows = np.tile(rows, (65536 // len(rows), 1))
    for name, options in {"chosen": {}, "chunks_of_1024": {"chunk_rows": 1024}}.items():
        path = folder / f"{name}.actz"
        actz.save_file({"hidden": rows}, path, profile=DATA / "babyllama_layer3.actp", nmse=0.02, **options)
        yield path


def main():
    args = arguments()
    ranges = [tuple(map(int, text.split(":"))) for text in args.rows]
    if args.file:
        read_ranges(Path(args.file), args.tensor, ranges)
        return
    with tempfile.TemporaryDirectory() as folder:
        for path in write_samples(Path(folder)):
            rows = read_ranges(path, args.tensor, ranges)
            first_row, end_row = ranges[-1]
            assert np.array_equal(rows, actz.load_file(path)["hidden"][first_row:end_row])


if __name__ == "__main__":
    main()
