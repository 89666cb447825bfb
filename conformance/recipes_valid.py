"""Legal files written field by field: what the format allows and the program does not, or seldom, write.

Each recipe returns the bytes of a file. Its docstring says what it covers; `rules` are the rules it stands for.
"""

import random

from writer import (
    CHUNK, MODEL, MODEL_REFERENCE, METADATA, TENSOR, TENSOR_END, FileBuilder, block, chunk, coded_chunk, dense,
    dense_predictor, diagonal, f32, flat, lossless_model, lossy_model, low_rank_predictor, one_tensor_file,
    rice_array, static, tensor, tensor_end, uint, xxh64,
)

RECIPES = []  # (id, level, rules, function)


def recipe(level, *rules):
    def register(function):
        RECIPES.append((function.__name__, level, rules, function))
        return function
    return register


def small_values(name, rows, columns, spread=3):
    source = random.Random(name)
    return [[source.randint(-spread, spread) for _ in range(columns)] for _ in range(rows)]


def matrix(name, rows, columns, size):
    source = random.Random(name)
    return [[source.randint(-size, size) for _ in range(columns)] for _ in range(rows)]


CENTRED = (-4, 0, flat(9))  # -4 ... 3 and the escape


def lossy_file(name, channels, columns, rows=10, strand_rows=10, sequences=1, dtype="f32", lanes_log2=1, values=None,
               entropy=None, unit=f32(0.25), centre_scale=65536, patches=None, matches=None, refined=None, **model_options):
    shape = (sequences, rows, channels)
    header = tensor(dtype=dtype, shape=shape, view=shape, strand_rows=strand_rows, unit=unit, centre_scale=centre_scale)
    model = lossy_model(channels, entropy=entropy or static([CENTRED], [0] * columns), **model_options)
    strands = sequences * -(-rows // strand_rows)
    values = values or small_values(name, sequences * rows, columns)
    payload, digest = coded_chunk(header, model, values, strand_count=strands, lanes_log2=lanes_log2, patches=patches,
                                  matches=matches, refined=refined)
    return one_tensor_file(header, model, [(payload, digest, 0, strands)]).finish()


def lanes(lanes_log2):
    def make():
        return lossy_file(f"lanes{lanes_log2}", 7, 7, rows=41, strand_rows=17, lanes_log2=lanes_log2)
    make.__name__ = f"lanes_{2 ** lanes_log2:03}"
    make.__doc__ = f"{2 ** lanes_log2} coder states; steps that are no multiple of them"
    recipe(1, "R-RANS-01", "R-CHNK-02")(make)


for number in range(8):
    lanes(number)


@recipe(1)
def predictor_dense():
    """lags 1 and 3, strands of 7, 7 and 6 rows in two sequences that advance in lockstep"""
    return lossy_file("dense", 5, 5, rows=20, strand_rows=7, sequences=2, lanes_log2=2, centre=[9, -9, 1000, 0, 3],
                      predictor=dense_predictor([1, 3], [0, 1, 0, 2, 0], [3, 4, 5, 0, 6], matrix("dense", 5, 10, 20)),
                      synthesis=dense(matrix("dense s", 5, 5, 60), shift=3))


@recipe(1)
def predictor_low_rank():
    """rank 2 of 6 channels, 4 coefficients"""
    return lossy_file("low rank", 6, 4, rows=16, strand_rows=5, lanes_log2=0,
                      predictor=low_rank_predictor([1, 2], [0] * 6, [2, 3], matrix("down", 2, 12, 9), [1] * 6,
                                                   matrix("up", 6, 2, 9)),
                      synthesis=dense(matrix("low rank s", 6, 4, 40), shift=2))


@recipe(1)
def predictor_rank_above_channels():
    """low_rank of rank 5 on 2 channels; 16 lags, the longest of 4096 rows never reached"""
    lags = list(range(1, 16)) + [4096]
    return lossy_file("wide rank", 2, 2, rows=20, strand_rows=20,
                      predictor=low_rank_predictor(lags, [0, 0], [4] * 5, matrix("wide down", 5, 32, 5), [3, 3],
                                                   matrix("wide up", 2, 5, 5)),
                      synthesis=diagonal([7, -7]))


@recipe(1)
def predictor_saturates_and_wraps():
    """history saturated at both ends, sums that wrap modulo 2^32, shifts 0 and 31"""
    source = random.Random("wrap")
    values = [[source.choice((-32768, 32767, 32767)) for _ in range(4)] for _ in range(12)]
    return lossy_file("wrap", 4, 4, rows=12, strand_rows=12, values=values, unit=f32(1e-6),
                      entropy=static([(-32768, 0, [4096])], [0] * 4),
                      predictor=dense_predictor([1, 2], [0, 0, 31, 1], [0, 31, 1, 0], matrix("wrap", 4, 8, 32767)),
                      synthesis=dense(matrix("wrap s", 4, 4, 32767), shift=1))


@recipe(1)
def synthesis_block():
    """blocks of 3, 3 and 2 channels with 2, 0 and 2 coefficients, with a predictor"""
    matrices = [matrix("b0", 3, 2, 50), [[], [], []], matrix("b2", 2, 2, 50)]
    return lossy_file("block", 8, 4, rows=9, strand_rows=4, synthesis=block(matrices, 3, shift=2), lanes_log2=3,
                      predictor=dense_predictor([1], [0] * 8, [4] * 8, matrix("block p", 8, 8, 12)))


@recipe(1)
def synthesis_block_of_one():
    """a single block that holds all channels"""
    return lossy_file("one block", 4, 3, synthesis=block([matrix("one", 4, 3, 90)], 4, shift=4))


@recipe(1)
def synthesis_without_coefficients():
    """no symbols at all: every row is its prediction, that is, the centre"""
    return lossy_file("none", 3, 0, values=[[]] * 10, entropy=static([CENTRED], []), centre=[5, -6, 7],
                      synthesis=dense([[], [], []]))


@recipe(1)
def synthesis_largest_shift():
    """a diagonal with shift 15 and rounding of halves"""
    return lossy_file("shift", 4, 4, synthesis=diagonal([16384, -16384, 32767, -32768], shift=15))


@recipe(1)
def escapes():
    """escapes just outside the coded range, far away and at both ends of 16 bits; a symbol of frequency 0"""
    entropy = static([(-2, 0, [1000, 0, 2000, 1000, 96])], [0, 0])
    values = [[-2, -1], [2, -3], [3, -4], [32767, -32768], [0, 1], [100, -100], [-1, 2]]
    values = [[3 if v == -1 else v for v in row] for row in values]
    return lossy_file("escapes", 2, 2, rows=7, strand_rows=7, values=values, entropy=entropy)


@recipe(1)
def raw_bits():
    """classes with 0, 3 and 14 raw bits, with escapes beside them"""
    entropy = static([CENTRED, (-3, 3, flat(6)), (-2, 14, flat(4))], [0, 1, 2])
    source = random.Random("raw")
    values = [[source.randint(-9, 9), source.randint(-60, 60), source.randint(-32768, 32767)] for _ in range(30)]
    return lossy_file("raw", 3, 3, rows=30, strand_rows=30, values=values, entropy=entropy, lanes_log2=2)


@recipe(1)
def one_symbol_classes():
    """a class of the escape alone; a class whose one symbol has all of the frequency and costs no bits"""
    entropy = static([(0, 0, [256]), (5, 0, [256, 0])], [0, 1], precision_bits=8)
    return lossy_file("one", 2, 2, values=[[t - 5, 5] for t in range(10)], entropy=entropy)


@recipe(1)
def precision_8_to_11():
    """four tensors, each with a model of another precision"""
    file = FileBuilder()
    for index, precision_bits in enumerate((8, 9, 10, 11)):
        header = tensor(b"p%d" % precision_bits, shape=(12, 2), view=(1, 12, 2), strand_rows=12)
        model = lossy_model(2, entropy=static([(-4, 0, flat(9, precision_bits))], [0, 0], precision_bits))
        payload, digest = coded_chunk(header, model, small_values(precision_bits, 12, 2), tensor_index=index,
                                      model_index=index)
        file.add(MODEL, model).add(TENSOR, header, index).add(CHUNK, payload, index, 0, 1)
        file.add(TENSOR_END, tensor_end(index, [digest]), index)
    return file.finish()


@recipe(1)
def rice_forms():
    """an array in plain form throughout, one with k = 31, one with k = 0"""
    arrays = rice_array([5, -5, 2**31 - 1, -(2**31)], plain=True)
    values = rice_array([3, -3, 0, 1], k=31)
    synthesis = (1, uint(0, 1) + uint(4, 4) + values)
    entropy = uint(12, 1) + uint(1, 2) + uint(-4, 4) + uint(0, 1) + uint(9,
                                                                         2) + rice_array(flat(9)) + rice_array([0] * 4,
                                                                                                               k=0)
    return lossy_file("rice", 4, 4, centre_bytes=arrays, synthesis=synthesis, entropy=entropy, unit=f32(1e-3))


@recipe(1)
def centre_scaled():
    """centre times 0, 1/65536, 0.5 and the largest centre_scale, which saturates"""
    file = FileBuilder()
    model = lossy_model(3, entropy=static([CENTRED], [0] * 3), centre=[2**31 - 1, -(2**31), 32769])
    file.add(MODEL, model)
    for index, centre_scale in enumerate((0, 1, 32768, 2**32 - 1)):
        header = tensor(b"c%d" % index, shape=(4, 3), view=(1, 4, 3), strand_rows=4, unit=f32(2**-20),
                        centre_scale=centre_scale)
        payload, digest = coded_chunk(header, model, small_values(index, 4, 3), tensor_index=index)
        file.add(TENSOR, header, index).add(CHUNK, payload, index, 0, 1)
        file.add(TENSOR_END, tensor_end(index, [digest]), index)
    return file.finish()


def float_tail(dtype, unit, name, note):
    def make():
        values = [[v, -v, 3 * v, 1 - v] for v in (0, 1, 2, 3, 5, 777, 2047, 2049, 4097, 32767)]
        values = [[max(min(v, 32767), -32768) for v in row] for row in values]
        return lossy_file(name, 4, 4, values=values, entropy=static([(-2, 10, flat(5))], [0] * 4), unit=unit,
                          dtype=dtype,
                          synthesis=diagonal([1, 517, 32767, -32768]))
    make.__name__, make.__doc__ = name, note
    recipe(1)(make)


float_tail("f32", f32(1.1), "float_f32_rounding", "integers above 2^24: the conversion rounds, then the product")
float_tail("f32", 1, "float_f32_subnormal", "the smallest unit: subnormal results")
float_tail("f32", f32(3e38), "float_f32_infinity", "products beyond the largest f32")
float_tail("f16", f32(1e-7), "float_f16_subnormal", "subnormal halves, and ties")
float_tail("f16", f32(1.0), "float_f16_infinity", "halves beyond 65504")
float_tail("bf16", f32(1.00390625), "float_bf16_ties", "ties of bf16")
float_tail("f64", f32(1.1), "float_f64_rounding", "products of 55 bits: one rounding to binary64")


@recipe(1, "R-CHNK-31")
def patches_everywhere():
    """every element patched: NaN with payload, infinities, negative zero, subnormals"""
    patterns = [0x7FC12345, 0xFFC00001, 0x7F800001, 0x7F800000, 0xFF800000, 0x80000000, 0x00000001, 0x3F800000]
    return lossy_file("patched", 4, 4, rows=2, strand_rows=2, patches={i: uint(p, 4) for i, p in enumerate(patterns)})


@recipe(1)
def patches_first_and_last():
    """patches of the first and the last element of a chunk of f16"""
    return lossy_file("two patches", 3, 3, dtype="f16", patches={0: uint(0x7E01, 2), 29: uint(0x8000, 2)})


def lossless_file(element_bits, dtype, bins, patterns, channels=3, low_zero_bits=0, frequencies=None):
    rows = [patterns[i : i + channels] for i in range(0, len(patterns), channels)]
    header = tensor(dtype=dtype, shape=(len(rows), channels), view=(1, len(rows), channels), strand_rows=2)
    entropy = static([(frequencies or flat(len(bins)),)], [0] * channels)
    model = lossless_model(channels, element_bits, bins, entropy, low_zero_bits)
    strands = -(-len(rows) // 2)
    payload, digest = coded_chunk(header, model, rows, strand_count=strands, lanes_log2=1)
    return one_tensor_file(header, model, [(payload, digest, 0, strands)]).finish()


@recipe(1)
def bins_in_any_order():
    """overlapping bins, unordered, without an escape"""
    patterns = [random.Random("bins").randrange(256) for _ in range(30)]
    return lossless_file(8, "u8", [(4, 200), (3, 77), (8, 0)], patterns)


@recipe(1)
def bins_several_escapes():
    """an escape first and another one of frequency 0"""
    return lossless_file(16, "i16", [(255, 0), (2, 5), (255, 0)], [5, 8, 0xFFFF, 6, 0, 1], frequencies=[96, 4000, 0])


@recipe(1)
def bins_widest():
    """bins of 63 bits, bins of 0 bits and escapes of 64 bits"""
    patterns = [2**63 - 1, 0, 2**64 - 1, 2**63, 7, 2**62 + 12345]
    return lossless_file(64, "u64", [(0, 7), (63, 0), (255, 0)], patterns)


@recipe(1)
def bins_low_zero_bits():
    """31 of 32 bits are always zero, escapes excepted"""
    return lossless_file(32, "u32", [(1, 0), (255, 0)], [0, 2**31, 1, 2**32 - 1, 2**31, 0], low_zero_bits=31)


@recipe(0, "R-CHNK-14")
def raw_chunks():
    """chunks stored as they are, with a model_index that names nothing, and several strands each"""
    source = random.Random("raw chunks")
    header = tensor(dtype="u16", shape=(5, 4), view=(1, 5, 4), strand_rows=2)
    chunks, first = [], 0
    for index, (strands, rows) in enumerate(((2, 4), (1, 1))):
        body = bytes(source.randrange(256) for _ in range(rows * 8))
        payload = chunk(body, xxh64(body), chunk_index=index, first_strand=first, strand_count=strands, coding=0,
                        model_index=999)
        chunks.append((payload, xxh64(body), first, strands))
        first += strands
    return one_tensor_file(header, None, chunks).finish()


@recipe(1, "R-ARCH-04")
def chunks_of_several_codings():
    """one tensor with a lossy, a raw and a lossless chunk; a model before an earlier tensor is used again"""
    header = tensor(b"a", shape=(3, 2), view=(1, 3, 2), strand_rows=1)
    second = tensor(b"b", shape=(1, 2), view=(1, 1, 2), strand_rows=1)
    lossy = lossy_model(2, entropy=static([CENTRED], [0, 0]))
    lossless = lossless_model(2, 32, [(255, 0)], static([([4096],)], [0, 0]))
    raw = bytes(range(8))
    one = coded_chunk(header, lossy, [[1, -2]])
    two = chunk(raw, xxh64(raw), chunk_index=1, first_strand=1, coding=0), xxh64(raw)
    three = coded_chunk(header, lossless, [[f32(1.5), f32(-0.0)]], first_strand=2, chunk_index=2, model_index=1)
    four = coded_chunk(second, lossy, [[3, 3]], tensor_index=1)
    file = FileBuilder().add(MODEL, lossy).add(MODEL, lossless).add(TENSOR, header)
    for strand, (payload, _digest) in enumerate((one, two, three)):
        file.add(CHUNK, payload, 0, strand, 1)
    file.add(TENSOR_END, tensor_end(0, [one[1], two[1], three[1]]))
    file.add(TENSOR, second, 1).add(CHUNK, four[0], 1, 0, 1)
    return file.add(TENSOR_END, tensor_end(1, [four[1]]), 1).finish()


def raw_tensor(file, index=0, name=b"x", body=b"\x01\x02\x03\x04", **options):
    """A tensor of u8 in one raw chunk."""
    options = {"shape": (len(body),), "view": (1, 1, len(body)), **options}
    file.add(TENSOR, tensor(name, "u8", **options), index)
    strands = options["view"][0]
    file.add(CHUNK, chunk(body, xxh64(body), index, strand_count=strands, coding=0), index, 0, strands)
    return file.add(TENSOR_END, tensor_end(index, [xxh64(body)]), index)


@recipe(0, "R-CONT-15", "R-ARCH-02")
def unknown_sections_skipped():
    """skippable sections of unknown type (0, 9 and 60000) outside and inside a tensor, metadata with its flag 0"""
    file = FileBuilder(optional=0xFFFFFFFF).add(METADATA, b'{"layer": 3}').add(9, b"", flags=1)
    file.add(TENSOR, tensor(dtype="u8", shape=(2,), view=(1, 1, 2))).add(60000, b"anything", flags=1)
    body = b"\x07\x08"
    file.add(CHUNK, chunk(body, xxh64(body), coding=0), 0, 0, 1).add(0, b"more", flags=1)
    return file.add(TENSOR_END, tensor_end(0, [xxh64(body)])).add(60001, bytes(100), flags=1).finish()


@recipe(0, "R-CONT-04")
def version_minor():
    """version 1.255, with nothing that 1.0 lacks"""
    return raw_tensor(FileBuilder(minor=255, optional=1)).finish()


@recipe(0, "R-ARCH-21")
def reference_not_needed():
    """a MODEL_REFERENCE that nothing resolves and no chunk names"""
    return raw_tensor(FileBuilder().add(MODEL_REFERENCE, bytes(32))).finish()


@recipe(0)
def metadata_not_json():
    """the text of METADATA means nothing to a decoder"""
    return raw_tensor(FileBuilder().add(METADATA, b"\xFF{", flags=1)).finish()


@recipe(0, "R-TENS-01", "R-TENS-02", "R-TENS-04")
def names_and_ranks():
    """an empty name, one of 1024 bytes, one in several scripts; ranks 0 and 16; views that ignore the shape"""
    file = raw_tensor(FileBuilder(), 0, b"")
    raw_tensor(file, 1, b"n" * 1024, b"\x2A", shape=(), view=(1, 1, 1))
    raw_tensor(file, 2, "\u6fc0\u6d3b \U0001D54F \u007f".encode("utf-8"), bytes(range(16)), shape=(1, 2) * 4 + (1,) * 8,
               view=(2, 4, 2), strand_rows=4000000000)
    return file.finish()


@recipe(0, "R-TENS-06")
def empty_tensors():
    """no elements: extents beside a zero may be of any size"""
    file = FileBuilder()
    for index, (shape, view) in enumerate((((0,), (0, 0, 1)), ((3, 0), (0, 5, 7)), ((2**63, 0, 2**64 - 1), (9, 0, 1)))):
        file.add(TENSOR, tensor(b"e%d" % index, "f64", shape, view), index).add(TENSOR_END, tensor_end(index, []),
                                                                                index)
    return file.finish()
