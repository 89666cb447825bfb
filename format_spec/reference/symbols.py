"""Chapter 6: symbols to values, for each kind of entropy model."""

from bitio import require
from model import BIN_ESCAPE, ENTROPY_STATIC, LOSSY
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

    def read_step(self, row_count):
        """The values of the rows of one step, a list for each: quantised integers, or the patterns of elements."""
        self.coder.begin_step()
        step = [[self.coder.symbol(slots) for slots in self.row_slots] for _ in range(row_count)]
        if self.model.codec == LOSSY:
            return [[read_value(symbol, entropy_class, self.bypass)
                     for symbol, entropy_class in zip(symbols, self.row_classes)] for symbols in step]
        return [[read_element(symbol, self.model, self.bypass) for symbol in symbols] for symbols in step]


# A further kind of entropy model is a further class with read_step; one that adapts to what was decoded keeps its
# state in the object.
VALUES_OF = {ENTROPY_STATIC: StaticValues}
# end
