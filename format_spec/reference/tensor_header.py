"""Chapter 3.1: TENSOR sections."""

from bitio import ByteReader, require
from checksums import MASK64


# spec: tensor
ELEMENT_BYTES = {1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 4, 8: 8, 9: 8, 16: 2, 17: 2, 18: 4, 19: 8}
F16, BF16, F32, F64 = 16, 17, 18, 19
READER_MAX_TENSOR_BYTES = 2**46
NO_REFERENCE = 0xFFFFFFFF


class Tensor:
    def __init__(self, payload):
        reader = ByteReader(payload)
        name_bytes = reader.uint(2)
        require(name_bytes <= 1024, "corrupt", "R-TENS-01")
        self.name = reader.bytes(name_bytes)
        require(is_utf8_without_zero(self.name), "corrupt", "R-TENS-02")
        self.dtype = reader.uint(1)
        require(self.dtype in ELEMENT_BYTES, "unsupported", "R-TENS-03")
        self.element_bytes = ELEMENT_BYTES[self.dtype]
        rank = reader.uint(1)
        require(rank <= 16, "corrupt", "R-TENS-04")
        self.shape = [reader.uint(8) for _ in range(rank)]
        self.sequences, self.rows = reader.uint(8), reader.uint(8)
        self.channels, self.strand_rows = reader.uint(4), reader.uint(4)
        self.unit, self.centre_scale = reader.uint(4), reader.uint(4)  # unit: bit pattern of an f32
        self.reference, self.reference_scale = reader.uint(4), reader.uint(4)  # reference_scale: the same
        self.is_referenced = reader.uint(1)
        require(reader.remaining() == 0, "corrupt", "R-TENS-05")
        count = 1
        for extent in self.shape:
            count *= extent
        require(count * self.element_bytes <= 2**63 - 1, "corrupt", "R-TENS-06")
        require(count * self.element_bytes <= READER_MAX_TENSOR_BYTES, "limit_exceeded", "R-LIMIT-01")
        require(1 <= self.channels <= 65536 and self.strand_rows >= 1, "corrupt", "R-TENS-07")
        all_rows = self.sequences * self.rows
        require(all_rows <= MASK64 and all_rows * self.channels == count, "corrupt", "R-TENS-08")
        require(is_positive_finite_f32(self.unit), "corrupt", "R-TENS-09")
        require(is_positive_finite_f32(self.reference_scale), "corrupt", "R-TENS-10")
        require(self.is_referenced <= 1, "corrupt", "R-TENS-11")


def is_utf8_without_zero(data):
    try:
        return "\0" not in data.decode("utf-8", "strict")
    except UnicodeDecodeError:
        return False


def is_positive_finite_f32(pattern):
    """Sign 0, not zero, exponent field not all ones."""
    return 0 < pattern < 0x7F800000
# end
