"""Legal lossless files of lossy models with a refinement, continued from recipes_valid.py."""

import random

from encode_refinement import refinement
from recipes_context import contexts, lags
from recipes_references import Tensors, from_reference, plain
from recipes_valid import CENTRED, lossy_file, recipe
from writer import f32, static

BITS = {"f16": 16, "bf16": 16, "f32": 32, "f64": 64}
EVEN = (-8, [256] * 16)


def near(name, bits, reach, far=0.1):
    """Makes exact patterns of decoded ones: most within reach in the order of patterns, some anywhere."""
    source = random.Random(name + " exact")

    def exact(decoded):
        out = []
        for pattern in decoded:
            other = pattern + source.randint(-reach, reach)
            out.append(source.getrandbits(bits) if source.random() < far else other % 2**bits)
        return out

    return exact


def refined(name, bits, tables, table_of, raw_bits=None, reach=7, far=0.1, exact=None, **options):
    make = exact or near(name, bits, reach, far)

    def both(decoded):
        patterns = make(decoded)
        return patterns, refinement(decoded, patterns, bits, tables, table_of, raw_bits or [0] * len(table_of), **options)

    return both


def of_type(dtype):
    def make():
        name, bits = f"refined {dtype}", BITS[dtype]
        tables = [(-8, [256] * 16), (-100, [16] * 256), (0, [0, 4095, 1])]
        block = refined(name, bits, tables, [0, 1, 1, 2, 0], [bits - 9, 0, 2, 3, 4], 200, class_shift=bits - 6, first_class=11, lanes_log2=1)
        return lossy_file(name, 5, 5, dtype=dtype, unit=f32(0.37), predictor=lags(name, 5), refined=block,
                          entropy=static([CENTRED], [0] * 5))
    make.__name__, make.__doc__ = f"refined_{dtype}", f"elements of {dtype}, three tables of five classes, escapes"
    recipe(2, "R-REFN-01")(make)


for kind in BITS:
    of_type(kind)


@recipe(2)
def refined_runs():
    """two runs of 4096 elements and a shorter one, 128 coder states; a context model"""
    block = refined("refined runs", 32, [EVEN], [0], lanes_log2=7)
    return lossy_file("refined runs", 7, 7, rows=1181, strand_rows=300, refined=block, predictor=lags("refined runs", 7),
                      **contexts(7, state_bits=3))


@recipe(2)
def refined_escapes():
    """one symbol, the escape, of all of the frequency; precision of 8 bits"""
    block = refined("refined escapes", 16, [(0, [256])], [0], precision_bits=8)
    return lossy_file("refined escapes", 3, 3, dtype="bf16", refined=block)


@recipe(2)
def refined_around_zero():
    """differences that pass from one sign to the other, from either end to the other, and raw_bits of all but one bit"""
    tables = [(-2, [1024] * 4), (-1, [2048, 1024, 1024])]
    source = random.Random("around zero")
    block = refined("around zero", 16, tables, [0, 1], [14, 15], exact=lambda decoded: [source.getrandbits(16) for _ in decoded],
                    class_shift=14)
    return lossy_file("refined around zero", 4, 4, dtype="f16", refined=block, unit=f32(0.001))


@recipe(2)
def refined_many_classes():
    """255 classes and 255 tables"""
    source = random.Random("many classes")
    tables = [(source.randint(-9, 0), [1000, 3000, 1, 95]) for _ in range(255)]
    raw_bits = [source.choice((0, 1, 2, 3, 31)) for _ in range(255)]
    block = refined("many classes", 32, tables, list(range(254, -1, -1)), raw_bits, 30, class_shift=19, first_class=1900)
    return lossy_file("refined many classes", 6, 6, rows=40, strand_rows=11, refined=block, predictor=lags("many", 6))


@recipe(2)
def refined_reference():
    """a tensor predicted from exact elements of another"""
    block = refined("refined reference", 32, [EVEN], [0])
    file = Tensors().lossy((2, 11, 3), 4, plain(3), unit=f32(0.25), refined=block)
    model = plain(4, reference=from_reference("refined reference", 4, 3))
    return file.lossy((2, 11, 4), 4, model, reference=0, reference_scale=f32(3.1)).finish()
