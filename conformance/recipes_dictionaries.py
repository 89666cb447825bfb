"""Legal files whose rows are matched with rows of a dictionary, continued from recipes_matches.py."""

import random
import struct

from recipes_context import contexts, lags
from recipes_matches import matches_of, part, rows_of_strands
from recipes_refined import refined
from recipes_valid import CENTRED, matrix, recipe, small_values
from transforms import binary32
from writer import (
    CHUNK, DICTIONARY, MODEL, TENSOR, TENSOR_END, FileBuilder, chunk, coded_chunk, dense, dictionary_payload, f32,
    lossy_model, static, tensor, tensor_end, xxh64,
)


def dictionary_of(name, channels, strands=2, strand_rows=3, rows=None, unit=f32(0.25), matches=None, patches=None,
                  refined=None, **options):
    """A DICTIONARY payload of one sequence, in strands of which the last may be shorter; and the rows of each."""
    rows = rows or strands * strand_rows
    header = tensor(name=name.encode(), shape=(rows, channels), view=(1, rows, channels), strand_rows=strand_rows, unit=unit)
    model = lossy_model(channels, entropy=options.pop("entropy", None) or static([CENTRED], [0] * channels), **options)
    lengths = rows_of_strands(rows, strand_rows)
    values = small_values(name + " dictionary", rows, channels)
    payload, _digest = coded_chunk(header, model, values, strand_count=len(lengths), matches=matches, patches=patches,
                                   refined=refined)
    return dictionary_payload(header, model, payload), lengths


def raw_dictionary(elements, channels, strand_rows):
    """Rows that no lossy model need reach."""
    rows = len(elements) // channels
    header = tensor(shape=(rows, channels), view=(1, rows, channels), strand_rows=strand_rows)
    body = b"".join(element if isinstance(element, bytes) else struct.pack("<f", element) for element in elements)
    lengths = rows_of_strands(rows, strand_rows)
    model = lossy_model(channels, entropy=static([CENTRED], [0] * channels))
    return dictionary_payload(header, model, chunk(body, xxh64(body), strand_count=len(lengths), coding=0)), lengths


class Matched:
    """A file with tensors whose rows are matched with a dictionary."""

    def __init__(self, dictionary, lengths, stored=True):
        self.dictionary, self.lengths = dictionary, lengths
        self.file, self.count = FileBuilder(), 0
        if stored:
            self.file.add(DICTIONARY, dictionary)

    def tensor(self, name, channels, rows=12, strand_rows=5, classes=3, dtype="f32", unit=f32(0.25), centre_scale=65536,
               lanes_log2=1, share=0.8, going_on=0.5, gains=None, matches=None, **options):
        shape = (rows, channels)
        header = tensor(name=name.encode(), dtype=dtype, shape=shape, view=(1, rows, channels), strand_rows=strand_rows,
                        unit=unit, centre_scale=centre_scale)
        kind, fields = part(name, channels, classes, gains=gains, dictionary=self.dictionary)
        options.setdefault("entropy", static([CENTRED], [0] * channels))
        model = lossy_model(channels, match=(kind, fields), **options)
        strands = rows_of_strands(rows, strand_rows)
        matches = matches or matches_of(name, strands, classes, share, going_on, self.lengths)
        payload, digest = coded_chunk(
            header, model, small_values(name, rows, channels), strand_count=len(strands), lanes_log2=lanes_log2,
            matches=matches, dictionary=self.dictionary, tensor_index=self.count, model_index=self.count)
        self.file.add(MODEL, model).add(TENSOR, header, self.count)
        self.file.add(CHUNK, payload, self.count, 0, len(strands))
        self.file.add(TENSOR_END, tensor_end(self.count, [digest]), self.count)
        self.count += 1
        return self

    def finish(self):
        return self.file.finish()


@recipe(2, "R-DICT-01", "R-DICT-02", "R-DICT-03", "R-DICT-04", "R-DICT-05")
def dictionary_static():
    """strands of 3, 3 and 1 rows; matches from the first step on, some of them going on to the end of a strand"""
    return Matched(*dictionary_of("static", 4, rows=7)).tensor(
        "dictionary static", 4, predictor=lags("dictionary static", 4)).finish()


@recipe(2)
def dictionary_dependent():
    """a dictionary whose own rows are matched with each other, and a tensor, both under a context model"""
    own = {"match": part("dictionary own", 4), "matches": matches_of("dictionary own", [5, 5, 5]),
           "synthesis": dense(matrix("dictionary own", 4, 4, 40), shift=3), **contexts(4, state_bits=2)}
    return Matched(*dictionary_of("dependent", 4, 3, 5, **own)).tensor(
        "dictionary dependent", 4, predictor=lags("dictionary dependent", 4), **contexts(4, state_bits=3)).finish()


@recipe(2)
def dictionary_one_row():
    """one row: in the first step an address of no bits"""
    return Matched(*dictionary_of("one row", 3, 1, 1)).tensor("dictionary one row", 3, share=1.0).finish()


@recipe(2)
def dictionary_alone():
    """rows matched with the dictionary only, without lags, each going on from the first step on"""
    matches = [(1, row + t) for row in (0, 4, 2) for t in range(4)]
    return Matched(*dictionary_of("alone", 3, 1, 9)).tensor("dictionary alone", 3, strand_rows=4, matches=matches).finish()


@recipe(2)
def dictionary_extremes():
    """elements that are NaN, infinite, subnormal, huge, halves between integers; a centre near both ends of 32 bits"""
    nan, infinity, half = b"\1\0\xC0\xFF", float("inf"), 0.125
    elements = [nan, infinity, -infinity, 3e38, -3e38, 1e-45, -0.0, half, 3 * half, -half, -3 * half, 268435456.0,
                2.0**28 - 16, -(2.0**28), 1e9, 0.25, 12345.678, -77.7]
    file = Matched(*raw_dictionary(elements, 3, 2))
    return file.tensor("dictionary extremes", 3, centre=[2**31 - 1, -(2**31), 5], share=1.0,
                       gains=[[255] * 3, [128] * 3, [1, 60, 200]], predictor=lags("dictionary extremes", 3)).finish()


@recipe(2)
def dictionary_units():
    """tensors of several units, types and scales of the centre, down to a unit whose inverse is infinite"""
    file = Matched(*dictionary_of("units", 3, 2, 4))
    for name, dtype, unit, scale in (("a", "f32", f32(0.1), 65536), ("b", "f16", f32(0.37), 40000), ("c", "f64", 1, 65536),
                                     ("d", "bf16", f32(3e38), 131072), ("e", "f32", f32(0.1), 65537)):
        file.tensor("units " + name, 3, dtype=dtype, unit=unit, centre_scale=scale, centre=[4, -700, 33])
    return file.finish()


@recipe(2)
def dictionary_unread():
    """two dictionaries, of which one is not what it should be, and none needs it"""
    file = Matched(*dictionary_of("read", 3))
    file.file.add(DICTIONARY, b"?")
    return file.tensor("dictionary read", 3).finish()


@recipe(2)
def dictionary_between_tensors():
    """a dictionary between two tensors; the second needs it"""
    file = Matched(*dictionary_of("first", 3))
    file.tensor("dictionary first", 3)
    file.dictionary, file.lengths = dictionary_of("second", 3, 3, 2)
    file.file.add(DICTIONARY, file.dictionary)
    return file.tensor("dictionary second", 3).finish()


@recipe(2)
def dictionary_many_rows():
    """addresses of 9 bits and more"""
    source = random.Random("many rows")
    elements = [source.uniform(-4, 4) for _ in range(2 * 600)]
    return Matched(*raw_dictionary(elements, 2, 100)).tensor("dictionary many rows", 2, rows=40, strand_rows=10).finish()


@recipe(2)
def dictionary_patched():
    """a dictionary with patches, which its rows have for those that are matched with them"""
    patches = {0: struct.pack("<f", 77.0), 7: struct.pack("<f", -1e9), 11: b"\0\0\xC0\x7F"}
    return Matched(*dictionary_of("patched", 3, 2, 2, patches=patches)).tensor("dictionary patched", 3, share=1.0).finish()


@recipe(2)
def dictionary_refined():
    """a dictionary with a refinement"""
    block = refined("dictionary refined", 32, [(-8, [256] * 16)], [0], [19])
    file = Matched(*dictionary_of("refined", 3, 2, 3, refined=block))
    return file.tensor("dictionary refined", 3, share=1.0, predictor=lags("dictionary refined", 3)).finish()


def three_ways(element, unit):
    """The integer that an element becomes, and those of a division and of a product in binary64 in its place."""
    scale = binary32(1 / unit)
    return round(binary32(element * scale)), round(binary32(element / unit)), round(element * scale)


@recipe(2)
def dictionary_products():
    """elements near halves of a unit, of which the order and the precision of the operations decide"""
    source, unit, elements = random.Random("products"), struct.unpack("<f", struct.pack("<f", 0.37))[0], []
    while len(elements) < 24:
        element = binary32((source.randrange(1 << 22) + 0.5) * unit)
        one, divided, wide = three_ways(element, unit)
        if one != (divided if len(elements) % 2 else wide):
            elements.append(element)
    file = Matched(*raw_dictionary(elements, 4, 3))
    return file.tensor("dictionary products", 4, unit=f32(0.37), share=1.0, gains=[[128] * 4, [255] * 4, [1, 2, 64, 128]]).finish()
