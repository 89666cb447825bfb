"""Integer frequency tables as the coder uses them, and the code length of integers under them."""
from dataclasses import dataclass

import numpy as np

MAX_SYMBOLS = 256  # the escape included
ESCAPE_OVERHEAD_BITS = 2  # the side, and the one that ends the zeros of the Exp-Golomb code


@dataclass(frozen=True)
class IntegerTable:
    """Symbol s stands for lowest + s, the last one is the escape. frequencies: integers of at least 1, in sum
    2^precision_bits."""

    lowest: int
    frequencies: np.ndarray


def normalised_frequencies(weights, precision_bits):
    """Integers of at least 1 with sum 2^precision_bits, proportional to weights as nearly as the code length allows:
    what is over or missing is taken where it costs the fewest bits."""
    weights = np.asarray(weights, np.float64)
    total = 1 << precision_bits
    if weights.ndim != 1 or not 1 <= len(weights) <= min(MAX_SYMBOLS, total):
        raise ValueError(f"a table has 1 … {MAX_SYMBOLS} symbols, not {weights.shape}")
    if not np.isfinite(weights).all() or (weights < 0).any() or weights.sum() <= 0:
        raise ValueError("weights of a table are finite, not negative, and not all zero")
    weights = weights / weights.sum()
    frequencies = np.maximum(1, np.floor(weights * total)).astype(np.int64)
    while (missing := total - frequencies.sum()) != 0:
        if missing > 0:
            gain = weights * np.log2((frequencies + 1) / frequencies)
            order = np.argsort(-gain, kind="stable")[:missing]
            frequencies[order] += 1
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                cost = np.where(
                    frequencies > 1, weights * np.log2(frequencies / np.maximum(frequencies - 1, 1)), np.inf
                )
            able = int(np.isfinite(cost).sum())
            order = np.argsort(cost, kind="stable")[: min(-missing, able)]
            frequencies[order] -= 1
    return frequencies


def integer_table(lowest, masses, outside, precision_bits) -> IntegerTable:
    """A table from the masses of lowest, lowest + 1 …, at most 255 of them, and the mass of all other integers."""
    return IntegerTable(
        int(lowest), normalised_frequencies(np.append(masses, max(float(outside), 0.0)), precision_bits)
    )


def trimmed_table(lowest, masses, precision_bits) -> IntegerTable:
    """The same from masses of any number of integers: tails that would only get frequencies of 1 by rounding up are
    left to the escape."""
    masses = np.asarray(masses, np.float64)
    likely = np.flatnonzero(masses >= 0.5 / (1 << precision_bits))
    first, last = (likely[0], likely[-1]) if len(likely) else (int(masses.argmax()),) * 2
    while last - first + 1 > MAX_SYMBOLS - 1:
        first, last = (first + 1, last) if masses[first] < masses[last] else (first, last - 1)
    kept = masses[first : last + 1]
    return integer_table(lowest + int(first), kept, max(1 - kept.sum(), 0.0), precision_bits)


def escape_bits(outside):
    """Bypass bits of an integer that is `outside` ≥ 0 beyond the coded range (format_spec/06_models.md, 6.3)."""
    return 2 * np.floor(np.log2(np.asarray(outside, np.float64) + 1)) + ESCAPE_OVERHEAD_BITS


class TableSet:
    """Tables of one precision, side by side, so that code lengths of many values are array operations."""

    def __init__(self, tables, precision_bits):
        self.tables, self.precision_bits = list(tables), precision_bits
        self.lowest = np.array([table.lowest for table in self.tables], np.int64)
        self.escape = np.array([len(table.frequencies) - 1 for table in self.tables], np.int64)
        self._cost = np.zeros((len(self.tables), MAX_SYMBOLS))
        for row, table in zip(self._cost, self.tables):
            if table.frequencies.sum() != 1 << precision_bits or table.frequencies.min() < 1:
                raise ValueError("frequencies are at least 1 and sum to 2^precision_bits")
            row[: len(table.frequencies)] = precision_bits - np.log2(table.frequencies)

    def bits(self, class_of, values, means=0):
        """Ideal code length of each integer value, whose table is class_of and shifted by means, with the bypass bits
        of escapes: what the coder spends but for its last words. Arrays of one shape."""
        class_of = np.asarray(class_of, np.int64)
        symbol = np.asarray(values, np.int64) - np.asarray(means, np.int64) - self.lowest[class_of]
        escape = self.escape[class_of]
        inside = (symbol >= 0) & (symbol < escape)
        bits = self._cost[class_of, np.where(inside, symbol, escape)]
        return bits + np.where(
            inside, 0, escape_bits(np.where(symbol < 0, -1 - symbol, np.maximum(symbol - escape, 0)))
        )
