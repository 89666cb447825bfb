"""Chapters 3.2 to 3.9: Rice arrays and MODEL sections."""

from bitio import BitReader, ByteReader, FormatError, require, wrap_i32
from tensor_header import is_positive_finite_f32


# spec: rice
RICE_PARAMETER_BITS = 5
RICE_QUOTIENT_LIMIT = 24
MAX_ARRAY_VALUES = 2**26


def read_rice_array(reader, count, minimum, maximum, row_length=0):
    """row_length 0: one row."""
    require(count // 8 <= reader.remaining(), "corrupt", "R-MODEL-03")
    bits = BitReader(reader.data[reader.at :], "R-MODEL-03")
    values, k = [], 0
    for i in range(count):
        if i == 0 or (row_length > 0 and i % row_length == 0):
            k = bits.bits(RICE_PARAMETER_BITS)
        ones = 0
        while ones < RICE_QUOTIENT_LIMIT and bits.bits(1) == 1:
            ones += 1
        code = bits.bits(32) if ones == RICE_QUOTIENT_LIMIT else (ones << k) + bits.bits(k)
        value = -((code + 1) // 2) if code % 2 else code // 2
        require(code <= 0xFFFFFFFF and minimum <= value <= maximum, "corrupt", "R-MODEL-04")
        values.append(value)
    require(bits.padding_is_zero(), "corrupt", "R-MODEL-05")
    reader.bytes(bits.position // 8)
    return values


def read_model_array(reader, count, minimum, maximum, row_length=0):
    require(count <= MAX_ARRAY_VALUES, "limit_exceeded", "R-MODEL-06")
    return read_rice_array(reader, count, minimum, maximum, row_length)
# end


# spec: rice_test_values
def check_rice_test_values():
    for data, count, wanted in (("029A", 3, [0, -1, 5]), ("E0FFFFFFFFFFFF1F", 1, [-(2**31)])):
        reader = ByteReader(bytes.fromhex(data))
        assert read_rice_array(reader, count, *INT32) == wanted and reader.remaining() == 0
    try:
        read_rice_array(ByteReader(bytes.fromhex("827219")), 3, *INT32)
    except FormatError as error:
        assert error.rule == "R-MODEL-05"
    else:
        raise AssertionError("the padding was not looked at")
# end


# spec: model
LOSSY, LOSSLESS = 1, 2
PREDICTOR_NONE, PREDICTOR_DENSE, PREDICTOR_LOW_RANK, PREDICTOR_NETWORK = 0, 1, 2, 3
SYNTHESIS_DIAGONAL, SYNTHESIS_DENSE, SYNTHESIS_BLOCK = 1, 2, 3
QUANTISER_UNIFORM, QUANTISER_DEPENDENT = 1, 2
ENTROPY_STATIC, ENTROPY_CONTEXT = 1, 2
INT16 = (-(2**15), 2**15 - 1)
INT32 = (-(2**31), 2**31 - 1)


class Model:
    """A parsed MODEL section; its fields are set by the functions of this chapter."""


def read_model(payload):
    reader, model = ByteReader(payload), Model()
    model.codec, model.predictor, model.synthesis = reader.uint(1), reader.uint(1), reader.uint(1)
    model.quantiser, model.entropy, model.state_bits = reader.uint(1), reader.uint(1), reader.uint(1)
    model.reference, model.match = reader.uint(1), reader.uint(1)
    require(kinds_are_known(model), "unsupported", "R-MODEL-02")
    model.channels = reader.uint(4)
    require(1 <= model.channels <= 65536, "corrupt", "R-MODEL-07")
    if model.codec == LOSSY:
        model.unit = reader.uint(4)
        require(is_positive_finite_f32(model.unit), "corrupt", "R-MODEL-08")
        model.centre = read_model_array(reader, model.channels, *INT32)
        read_predictor(reader, model)
        if model.reference:
            read_reference(reader, model)
        if model.match:
            read_match(reader, model)
        read_synthesis(reader, model)
        model.symbols_per_row = model.coefficients
    else:
        read_bins(reader, model)
        model.symbols_per_row = model.channels
    READ_ENTROPY_MODEL[model.entropy](reader, model)
    require(reader.remaining() == 0, "corrupt", "R-MODEL-09")
    return model


def kinds_are_known(model):
    if model.codec == LOSSLESS:
        kinds = (model.predictor, model.synthesis, model.quantiser, model.entropy)
        return kinds == (0, 0, 0, ENTROPY_STATIC) and (model.state_bits, model.reference, model.match) == (0, 0, 0)
    quantised = {
        ENTROPY_STATIC: ((QUANTISER_UNIFORM, 0),),
        ENTROPY_CONTEXT: ((QUANTISER_UNIFORM, 0), (QUANTISER_DEPENDENT, 2), (QUANTISER_DEPENDENT, 3)),
    }
    return (model.codec == LOSSY and model.predictor <= 3 and 1 <= model.synthesis <= 3 and model.reference <= 1 and
            model.match <= 2 and (model.quantiser, model.state_bits) in quantised.get(model.entropy, ()))
# end


# spec: predictor
def read_predictor(reader, model):
    model.lags = []
    if model.predictor == PREDICTOR_NONE:
        return
    lag_count = reader.uint(1)
    require(1 <= lag_count <= 16, "corrupt", "R-MODEL-10")
    for _ in range(lag_count):
        lag = reader.uint(2)
        require(1 <= lag <= 4096 and (not model.lags or lag > model.lags[-1]), "corrupt", "R-MODEL-11")
        model.lags.append(lag)
    d = model.channels
    inputs = lag_count * d
    model.input_shift = read_model_array(reader, d, 0, 31)
    if model.predictor == PREDICTOR_LOW_RANK:
        model.rank = reader.uint(2)
        require(model.rank >= 1, "corrupt", "R-MODEL-12")
        model.down_shift = read_model_array(reader, model.rank, 0, 31)
        model.down = rows_of(read_model_array(reader, model.rank * inputs, *INT16, d), inputs)
        model.output_shift = read_model_array(reader, d, 0, 31)
        model.up = rows_of(read_model_array(reader, d * model.rank, *INT16, model.rank), model.rank)
    else:
        model.output_shift = read_model_array(reader, d, 0, 31)
        model.matrix = rows_of(read_model_array(reader, d * inputs, *INT16, d), inputs)
    if model.predictor == PREDICTOR_NETWORK:
        read_network(reader, model, d * (2 * lag_count + 1 if model.match else lag_count))


def read_network(reader, model, inputs):
    layer_count = reader.uint(1)
    require(1 <= layer_count <= 4, "corrupt", "R-MODEL-13")
    weight_count = 0
    model.layers = []  # (shift of each output, rows of weights)
    for _ in range(layer_count):
        outputs = reader.uint(2)
        require(1 <= outputs <= 4096, "corrupt", "R-MODEL-14")
        weight_count += outputs * inputs
        require(weight_count <= 65536 * model.channels, "limit_exceeded", "R-MODEL-15")
        shifts = read_model_array(reader, outputs, 0, 31)
        weights = read_model_array(reader, outputs * inputs, -128, 127, inputs)
        model.layers.append((shifts, rows_of(weights, inputs)))
        inputs = outputs
    weight_count += model.channels * inputs
    require(weight_count <= 65536 * model.channels, "limit_exceeded", "R-MODEL-15")
    model.network_output_shift = read_model_array(reader, model.channels, 0, 31)
    model.network_matrix = rows_of(read_model_array(reader, model.channels * inputs, *INT16, inputs), inputs)


def rows_of(values, columns):
    return [values[i : i + columns] for i in range(0, len(values), columns)]
# end


# spec: reference
def read_reference(reader, model):
    model.reference_channels = reader.uint(4)
    require(1 <= model.reference_channels <= 65536, "corrupt", "R-MODEL-60")
    model.reference_rows = reader.uint(1)
    require(1 <= model.reference_rows <= 4, "corrupt", "R-MODEL-63")
    require(is_positive_finite_f32(reader.uint(4)), "corrupt", "R-MODEL-61")  # information for encoders
    model.reference_centre = [reader.uint(4) for _ in range(model.reference_channels)]  # bit patterns of f32
    require(all(pattern & 0x7FFFFFFF < 0x7F800000 for pattern in model.reference_centre), "corrupt", "R-MODEL-62")
    inputs = model.reference_rows * model.reference_channels
    model.reference_input_shift = read_model_array(reader, model.reference_channels, 0, 31)
    model.reference_output_shift = read_model_array(reader, model.channels, 0, 31)
    values = read_model_array(reader, model.channels * inputs, *INT16, model.reference_channels)
    model.reference_matrix = rows_of(values, inputs)
# end


# spec: match
def read_match(reader, model):
    model.dictionary_digest = reader.bytes(32) if model.match == 2 else None
    model.match_classes = reader.uint(1)
    require(1 <= model.match_classes <= 8, "corrupt", "R-MODEL-70")
    model.match_code_bits = [reader.uint(1) for _ in range(model.match_classes + 1)]
    require(all(1 <= bits <= 8 for bits in model.match_code_bits), "corrupt", "R-MODEL-71")
    require(sum(2 ** (8 - bits) for bits in model.match_code_bits) == 2**8, "corrupt", "R-MODEL-71")
    model.match_start = [reader.uint(2) for _ in range(model.match_classes + 1)]
    gains = read_model_array(reader, model.match_classes * model.channels, 0, 255, model.channels)
    model.match_gain = [None] + rows_of(gains, model.channels)  # by class
# end


# spec: synthesis
def read_synthesis(reader, model):
    d = model.channels
    model.shift, model.coefficients = reader.uint(1), reader.uint(4)
    require(model.shift <= 15 and model.coefficients <= d, "corrupt", "R-MODEL-20")
    if model.synthesis == SYNTHESIS_DIAGONAL:
        require(model.coefficients == d, "corrupt", "R-MODEL-24")
        model.blocks = [[[value]] for value in read_model_array(reader, d, *INT16)]
    elif model.synthesis == SYNTHESIS_DENSE:
        r = model.coefficients
        values = read_model_array(reader, d * r, *INT16, r)
        model.blocks = [[values[c * r : (c + 1) * r] for c in range(d)]]
    else:
        read_blocks(reader, model)


def read_blocks(reader, model):
    """model.blocks: matrices as lists of rows. Diagonal: d blocks of 1 x 1. Dense: one block."""
    width = reader.uint(4)
    require(1 <= width <= model.channels, "corrupt", "R-MODEL-21")
    heights = [min(width, model.channels - first) for first in range(0, model.channels, width)]
    columns = read_model_array(reader, len(heights), 0, min(width, 65535))
    for height, count in zip(heights, columns):
        require(count <= height, "corrupt", "R-MODEL-22")
    require(sum(columns) == model.coefficients, "corrupt", "R-MODEL-23")
    total = sum(height * count for height, count in zip(heights, columns))
    values = read_model_array(reader, total, *INT16, width)
    model.blocks, at = [], 0
    for height, count in zip(heights, columns):
        model.blocks.append([values[at + i * count : at + (i + 1) * count] for i in range(height)])
        at += height * count
# end


# spec: bins
BIN_ESCAPE = 255


def read_bins(reader, model):
    model.element_bits, model.low_zero_bits = reader.uint(1), reader.uint(1)
    require(model.element_bits in (8, 16, 32, 64) and model.low_zero_bits < model.element_bits,
            "corrupt", "R-MODEL-30")
    bin_count = reader.uint(2)
    require(1 <= bin_count <= 256, "corrupt", "R-MODEL-31")
    kept_bits = model.element_bits - model.low_zero_bits
    model.bins = []
    for _ in range(bin_count):
        width_bits, base = reader.uint(1), reader.uint(model.element_bits // 8)
        if width_bits == BIN_ESCAPE:
            require(base == 0, "corrupt", "R-MODEL-32")
        else:
            require(width_bits <= min(kept_bits, 63), "corrupt", "R-MODEL-33")
            require(base + 2**width_bits <= 2**kept_bits, "corrupt", "R-MODEL-33")
        model.bins.append((width_bits, base))
# end


# spec: static
class EntropyClass:
    lowest = 0
    raw_bits = 0
    frequencies = ()


def read_static_model(reader, model):
    model.precision_bits, class_count = reader.uint(1), reader.uint(2)
    require(8 <= model.precision_bits <= 12 and 1 <= class_count <= 256, "corrupt", "R-MODEL-40")
    model.classes = [read_class(reader, model) for _ in range(class_count)]
    model.class_of = read_model_array(reader, model.symbols_per_row, 0, class_count - 1)  # R-MODEL-44


def read_class(reader, model):
    out = EntropyClass()
    if model.codec == LOSSY:
        lowest, out.raw_bits, symbol_count = reader.uint(4), reader.uint(1), reader.uint(2)
        out.lowest = wrap_i32(lowest)
        require(out.raw_bits <= 14 and 1 <= symbol_count <= 256 and -32768 <= out.lowest <= 32767,
                "corrupt", "R-MODEL-41")
        end = out.lowest + symbol_count - 1
        require(out.lowest << out.raw_bits >= -32768 and end << out.raw_bits <= 32768, "corrupt", "R-MODEL-42")
    else:
        symbol_count = len(model.bins)
    total = 2**model.precision_bits
    out.frequencies = read_model_array(reader, symbol_count, 0, total)
    require(sum(out.frequencies) == total, "corrupt", "R-MODEL-43")
    return out
# end


# spec: context
TABLE_ROW_COEFFICIENTS = 16


def read_context_model(reader, model):
    model.precision_bits, table_count = reader.uint(1), reader.uint(2)
    require(8 <= model.precision_bits <= 12 and 1 <= table_count <= 256, "corrupt", "R-MODEL-50")
    model.bins = reader.uint(1)
    require(1 <= model.bins <= 8, "corrupt", "R-MODEL-52")
    model.thresholds = [reader.uint(2) for _ in range(model.bins - 1)]
    require(model.thresholds == sorted(model.thresholds), "corrupt", "R-MODEL-53")
    model.tables = [read_context_table(reader, model) for _ in range(table_count)]
    model.weight = read_model_array(reader, model.coefficients, 0, 65535)
    model.raw_bits = read_model_array(reader, model.coefficients, 0, 14)
    read_table_of(reader, model, table_count)


def read_context_table(reader, model):
    """The frequencies of the codes 0, 1, ... and, last, of the escape."""
    code_count, total = reader.uint(1), 2**model.precision_bits
    frequencies = read_model_array(reader, code_count + 1, 1, total)  # R-MODEL-51
    require(sum(frequencies) == total, "corrupt", "R-MODEL-43")
    return frequencies


def read_table_of(reader, model, table_count):
    model.quantisers = 2 if model.quantiser == QUANTISER_DEPENDENT else 1
    width = model.bins * model.quantisers
    differences = read_model_array(reader, model.coefficients * width, -255, 255, TABLE_ROW_COEFFICIENTS * width)
    model.table_of = []
    for i, difference in enumerate(differences):
        table = difference + (model.table_of[i - width] if i >= width else 0)
        require(0 <= table < table_count, "corrupt", "R-MODEL-54")
        model.table_of.append(table)


READ_ENTROPY_MODEL = {ENTROPY_STATIC: read_static_model, ENTROPY_CONTEXT: read_context_model}
# end
