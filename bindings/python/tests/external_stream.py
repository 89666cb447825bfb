"""An encoder of external model streams (format_spec/11_external_models.md) in plain Python, for tests: the other side of
format_spec/reference/external.py."""
import numpy as np
from checksums import xxh64
from external import tables_checksum

LOWER_BOUND = 1 << 16


def exp_golomb(number):
    """Bits, first to last."""
    length = (number + 1).bit_length() - 1
    return [0] * length + [1] + [(number + 1) >> i & 1 for i in range(length)]


def symbols_and_bypass(classes, class_of, means, values):
    symbols, bypass = [], []
    for number, mean, value in zip(class_of, means, values):
        lowest, frequencies = classes[number]
        escape, symbol = len(frequencies) - 1, value - mean - lowest
        if 0 <= symbol < escape:
            symbols.append(symbol)
            continue
        symbols.append(escape)
        bypass += [1, *exp_golomb(symbol - escape)] if symbol >= escape else [0, *exp_golomb(-1 - symbol)]
    return symbols, bypass


def encode_external(tables, class_of, means, values, precision_bits, lanes_log2=0):
    """The bytes of a stream. tables: (lowest, frequencies) of each class; the others: integers of each value."""
    classes = [(int(lowest), [int(frequency) for frequency in frequencies]) for lowest, frequencies in tables]
    class_of, means, values = (np.asarray(one).tolist() for one in (class_of, means, values))
    symbols, bypass = symbols_and_bypass(classes, class_of, means, values)
    starts = [np.concatenate([[0], np.cumsum(frequencies)]).tolist() for _, frequencies in classes]
    states, words = [LOWER_BOUND] * 2**lanes_log2, []
    for i in reversed(range(len(symbols))):
        lane, number, symbol = i % len(states), class_of[i], symbols[i]
        frequency = classes[number][1][symbol]
        if states[lane] >= frequency << (32 - precision_bits):
            words.append(states[lane] & 0xFFFF)
            states[lane] >>= 16
        state = states[lane]
        states[lane] = (state // frequency << precision_bits) + state % frequency + starts[number][symbol]
    bypass_bytes = np.packbits(np.array(bypass, np.uint8), bitorder="little").tobytes()
    data = b"".join((value % 2**32).to_bytes(4, "little") for value in values)
    header = bytes([1, precision_bits, lanes_log2, 0]) + tables_checksum(classes).to_bytes(4, "little")
    header += b"".join(
        number.to_bytes(8, "little") for number in (len(values), len(words), len(bypass_bytes), xxh64(data))
    )
    return (
        header
        + b"".join(state.to_bytes(4, "little") for state in states)
        + b"".join(word.to_bytes(2, "little") for word in reversed(words))
        + bypass_bytes
    )
