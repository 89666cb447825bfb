#!/usr/bin/python3
"""What formats do with a flipped bit or a lost end: peers_under_damage.py PROGRAM [--flips N] [--cuts N] [--write]

A tensor of float32 is stored as .npy, .npz, HDF5 (gzip, fletcher32), Zarr (a folder, its defaults), zstd --check of the
.npy, and .actz (lossless, and lossy at NMSE 0.02). Bits are flipped one at a time at places drawn with a seed, and ends
are cut off; each damaged copy is read in a process of its own. Counted are: refused (an error), unharmed (the same array
as of the sound file), silent (another array, and no error), crash (a signal, or no end within 10 seconds). --write puts
the table into docs/reliability.md. Needs Debian's python3-numpy, python3-h5py, python3-zarr and zstd.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SAMPLE = os.path.join(ROOT, "examples", "data", "stories260K_layer3_4x256x64.npy")
DOCUMENT = os.path.join(ROOT, "docs", "reliability.md")
BEGIN, END = "<!-- peers: conformance/peers_under_damage.py --write -->\n", "<!-- end peers -->"
OUTCOMES = ("refused", "unharmed", "silent", "crash")
REFUSED, UNHARMED, SILENT = range(3)


class Npy:
    name = ".npy"

    def write(self, folder, array):
        np.save(os.path.join(folder, "x.npy"), array)

    def read(self, folder):
        return np.load(os.path.join(folder, "x.npy"))


class Npz:
    name = ".npz, compressed"

    def write(self, folder, array):
        np.savez_compressed(os.path.join(folder, "x.npz"), x=array)

    def read(self, folder):
        return np.load(os.path.join(folder, "x.npz"))["x"]


class Hdf5:
    name = "HDF5, gzip and fletcher32"

    def write(self, folder, array):
        import h5py
        with h5py.File(os.path.join(folder, "x.h5"), "w") as file:
            file.create_dataset("x", data=array, compression="gzip", fletcher32=True)

    def read(self, folder):
        import h5py
        with h5py.File(os.path.join(folder, "x.h5"), "r") as file:
            return file["x"][()]


class Zarr:
    name = "Zarr, defaults"

    def write(self, folder, array):
        import zarr
        zarr.save(os.path.join(folder, "x.zarr"), array)

    def read(self, folder):
        import zarr
        return zarr.load(os.path.join(folder, "x.zarr"))


class Zstd:
    name = ".npy, zstd --check"

    def write(self, folder, array):
        np.save(os.path.join(folder, "y.npy"), array)
        subprocess.run(["zstd", "-q", "--check", "--rm", os.path.join(folder, "y.npy")], check=True)

    def read(self, folder):
        out = os.path.join(folder, "out.npy")
        subprocess.run(["zstd", "-q", "-d", "-f", os.path.join(folder, "y.npy.zst"), "-o", out], check=True)
        return np.load(out)


class Actz:
    def __init__(self, program, name, options):
        self.program, self.name, self.options = program, name, options

    def write(self, folder, array):
        np.save(os.path.join(folder, "z.npy"), array)
        subprocess.run([self.program, "encode", os.path.join(folder, "z.npy"), os.path.join(folder, "x.actz"), "-q",
                        *self.options], check=True)
        os.remove(os.path.join(folder, "z.npy"))

    def read(self, folder):
        out = os.path.join(folder, "out.npy")
        subprocess.run([self.program, "decode", os.path.join(folder, "x.actz"), out, "-q", "--force"], check=True)
        return np.load(out)


def stored_files(folder):
    """Path -> bytes of all files."""
    out = {}
    for where, _folders, names in os.walk(folder):
        for name in sorted(names):
            with open(os.path.join(where, name), "rb") as file:
                out[os.path.join(where, name)] = file.read()
    return out


def same(found, wanted):
    return (isinstance(found, np.ndarray) and found.dtype == wanted.dtype and found.shape == wanted.shape and
            found.tobytes() == wanted.tobytes())


def outcome_of_read(form, folder, wanted):
    """In a process of its own."""
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        code = REFUSED
        try:
            code = UNHARMED if same(form.read(folder), wanted) else SILENT
        except BaseException:  # pylint: disable=broad-except
            code = REFUSED
        os._exit(code)
    _child, status = os.waitpid(child, 0)
    return "crash" if os.WIFSIGNALED(status) else OUTCOMES[os.WEXITSTATUS(status)]


def damaged(data, bit):
    out = bytearray(data)
    out[bit // 8] ^= 1 << bit % 8
    return bytes(out)


def place_of(position, sizes):
    """(path, position in its file) of a position in all files one after the other."""
    for path, size in sizes:
        if position < size:
            return path, position
        position -= size
    raise AssertionError("beyond the end")


def trial(form, array, flips, cuts):
    """Counts of outcomes of flips and of cuts, and the bytes of the sound files."""
    chance = random.Random(11)
    with tempfile.TemporaryDirectory() as folder:
        form.write(folder, array)
        files = stored_files(folder)
        wanted = form.read(folder)
        sizes = [(path, len(data)) for path, data in files.items()]
        total = sum(size for _path, size in sizes)
        counts = {sort: dict.fromkeys(OUTCOMES, 0) for sort in ("flips", "cuts")}
        for sort, number in (("flips", flips), ("cuts", cuts)):
            for _ in range(number):
                path, at = place_of(chance.randrange(total), sizes)
                data = damaged(files[path], 8 * at + chance.randrange(8)) if sort == "flips" else files[path][:at]
                shutil.rmtree(folder)
                for other, content in files.items():
                    os.makedirs(os.path.dirname(other), exist_ok=True)
                    with open(other, "wb") as file:
                        file.write(data if other == path else content)
                counts[sort][outcome_of_read(form, folder, wanted)] += 1
        os.makedirs(folder, exist_ok=True)
        return counts, total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--flips", type=int, default=400)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    array = np.load(SAMPLE)[:1, :64]
    program = os.path.abspath(options.program)
    forms = [Npy(), Npz(), Hdf5(), Zarr(), Zstd(), Actz(program, ".actz, lossless", ["--lossless"]),
             Actz(program, ".actz, NMSE 0.02", ["--nmse", "0.02"])]
    lines = ["| Format | Bytes | Damage | Cases | Refused | Unharmed | Silent | Crash |", "|---|---|---|---|---|---|---|---|"]
    kept = True
    for form in forms:
        counts, total = trial(form, array, options.flips, options.cuts)
        for sort, found in counts.items():
            lines.append(f"| {form.name} | {total} | {sort} | {sum(found.values())} | " +
                         " | ".join(str(found[outcome]) for outcome in OUTCOMES) + " |")
            print(lines[-1], flush=True)
            kept = kept and (not isinstance(form, Actz) or found["silent"] + found["crash"] == 0)
    if options.write:
        with open(DOCUMENT, encoding="utf-8") as file:
            document = file.read()
        text = "\n".join(lines) + "\n"
        changed, count = re.subn(f"({re.escape(BEGIN)}).*?({re.escape(END)})",
                                 lambda match: match.group(1) + text + match.group(2), document, flags=re.S)
        assert count == 1, "docs/reliability.md has no place for the table"
        with open(DOCUMENT, "w", encoding="utf-8") as file:
            file.write(changed)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
