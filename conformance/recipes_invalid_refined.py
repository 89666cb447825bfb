"""Illegal refinements, continued from recipes_invalid.py."""

from bitio import ByteReader
from encode_refinement import refinement
from recipes_invalid import add, file_of, header_of
from recipes_refined import EVEN, near
from refinement import read_refinement
from writer import coded_chunk, lossless_model, one_tensor_file, rice_array, static, uint


def broken(name, rules, note="", families="corrupt", tables=(EVEN,), table_of=(0,), raw_bits=(3,), change=None, **fields):
    """A refinement with a field that is not legal; change: of the block."""
    def both(decoded):
        exact = near(name, 32, 7)(decoded)
        block = refinement(decoded, exact, 32, list(tables), list(table_of), list(raw_bits), **fields)
        return exact, change(block) if change else block
    add("refined_" + name, 2, families, rules, note, lambda: file_of(refined=both))


def with_byte(at, value):
    return lambda block: block[:at] + bytes([value]) + block[at + 1 :]


def after_tables(offset, data):
    """data in place of what stands so many bytes after the tables: lanes_log2, word_count, states."""
    def change(block):
        reader = ByteReader(block)
        read_refinement(reader, 32)
        at = len(block) - reader.remaining() + offset
        return block[:at] + data + block[at + len(data) :]
    return change


TABLE_BYTES = 4 + len(rice_array(EVEN[1]))

broken("precision_7", "R-REFN-01", change=with_byte(0, 7))
broken("precision_13", "R-REFN-01", change=with_byte(0, 13))
broken("class_shift_32", "R-REFN-01", "as many bits as an element", change=with_byte(1, 32))
broken("no_classes", "R-REFN-01", class_count=0)
broken("no_tables", "R-REFN-01", table_count=0)
broken("raw_bits_32", "R-MODEL-04", "as many bits as an element", raw_bits=[32])
broken("symbol_count_0", "R-REFN-01", symbol_count=0)
broken("symbol_count_257", "R-REFN-01", symbol_count=257)
broken("lanes_8", "R-REFN-01", "2^8 coder states", lanes=8)
broken("frequencies", "R-MODEL-43", "a sum below 4096", tables=[(-8, [256] * 15 + [255])], precision_bits=12)
broken("table_of", "R-MODEL-04", "a class of table 1 of 1", table_of=[1], tables=[EVEN, EVEN],
       change=lambda block: block[:7] + bytes([1]) + block[8 : 8 + TABLE_BYTES] + block[8 + 2 * TABLE_BYTES :])
broken("state", "R-RANS-01", "a state below 2^16", change=after_tables(5, bytes(4)))
broken("words_over", "R-RANS-04", "a word too many", word_extra=bytes(2))
broken("bypass_over", "R-CHNK-20", "a byte too many", bypass_extra=bytes(1))
broken("bypass_cut", "R-CHNK-20", "a byte too few", change=lambda block: block[:-1])
broken("block_cut", "R-CONT-18", "5 bytes", change=lambda block: block[:5])
broken("empty", "R-CONT-18", "no bytes", change=lambda block: b"")
broken("words_cut", "R-CONT-18", "more words than there are bytes", change=after_tables(1, uint(2**31, 4)))
add("refined_lossless", 2, "corrupt", "R-CHNK-15", "a chunk of coding refined, without a refinement, of a lossless model",
    lambda: lossless())


def lossless():
    model = lossless_model(2, 32, [(255, 0)], static([([4096],)], [0, 0]))
    payload, digest = coded_chunk(header_of(), model, [[1, 2]] * 6, strand_count=2, coding=2)
    return one_tensor_file(header_of(), model, [(payload, digest, 0, 2)]).finish()
