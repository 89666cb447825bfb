"""Chapter 7: interleaved rANS."""

from bitio import require

# spec: rans
RANS_LOWER_BOUND = 2**16


def slots_of(frequencies):
    """For each slot of a class: (symbol, its frequency, slot - sum of the frequencies before it)."""
    slots = []
    for symbol, frequency in enumerate(frequencies):
        slots += [(symbol, frequency, i) for i in range(frequency)]
    return slots


class RansDecoder:
    def __init__(self, states, words, precision_bits):
        """words: the bytes of the words."""
        for state in states:
            require(state >= RANS_LOWER_BOUND, "corrupt", "R-RANS-01")
        self.states = list(states)
        self.words = words
        self.at = 0    # in words, in bytes
        self.lane = 0  # of the next symbol
        self.precision_bits = precision_bits

    def begin_run(self):
        self.lane = 0

    def symbol(self, slots):
        """The next symbol of the run, of a class with these slots."""
        state = self.states[self.lane]
        symbol, frequency, offset = slots[state % 2**self.precision_bits]
        state = frequency * (state >> self.precision_bits) + offset
        if state < RANS_LOWER_BOUND:
            require(self.at + 2 <= len(self.words), "corrupt", "R-RANS-03")
            state = state * 2**16 + int.from_bytes(self.words[self.at : self.at + 2], "little")
            self.at += 2
        self.states[self.lane] = state
        self.lane = (self.lane + 1) % len(self.states)
        return symbol

    def end(self):
        require(self.at == len(self.words), "corrupt", "R-RANS-04")
        require(all(state == RANS_LOWER_BOUND for state in self.states), "corrupt", "R-RANS-04")
# end
