"""Illegal references between tensors, continued from recipes_invalid.py."""

from recipes_context import contexts
from recipes_invalid import ENTROPY, add
from recipes_references import Tensors, plain, predicted, with_long_chunk
from writer import f32, lossless_model, lossy_model, reference_part, static, uint

NAN, INFINITE = 0x7FC00000, 0x7F800000
VIEW = (1, 6, 2)
PART = {"centre": [0, f32(1.0)], "input_shift": [0, 0], "output_shift": [1, 1], "matrix": [[1, 2], [3, 4]]}
GOOD = predicted("invalid", 2, 2)


def invalid(name, rules, note, make, families="corrupt"):
    add(name, 2, families, rules, note, make)


def two(stored=None, source_view=VIEW, source_is_referenced=1, **header):
    """A tensor and one predicted from it. stored: stands in the file in place of the model; header: of its fields."""
    def make():
        file = Tensors().lossy(source_view, 3, plain(source_view[2]), is_referenced=source_is_referenced)
        index = file.model(stored or GOOD)
        file.begin("f32", VIEW, 3, reference=0, is_referenced=0, stored=header)
        file.coded(GOOD, index, [[1, -1], [2, 0], [0, 0], [3, -4], [1, 1], [0, 2]], 0, 2)
        return file.end().finish()
    return make


for word, pattern in (("zero", 0), ("negative", f32(-1.0)), ("nan", NAN), ("infinite", INFINITE)):
    invalid(f"reference_scale_{word}", "R-TENS-10", "", two(reference_scale=pattern))
invalid("is_referenced_2", "R-TENS-11", "", two(is_referenced=2))
invalid("reference_to_itself", "R-ARCH-30", "tensor 1 names tensor 1", two(reference=1))
invalid("reference_to_later", "R-ARCH-30", "tensor 1 names tensor 2", two(reference=2))
invalid("reference_to_nothing", "R-ARCH-30", "tensor 2^32 − 2", two(reference=2**32 - 2))
invalid("reference_not_marked", "R-ARCH-31", "the reference has is_referenced 0", two(source_is_referenced=0))
invalid("reference_rows_differ", "R-ARCH-31", "7 rows of the reference, 6 of the tensor", two(source_view=(1, 7, 2)))
invalid("reference_missing", "R-CHNK-18", "the model has a reference part, the tensor names none",
        two(reference=2**32 - 1))
invalid("reference_channels_differ", "R-CHNK-18", "3 channels in the model, 2 in the reference",
        two(stored=predicted("wide", 2, 3)))


def of_integers():
    """a reference of integers"""
    file = Tensors().raw("i32", VIEW, bytes(48))
    return file.raw("f32", VIEW, bytes(48), reference=0).finish()


invalid("reference_integers", "R-ARCH-31", of_integers.__doc__, of_integers)


def chain_of_5():
    """six tensors in a chain, one too many; none of them uses its reference"""
    file = Tensors().raw("f16", (1, 2, 1), bytes(4))
    for number in range(5):
        file.raw("f16", (1, 2, 1), bytes(4), reference=number)
    return file.finish()


invalid("reference_chain_of_5", "R-ARCH-32", chain_of_5.__doc__, chain_of_5)
invalid("reference_chunk_of_65553_rows", "R-CHNK-19", "a chunk of one row that needs 17 + 65536 rows",
        lambda: with_long_chunk(65553, legal=False))


def with_part(name, rules, note="", families="corrupt", **changes):
    model = lossy_model(2, entropy=ENTROPY, reference=reference_part(**{**PART, **changes}))
    invalid(name, rules, note, two(stored=model), families)


with_part("reference_channels_0", "R-MODEL-60", centre=[], input_shift=[], matrix=[[], []])
with_part("reference_channels_65537", "R-MODEL-60", channels=65537)
with_part("reference_rows_0", "R-MODEL-63", rows=0)
with_part("reference_rows_5", "R-MODEL-63", rows=5, matrix=[[1] * 10] * 2)
for word, pattern in (("zero", 0), ("negative", f32(-2.0)), ("nan", NAN), ("infinite", INFINITE)):
    with_part(f"reference_model_scale_{word}", "R-MODEL-61", scale=pattern)
for word, pattern in (("nan", NAN), ("infinite", INFINITE), ("negative_infinite", 0xFF800000)):
    with_part(f"reference_centre_{word}", "R-MODEL-62", centre=[0, pattern])
with_part("reference_input_shift_32", "R-MODEL-04", input_shift=[0, 32])
with_part("reference_output_shift_32", "R-MODEL-04", output_shift=[32, 0])
with_part("reference_matrix_32768", "R-MODEL-04", matrix=[[1, 2], [3, 32768]])
HEAD = lossy_model(2, entropy=ENTROPY, reference=(1, b""))[:17]  # up to the reference part: 1 byte of centre
assert HEAD == lossy_model(2, entropy=ENTROPY)[:6] + b"\1" + HEAD[7:]
invalid("reference_centre_cut", "R-CONT-18", "65536 centres in 3 bytes",
        two(stored=HEAD + uint(65536, 4) + uint(1, 1) + uint(f32(1), 4) + bytes(3)))
invalid("reference_matrix_cut", "R-MODEL-03", "",
        two(stored=HEAD + uint(64, 4) + uint(4, 1) + uint(f32(1), 4) + bytes(4 * 64) + bytes(70)))
invalid("reference_kind_2", "R-MODEL-02", "", two(stored=lossy_model(2, entropy=ENTROPY, reference=(2, b""))),
        "unsupported")
invalid("lossless_reference", "R-MODEL-02", "a lossless model with a reference part",
        two(stored=lossless_model(2, 32, [(255, 0)], static([([4096],)], [0, 0]), reference_kind=1)), "unsupported")

def matrix_too_large():
    """a matrix of 2^26 + 4096 values in a model of 4097 channels"""
    wide = lossy_model(4097, reference=(1, b""), entropy=b"", synthesis=(1, b""))
    part = uint(4096, 4) + uint(4, 1) + uint(f32(1), 4) + bytes(4 * 4096)
    shifts = bytes((5 + 4096 + 7) // 8 + (5 + 4097 + 7) // 8)  # zeros throughout
    return two(stored=wide + part + shifts)()


invalid("reference_matrix_too_large", "R-MODEL-06", matrix_too_large.__doc__, matrix_too_large, "limit_exceeded")
