#!/usr/bin/python3
"""What a large archive takes, from rates and speeds measured here: scale_plan.py BUILD CALIB.npy TEST.npy [OPTION...]

A profile is learned from CALIB; TEST is cut into chunks of several sizes, encoded as chunks of Zarr that name it, and
decoded, by one thread. Speeds are of its processor time, which other work on the machine changes less than the
clock's. A .actz file of the same chunks is opened and read through something that counts its reads. Prices are
variables, not anybody's offer. Terabytes are 10^12 bytes of the floats, before coding. Prints the tables of
docs/scale.md.
"""

import argparse
import io
import os
import statistics
import sys
import time
from pathlib import Path

PACKAGE = str(Path(__file__).resolve().parents[1] / "bindings/python")
TURNS = 3
SLICE_ROWS = 64


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("calib")
    parser.add_argument("test")
    parser.add_argument("--nmse", type=float, default=0.02)
    parser.add_argument("--terabytes", type=float, default=100)
    parser.add_argument("--chunk-megabytes", type=float, default=32, help="floats of a chunk of Zarr, an object")
    parser.add_argument("--chunk-rows", type=lambda text: [int(word) for word in text.split(",")],
                        default=[64, 256, 1024, 4096], help="sizes of chunks to measure, beside that of the whole test")  # fmt: skip
    parser.add_argument("--cores", type=int, default=64)
    parser.add_argument("--price-core-hour", type=float, default=0.04)
    parser.add_argument("--price-terabyte-month", type=float, default=23)
    parser.add_argument("--price-million-puts", type=float, default=5)
    parser.add_argument("--price-million-gets", type=float, default=0.4)
    parser.add_argument("--no-matches", action="store_true", help="a profile that matches no rows: faster")
    return parser.parse_args()


class CountedFile(io.BytesIO):
    """Counts what is read of it."""

    def __init__(self, data):
        super().__init__(data)
        self.reads = self.read_bytes = 0

    def read(self, size=-1):
        out = super().read(size)
        self.reads += 1
        self.read_bytes += len(out)
        return out

    def counts(self):
        counted = self.reads, self.read_bytes
        self.reads = self.read_bytes = 0
        return counted


def seconds(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def measure_chunks(rows, chunk_rows, codec):
    """Of one size: bits per value, bytes of a chunk, and bytes of floats a second both ways."""
    chunks = [rows[first : first + chunk_rows] for first in range(0, len(rows), chunk_rows)]
    coded = [codec.encode(chunk) for chunk in chunks]
    ways = [lambda: [codec.encode(chunk) for chunk in chunks], lambda: [codec.decode(data) for data in coded]]
    turns = [[seconds(way) for way in ways] for _ in range(TURNS)]
    stored = sum(map(len, coded))
    encode, decode = (rows.nbytes / statistics.median(turn) for turn in zip(*turns))
    return dict(bits=8 * stored / rows.size, bytes=stored / len(coded), encode=encode, decode=decode)


def measure_file(actz, rows, chunk_rows, profile, nmse, one_tensor):
    """Reads, and bytes of them, that opening a .actz file and a slice of it take."""
    options = dict(profile=profile, name_profile=True, nmse=nmse, no_sources=True, threads=1)
    with actz.Writer() as writer:
        if one_tensor:
            writer.add("x", rows, chunk_rows=chunk_rows, **options)
        else:
            for number, first in enumerate(range(0, len(rows), chunk_rows)):
                writer.add(f"x/{number:06d}", rows[first : first + chunk_rows], **options)
    file = CountedFile(writer.to_bytes())
    with actz.Reader(file, profiles=profile, threads=1) as reader:
        names, opened = reader.keys(), file.counts()
        middle = reader.get_slice(names[len(names) // 2])
        first = len(rows) // 2 if one_tensor else 0
        middle[first : first + SLICE_ROWS]
        one = file.counts()
        chunks = sum(tensor.chunks for tensor in reader.info.tensors)
    return dict(tensors=len(names), chunks=chunks, opened=opened, one=one)


def print_chunks(rows, sizes, codec):
    """Returns what was measured of the last size."""
    print("\n| rows in a chunk | MB of floats | kB stored | bits per value | encode MB/s | decode MB/s |")
    print("|---|---|---|---|---|---|")
    for size in sizes:
        one = measure_chunks(rows, size, codec)
        print(f"| {size} | {4e-6 * size * rows.shape[1]:.2f} | {one['bytes'] / 1e3:.1f} | {one['bits']:.2f} "
              f"| {one['encode'] / 1e6:.0f} | {one['decode'] / 1e6:.0f} |")  # fmt: skip
    return one


def print_file(actz, rows, sizes, profile, nmse):
    print(f"| one .actz file | opening: reads, kB | {SLICE_ROWS} rows: reads, kB |\n|---|---|---|")
    for size in sizes:
        for one_tensor in (True, False):
            one = measure_file(actz, rows, size, profile, nmse, one_tensor)
            opened, sliced = (f"{reads}, {read_bytes / 1e3:.1f}" for reads, read_bytes in (one["opened"], one["one"]))
            print(f"| {one['tensors']} tensors, {one['chunks']} chunks | {opened} | {sliced} |")


def print_plan(given, best):
    raw = given.terabytes * 1e12
    stored = raw * best["bits"] / 32
    chunks = raw / (given.chunk_megabytes * 1e6)
    encode_hours, decode_hours = (raw / best[way] / given.cores / 3600 for way in ("encode", "decode"))
    price = given.price_core_hour * given.cores
    per = given.terabytes
    print(f"\n{given.terabytes:g} TB of float32, chunks of {given.chunk_megabytes:g} MB, {given.cores} cores; "
          f"{given.price_core_hour} a core and hour, {given.price_terabyte_month} a TB and month, "
          f"{given.price_million_puts} a million writes, {given.price_million_gets} a million reads\n")  # fmt: skip
    print("| | | for each TB of floats |\n|---|---|---|")
    print(f"| stored | {stored / 1e12:.2f} TB | {stored / per / 1e9:.1f} GB |")
    print(f"| chunks | {chunks / 1e6:.2f} million of {stored / chunks / 1e3:.0f} kB | {chunks / per:.0f} |")
    print(f"| encoding | {encode_hours:.1f} h, costs {encode_hours * price:.0f} | {encode_hours * price / per:.2f} |")
    print(f"| decoding once | {decode_hours:.1f} h, costs {decode_hours * price:.0f} | {decode_hours * price / per:.2f} |")
    print(f"| writing objects | costs {chunks / 1e6 * given.price_million_puts:.0f} "
          f"| {chunks / 1e6 * given.price_million_puts / per:.3f} |")  # fmt: skip
    print(f"| reading objects once | costs {chunks / 1e6 * given.price_million_gets:.1f} "
          f"| {chunks / 1e6 * given.price_million_gets / per:.4f} |")  # fmt: skip
    print(f"| keeping, a month | costs {stored / 1e12 * given.price_terabyte_month:.0f}, the floats "
          f"{per * given.price_terabyte_month:.0f} | {stored / 1e12 * given.price_terabyte_month / per:.2f} |")  # fmt: skip
    print(f"| link that all cores need | {best['encode'] * given.cores * best['bits'] / 32 / 1e6:.0f} MB/s to write, "
          f"{best['decode'] * given.cores * best['bits'] / 32 / 1e6:.0f} to read | |")  # fmt: skip


def main():
    given = options()
    os.environ["ACTZ_LIBRARY"] = str(given.build.resolve() / "bindings/c/libactz_c.so")
    sys.path.insert(0, PACKAGE)
    import actz
    import numpy as np
    from actz.zarr_codec import Actz

    rows = np.load(given.test)
    rows = np.ascontiguousarray(rows.reshape(-1, rows.shape[-1]), dtype=np.float32)
    profile = actz.Profile.fit(np.load(given.calib), nmse=(given.nmse,), no_matches=given.no_matches)
    codec = Actz(nmse=given.nmse, profile=profile, embed_profile=False)
    codec.threads = 1
    sizes = [size for size in given.chunk_rows if size < len(rows)] + [len(rows)]
    print(f"{len(rows)} rows of {rows.shape[1]} channels, NMSE {given.nmse}, profile of {len(profile.to_bytes())} bytes, "
          f"load {os.getloadavg()[0]:.1f}\n")  # fmt: skip
    print_file(actz, rows, sizes[:3], profile, given.nmse)
    print_plan(given, print_chunks(rows, sizes, codec))


if __name__ == "__main__":
    main()
