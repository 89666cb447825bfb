"""Chapter 11: streams of integers under an external model."""

from bitio import BitReader, ByteReader, require
from checksums import crc32c, xxh64
from rans import RansDecoder, slots_of
from symbols import read_exp_golomb


# spec: stream
def tables_checksum(classes):
    """classes: (lowest, frequencies)."""
    data = b""
    for lowest, frequencies in classes:
        data += (lowest % 2**32).to_bytes(4, "little") + len(frequencies).to_bytes(2, "little")
        data += b"".join(frequency.to_bytes(2, "little") for frequency in frequencies)
    return crc32c(data)


def decode_external(stream, classes, precision_bits, class_of, means):
    """The values. class_of, means: of each."""
    require(len(stream) >= 40, "corrupt", "R-EXTN-03")
    reader = ByteReader(stream)
    version, precision, lanes_log2, reserved = (reader.uint(1) for _ in range(4))
    checksum, count, word_count = reader.uint(4), reader.uint(8), reader.uint(8)
    bypass_bytes, digest = reader.uint(8), reader.uint(8)
    require(version == 1 and lanes_log2 <= 7 and reserved == 0, "unsupported", "R-EXTN-01")
    known = (precision_bits, tables_checksum(classes), len(class_of))
    require((precision, checksum, count) == known, "bad_argument", "R-EXTN-02")
    require(reader.remaining() == 4 * 2**lanes_log2 + 2 * word_count + bypass_bytes, "corrupt", "R-EXTN-03")
    states = [reader.uint(4) for _ in range(2**lanes_log2)]
    coder = RansDecoder(states, reader.bytes(2 * word_count), precision_bits)
    bypass = BitReader(reader.bytes(bypass_bytes), "R-CHNK-20")
    slots = [slots_of(frequencies) for _, frequencies in classes]
    coder.begin_run()
    symbols = [coder.symbol(slots[number]) for number in class_of]
    coder.end()
    values = []
    for symbol, number, mean in zip(symbols, class_of, means):
        lowest, frequencies = classes[number]
        escape = len(frequencies) - 1
        if symbol < escape:
            values.append(mean + lowest + symbol)
        elif bypass.bits(1) == 1:
            values.append(mean + lowest + escape + read_exp_golomb(bypass))
        else:
            values.append(mean + lowest - 1 - read_exp_golomb(bypass))
    require(bypass.at_end(), "corrupt", "R-CHNK-20")
    require(all(-(2**31) <= value < 2**31 for value in values), "corrupt", "R-EXTN-04")
    require(xxh64(b"".join((value % 2**32).to_bytes(4, "little") for value in values)) == digest, "corrupt", "R-EXTN-05")
    return values
# end


# spec: test_values
def check_external_test_values():
    classes = [(-1, [100, 100, 50, 6]), (0, [200, 56])]
    stream = bytes.fromhex("010800009989FB61060000000000000000000000000000000200000000000000"
                           "B2268B6B5EB0E362B2613B1D192A")
    assert decode_external(stream, classes, 8, [0, 0, 1, 1, 0, 1], [5, 0, 0, -2, 0, 1]) == [5, -1, 0, 3, -7, 0]
# end
