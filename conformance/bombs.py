#!/usr/bin/python3
"""Small files that claim much: bombs.py PROGRAM [--most-seconds S]. Each is refused, in memory that is not in proportion
to what it claims: no more than 16 MiB above what the program takes for a sound file as small. The files are those made
here and all illegal vectors of up to 1 KiB. Prints the largest memory and the longest time.

The library's own limits are tried, not those of the machine: nothing is run under a cap."""

import argparse
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "format_spec", "reference"))
from writer import (
    CHUNK, METADATA, TENSOR, FileBuilder, chunk, diagonal, f32, kinds, lossy_model, one_tensor_file, section, static,
    tensor, uint,
)

MOST_BYTES = 1024
MOST_EXTRA_KIB = 16 * 1024
ENDS = {2, 3, 4, 5}  # exit codes of refusals; 2: the file is not what was asked for


def one_chunk(shape, view, strand_rows, strand_count, coding=1):
    """A tensor whose symbols take no bits, in one chunk."""
    channels = view[2]
    model = lossy_model(channels, synthesis=diagonal([0] * channels), entropy=static([(0, 0, [4096])], [0] * channels))
    payload = chunk(uint(2**16, 4), 0, strand_count=strand_count, coding=coding)
    return one_tensor_file(tensor(shape=shape, view=view, strand_rows=strand_rows), model,
                           [(payload, 0, 0, strand_count)]).finish()


def archives():
    """Name -> bytes."""
    rows = 2**26
    yield "chunk_of_1_gib", one_chunk((rows, 4), (1, rows, 4), 1024, 65536)
    yield "chunk_of_1_tib", one_chunk((2**36, 4), (1, 2**36, 4), 2**20, 65536)
    yield "raw_chunk_of_1_tib", one_chunk((2**36, 4), (1, 2**36, 4), 2**20, 65536, coding=0)
    yield "tensor_of_2_60_bytes", one_chunk((2**56, 4), (1, 2**56, 4), 2**20, 65536)
    yield "step_of_2_23_values", one_chunk((2**20, 8), (1, 2**20, 8), 2**31, 1)
    yield "step_of_2_25_rows", one_chunk((2**25, 1), (1, 2**25, 1), 2**31, 1)
    yield "section_of_1_tib", FileBuilder().data + section(CHUNK, b"", payload_bytes=2**40)
    yield "metadata_of_1_gib", FileBuilder().data + section(METADATA, b"{}", payload_bytes=2**30)
    yield "index_of_2_32_entries", FileBuilder().finish(count=2**32 - 1)
    model = kinds(1, 1, 2, 1) + uint(65536, 4) + uint(f32(1.0), 4) + b"\0" * 500  # matrices of 2^32 weights
    header = tensor(shape=(1, 65536), view=(1, 1, 65536))
    yield "model_of_65536_channels", one_tensor_file(header, model, [(chunk(uint(2**16, 4), 0), 0, 0, 1)]).finish()
    yield "names_of_64_kib", FileBuilder().add(TENSOR, uint(65535, 2) + b"x" * 20).finish()


def tensor_files():
    """Name -> (ending, bytes): what `encode` reads."""
    head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776, 1048576), }"
    yield "shape_of_2_60", (".npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head) + 1) + head + b"\n")
    yield "header_of_4_gib", (".npy", b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + b"{")
    yield "header_of_2_62", (".safetensors", struct.pack("<Q", 2**62) + b"{}")
    text = b'{"x":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}'
    yield "tensor_of_4_tib", (".safetensors", struct.pack("<Q", len(text)) + text)
    zeros = zlib.compressobj(9, zlib.DEFLATED, -15)
    small = zeros.compress(b"\x00" * 200000) + zeros.flush()  # claims more than it holds
    name, size = b"x.npy", 2**32 - 2
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, 0, len(small), size, len(name), 0) + name + small
    entry = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0, 0, len(small), size, len(name), 0, 0, 0, 0,
                        0, 0) + name
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(entry), len(local), 0)
    yield "member_of_4_gib", (".npz", local + entry + end)


def run(command):
    """(exit code, seconds, largest memory in KiB, standard error)."""
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        return process.returncode, seconds, usage.ru_maxrss, errors.read().decode()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--most-seconds", type=float, default=5.0, help="for each file; machines are busy")
    options = parser.parse_args()
    with open(os.path.join(HERE, "manifest.json"), encoding="utf-8") as file:
        vectors = json.load(file)["vectors"]
    sound = next(v["file"] for v in vectors if v["expect"] == "accept" and v["bytes"] <= MOST_BYTES)
    cases, faults = 0, []
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "output")

        def commands():
            for name, data in archives():
                assert len(data) <= MOST_BYTES, (name, len(data))
                path = os.path.join(folder, name + ".actz")
                with open(path, "wb") as file:
                    file.write(data)
                yield name, [options.program, "verify", path]
                yield name, [options.program, "decode", "--force", path, output]
                yield name, [options.program, "info", path]
            for name, (ending, data) in tensor_files():
                assert len(data) <= MOST_BYTES, (name, len(data))
                path = os.path.join(folder, name + ending)
                with open(path, "wb") as file:
                    file.write(data)
                yield name, [options.program, "encode", "--force", path, output]
            for vector in vectors:
                if vector["expect"] == "reject" and vector["bytes"] <= MOST_BYTES and "profile" not in vector:
                    yield vector["id"], [options.program, "verify", os.path.join(HERE, vector["file"])]

        _, _, usual_kib, _ = run([options.program, "verify", os.path.join(HERE, sound)])
        largest, longest = (0, ""), (0.0, "")
        for name, command in commands():
            cases += 1
            code, seconds, kib, message = run(command)
            largest, longest = max(largest, (kib - usual_kib, name)), max(longest, (seconds, name))
            what = f"{name}, {command[1]}"
            if code not in ENDS and not (command[1] == "info" and code == 0):
                faults.append(f"{what}: exit code {code}: {message}")
            if kib - usual_kib > MOST_EXTRA_KIB:
                faults.append(f"{what}: {kib - usual_kib} KiB more than a sound file takes")
            if seconds > options.most_seconds:
                faults.append(f"{what}: {seconds:.2f} s")
            if command[1] in ("decode", "encode") and os.path.exists(output):
                faults.append(f"{what}: left an output")
                os.remove(output)
    print(f"{cases} runs; at most {largest[0]} KiB above the {usual_kib} KiB of a sound file ({largest[1]}), "
          f"at most {1000 * longest[0]:.0f} ms ({longest[1]})")
    for fault in faults:
        print("FAULT " + fault)
    return 1 if faults or cases < 400 else 0


if __name__ == "__main__":
    sys.exit(main())
