#!/usr/bin/python3
"""What the Python package adds to the time of the C++ library.

    bench/python_overhead.py build/release CALIB.npy TEST.npy

A profile is learned from CALIB; TEST, repeated until it has 8 MiB or more, is encoded into bytes at NMSE 0.02 and
decoded, one thread. Two measures of the overhead: time of the Python call outside the functions of the C library, over
the time inside; and medians of the Python call over those of `actz bench`, in turn, round after round (of a busy
machine these two differ by its noise).
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROUNDS = 7
BUILD = Path(sys.argv[1]).resolve()
os.environ["ACTZ_LIBRARY"] = str(BUILD / "bindings/c/libactz_c.so")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bindings/python"))
import actz  # noqa: E402
from actz import _native  # noqa: E402


class TimedLibrary:
    """The C library with a clock around its functions."""

    def __init__(self, library):
        self._library = library
        self.seconds = 0.0

    def __getattr__(self, name):
        function = getattr(self._library, name)

        def timed(*arguments):
            start = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                self.seconds += time.perf_counter() - start

        return timed


def seconds_of(function, library):
    """Seconds of a call, and of them those inside the C library."""
    inside = library.seconds
    start = time.perf_counter()
    function()
    return time.perf_counter() - start, library.seconds - inside


def at_least(tensor, byte_count):
    return np.concatenate([tensor] * -(-byte_count // tensor.nbytes))


def measure_overhead(tensor, profile_path, directory):
    library = TimedLibrary(_native.library)
    _native.library = library
    profile = actz.Profile.load(profile_path)
    options = dict(profile=profile, name_profile=True, nmse=0.02, threads=1)
    data = actz.encode(tensor, **options)
    np.save(directory / "tensor.npy", tensor)
    command = [BUILD / "actz", "bench", directory / "tensor.npy", "--profile", profile_path, "--name-profile",
               "--nmse", "0.02", "--repeat", "1", "--threads", "1", "--json"]  # fmt: skip
    calls = {
        "encode": lambda: actz.encode(tensor, **options),
        "decode": lambda: actz.decode(data, profiles=profile, threads=1),
    }
    cpp, python, outside = ({name: [] for name in calls} for _ in range(3))
    for _ in range(ROUNDS):
        (bench,) = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["tensors"]
        for name, call in calls.items():
            cpp[name].append(tensor.nbytes / 1e6 / bench[f"{name}_mb_per_s"])
            whole, inside = seconds_of(call, library)
            python[name].append(whole)
            outside[name].append((whole - inside) / inside)
    _native.library = library._library
    for name in calls:
        mine, other = statistics.median(python[name]), statistics.median(cpp[name])
        print(f"{name}: {mine * 1e3:.1f} ms in Python, {other * 1e3:.1f} ms in C++ ({100 * (mine / other - 1):+.1f} %); "
              f"outside the C library {100 * statistics.median(outside[name]):.2f} %")  # fmt: skip


def main():
    calib, test = np.load(sys.argv[2]), np.load(sys.argv[3])
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        profile_path = directory / "profile.actp"
        actz.Profile.fit(calib).save(profile_path)
        tensor = at_least(test, 8 << 20)
        print(f"tensor {tensor.shape}, {tensor.nbytes / 2**20:.1f} MiB of {tensor.dtype}")
        measure_overhead(tensor, profile_path, directory)


if __name__ == "__main__":
    main()
