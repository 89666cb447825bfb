#!/usr/bin/python3
"""Copies what the fuzz targets begin with: make_seeds.py FOLDER. The seeds are vectors of the conformance kit, small
tensor files and tensors."""

import io
import os
import shutil
import sys

import numpy as np

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance", "vectors")
MOST_BYTES = 16384
FROM_VECTORS = {"read_stream": (".actz",), "archive_reader": (".actz",), "append": (".actz",), "recover": (".actz",), "profile": (".actp",),
                "external_model": (".coder",), "packets": (".coder",), "rans": (".coder",)}


def put(folder, name, data):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def from_vectors(folder, endings):
    os.makedirs(folder, exist_ok=True)
    for where, _folders, names in os.walk(VECTORS):
        for name in names:
            path = os.path.join(where, name)
            if name.endswith(endings) and os.path.getsize(path) <= MOST_BYTES:
                shutil.copy(path, folder)


def safetensors(text, content):
    return len(text).to_bytes(8, "little") + text + content


def tensor_files(folder):
    arrays = {"f4": np.arange(6, dtype="<f4").reshape(2, 3), "b": np.array([True, False]), "i8": np.array(7, dtype="<i8"),
              "big": np.arange(4, dtype=">u2"), "fortran": np.asfortranarray(np.ones((3, 4), "<f2")),
              "empty": np.zeros((0, 4), "<f8")}
    for name, array in arrays.items():
        file = io.BytesIO()
        np.save(file, array)
        put(folder, name + ".npy", file.getvalue())
    for name, save in (("stored", np.savez), ("deflated", np.savez_compressed)):
        file = io.BytesIO()
        save(file, **arrays)
        put(folder, name + ".npz", file.getvalue())
    put(folder, "two.safetensors", safetensors(
        b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[],"data_offsets":[8,9]},'
        b'"__metadata__":{"x":"y"}}', bytes(9)))
    put(folder, "none.safetensors", safetensors(b"{}", b""))


def round_trips(folder):
    """Six bytes of options, then elements: fuzz_round_trip.cpp."""
    source = np.random.default_rng(3)
    walk = np.cumsum(source.normal(size=(30, 8)), axis=1)
    for dtype, kind in ((0, "<f4"), (2, "<f2"), (3, "<f8"), (4, "u1"), (5, "<i4")):
        for flags in (0, 1, 2, 4, 6, 8):
            put(folder, f"{kind[-2:]}_{flags}", bytes([dtype, flags, 9, flags, flags % 7, 7]) + walk.astype(kind).tobytes())
    odd = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45, 3e38] * 8, dtype="<f4")
    put(folder, "odd", bytes([0, 2, 9, 0, 4, 5]) + odd.tobytes())


def matched_rows(folder):
    """Six bytes of options, then words or elements: fuzz_matched_rows.cpp."""
    source = np.random.default_rng(4)
    words = np.stack([source.integers(0, 64, 600), source.integers(0, 256, 600)], axis=1).astype("u1")
    for flags in range(16):
        put(folder, f"words_{flags}", bytes([16 | flags, 4, 24 * (flags % 3), flags, flags, 0]) + words.tobytes())
    elements = np.cumsum(source.normal(size=(60, 16)), axis=0).astype("<f4")
    for flags in (0, 1, 5):
        put(folder, f"elements_{flags}", bytes([flags, 4, 16, flags, 2, 0]) + elements.tobytes())
    elements[7, :6] = [np.nan, np.inf, -np.inf, -0.0, 1e-45, 3e38]
    put(folder, "odd", bytes([5, 4, 0, 4, 0, 0]) + elements.tobytes())


def main(folder):
    for target, endings in FROM_VECTORS.items():
        from_vectors(os.path.join(folder, target), endings)
    tensor_files(os.path.join(folder, "tensor_files"))
    round_trips(os.path.join(folder, "round_trip"))
    matched_rows(os.path.join(folder, "matched_rows"))


if __name__ == "__main__":
    main(sys.argv[1])
