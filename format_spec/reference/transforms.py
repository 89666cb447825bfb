"""Chapter 4: the closed loop, and fixed point to floating point."""

from functools import lru_cache

from bitio import clamp, wrap_i32
from model import Model, PREDICTOR_LOW_RANK, PREDICTOR_NONE, SYNTHESIS_DIAGONAL
from tensor_header import BF16, F16, F32, F64


# spec: integers
def product(row, values):
    """The sum of row[i] * values[i]; the caller wraps it to 32 bits."""
    return sum(a * b for a, b in zip(row, values))


def round_shift(value, shift):
    """value / 2^shift, rounded to the nearest integer, halves upwards; the addition wraps."""
    return wrap_i32(value + (2**shift >> 1)) >> shift


def round_shift_saturate(value, shift):
    return clamp(round_shift(value, shift), -32768, 32767)
# end


# spec: history
NO_MATCH = (0, None)  # class 0, no address


class History:
    """The fixed-point rows of the strands of a chunk, and after them the stored rows."""

    def __init__(self, strand_count, stored=()):
        """stored: strands of fixed-point rows (4.10)."""
        self.rows = [[] for _ in range(strand_count)]  # all of them; without matches, max(lags) of each suffice
        self.places = []  # (strand, row of the strand) of each address
        self.address_of = {}
        for strand, rows in enumerate(stored, strand_count):
            self.rows.append([])
            for t, row in enumerate(rows):
                self.remember([(strand, t)], [row])

    def remember(self, step, rows):
        """Takes in the rows of a step."""
        for (strand, t), row in zip(step, rows):
            self.rows[strand].append(row)
            self.address_of[strand, t] = len(self.places)
            self.places.append((strand, t))
# end


# spec: predict
def predict(model, history, strand, t, match):
    """The prediction of row t of a strand: model.channels accumulators. match: its class and address (4.9)."""
    if model.predictor == PREDICTOR_NONE:
        return [0] * model.channels
    inputs = []
    for lag in model.lags:
        row = lag_row(model, history, strand, t, lag, match)
        inputs += [round_shift_saturate(x, shift) for x, shift in zip(row, model.input_shift)]
    matrix = model.matrix if model.predictor != PREDICTOR_LOW_RANK else model.up
    if model.predictor == PREDICTOR_LOW_RANK:
        sums = [wrap_i32(product(row, inputs)) for row in model.down]
        inputs = [round_shift_saturate(x, shift) for x, shift in zip(sums, model.down_shift)]
    sums = [wrap_i32(product(row, inputs)) for row in matrix]
    return [round_shift(x, shift) for x, shift in zip(sums, model.output_shift)]


def lag_row(model, history, strand, t, lag, match):
    """What the predictor sees of row t - lag, before its shift."""
    match_class, address = match
    if lag > t:
        return [0] * model.channels
    row = history.rows[strand][t - lag]
    if match_class == 0:
        return row
    source, at = history.places[address]
    if lag > at:
        return [0] * model.channels
    return [wrap_i32(x - m) for x, m in zip(row, damped(model, match_class, history.rows[source][at - lag]))]
# end


# spec: network
def predict_from_network(model, history, strand, t, match):
    """What the network adds to the prediction of row t of a strand. match: its class and address (4.9)."""
    inputs = []
    for row in network_rows(model, history, strand, t, match):
        inputs += [round_shift_saturate(x, shift) for x, shift in zip(row, model.input_shift)]
    for shifts, weights in model.layers:
        sums = [wrap_i32(product(row, inputs)) for row in weights]
        inputs = [max(round_shift_saturate(x, shift), 0) for x, shift in zip(sums, shifts)]
    sums = [wrap_i32(product(row, inputs)) for row in model.network_matrix]
    return [round_shift(x, shift) for x, shift in zip(sums, model.network_output_shift)]


def network_rows(model, history, strand, t, match):
    """The fixed-point rows that the network sees, one after the other."""
    zeros = [0] * model.channels
    rows = [history.rows[strand][t - lag] if lag <= t else zeros for lag in model.lags]
    if model.match:
        match_class, address = match
        source, at = (None, -1) if match_class == 0 else history.places[address]
        rows += [history.rows[source][at - back] if back <= at else zeros for back in [0] + model.lags]
    return rows
# end


# spec: match
def damped(model, match_class, row):
    """A matched row times the gains of its class."""
    limit = 2**22 - 1
    return [(clamp(x, -limit, limit) * gain + 64) >> 7 for x, gain in zip(row, model.match_gain[match_class])]


def predict_from_match(model, history, match):
    """What the match of a row adds to its prediction."""
    match_class, address = match
    if match_class == 0:
        return [0] * model.channels
    source, at = history.places[address]
    return [x << model.shift for x in damped(model, match_class, history.rows[source][at])]
# end


# spec: reference
import struct


def binary32(number):
    """A binary64 number rounded to binary32: to nearest, ties to even, too large is infinity."""
    try:
        return struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def binary32_of(pattern, form):
    """A pattern of a format, not NaN, as binary32. Only from binary64 does this round."""
    sign, magnitude = divmod(pattern, 2 ** sum(form))
    narrow = convert(magnitude, form, BINARY32) | sign << 31
    return struct.unpack("<f", narrow.to_bytes(4, "little"))[0]


def reference_input(pattern, form, centre, scale, shift):
    """The input of 16 bits from an element of the reference; centre and scale are bit patterns of f32."""
    if pattern % 2 ** sum(form) > infinity(form):
        return 0  # NaN
    centred = binary32(binary32_of(pattern, form) - binary32_of(centre, BINARY32))
    scaled = binary32(centred * binary32_of(scale, BINARY32))
    return round_shift_saturate(round(clamp(scaled, -(2**30), 2**30)), shift)  # round: ties to even


def reference_inputs(model, elements, dtype, scale):
    """Rows of inputs from the bytes of rows of the reference."""
    form = FORMS[dtype]
    width = (sum(form) + 1) // 8
    inputs = []
    for i in range(len(elements) // width):
        pattern, channel = int.from_bytes(elements[i * width : (i + 1) * width], "little"), i % model.reference_channels
        centre, shift = model.reference_centre[channel], model.reference_input_shift[channel]
        inputs.append(reference_input(pattern, form, centre, scale, shift))
    return [inputs[i : i + model.reference_channels] for i in range(0, len(inputs), model.reference_channels)]


def predict_from_reference(model, inputs, t):
    """What the reference adds to the prediction of row t. inputs: those of the rows of the strand."""
    row = []
    for back in range(model.reference_rows):
        row += inputs[t - back] if back <= t else [0] * model.reference_channels
    sums = [wrap_i32(product(factors, row)) for factors in model.reference_matrix]
    return [round_shift(x, shift) for x, shift in zip(sums, model.reference_output_shift)]
# end


# spec: reconstruct
def reconstruct(model, prediction, quantised):
    """The fixed-point row: prediction plus S times the quantised values, then the rounding shift."""
    if model.synthesis == SYNTHESIS_DIAGONAL:
        innovation = [block[0][0] * q for block, q in zip(model.blocks, quantised)]
    else:
        innovation, first = [], 0
        for block in model.blocks:
            columns = len(block[0])
            values = quantised[first : first + columns]
            innovation += [product(row, values) for row in block]
            first += columns
    return [round_shift(wrap_i32(p + e), model.shift) for p, e in zip(prediction, innovation)]
# end


# spec: centre
def scaled_centre(model, centre_scale):
    return [clamp((centre * centre_scale + 2**15) >> 16, -(2**31), 2**31 - 1) for centre in model.centre]
# end


# spec: floats
# (exponent bits, mantissa bits)
BINARY16, BFLOAT16, BINARY32, BINARY64 = (5, 10), (8, 7), (8, 23), (11, 52)


def infinity(form):
    exponent_bits, mantissa_bits = form
    return (2**exponent_bits - 1) << mantissa_bits


def round_to_float(magnitude, exponent, form):
    """The pattern, without the sign bit, of magnitude * 2^exponent: to nearest, ties to even, too large is infinity."""
    exponent_bits, mantissa_bits = form
    if magnitude == 0:
        return 0
    lowest = 2 - 2 ** (exponent_bits - 1) - mantissa_bits  # exponent of the last bit of a subnormal number
    last = max(exponent + magnitude.bit_length() - 1 - mantissa_bits, lowest)
    kept = magnitude << max(exponent - last, 0)
    if last > exponent:
        half = 1 << (last - exponent - 1)
        kept, lost = magnitude >> (last - exponent), magnitude & (2 * half - 1)
        if lost > half or (lost == half and kept % 2 == 1):
            kept += 1
    return min(kept + ((last - lowest) << mantissa_bits), infinity(form))


def split_float(pattern, form):
    """(magnitude, exponent) of a finite pattern without sign bit."""
    exponent_bits, mantissa_bits = form
    lowest = 2 - 2 ** (exponent_bits - 1) - mantissa_bits
    field, mantissa = pattern >> mantissa_bits, pattern & (2**mantissa_bits - 1)
    return (mantissa, lowest) if field == 0 else (mantissa + 2**mantissa_bits, lowest + field - 1)


def multiply(a, b, form):
    """Product of two patterns without sign bit, of which b is finite and above 0: one rounding."""
    if a == infinity(form):
        return a
    (magnitude_a, exponent_a), (magnitude_b, exponent_b) = split_float(a, form), split_float(b, form)
    return round_to_float(magnitude_a * magnitude_b, exponent_a + exponent_b, form)


def convert(pattern, source, target):
    """A pattern without sign bit, not NaN, in another format: one rounding."""
    return infinity(target) if pattern == infinity(source) else round_to_float(*split_float(pattern, source), target)


FORMS = {F16: BINARY16, BF16: BFLOAT16, F32: BINARY32, F64: BINARY64}


def element_of(fixed, centre, unit, dtype):
    """The bit pattern of an element; unit is the bit pattern of an f32."""
    value = wrap_i32(fixed + centre)
    working = BINARY64 if dtype == F64 else BINARY32
    number = round_to_float(abs(value), 0, working)
    scaled = multiply(number, convert(unit, BINARY32, working), working)
    form = FORMS[dtype]
    magnitude = scaled if form == working else convert(scaled, working, form)
    return magnitude | (2 ** sum(form) if value < 0 else 0)
# end

element_of = lru_cache(2**16)(element_of)  # the same arguments come again and again


# spec: test_values
def check_transform_test_values():
    assert [round_shift(*p) for p in ((5, 1), (-5, 1), (-6, 2), (2147483647, 1))] == [3, -2, -1, -1073741824]
    assert [round_shift_saturate(*p) for p in ((-100000, 1), (65535, 1))] == [-32768, 32767]
    model = Model()
    for centre_scale, centre, wanted in ((32768, [3, -3], [2, -1]),
                                         (65537, [2**31 - 1, -(2**31), 65537], [2**31 - 1, -(2**31), 65538])):
        model.centre = centre
        assert scaled_centre(model, centre_scale) == wanted
    assert element_of(16777217, 0, 0x3F800000, F32) == 0x4B800000
    assert element_of(1, -3, 1, F32) == 0x80000002
    assert element_of(4099, -2, 0x3F000000, F16) == 0x6800
    assert [element_of(-1, 0, 1, dtype) for dtype in (F16, BF16)] == [0x8000, 0x8000]
    assert [element_of(-1, 1, 1, dtype) for dtype in (F16, F64)] == [0, 0]
    assert element_of(200, 57, 0x3F800000, BF16) == 0x4380
    assert element_of(-1, 0, 0x3DCCCCCD, F64) == 0xBFB99999A0000000
    assert [reference_input(x, BINARY16, 0, 0x3F800000, 0) for x in (0x4100, 0x4300, 0xC100, 0x7E00)] == [2, 4, -2, 0]
    assert reference_input(0x3FF0000010000000, BINARY64, 0x3F800000, 0x4B800000, 0) == 0
    assert reference_input(0x3FF0000030000000, BINARY64, 0x3F800000, 0x4B800000, 0) == 4
    assert reference_input(0xFF800000, BINARY32, 0x7F7FFFFF, 1, 20) == -1024
    assert [reference_input(0x7F7FFFFF, BINARY32, 0xFF7FFFFF, 1, shift) for shift in (30, 31)] == [1, -1]
# end


# spec: stored
def stored_value(pattern, form, unit, centre):
    """The fixed-point value of a bit pattern of a format; unit is one of f32."""
    scale = binary32(1 / binary32_of(unit, BINARY32))
    if pattern % 2 ** sum(form) > infinity(form):
        return wrap_i32(-centre)  # NaN
    scaled = binary32(binary32_of(pattern, form) * scale)
    fixed = 0 if scaled != scaled else round(clamp(scaled, -(2**30), 2**30))  # round: ties to even
    return wrap_i32(fixed - centre)


def stored_strands(strands, form, unit, centre):
    """Strands of rows of bit patterns as strands of fixed-point rows. centre: scaled (4.7)."""
    return [[[stored_value(x, form, unit, c) for x, c in zip(row, centre)] for row in rows] for rows in strands]
# end


# spec: match_test_values
def check_match_test_values():
    model = Model()
    model.match_gain, model.shift = [None, [64, 64, 64, 255]], 2
    assert damped(model, 1, [3, -3, 2**31 - 1, -(2**31)]) == [2, -1, 2097152, -8355838]
    history = History(2)
    history.remember([(0, 0), (1, 0)], [[3, 5, 7, 9], [-1, -2, -3, -4]])
    assert predict_from_match(model, history, (1, 1)) == [0, -4, -4, -32]
    history = History(1, [[[1, 1, 1, 1]], [[2, 2, 2, 2], [-6, 8, 0, 2]]])
    assert history.places == [(1, 0), (2, 0), (2, 1)]
    assert predict_from_match(model, history, (1, 2)) == [-12, 16, 0, 16]
    tenth, one = 0x3DCCCCCD, 0x3F800000
    assert [stored_value(x, BINARY32, one, 0) for x in (0x40200000, 0x40600000, 0xC0200000, 0x7FC00000)] == [2, 4, -2, 0]
    assert [stored_value(x, BINARY32, tenth, 3) for x in (one, 0xFF800000)] == [7, -(2**30) - 3]
    assert [stored_value(x, BINARY32, 1, 3) for x in (one, 0)] == [2**30 - 3, -3]
    assert stored_value(0x3FE0000018000000, BINARY64, 0x33800000, 0) == 8388609 and stored_value(0xC100, BINARY16, one, 0) == -2
# end


# spec: network_test_values
def check_network_test_values():
    model = Model()
    model.channels, model.lags, model.match, model.input_shift = 2, [1], 1, [0, 1]
    model.layers = [([0, 1, 0], [[1, 2, 3, 4, 5, 6], [-128, 127, 0, 0, 0, 0], [-1, 0, 0, 0, 0, 0]]),
                    ([2, 0], [[1, 1, 1], [-3, 2, 100]])]
    model.network_matrix, model.network_output_shift = [[5, -7], [-32768, 1]], [1, 0]
    history = History(1)
    for t, row in enumerate([[10, 20], [-30, 41], [7, 9]]):
        history.remember([(0, t)], [row])
    assert network_rows(model, history, 0, 3, (1, 1)) == [[7, 9], [-30, 41], [10, 20]]
    assert network_rows(model, history, 0, 1, (1, 0)) == [[10, 20], [10, 20], [0, 0]]
    assert network_rows(model, history, 0, 3, NO_MATCH) == [[7, 9], [0, 0], [0, 0]]
    assert predict_from_network(model, history, 0, 3, (1, 1)) == [75, -983040]
    assert predict_from_network(model, history, 0, 2, NO_MATCH) == [-31092, -26991360]
# end
