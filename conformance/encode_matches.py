"""An encoder of the matches of rows, apart from the reference decoder."""

from math import log2


class MatchWriter:
    """Writes the matches of the rows of a chunk, step by step."""

    def __init__(self, model, strands, dictionary=()):
        """dictionary: rows of each of its strands."""
        self.model = model
        self.number = {}  # address of each (strand, row) of the dictionary, whose strands count from -1 down, or coded
        for strand, rows in enumerate(dictionary):
            for row in range(rows):
                self.number[-1 - strand, row] = len(self.number)
        self.before = [None] * len(strands)  # what the row before was matched with, as (strand, row)

    def write_step(self, step, matches, bypass):
        """matches: (class, address) of each row; returns the activities that they start with."""
        places = {address: place for place, address in self.number.items()}
        for (strand, _), (match_class, address) in zip(step, matches):
            for bit in self.class_code(match_class):
                bypass.bits(int(bit), 1)
            if match_class > 0:
                self.write_address(strand, address, bypass)
            self.before[strand] = places.get(address) if match_class > 0 else None
        for place in step:
            self.number[place] = len(self.number)
        return [self.model.match_start[match_class] for match_class, _ in matches]

    def class_code(self, match_class):
        """Codes are the binary fractions that the classes reach when they are laid side by side, short ones first."""
        bits = self.model.match_code_bits
        order = sorted(range(len(bits)), key=lambda i: (bits[i], i))
        below = sum(2 ** -bits[i] for i in order[: order.index(match_class)])
        return "".join(str(int(below * 2 ** (i + 1)) % 2) for i in range(bits[match_class]))

    def write_address(self, strand, address, bypass):
        following = None
        if self.before[strand] is not None:
            source, row = self.before[strand]
            following = self.number.get((source, row + 1))
        if following is not None:
            bypass.bits(int(address == following), 1)
        if address != following:
            self.phase_in(address, len(self.number), bypass)

    def phase_in(self, value, count, bypass):
        bits = int(log2(count))
        short = 2 * 2**bits - count  # numbers with the shorter code
        if value < short:
            bypass.bits(value, bits)
        else:
            bypass.bits((value + short) // 2, bits)
            bypass.bits((value + short) % 2, 1)
