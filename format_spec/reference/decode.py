#!/usr/bin/env python3
"""Reference decoder of the actz format: plain, complete, slow. Needs Python 3.8 and nothing else.

    decode.py IN.actz OUT.{npy,npz,safetensors} [--profile P.actp]...
    decode.py IN.actz --sums [--profile P.actp]...     prints sha256, dtype, shape and name of each decoded tensor

.npy holds one tensor; the others hold all of a file. On failure one line goes to standard error, which ends with the
error family in brackets, nothing is written, and the exit code is that of registry/errors.csv.
"""

import argparse
import hashlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from archive import Archive  # noqa: E402
from bitio import FormatError  # noqa: E402
from output import DTYPES, write_tensors  # noqa: E402
from profiles import Profile  # noqa: E402

EXIT_CODES = {"need_more_input": 3, "corrupt": 3, "unsupported": 4, "limit_exceeded": 5, "bad_argument": 2, "io": 6}


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


def decode(path, profiles):
    return Archive(read_file(path), [Profile(read_file(profile)) for profile in profiles])


def fail(path, family, why):
    print(f"decode.py: {path}: {why} [{family}]", file=sys.stderr)
    return EXIT_CODES[family]


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input")
    parser.add_argument("output", nargs="?")
    parser.add_argument("--profile", action="append", default=[])
    parser.add_argument("--sums", action="store_true")
    options = parser.parse_args(arguments)
    if (options.output is None) != options.sums:
        parser.error("give either an output or --sums")
    try:
        tensors = decode(options.input, options.profile).tensors
    except FormatError as error:
        return fail(options.input, error.family, str(error))
    except OSError as error:
        return fail(options.input, "io", error.strerror)
    if options.sums:
        for tensor in tensors:
            shape = "x".join(map(str, tensor.shape)) or "scalar"
            print(hashlib.sha256(tensor.elements).hexdigest(), DTYPES[tensor.dtype][0], shape,
                  tensor.name.decode("utf-8"))
        return 0
    if not tensors:
        return fail(options.input, "bad_argument", "the file holds no tensor")
    if not options.output.endswith((".npz", ".safetensors")) and len(tensors) > 1:
        return fail(options.input, "bad_argument", "several tensors need .npz or .safetensors")
    write_tensors(options.output, tensors)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
