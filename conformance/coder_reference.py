#!/usr/bin/env python3
"""Decodes a coder file (README.md) with the reference decoder: coder_reference.py IN OUT."""

import sys

import coder_file
from bitio import FormatError  # coder_file says where it is
from decode import fail, read_file


def main(source, out):
    try:
        data = coder_file.decode(read_file(source))
    except FormatError as error:
        return fail(source, error.family, str(error))
    with open(out, "wb") as file:
        file.write(data)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
