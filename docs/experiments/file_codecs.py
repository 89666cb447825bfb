"""Bytes that actz, Zstandard and deflate need for a tensor of rows, and what they decode to."""
import pathlib
import zlib

import numpy as np
import torch
import zstandard

from actz.learn.program import run_actz


class ActzCodec:
    """A profile fitted to calibration rows; rungs at the wanted NMSE."""

    def __init__(self, program, folder, calib_rows, nmse, options=()):
        self.program, self.folder, self.nmse = program, pathlib.Path(folder), tuple(nmse)
        self.options, self.profile = tuple(options), self.folder / "fitted.actp"
        np.save(self.folder / "calib.npy", calib_rows.numpy())
        ladder = ",".join(f"{one:.6g}" for one in self.nmse)
        run_actz(
            program,
            "fit",
            self.folder / "calib.npy",
            "-o",
            self.profile,
            "--nmse",
            ladder,
            "--force",
            "--quiet",
            *options,
        )

    def points(self, test_rows):
        """(NMSE, bytes of the file, decoded rows) of each rung; the profile is named, not embedded."""
        for nmse in self.nmse:
            yield (nmse, *actz_file(self.program, self.folder, test_rows, self.profile, ("--nmse", f"{nmse:.6g}")))


def actz_file(program, folder, rows, profile, target):
    """(bytes, decoded rows) of one tensor. target: words of the command line."""
    plain, coded, decoded = (pathlib.Path(folder) / name for name in ("test.npy", "test.actz", "decoded.npy"))
    np.save(plain, rows.numpy())
    run_actz(program, "encode", plain, coded, "--profile", profile, "--name-profile", *target, "--force", "--quiet")
    run_actz(program, "decode", coded, decoded, "--profile", profile, "--force", "--quiet")
    return coded.stat().st_size, torch.from_numpy(np.load(decoded))


def as_bytes(integers) -> bytes:
    """Integers [sequences, rows, channels], one byte each if they fit, else two; channel by channel, as their
    statistics differ."""
    values = np.moveaxis(integers.numpy(), -1, 0)
    narrow = np.abs(values).max(initial=0) <= 127
    return np.ascontiguousarray(values.astype(np.int8 if narrow else np.int16)).tobytes()


GENERAL_CODERS = {
    "zstd -19": lambda data: len(zstandard.ZstdCompressor(level=19).compress(data)),
    "deflate -9": lambda data: len(zlib.compress(data, 9)),
}
