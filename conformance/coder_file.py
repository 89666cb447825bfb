"""Coder files: an entropy-coded stream with what a decoder must know to read it, and no container. README.md has the
layout. Tests of chapters 7, 11 and 12 alone."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "format_spec", "reference"))

from bitio import ByteReader, FormatError  # noqa: E402
from external import decode_external  # noqa: E402
from packets import decode_packets  # noqa: E402
from profiles import Profile  # noqa: E402
from rans import RansDecoder, slots_of  # noqa: E402

SIGNATURE = b"actzcodr"
RANS, EXTERNAL, PACKETS = 1, 2, 3


def uint(value, width_bytes):
    return (value % 2 ** (8 * width_bytes)).to_bytes(width_bytes, "little")


def head(form, precision_bits, classes):
    """classes: (lowest, frequencies) of each; lowest means nothing in form RANS."""
    out = SIGNATURE + uint(form, 1) + uint(precision_bits, 1) + uint(0, 2) + uint(len(classes), 4)
    for lowest, frequencies in classes:
        out += uint(lowest, 4) + uint(len(frequencies), 2) + b"".join(uint(one, 2) for one in frequencies)
    return out


def rans_file(precision_bits, classes, runs, lanes_log2, states_and_words):
    """runs: the class of each symbol, for each run."""
    out = head(RANS, precision_bits, [(0, frequencies) for frequencies in classes])
    out += uint(lanes_log2, 4) + uint(len(runs), 4) + b"".join(uint(len(run), 4) for run in runs)
    return out + b"".join(uint(one, 2) for run in runs for one in run) + states_and_words


def external_file(precision_bits, classes, class_of, means, stream):
    out = head(EXTERNAL, precision_bits, classes) + uint(len(class_of), 4)
    return out + b"".join(uint(one, 2) for one in class_of) + b"".join(uint(one, 4) for one in means) + stream


def packets_file(profile, session, packets):
    return head(PACKETS, 0, []) + uint(len(profile), 4) + profile + session + packets


def signed(pattern):
    return pattern - 2**32 if pattern >= 2**31 else pattern


def decode(data):
    """The bytes that a decoder writes. Raises FormatError for a stream that is refused."""
    reader = ByteReader(data)
    if reader.bytes(8) != SIGNATURE:
        raise FormatError("bad_argument", "R-EXTN-02", "not a coder file")
    form, precision_bits, _reserved, class_count = reader.uint(1), reader.uint(1), reader.uint(2), reader.uint(4)
    classes = []
    for _ in range(class_count):
        lowest = signed(reader.uint(4))
        classes.append((lowest, [reader.uint(2) for _ in range(reader.uint(2))]))
    if form == PACKETS:
        profile = Profile(reader.bytes(reader.uint(4)))
        return decode_packets(reader.bytes(reader.remaining()), [profile])
    if form == EXTERNAL:
        count = reader.uint(4)
        class_of = [reader.uint(2) for _ in range(count)]
        means = [signed(reader.uint(4)) for _ in range(count)]
        values = decode_external(reader.bytes(reader.remaining()), classes, precision_bits, class_of, means)
        return b"".join(uint(value, 4) for value in values)
    lanes_log2 = reader.uint(4)
    lengths = [reader.uint(4) for _ in range(reader.uint(4))]
    runs = [[reader.uint(2) for _ in range(length)] for length in lengths]
    states = [reader.uint(4) for _ in range(2**lanes_log2)]
    coder = RansDecoder(states, reader.bytes(reader.remaining()), precision_bits)
    slots = [slots_of(frequencies) for _lowest, frequencies in classes]
    out = bytearray()
    for run in runs:
        coder.begin_run()
        out += bytes(coder.symbol(slots[one]) for one in run)
    coder.end()
    return bytes(out)
