"""An encoder of refinements, apart from the reference decoder."""

from writer import BitWriter, rans_encode, rice_array, uint


def ascending(pattern, bits):
    """The place of a pattern among all, in the order of the numbers that they stand for."""
    magnitude = pattern % 2 ** (bits - 1)
    return 2 ** (bits - 1) + (magnitude if pattern == magnitude else -1 - magnitude)


def refinement(decoded, exact, bits, tables, table_of, raw_bits, class_shift=0, first_class=0, precision_bits=12, lanes_log2=0,
               bypass_extra=b"", word_extra=b"", **fields):
    """The block. decoded, exact: patterns in C order. tables: (lowest, frequencies). table_of, raw_bits: of each
    class. fields: what stands there in place of class_count, table_count, symbol_count, lanes."""
    bypass, symbols = BitWriter(), []
    for one, other in zip(decoded, exact):
        index = min(max(one % 2 ** (bits - 1) // 2**class_shift - first_class, 0), len(table_of) - 1)
        (lowest, frequencies), raw = tables[table_of[index]], raw_bits[index]
        left = (ascending(other, bits) - ascending(one, bits) - (lowest << raw)) % 2**bits
        symbol = left >> raw
        if symbol >= len(frequencies) - 1 or frequencies[symbol] == 0:
            symbol = len(frequencies) - 1
            bypass.bits(other, bits)
        else:
            bypass.bits(left, raw)
        symbols.append((symbol, frequencies))
    runs = [symbols[i : i + 4096] for i in range(0, len(symbols), 4096)]
    body, word_count = rans_encode(runs, 2**lanes_log2, precision_bits)
    out = uint(precision_bits, 1) + uint(class_shift, 1) + uint(first_class, 4)
    out += uint(fields.get("class_count", len(table_of)), 1) + uint(fields.get("table_count", len(tables)), 1)
    for lowest, frequencies in tables:
        out += uint(lowest, 2) + uint(fields.get("symbol_count", len(frequencies)), 2)
        out += rice_array(frequencies)
    out += rice_array(table_of) + rice_array(raw_bits) + uint(fields.get("lanes", lanes_log2), 1)
    return out + uint(word_count + len(word_extra) // 2, 4) + body + word_extra + bypass.bytes() + bypass_extra
