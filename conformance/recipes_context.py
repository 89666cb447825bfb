"""Legal files with the context model and the dependent quantiser, continued from recipes_valid.py."""

import random

from recipes_valid import CENTRED, lossy_file, matrix, recipe, small_values
from writer import (
    CHUNK, MODEL, TENSOR, TENSOR_END, FileBuilder, block, coded_chunk, context, dense, dense_predictor, diagonal, f32,
    flat, lossy_model, low_rank_predictor, static, tensor, tensor_end,
)


def tables_for(columns, bins, quantisers, table_count):
    """table_of that names every table in a seeded order."""
    source = random.Random(f"{columns} {bins} {quantisers} {table_count}")
    return [[source.randrange(table_count) for _ in range(bins * quantisers)] for _ in range(columns)]


def contexts(columns, bins=3, state_bits=0, table_count=4, precision_bits=12, codes=(7, 5, 3, 1), weight=None,
             raw_bits=None, thresholds=None, **options):
    """Options of lossy_model: a context model. codes: of the tables in turn."""
    quantisers = 2 if state_bits else 1
    thresholds = [7600 + 500 * i for i in range(bins - 1)] if thresholds is None else thresholds
    tables = [flat(codes[i % len(codes)] + 1, precision_bits) for i in range(table_count)]
    weight = weight or [128 + 64 * (k % 5) for k in range(columns)]
    entropy = context(tables, weight, raw_bits or [0] * columns, tables_for(columns, bins, quantisers, table_count),
                      thresholds, precision_bits, **options)
    return {"entropy": entropy, "entropy_kind": 2, "quantiser": 2 if state_bits else 1, "state_bits": state_bits}


def lags(name, channels):
    return dense_predictor([1, 3], [0] * channels, [5] * channels, matrix(name, channels, 2 * channels, 8))


@recipe(2)
def context_uniform():
    """context model, uniform quantiser, lags; strands of 7, 7 and 6 rows in two sequences: steps of 6 and 4 rows"""
    return lossy_file("context", 5, 5, rows=20, strand_rows=7, sequences=2, lanes_log2=1, **contexts(5),
                      predictor=lags("context", 5))


def dependent(state_bits):
    def make():
        return lossy_file(f"dependent{state_bits}", 6, 6, rows=25, strand_rows=9, sequences=2, lanes_log2=2,
                          **contexts(6, state_bits=state_bits), predictor=lags("dependent", 6),
                          synthesis=dense(matrix("dependent s", 6, 6, 40), shift=3))
    make.__name__ = f"dependent_{2 ** state_bits}_states"
    make.__doc__ = f"the dependent quantiser with {2 ** state_bits} states, lags, ragged strands"
    recipe(2)(make)


dependent(2)
dependent(3)


def context_lanes(lanes_log2):
    def make():
        return lossy_file(f"context lanes{lanes_log2}", 5, 5, rows=41, strand_rows=17, lanes_log2=lanes_log2,
                          **contexts(5, state_bits=2 + lanes_log2 % 2))
    make.__name__ = f"context_lanes_{2 ** lanes_log2:03}"
    make.__doc__ = f"{2 ** lanes_log2} coder states, no lags: runs of 17, 17 and 7 rows"
    recipe(2, "R-RANS-01")(make)


for number in range(8):
    context_lanes(number)


def several(cases):
    """A file of one tensor for each (rows, channels, lanes_log2, options of the model)."""
    file = FileBuilder()
    for index, (rows, channels, lanes_log2, options) in enumerate(cases):
        header = tensor(b"t%d" % index, shape=(rows, channels), view=(1, rows, channels), strand_rows=rows)
        model = lossy_model(channels, **options)
        payload, digest = coded_chunk(header, model, small_values(index, rows, channels, 5), tensor_index=index,
                                      model_index=index, lanes_log2=lanes_log2)
        file.add(MODEL, model).add(TENSOR, header, index).add(CHUNK, payload, index, 0, 1)
        file.add(TENSOR_END, tensor_end(index, [digest]), index)
    return file.finish()


@recipe(2, "R-MODEL-52")
def context_bins_1_to_8():
    """eight tensors, each with a model of another number of bins"""
    return several([(9, 4, 2, contexts(4, bins, 3 * (bins % 2))) for bins in range(1, 9)])


@recipe(2, "R-MODEL-50")
def context_precision_8_to_11():
    """four tensors, each with a model of another precision"""
    return several([(9, 4, 1, contexts(4, precision_bits=bits)) for bits in (8, 9, 10, 11)])


@recipe(2)
def context_row_counts():
    """runs of 1, 15, 16, 17, 33 and 130 rows, with 32 and 128 lanes"""
    counts = ((1, 5), (15, 5), (16, 7), (17, 5), (33, 7), (130, 5))
    return several([(rows, 3, lanes_log2, contexts(3, state_bits=3)) for rows, lanes_log2 in counts])


@recipe(2)
def context_many_coefficients():
    """40 coefficients of 40 channels: three rows of table differences"""
    return lossy_file("40", 40, 40, rows=12, strand_rows=4, lanes_log2=2, **contexts(40, 5, 3, table_count=30))


@recipe(2)
def context_raw_bits():
    """0, 3 and 14 raw bits, with escapes, up to both ends of the indices"""
    source = random.Random("context raw")
    values = [[source.randint(-9, 9), source.randint(-60, 60), source.randint(-32767, 32767)] for _ in range(30)]
    values += [[-32767, -32767, -32767], [32767, 32767, 32767], [-1, -8, -16384], [0, 7, 16383], [-2, -9, -16385]]
    return lossy_file("context raw", 3, 3, rows=35, strand_rows=18, values=values, lanes_log2=3,
                      **contexts(3, raw_bits=[0, 3, 14], weight=[65535, 65535, 65535]))


@recipe(2)
def dependent_raw_bits():
    """the dependent quantiser with 1, 5 and 13 raw bits: the parity of an index is in its raw bits"""
    source = random.Random("dependent raw")
    values = [[source.randint(-9, 9), source.randint(-99, 99), source.randint(-16383, 16383)] for _ in range(30)]
    return lossy_file("dependent raw", 3, 3, rows=30, strand_rows=11, values=values, lanes_log2=1,
                      predictor=dense_predictor([2], [4] * 3, [6] * 3, matrix("raw p", 3, 3, 9)), unit=f32(0.001),
                      **contexts(3, state_bits=3, raw_bits=[1, 5, 13]))


@recipe(2, "R-QUAN-04")
def context_escapes():
    """a table of the escape alone; the largest excess; escapes just beyond the codes of their table"""
    values = [[32767, -32767, 0], [-32767, 32767, 4], [3, -3, 2], [4, -4, -2], [0, -1, 1], [5, 100, -1000]]
    return lossy_file("context escapes", 3, 3, rows=6, strand_rows=4, values=values, unit=f32(1e-4),
                      **contexts(3, codes=(0, 5, 7, 0)))


@recipe(2, "R-QUAN-04")
def dependent_escapes():
    """indices at both ends, where the levels are 32766 and 32765"""
    source = random.Random("dependent escapes")
    values = [[source.choice((-16383, 16383, -16382, 16382, 0, 1)) for _ in range(4)] for _ in range(24)]
    return lossy_file("dependent escapes", 4, 4, rows=24, strand_rows=24, values=values, unit=f32(1e-4),
                      synthesis=dense(matrix("dependent e", 4, 4, 32767), shift=4),
                      **contexts(4, state_bits=2, codes=(0, 2)))


@recipe(2)
def context_activity_extremes():
    """weights 0 and 65535, thresholds 0, equal ones, and 65535; the activity climbs to 131072 and falls to 0"""
    columns = 420
    values = [[9] * 210 + [0] * 210, [0] * 210 + [9] * 210, [9, 0] * 210]
    weight = [65535 if k % 60 else 0 for k in range(columns)]
    return lossy_file("extremes", columns, columns, rows=3, strand_rows=3, values=values,
                      **contexts(columns, 8, 3, weight=weight, thresholds=[0, 1, 2000, 8192, 8192, 40000, 65535]))


@recipe(2)
def context_without_coefficients():
    """no symbols at all: every row is its prediction"""
    return lossy_file("context none", 3, 0, values=[[]] * 10, centre=[5, -6, 7], synthesis=dense([[], [], []]),
                      **contexts(0, state_bits=3))


@recipe(2)
def context_one_table():
    """one table, one bin: what came before in the row has no effect"""
    return lossy_file("one table", 4, 4, **contexts(4, 1, table_count=1, codes=(4,), raw_bits=[0, 1, 0, 2]))


@recipe(2, "R-MODEL-54")
def context_256_tables():
    """256 tables; neighbours name the first and the last, so that differences are 255 and -255"""
    options = contexts(6, 2, 3, table_count=256, precision_bits=8)
    tables = [flat(2 + i % 7, 8) for i in range(256)]
    table_of = [[0, 255, 7, 200], [255, 0, 255, 0]] * 3
    options["entropy"] = context(tables, [200] * 6, [0] * 6, table_of, [8192], 8)
    return lossy_file("256 tables", 6, 6, rows=30, strand_rows=10, lanes_log2=5, **options)


@recipe(2, "R-MODEL-51")
def context_255_codes():
    """tables with 255 codes, at 8 bits each of frequency 1, and an escape beyond them"""
    source = random.Random("255")
    file = FileBuilder()
    for index, precision_bits in enumerate((8, 12)):
        header = tensor(b"p%d" % precision_bits, shape=(20, 2), view=(1, 20, 2), strand_rows=20)
        tables = [[1] * 256] if precision_bits == 8 else [[16] * 256]
        entropy = context(tables, [9, 9], [0, 0], [[0], [0]], precision_bits=precision_bits)
        model = lossy_model(2, entropy=entropy, entropy_kind=2)
        rows = [[source.randint(-127, 127), 127 - t] for t in range(17)] + [[-127, 127], [-128, 128], [-400, 1000]]
        payload, digest = coded_chunk(header, model, rows, tensor_index=index, model_index=index, lanes_log2=3)
        file.add(MODEL, model).add(TENSOR, header, index).add(CHUNK, payload, index, 0, 1)
        file.add(TENSOR_END, tensor_end(index, [digest]), index)
    return file.finish()


@recipe(2)
def context_block_low_rank():
    """a block synthesis of 5 coefficients of 7 channels, and a low_rank predictor"""
    blocks = [matrix("cb0", 4, 3, 50), matrix("cb1", 3, 2, 50)]
    return lossy_file("context block", 7, 5, rows=14, strand_rows=5, sequences=2, lanes_log2=2,
                      predictor=low_rank_predictor([1], [0] * 7, [2, 3], matrix("cdown", 2, 7, 9), [1] * 7,
                                                   matrix("cup", 7, 2, 9)),
                      synthesis=block(blocks, 4, shift=2), **contexts(5, state_bits=2))


def of_type(dtype):
    def make():
        element_bytes = 8 if dtype == "f64" else 2
        return lossy_file(f"context {dtype}", 4, 4, rows=18, strand_rows=6, dtype=dtype, unit=f32(0.3), lanes_log2=3,
                          centre=[3, -300, 0, 7], predictor=lags(dtype, 4), synthesis=diagonal([3, 30, -5, 17], 2),
                          patches={5: bytes(element_bytes), 71: b"\x7F" * element_bytes},
                          **contexts(4, 4, 3))
    make.__name__, make.__doc__ = f"dependent_{dtype}", f"elements of {dtype}, with patches"
    recipe(2)(make)


for name in ("f16", "bf16", "f64"):
    of_type(name)


@recipe(2)
def chunks_of_both_entropy_models():
    """one tensor whose chunks are coded with a static model, a context model and the dependent quantiser"""
    header = tensor(shape=(9, 2), view=(1, 9, 2), strand_rows=3)
    models = [lossy_model(2, entropy=static([CENTRED], [0, 0])), lossy_model(2, **contexts(2)),
              lossy_model(2, **contexts(2, state_bits=3))]
    file, digests = FileBuilder(), []
    for model in models:
        file.add(MODEL, model)
    file.add(TENSOR, header)
    for index, model in enumerate(models):
        payload, digest = coded_chunk(header, model, small_values(index, 3, 2), first_strand=index, chunk_index=index,
                                      model_index=index)
        file.add(CHUNK, payload, 0, index, 1)
        digests.append(digest)
    return file.add(TENSOR_END, tensor_end(0, digests)).finish()
