"""Chapter 5.9: from decoded elements to exact ones."""

from bitio import BitReader, ByteReader, require
from model import EntropyClass, read_model_array
from rans import RansDecoder, slots_of


# spec: refinement
def read_refinement(reader, element_bits):
    """The tables: (precision_bits, class_shift, first_class, tables, table_of, raw_bits)."""
    precision_bits, class_shift, first_class = reader.uint(1), reader.uint(1), reader.uint(4)
    class_count, table_count = reader.uint(1), reader.uint(1)
    require(8 <= precision_bits <= 12 and class_shift < element_bits, "corrupt", "R-REFN-01")
    require(class_count > 0 and table_count > 0, "corrupt", "R-REFN-01")
    tables = []
    for _ in range(table_count):
        table = EntropyClass()
        lowest, symbol_count = reader.uint(2), reader.uint(2)
        table.lowest = (lowest + 2**15) % 2**16 - 2**15
        require(1 <= symbol_count <= 256, "corrupt", "R-REFN-01")
        table.frequencies = read_model_array(reader, symbol_count, 0, 2**precision_bits)
        require(sum(table.frequencies) == 2**precision_bits, "corrupt", "R-MODEL-43")
        tables.append(table)
    table_of = read_model_array(reader, class_count, 0, table_count - 1)
    raw_bits = read_model_array(reader, class_count, 0, element_bits - 1)
    return precision_bits, class_shift, first_class, tables, table_of, raw_bits


def ordered(pattern, bits):
    """Patterns of floats as numbers that ascend as they do."""
    return 2**bits - 1 - pattern if pattern >> (bits - 1) else pattern + 2 ** (bits - 1)


def unordered(number, bits):
    return number - 2 ** (bits - 1) if number >> (bits - 1) else 2**bits - 1 - number


def refine(block, patterns, bits):
    """The exact patterns, in C order. patterns: of the elements as the lossy model decodes them."""
    reader = ByteReader(block)
    precision_bits, class_shift, first_class, tables, table_of, raw_bits = read_refinement(reader, bits)
    lanes_log2, word_count = reader.uint(1), reader.uint(4)
    require(lanes_log2 <= 7, "corrupt", "R-REFN-01")
    states = [reader.uint(4) for _ in range(2**lanes_log2)]
    coder = RansDecoder(states, reader.bytes(2 * word_count), precision_bits)
    bypass = BitReader(reader.bytes(reader.remaining()), "R-CHNK-20")
    slots = [slots_of(table.frequencies) for table in tables]
    symbols = []
    coder.begin_run()
    for pattern in patterns:
        above = max((pattern % 2 ** (bits - 1) >> class_shift) - first_class, 0)
        index = min(above, len(table_of) - 1)
        symbols.append((index, coder.symbol(slots[table_of[index]])))
    coder.end()
    out = []
    for pattern, (index, symbol) in zip(patterns, symbols):
        table = tables[table_of[index]]
        if symbol == len(table.frequencies) - 1:
            out.append(bypass.bits(bits))
            continue
        difference = ((table.lowest + symbol) << raw_bits[index]) + bypass.bits(raw_bits[index])
        out.append(unordered((ordered(pattern, bits) + difference) % 2**bits, bits))
    require(bypass.at_end(), "corrupt", "R-CHNK-20")
    return out
# end


# spec: test_values
def check_refinement_test_values():
    assert [ordered(x, 16) for x in (0, 0x8000, 1, 0x8001, 0xFFFF)] == [0x8000, 0x7FFF, 0x8001, 0x7FFE, 0]
    assert all(unordered(ordered(x, 16), 16) == x for x in range(0, 2**16, 77))
# end
