"""Legal files whose rows are matched with rows decoded before, continued from recipes_valid.py."""

import random

from recipes_context import contexts, lags
from recipes_valid import CENTRED, lossy_file, matrix, recipe, small_values
from recipes_references import Tensors, from_reference, plain
from writer import (
    block, chunk, coded_chunk, dense, dense_predictor, diagonal, f32, lossy_model, low_rank_predictor, match_part,
    one_tensor_file, static, tensor, xxh64,
)

CODES = {1: [1, 1], 2: [2, 1, 2], 3: [1, 2, 3, 3], 4: [3, 1, 3, 3, 3], 8: [1, 2, 3, 4, 5, 6, 7, 8, 8]}


def part(name, channels, classes=3, code_bits=None, starts=None, gains=None, dictionary=None):
    source = random.Random(name + " match")
    gains = gains or [[source.choice((0, 40, 100, 128, 128, 140, 255)) for _ in range(channels)] for _ in range(classes)]
    starts = starts or [source.choice((0, 2000, 8192, 30000, 65535)) for _ in range(classes + 1)]
    return match_part(code_bits or CODES[classes], starts, gains, dictionary=dictionary)


def rows_of_strands(rows, strand_rows, sequences=1):
    one = [min(strand_rows, rows - first) for first in range(0, rows, strand_rows)]
    return one * sequences


def matches_of(name, strands, classes=3, share=0.8, going_on=0.5, dictionary=()):
    """(class, address) of each row in C order: seeded, some going on where the match of the row before left off.
    dictionary: rows of each of its strands."""
    source = random.Random(name + " matches")
    places = [(-1 - strand, row) for strand, rows in enumerate(dictionary) for row in range(rows)]
    number, before, out = {place: address for address, place in enumerate(places)}, {}, {}
    for t in range(max(strands)):
        step = [strand for strand, rows in enumerate(strands) if t < rows]
        places = list(number)
        for strand in step:
            out[strand, t] = (0, None)
            following = before.get(strand)
            before[strand] = None
            if not places or source.random() >= share:
                continue
            place = source.choice(places)
            if following and (following[0], following[1] + 1) in number and source.random() < going_on:
                place = (following[0], following[1] + 1)
            out[strand, t] = (source.randint(1, classes), number[place])
            before[strand] = place
        for strand in step:
            number[strand, t] = len(number)
    return [out[place] for place in sorted(out)]


def matched(name, channels, columns, rows=20, strand_rows=7, sequences=2, classes=3, matches=None, **options):
    strands = rows_of_strands(rows, strand_rows, sequences)
    options.setdefault("match", part(name, channels, classes))
    return lossy_file(name, channels, columns, rows, strand_rows, sequences,
                      matches=matches or matches_of(name, strands, classes), **options)


@recipe(2, "R-MTCH-01", "R-MODEL-70", "R-MODEL-71")
def match_static():
    """a static model, lags 1 and 3; strands of 7, 7 and 6 rows in two sequences"""
    return matched("match static", 5, 5, predictor=lags("match static", 5), lanes_log2=2)


@recipe(2)
def match_no_lags():
    """matches alone: strands advance in lockstep all the same"""
    return matched("match no lags", 4, 4)


@recipe(2)
def match_context():
    """a context model with the uniform quantiser, whose rows start with the activity of their class"""
    return matched("match context", 5, 5, predictor=lags("match context", 5), **contexts(5))


def match_dependent(state_bits):
    def make():
        name = f"match dependent{state_bits}"
        return matched(name, 6, 6, rows=33, strand_rows=9, lanes_log2=3, predictor=lags(name, 6), classes=4,
                       synthesis=dense(matrix("match s", 6, 6, 40), shift=3), **contexts(6, state_bits=state_bits))
    make.__name__, make.__doc__ = f"match_dependent_{2 ** state_bits}_states", "raw bits, escapes and matches in turn"
    recipe(2)(make)


match_dependent(2)
match_dependent(3)


def match_classes(classes):
    def make():
        return matched(f"match classes {classes}", 3, 3, rows=60, strand_rows=6, classes=classes)
    make.__name__, make.__doc__ = f"match_classes_{classes}", f"{classes} classes"
    recipe(2, "R-MODEL-70")(make)


for count in (1, 2, 8):
    match_classes(count)


@recipe(2, "R-MODEL-71")
def match_code_of_8_bits():
    """code words of 1 to 8 bits, not in the order of the classes"""
    return matched("match 8", 2, 2, rows=90, strand_rows=10, classes=8,
                   match=part("match 8", 2, 8, [8, 4, 1, 8, 2, 7, 6, 5, 3]))


@recipe(2)
def match_one_strand():
    """one strand: rows are matched with earlier ones of their own"""
    return matched("match one strand", 3, 3, rows=40, strand_rows=40, sequences=1, predictor=lags("one strand", 3))


@recipe(2)
def match_many_strands():
    """70 strands of 3 rows, 2^5 coder states"""
    return matched("match many", 4, 4, rows=210, strand_rows=3, sequences=1, lanes_log2=5,
                   predictor=lags("match many", 4), **contexts(4, state_bits=3))


@recipe(2)
def match_always_going_on():
    """every match goes on where the last one left off"""
    strands = rows_of_strands(30, 8, 2)
    return matched("going on", 3, 3, rows=30, strand_rows=8, predictor=lags("going on", 3),
                   matches=matches_of("going on", strands, 3, 1.0, 1.0))


@recipe(2)
def match_of_last_rows():
    """rows matched with the last row of a shorter strand, after which no match can go on; then one of class 0 before"""
    matches = {}
    for strand in range(8):
        for t in range(6 if strand % 4 == 3 else 8):
            matches[strand, t] = (0, None)
            if t == 6:  # row 5 of strand 3 is the fourth of step 5
                matches[strand, t] = (1 + strand % 3, 8 * 5 + 3)
            elif t == 7:
                matches[strand, t] = (3 - strand % 3, 5 * strand)
    return matched("last rows", 3, 3, rows=30, strand_rows=8, predictor=lags("last rows", 3),
                   matches=[matches[place] for place in sorted(matches)])


@recipe(2)
def match_with_one_row():
    """one strand, whose second row is matched with the first: an address of no bits; then matches that go on"""
    matches = [(0, None), (2, 0), (1, 1), (3, 2), (1, 0)]
    return matched("one row", 3, 3, rows=5, strand_rows=5, sequences=1, predictor=lags("one row", 3), matches=matches)


@recipe(2)
def match_wraps():
    """damped values times 2^15 that leave 32 bits, differences of rows that do"""
    values = [[(-1) ** (t // 3 + c) * 32767 for c in range(4)] for t in range(40)]
    predictor = dense_predictor([1, 2], [0, 1, 20, 31], [0, 5, 31, 1], matrix("match wraps", 4, 8, 32767))
    large = [[32767 * (-1) ** (i + k) for k in range(4)] for i in range(4)]
    return matched("match wraps", 4, 4, predictor=predictor, values=values, unit=f32(1e-6),
                   entropy=static([(-32768, 0, [4096])], [0] * 4), synthesis=dense(large, shift=15),
                   match=part("match wraps", 4, 3, gains=[[255] * 4, [128] * 4, [200, 255, 254, 127]]))


@recipe(2)
def match_differences_wrap():
    """rows near both ends of 32 bits, whose differences leave them"""
    values = [[(-1) ** (t // 2 + t // 7) * 32767 for _ in range(4)] for t in range(40)]
    large = [[32767, 32767, 0, 0] for _ in range(4)]
    model = {"predictor": dense_predictor([1], [31, 30, 16, 0], [4] * 4, matrix("differences", 4, 4, 100)),
             "synthesis": dense(large, shift=0)}
    return matched("match differences", 4, 4, values=values, unit=f32(1e-6), centre=[2**31 - 1, -(2**31), 0, 5],
                   entropy=static([(-32768, 0, [4096])], [0] * 4),
                   match=part("match differences", 4, 2, gains=[[255] * 4, [200] * 4]), classes=2, **model)


@recipe(2)
def match_without_coefficients():
    """no symbols at all: the bypass stream holds matches alone"""
    return matched("match none", 3, 0, values=[[]] * 40, centre=[5, -6, 7], synthesis=dense([[], [], []]),
                   **contexts(0, state_bits=3))


@recipe(2)
def match_beside_raw():
    """a raw chunk between two coded ones: its rows have no addresses in others"""
    header = tensor(shape=(15, 3), view=(1, 15, 3), strand_rows=5, unit=f32(0.5))
    model = lossy_model(3, entropy=static([CENTRED], [0] * 3), predictor=lags("beside raw", 3), match=part("beside raw", 3))
    values, chunks = small_values("beside raw", 15, 3), []
    for first in range(3):
        if first == 1:
            body = bytes(range(60))
            payload, digest = chunk(body, xxh64(body), chunk_index=1, first_strand=1, coding=0), xxh64(body)
        else:
            payload, digest = coded_chunk(header, model, values[5 * first : 5 * first + 5], first, 1, chunk_index=first,
                                          matches=matches_of(f"beside {first}", [5]))
        chunks.append((payload, digest, first, 1))
    return one_tensor_file(header, model, chunks).finish()


@recipe(2)
def match_never():
    """a match part of which no row makes use"""
    return matched("match never", 3, 3, matches=[(0, None)] * 40)


@recipe(2)
def match_extremes():
    """gains 0 and 255, values beyond 23 bits, sums that wrap, input_shift 31"""
    values = [[(-1) ** (t + c) * 32767 for c in range(4)] for t in range(40)]
    predictor = dense_predictor([1, 2], [0, 1, 20, 31], [0, 5, 31, 1], matrix("match extremes", 4, 8, 32767))
    return matched("match extremes", 4, 4, predictor=predictor, values=values, unit=f32(1e-6),
                   entropy=static([(-32768, 0, [4096])], [0] * 4),
                   synthesis=dense(matrix("match extremes s", 4, 4, 32767), shift=1),
                   match=part("match extremes", 4, 3, gains=[[0, 255, 128, 255], [255] * 4, [1, 2, 254, 127]]))


@recipe(2)
def match_block_low_rank():
    """a block synthesis of 5 coefficients of 7 channels, and a low_rank predictor of differences"""
    blocks = [matrix("mb0", 4, 3, 50), matrix("mb1", 3, 2, 50)]
    predictor = low_rank_predictor([1, 4], [0] * 7, [2, 3], matrix("mdown", 2, 14, 9), [1] * 7, matrix("mup", 7, 2, 9))
    return matched("match block", 7, 5, rows=14, strand_rows=5, predictor=predictor, synthesis=block(blocks, 4, shift=2),
                   **contexts(5, state_bits=2))


def of_type(dtype):
    def make():
        width = 8 if dtype == "f64" else 2
        return matched(f"match {dtype}", 4, 4, dtype=dtype, unit=f32(0.3), centre=[3, -300, 0, 7],
                       centre_scale=70000, predictor=lags(dtype, 4), synthesis=diagonal([3, 30, -5, 17], 2),
                       patches={5: bytes(width), 71: b"\x7F" * width})
    make.__name__, make.__doc__ = f"match_{dtype}", f"elements of {dtype}; rows are matched as they were before patches"
    recipe(2)(make)


for kind in ("f16", "bf16", "f64"):
    of_type(kind)


@recipe(2)
def match_chunks():
    """two chunks: addresses begin anew; the second has a strand more"""
    header = tensor(shape=(25, 3), view=(1, 25, 3), strand_rows=5, unit=f32(0.5))
    model = lossy_model(3, entropy=static([(-8, 0, [256] * 16)], [0] * 3), predictor=lags("chunks", 3),
                        match=part("match chunks", 3))
    values, chunks = small_values("match chunks", 25, 3), []
    for first, count in ((0, 2), (2, 3)):
        payload, digest = coded_chunk(header, model, values[5 * first : 5 * (first + count)], first, count,
                                      matches=matches_of(f"chunks {first}", [5] * count), chunk_index=len(chunks))
        chunks.append((payload, digest, first, count))
    return one_tensor_file(header, model, chunks).finish()


@recipe(2)
def match_and_reference():
    """rows predicted from lags, from a reference and from matches"""
    file = Tensors().lossy((2, 11, 3), 4, plain(3), unit=f32(0.25))
    model = plain(5, predictor=lags("match and reference", 5), reference=from_reference("match and reference", 5, 3, 2),
                  match=part("match and reference", 5))
    return file.lossy((2, 11, 5), 4, model, reference=0, reference_scale=f32(7.3),
                      matches=matches_of("match and reference", [4, 4, 3] * 2)).finish()
