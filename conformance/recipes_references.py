"""Legal files in which a tensor is predicted from the rows of another one, continued from recipes_valid.py."""

import random

from recipes_context import contexts
from recipes_valid import CENTRED, matrix, recipe, small_values
from writer import (
    CHUNK, MODEL, TENSOR, TENSOR_END, Chunk, FileBuilder, chunk, coded_chunk, dense, dense_predictor, diagonal, f32,
    lossless_model, lossy_model, reference_part, static, tensor, tensor_end, uint, xxh64,
)

from chunks import row_range_of
from tensor_header import Tensor


class Tensors:
    """A file of several tensors, whose decoded elements are kept, since others are predicted from them."""

    def __init__(self):
        self.file, self.done, self.models = FileBuilder(), [], 0

    def model(self, payload):
        self.file.add(MODEL, payload)
        self.models += 1
        return self.models - 1

    def raw(self, dtype, view, elements, strand_rows=4, **options):
        """A tensor stored as it is, in one chunk."""
        self.begin(dtype, view, strand_rows, **options)
        strands = view[0] * -(-view[1] // strand_rows)
        payload = chunk(elements, xxh64(elements), len(self.done), strand_count=strands, coding=0)
        self.add(payload, xxh64(elements), elements)
        return self.end()

    def begin(self, dtype, view, strand_rows, stored=None, **options):
        """stored: fields that stand in the file with other values than the chunks are made for."""
        name = options.pop("name", b"t%d" % len(self.done))
        options = {"is_referenced": 1, **options}
        self.header = tensor(name, dtype, view, view, strand_rows, **options)
        self.view, self.digests = Tensor(self.header), []
        self.view.elements, self.view.chunk_rows = b"", []
        header = tensor(name, dtype, view, view, strand_rows, **{**options, **(stored or {})})
        self.file.add(TENSOR, header, len(self.done))

    def add(self, payload, digest, elements):
        placed = Chunk(payload)
        self.file.add(CHUNK, payload, len(self.done), placed.first_strand, placed.strand_count)
        self.view.elements += elements
        self.view.chunk_rows.append(row_range_of(placed, self.view))
        self.digests.append(digest)

    def coded(self, model_payload, model_index, rows, first_strand, strands, **options):
        """A chunk of a model; what it decodes to is found with the closed loop, as coded_chunk does."""
        source = self.done[self.view.reference] if self.view.reference < len(self.done) else None
        kept = []
        payload, digest = coded_chunk(self.header, model_payload, rows, first_strand, strands, reference=source,
                                      tensor_index=len(self.done), chunk_index=len(self.digests),
                                      model_index=model_index, elements_to=kept.append, **options)
        self.add(payload, digest, kept[0])

    def end(self):
        self.file.add(TENSOR_END, tensor_end(len(self.done), self.digests), len(self.done))
        self.done.append(self.view)
        return self

    def lossy(self, view, strand_rows, model_payload, dtype="f32", chunk_strands=None, lanes_log2=1, columns=None,
              values=None, patches=None, matches=None, refined=None, **options):
        """A tensor of one model, in chunks of chunk_strands strands."""
        index, number = self.model(model_payload), len(self.done)
        self.begin(dtype, view, strand_rows, **options)
        strands, row = view[0] * -(-view[1] // strand_rows), 0
        values = values or small_values(f"reference {number}", view[0] * view[1], columns or view[2])
        for first in range(0, strands, chunk_strands or strands):
            count = min(chunk_strands or strands, strands - first)
            placed = Chunk(chunk(b"", 0, first_strand=first, strand_count=count))
            start, stop = row_range_of(placed, self.view)
            self.coded(model_payload, index, values[row : row + stop - start], first, count, lanes_log2=lanes_log2,
                       patches=patches if first == 0 else None, matches=matches, refined=refined)
            row += stop - start
        return self.end()

    def finish(self):
        return self.file.finish()


def from_reference(name, channels, reference_channels, rows=1, size=40, shift=4, input_shift=0, centre=None):
    """The part of a model that predicts from a reference, with seeded numbers."""
    source = random.Random(name + " centre")
    centre = centre or [f32(source.uniform(-2, 2)) for _ in range(reference_channels)]
    return reference_part(centre, [input_shift] * reference_channels, [shift] * channels,
                          matrix(name, channels, rows * reference_channels, size), rows=rows)


def plain(channels, **options):
    return lossy_model(channels, entropy=static([CENTRED], [0] * channels), **options)


def predicted(name, channels, reference_channels, rows=1, lags=(), **options):
    """A model with a reference part and, if there are lags, a predictor."""
    inputs = channels * len(lags)
    predictor = dense_predictor(lags, [0] * channels, [5] * channels, matrix(name + " p", channels, inputs, 8))
    part = from_reference(name, channels, reference_channels, rows)
    return plain(channels, **{"predictor": predictor if lags else (0, b""), "reference": part, **options})


def of_rows(rows, lags):
    def make():
        file = Tensors().lossy((2, 11, 3), 4, plain(3), unit=f32(0.25))
        return file.lossy((2, 11, 5), 4, predicted(f"rows {rows}", 5, 3, rows, lags), unit=f32(0.5), reference=0,
                          reference_scale=f32(7.3)).finish()
    make.__name__ = f"reference_rows_{rows}" + ("" if lags else "_no_lags")
    make.__doc__ = (f"5 channels from {rows} rows of 3, " + (f"and lags {lags}" if lags else "without lags") +
                    "; strands of 4, 4 and 3 rows in two sequences")
    recipe(2, "R-MODEL-63")(make)


for count in (1, 2, 3, 4):
    of_rows(count, (1, 3))
for count in (1, 2, 4):
    of_rows(count, ())


def of_types(dtype, of_dtype):
    def make():
        file = Tensors().lossy((1, 13, 4), 5, plain(4), dtype, unit=f32(0.3))
        return file.lossy((1, 13, 3), 5, predicted(dtype, 3, 4, 2, (1,)), of_dtype, unit=f32(0.01), reference=0,
                          reference_scale=f32(12.5)).finish()
    make.__name__, make.__doc__ = f"reference_{dtype}_of_{of_dtype}", f"a reference of {dtype} predicts {of_dtype}"
    recipe(2)(make)


for pair in (("f16", "f32"), ("bf16", "f64"), ("f64", "f32"), ("f32", "f16"), ("f64", "bf16")):
    of_types(*pair)


@recipe(2, "R-ARCH-32")
def reference_chain_of_4():
    """five tensors, each but the first predicted from the one before: the longest chain"""
    file = Tensors()
    for number in range(5):
        channels = 2 + number
        part = {"reference": number - 1, "reference_scale": f32(3.0 + number)} if number else {}
        model = predicted(f"chain {number}", channels, channels - 1, 1 + number % 4, (1,)) if number else plain(2)
        file.lossy((1, 9, channels), 3, model, chunk_strands=2, unit=f32(0.25), is_referenced=int(number < 4), **part)
    return file.finish()


@recipe(2, "R-ARCH-31")
def reference_other_view():
    """3 sequences of 8 rows from 2 of 12: rows count through all sequences; strands and chunks of the two differ"""
    file = Tensors().lossy((2, 12, 3), 5, plain(3), chunk_strands=1, unit=f32(0.25))
    return file.lossy((3, 8, 4), 3, predicted("view", 4, 3, 4, (2,)), chunk_strands=2, reference=0,
                      reference_scale=f32(5.0)).finish()


@recipe(2)
def reference_large_chunks():
    """chunks of one strand from a reference that is one chunk, and a third tensor in one chunk from the second"""
    file = Tensors().lossy((1, 20, 2), 20, plain(2), unit=f32(0.25))
    file.lossy((1, 20, 2), 3, predicted("one strand", 2, 2, 2), chunk_strands=1, reference=0, unit=f32(0.125))
    return file.lossy((4, 5, 3), 5, predicted("one chunk", 3, 2, 3, (1,)), reference=1).finish()


PATTERNS = [0x7FC00000, 0xFFC12345, 0x7F800001, 0x7F800000, 0xFF800000, 0x80000000, 0x00000001, 0x807FFFFF,
            0x7F7FFFFF, 0xFF7FFFFF, 0x4B800000, 0xCB800001, 0x3F000000, 0x3FC00000, 0x40200000, 0xBF000000,
            0xBFC00000, 0xC0200000, 0x3EFFFFFF, 0x3F000001, 0x46FFFE00, 0x46FFFF00, 0xC7000000, 0xC7000100]


def extremes(dtype):
    """Bytes of 24 elements: NaN, infinities, zeros, subnormal and huge numbers, ties of the rounding."""
    if dtype == "f32":
        return b"".join(uint(pattern, 4) for pattern in PATTERNS)
    if dtype == "f64":  # the same, and then ties of the conversion to binary32, too large and too small numbers
        patterns = [0x7FF8000000000000, 0xFFF0000000000001, 0x7FF0000000000000, 0xFFF0000000000000, 2**63, 1,
                    0x3FF0000010000000, 0x3FF0000030000000, 0x3FF0000010000001, 0x47EFFFFFEFFFFFFF, 0x47EFFFFFF0000000,
                    0xC7EFFFFFF0000000, 0x36A0000000000000, 0x3690000000000000, 0x3690000000000001, 0xB810000000000000,
                    0x380FFFFFF0000000, 0x3FE0000000000000, 0x3FDFFFFFFFFFFFFF, 0x3FF8000000000001, 0xBFE0000000000000,
                    0x40DFFFC000000000, 0x7FEFFFFFFFFFFFFF, 0xC0E0001000000000]
        return b"".join(uint(pattern, 8) for pattern in patterns)
    if dtype == "bf16":
        return b"".join(uint(pattern >> 16, 2) for pattern in PATTERNS)
    halves = [0x7E00, 0xFC01, 0x7C00, 0xFC00, 0x8000, 1, 0x83FF, 0x7BFF, 0xFBFF, 0x3800, 0x3E00, 0x4100, 0xB800, 0xBE00,
              0x37FF, 0x3801] + list(range(0x0400, 0x7C00, 0x0F00))
    return b"".join(uint(pattern, 2) for pattern in halves[:24])


def of_extremes(dtype, lossless):
    def make():
        data = extremes(dtype)
        width = len(data) // 24
        elements = [int.from_bytes(data[i : i + width], "little") for i in range(0, len(data), width)]
        rows = [elements[4 * t : 4 * t + 4] for t in range(6)]
        file = Tensors()
        if lossless:
            model = lossless_model(4, 8 * width, [(255, 0)], static([([4096],)], [0] * 4))
            index = file.model(model)
            file.begin(dtype, (1, 6, 4), 4)
            file.coded(model, index, rows, 0, 2)
            file.end()
        else:
            file.raw(dtype, (1, 6, 4), data)
        scales = (f32(1.0), 1, f32(3e38), f32(2.0**24), f32(0.1))
        for scale in scales:
            part = from_reference("extremes", 3, 4, 2, 32767, 9, 3, [0, f32(1.0), 0xFF7FFFFF, f32(-0.25)])
            file.lossy((1, 6, 3), 4, plain(3, reference=part), reference=0, reference_scale=scale, unit=f32(0.5))
        return file.finish()
    kind = "lossless" if lossless else "raw"
    make.__name__ = f"reference_{kind}_{dtype}_extremes"
    make.__doc__ = f"a {kind} reference of {dtype} with NaN, infinities, ties and subnormals, at five scales"
    recipe(2, "R-TENS-10", "R-MODEL-62")(make)


for name in ("f16", "bf16", "f32", "f64"):
    of_extremes(name, False)
of_extremes("f32", True)


@recipe(2)
def reference_saturates_and_wraps():
    """input_shift 0, 1, 30 and 31 of inputs at both ends, output_shift 0, 1, 30 and 31, sums that wrap"""
    data = b"".join(uint(f32(value), 4) for value in (3e9, -3e9, 70000, -70000, 32767, -32768, 1e38, -1e38) * 6)
    part = reference_part([0] * 4, [0, 1, 30, 31], [0, 1, 30, 31], matrix("reference wrap", 4, 12, 32767), rows=3)
    model = lossy_model(4, reference=part, synthesis=dense(matrix("reference wrap s", 4, 4, 32767), shift=1),
                        entropy=static([(-32768, 0, [4096])], [0] * 4))
    source = random.Random("reference wrap")
    values = [[source.choice((-32768, 32767)) for _ in range(4)] for _ in range(12)]
    return Tensors().raw("f32", (1, 12, 4), data).lossy((1, 12, 4), 5, model, values=values, reference=0,
                                                        unit=f32(1e-6)).finish()


@recipe(2)
def reference_patched():
    """patches of the reference, NaN among them, are part of its elements"""
    patches = {0: uint(0x7FC00000, 4), 5: uint(f32(77.0), 4), 17: uint(0xFF800000, 4)}
    file = Tensors().lossy((1, 6, 3), 6, plain(3), patches=patches)
    return file.lossy((1, 6, 3), 3, predicted("patched", 3, 3, 2, (1,)), reference=0, patches={4: uint(1, 4)}).finish()


@recipe(2, "R-CHNK-18")
def reference_not_used():
    """a raw chunk beside a model with a reference part, one without and one with; references that no chunk uses"""
    file = Tensors().lossy((1, 6, 2), 2, plain(2))
    with_part, without = predicted("not used", 2, 2, 2), plain(2)
    indices = file.model(with_part), file.model(without)
    file.begin("f32", (1, 6, 2), 2, reference=0)
    body = bytes(range(16))
    file.add(chunk(body, xxh64(body), 1, coding=0, model_index=indices[0]), xxh64(body), body)
    file.coded(without, indices[1], [[1, 2], [3, -4]], 1, 1)
    file.coded(with_part, indices[0], [[-1, 0], [2, 1]], 2, 1)
    file.end()
    file.raw("u8", (2, 3, 2), bytes(12), reference=1)  # no lossy model fits u8, but the field is legal
    file.lossy((1, 6, 2), 6, plain(2), reference=1, is_referenced=0)
    return file.lossy((1, 6, 2), 6, plain(2), is_referenced=1).finish()


@recipe(2)
def reference_used_twice():
    """two tensors from one reference, with one model; the second goes past a tensor in between"""
    model = predicted("twice", 3, 2, 2, (1,))
    file = Tensors().lossy((1, 8, 2), 3, plain(2), unit=f32(0.5))
    file.lossy((1, 8, 3), 4, model, reference=0, reference_scale=f32(2.5))
    file.raw("i32", (1, 1, 1), bytes(4), is_referenced=0)
    return file.lossy((1, 8, 3), 2, model, "f16", reference=0, reference_scale=f32(0.5), centre_scale=1000).finish()


@recipe(2)
def reference_without_rows():
    """tensors of no rows, one the reference of the other"""
    file = Tensors()
    for options in ({}, {"reference": 0}):
        file.begin("f32", (3, 0, 2), 1, **options)
        file.end()
    return file.finish()


@recipe(2)
def reference_dependent():
    """a context model with 8 states, block widths apart, lags and 3 rows of the reference"""
    file = Tensors().lossy((2, 10, 7), 4, plain(7), "bf16", unit=f32(0.25))
    options = contexts(5, state_bits=3)
    predictor = dense_predictor([1, 2], [0] * 5, [5] * 5, matrix("rd p", 5, 10, 8))
    model = lossy_model(5, predictor=predictor, reference=from_reference("rd", 5, 7, 3, input_shift=1),
                        synthesis=diagonal([3, 30, -5, 17, 9], 2), centre=[3, -300, 0, 7, 1], **options)
    return file.lossy((2, 10, 5), 4, model, lanes_log2=3, reference=0, reference_scale=f32(31.7), centre_scale=70000,
                      chunk_strands=4).finish()


def with_long_chunk(rows, legal=True):
    """A chunk of one row from a reference whose one chunk has so many rows. Of the other rows none takes a bit."""
    none = lossy_model(1, entropy=static([CENTRED], []), synthesis=dense([[]]), centre=[5])
    file = Tensors().lossy((1, rows, 1), rows, none, "f16", values=[[]] * rows)
    model = predicted("long", 1, 1)
    index = file.model(model)
    file.begin("f16", (1, rows, 1), rows - 1, reference=0)
    file.coded(none, index - 1, [[]] * (rows - 1), 0, 1)
    if not legal:
        file.done[0].chunk_rows = []  # so that the writer makes it all the same
    file.coded(model, index, [[3]], 1, 1)
    return file.end().finish()


@recipe(2, "R-CHNK-19")
def reference_chunk_of_65552_rows():
    """a chunk of one row that needs 16 + 65536 rows of its reference, the most that it may"""
    return with_long_chunk(65552)
