"""An encoder of the context model and of the dependent quantiser, apart from the reference decoder.

It takes indices, not levels: any index can be coded in any state, and the levels follow.
"""


class Row:
    """A row of indices, coefficient by coefficient."""

    def __init__(self, indices, state_bits, start=8192):
        self.indices, self.state_bits, self.start = indices, state_bits, start
        self.history = []  # parities, the newest last
        self.magnitudes = []

    def quantiser(self):
        """The state is a shift register, highest bit first: what is pushed out goes, with the parity, in again."""
        if self.state_bits == 0:
            return 0
        register = [0] * self.state_bits
        for parity in self.history:
            register = [parity ^ register[-1]] + register[:-1]
        return register[-2]

    def activity(self, weights):
        value = self.start
        for magnitude, weight in zip(self.magnitudes, weights):
            value = value - value // 32 + min(4096, magnitude * weight)
        return value

    def level(self, k):
        index, quantiser = self.indices[k], self.quantiser()
        if self.state_bits == 0 or index == 0:
            return index
        return 2 * index - quantiser if index > 0 else 2 * index + quantiser

    def done(self, k, raw_bits):
        self.history.append(self.indices[k] % 2)
        self.magnitudes.append(abs(self.indices[k] // 2**raw_bits))


def encode_step(model, rows_of_indices, bypass, starts=None):
    """Returns the runs of a step, as lists of (symbol, frequencies), and the levels of its rows."""
    starts = starts or [8192] * len(rows_of_indices)
    rows = [Row(indices, model.state_bits, start) for indices, start in zip(rows_of_indices, starts)]
    runs, levels = [], [[] for _ in rows]
    quantisers = 1 if model.state_bits == 0 else 2
    for k in range(model.coefficients):
        run = []
        for i, row in enumerate(rows):
            below = [threshold for threshold in model.thresholds if threshold <= row.activity(model.weight)]
            table = model.table_of[k * model.bins * quantisers + len(below) * quantisers + row.quantiser()]
            frequencies = model.tables[table]
            run.append((symbol_of(row.indices[k], model.raw_bits[k], len(frequencies) - 1, bypass), frequencies))
            levels[i].append(row.level(k))
            row.done(k, model.raw_bits[k])
        runs.append(run)
    return runs, levels


def symbol_of(index, raw_bits, code_count, bypass):
    """The symbol of an index; what else it needs goes to bypass."""
    high = index // 2**raw_bits
    code = 2 * high if high >= 0 else -2 * high - 1
    if code >= code_count:
        bypass.exp_golomb(code - code_count)
    bypass.bits(index, raw_bits)
    return min(code, code_count)
