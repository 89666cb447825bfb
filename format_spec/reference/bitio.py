"""Chapter 1: errors, integers of fixed width, reading bytes and bits."""


# spec: errors
class FormatError(Exception):
    """A file is refused: the error family, and the rule that says so."""

    def __init__(self, family, rule, detail=""):
        super().__init__(" ".join((rule, detail)).strip())
        self.family = family
        self.rule = rule


def require(condition, family, rule, detail=""):
    if not condition:
        raise FormatError(family, rule, detail)


def wrap_i32(value):
    """The number in -2^31 ... 2^31 - 1 that is equal to value modulo 2^32."""
    value &= 0xFFFFFFFF
    return value - 2**32 if value >= 2**31 else value


def clamp(value, lowest, highest):
    return min(max(value, lowest), highest)
# end


# spec: readers
class ByteReader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def remaining(self):
        return len(self.data) - self.at

    def bytes(self, count):
        require(count <= self.remaining(), "corrupt", "R-CONT-18")
        self.at += count
        return self.data[self.at - count : self.at]

    def uint(self, width_bytes):
        return int.from_bytes(self.bytes(width_bytes), "little")


class BitReader:
    def __init__(self, data, rule):
        self.data = data
        self.rule = rule      # what a read past the end of the stream breaks
        self.position = 0     # in bits

    def bits(self, width):
        require(self.position + width <= 8 * len(self.data), "corrupt", self.rule)
        first, end = self.position // 8, (self.position + width + 7) // 8
        window = int.from_bytes(self.data[first:end], "little") >> (self.position % 8)
        self.position += width
        return window & (2**width - 1)

    def padding_is_zero(self):
        """Reads the rest of the byte at hand."""
        return self.bits(-self.position % 8) == 0

    def at_end(self):
        """True if the stream ends in the byte at hand, and what is left of it is zero."""
        return self.padding_is_zero() and self.position == 8 * len(self.data)
# end
