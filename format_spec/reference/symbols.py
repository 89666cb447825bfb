"""Chapter 6: symbols to values, for each kind of entropy model."""

from bitio import BitReader, require
from model import BIN_ESCAPE, ENTROPY_CONTEXT, ENTROPY_STATIC, LOSSY, QUANTISER_DEPENDENT, Model
from rans import slots_of


# spec: escapes
def read_exp_golomb(bypass):
    """A number n >= 0: as many zeros as n + 1 has bits after its first, a one, then those bits, lowest first."""
    zeros = 0
    while bypass.bits(1) == 0:
        zeros += 1
        require(zeros <= 31, "corrupt", "R-QUAN-02")
    return 2**zeros + bypass.bits(zeros) - 1


def read_value(symbol, entropy_class, bypass):
    """The quantised value of a symbol of a lossy model."""
    escape, scale = len(entropy_class.frequencies) - 1, 2**entropy_class.raw_bits
    if symbol < escape:
        value = (symbol + entropy_class.lowest) * scale + bypass.bits(entropy_class.raw_bits)
    elif bypass.bits(1) == 1:
        value = (entropy_class.lowest + escape) * scale + read_exp_golomb(bypass)
    else:
        value = entropy_class.lowest * scale - 1 - read_exp_golomb(bypass)
    require(-32768 <= value <= 32767, "corrupt", "R-QUAN-03")
    return value
# end


# spec: bins
def read_element(symbol, model, bypass):
    """The bit pattern of an element of a lossless model, as an unsigned integer."""
    width_bits, base = model.bins[symbol]
    if width_bits == BIN_ESCAPE:
        return bypass.bits(model.element_bits)
    return (base + bypass.bits(width_bits)) << model.low_zero_bits
# end


# spec: static
class StaticValues:
    """Values of the rows of a chunk under a static entropy model; one object for each chunk."""

    def __init__(self, model, coder, bypass):
        self.model, self.coder, self.bypass = model, coder, bypass
        slots = [slots_of(entropy_class.frequencies) for entropy_class in model.classes]
        self.row_slots = [slots[index] for index in model.class_of]
        self.row_classes = [model.classes[index] for index in model.class_of]

    def read_step(self, row_count, starts=None):
        """The values of the rows of one step, a list for each: quantised integers, or the patterns of elements."""
        self.coder.begin_run()
        step = [[self.coder.symbol(slots) for slots in self.row_slots] for _ in range(row_count)]
        if self.model.codec == LOSSY:
            return [[read_value(symbol, entropy_class, self.bypass)
                     for symbol, entropy_class in zip(symbols, self.row_classes)] for symbols in step]
        return [[read_element(symbol, self.model, self.bypass) for symbol in symbols] for symbols in step]
# end


# spec: dependent
class Quantiser:
    """Levels of a row from its indices. Uniform: state_bits is 0, and so is the state for ever."""

    def __init__(self, state_bits):
        self.state_bits = state_bits
        self.state = 0

    def in_use(self):
        return self.state >> 1 & 1

    def level(self, index):
        """The level of the next index; goes on to the next state."""
        if self.state_bits == 0:
            return index
        sign = (index > 0) - (index < 0)
        level = 2 * index - sign * self.in_use()
        self.state = (self.state >> 1) | ((self.state ^ index) & 1) << (self.state_bits - 1)
        return level
# end


# spec: context
ACTIVITY_START = 8192
ACTIVITY_DECAY_SHIFT = 5
ACTIVITY_TERM_LIMIT = 4096


class RowContext:
    """What is known of a row while its coefficients are read, the first one first."""

    def __init__(self, model, start=ACTIVITY_START):
        self.model = model
        self.quantiser = Quantiser(model.state_bits)
        self.activity = start

    def table(self, k):
        """Number of the table of coefficient k."""
        model = self.model
        activity_bin = sum(self.activity >= threshold for threshold in model.thresholds)
        return model.table_of[(k * model.bins + activity_bin) * model.quantisers + self.quantiser.in_use()]

    def take(self, k, index):
        """The level of coefficient k."""
        magnitude = abs(index >> self.model.raw_bits[k])
        term = min(magnitude * self.model.weight[k], ACTIVITY_TERM_LIMIT)
        self.activity += term - (self.activity >> ACTIVITY_DECAY_SHIFT)
        return self.quantiser.level(index)


class ContextValues:
    """Values of the rows of a chunk under a context model; one object for each chunk."""

    def __init__(self, model, coder, bypass):
        self.model, self.coder, self.bypass = model, coder, bypass
        self.slots = [slots_of(frequencies) for frequencies in model.tables]

    def read_step(self, row_count, starts=None):
        """The levels of the rows of one step, a list for each. starts: of their activities, if rows are matched."""
        contexts = [RowContext(self.model, start) for start in starts or [ACTIVITY_START] * row_count]
        levels = [[] for _ in range(row_count)]
        for k in range(self.model.coefficients):
            self.coder.begin_run()
            tables = [context.table(k) for context in contexts]
            symbols = [self.coder.symbol(self.slots[table]) for table in tables]
            for row in range(row_count):
                index = self.read_index(k, symbols[row], len(self.model.tables[tables[row]]) - 1)
                levels[row].append(contexts[row].take(k, index))
        return levels

    def read_index(self, k, code, code_count):
        if code == code_count:  # the escape
            code += read_exp_golomb(self.bypass)
        high = -(code + 1) // 2 if code % 2 else code // 2
        raw_bits = self.model.raw_bits[k]
        index = high * 2**raw_bits + self.bypass.bits(raw_bits)
        limit = 16383 if self.model.quantiser == QUANTISER_DEPENDENT else 32767
        require(-limit <= index <= limit, "corrupt", "R-QUAN-04")
        return index


VALUES_OF = {ENTROPY_STATIC: StaticValues, ENTROPY_CONTEXT: ContextValues}
# end


# spec: match
class MatchCodes:
    """The matches of the rows of a chunk, read from the bypass stream; one object for each chunk."""

    def __init__(self, model, bypass):
        self.model, self.bypass = model, bypass
        self.last = {}  # for each strand with a row before: the address that row was matched with, or None
        self.class_of = class_codes(model.match_code_bits)

    def read_step(self, step, history):
        """(class, address) of each row of a step; address None in class 0."""
        return [self.read(strand, history) for strand, _ in step]

    def read(self, strand, history):
        match_class, address = self.read_class(), None
        if match_class > 0:
            require(history.places != [], "corrupt", "R-MTCH-01")
            address = self.continuation(strand, history)
            if address is None or self.bypass.bits(1) == 0:
                address = read_phase_in(self.bypass, len(history.places))
        self.last[strand] = address
        return match_class, address

    def read_class(self):
        code = ""
        while code not in self.class_of:
            code += str(self.bypass.bits(1))
        return self.class_of[code]

    def continuation(self, strand, history):
        """The address of the row after the one that the row before was matched with, if there is one."""
        if self.last.get(strand) is None:
            return None
        source, at = history.places[self.last[strand]]
        return history.address_of.get((source, at + 1))


def class_codes(code_bits):
    """Code, as a string of its bits in their order, to class: canonical."""
    codes, code = {}, 0
    for length in range(1, 9):
        code <<= 1
        for match_class, bits in enumerate(code_bits):
            if bits == length:
                codes[format(code, "b").zfill(length)] = match_class
                code += 1
    return codes


def read_phase_in(bypass, count):
    """A number below count, in floor(log2(count)) bits or one more."""
    bits = count.bit_length() - 1
    value, short = bypass.bits(bits), 2 ** (bits + 1) - count
    return value if value < short else 2 * value + bypass.bits(1) - short
# end


# spec: test_values
def check_context_test_values():
    model = Model()
    model.state_bits, model.bins, model.quantisers, model.thresholds = 3, 3, 2, [8000, 9000]
    model.weight, model.raw_bits = [256, 256, 512, 256, 65535, 0, 300, 100], [0, 0, 0, 1, 0, 0, 2, 0]
    model.table_of = [(k * 6 + i) % 7 for k in range(8) for i in range(6)]
    context = RowContext(model)
    row = (  # index, then state, activity and table before it, and the level it gives
        (1, 0, 8192, 2, 2), (0, 4, 8192, 1, 0), (-3, 2, 7936, 6, -5), (5, 5, 9224, 1, 10), (-1, 2, 9448, 1, -1),
        (0, 5, 13249, 6, 0), (-7, 6, 12835, 6, -13), (2, 7, 13034, 5, 3))
    for k, (index, state, activity, table, level) in enumerate(row):
        assert (context.quantiser.state, context.activity, context.table(k)) == (state, activity, table)
        assert context.take(k, index) == level
    assert (context.quantiser.state, context.activity) == (7, 12827)
# end


# spec: match_test_values
def check_match_code_test_values():
    assert class_codes([2, 1, 2]) == {"10": 0, "0": 1, "11": 2}
    for address, bits in enumerate(("00", "10", "01", "110", "111")):
        stream = BitReader(bytes([int(bits[::-1], 2)]), "R-CHNK-20")
        assert read_phase_in(stream, 5) == address and stream.position == len(bits)
    assert read_phase_in(BitReader(b"", "R-CHNK-20"), 1) == 0
# end
