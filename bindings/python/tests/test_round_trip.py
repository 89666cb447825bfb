"""Tensors of every type, shape and layout come back."""

import actz
import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from conftest import nmse
from hypothesis import given

DTYPES = [np.bool_, "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=7)


@given(st.sampled_from(DTYPES).flatmap(lambda dtype: hnp.arrays(dtype, SHAPES)))
def test_lossless_gives_every_bit_back(array):
    out = actz.decode(actz.encode(array, lossless=True, threads=1))["tensor"]
    assert out.dtype == array.dtype and out.shape == array.shape
    assert out.tobytes() == array.tobytes()


@given(hnp.arrays(np.int16, SHAPES), st.booleans(), st.booleans())
def test_layout_in_memory_does_not_matter(array, transposed, swapped):
    given_array = array.T if transposed else array
    given_array = given_array.astype(given_array.dtype.newbyteorder(">")) if swapped else given_array
    assert np.array_equal(actz.decode(actz.encode(given_array))["tensor"], given_array)


@given(
    hnp.arrays(np.float32, (3, 17, 4), elements=st.floats(-100, 100, width=32)),
    st.floats(0.01, 10, allow_nan=False),
)
def test_no_error_is_larger_than_max_error(array, bound):
    out = actz.decode(actz.encode(array, max_error=bound, threads=1))["tensor"]
    assert np.max(np.abs(out.astype(np.float64) - array.astype(np.float64))) <= bound


def test_values_that_are_not_finite_come_back(hidden):
    array = hidden.copy()
    array[0, 3, 5], array[1, 7, 0], array[1, 7, 1] = np.nan, np.inf, -np.inf
    out = actz.decode(actz.encode(array))["tensor"]
    assert np.isnan(out[0, 3, 5]) and out[1, 7, 0] == np.inf and out[1, 7, 1] == -np.inf
    assert np.isfinite(out).sum() == array.size - 3


@pytest.mark.parametrize("target", [{"nmse": 0.01}, {"nmse": 0.08}, {}])
def test_nmse_is_met(hidden, target):
    wanted = target.get("nmse", 0.02)
    out = actz.decode(actz.encode(hidden, **target))["tensor"]
    assert 0.8 * wanted < nmse(hidden, out) < 1.1 * wanted


@pytest.mark.parametrize("target, other", [({"bits": 1.0}, {"bits": 2.0}), ({"psnr": 25.0}, {"psnr": 35.0})])
def test_other_targets_reach_the_library(hidden, profile_path, target, other):
    coarse, fine = (actz.encode(hidden, profile=profile_path, name_profile=True, **one) for one in (target, other))
    assert 1.3 * len(coarse) < len(fine)


def test_lambda_and_effort_and_layout_options_reach_the_library(hidden):
    coarse, fine = actz.encode(hidden, lambda_=1e-4), actz.encode(hidden, lambda_=1e-6)
    assert 1.2 * len(coarse) < len(fine)
    plain = actz.info(actz.encode(hidden, no_matches=True, lags=(), effort=3)).tensors[0]
    cut = actz.info(actz.encode(hidden, no_matches=True, lags=(), effort=3, chunk_rows=64)).tensors[0]
    assert plain.chunks < cut.chunks
    with pytest.raises(actz.BadArgumentError):
        actz.encode(hidden, effort=10)
    with pytest.raises(actz.BadArgumentError):
        actz.encode(hidden, lags=(1, 70000))
    metric = np.ones(128)
    metric[:64] = 100.0
    out = actz.decode(actz.encode(hidden, metric=metric, nmse=0.05))["tensor"]
    error = ((out - hidden) ** 2).reshape(-1, 128).sum(axis=0)
    assert error[:64].sum() < 0.5 * error[64:].sum()


def test_threads_do_not_change_the_bytes(hidden):
    wide = np.concatenate([hidden] * 4)
    assert actz.encode(wide, threads=1, chunk_rows=256) == actz.encode(wide, threads=3, chunk_rows=256)


def test_bfloat16_bits_keep_their_mark(hidden):
    bits = actz.f32_to_bf16(hidden)
    assert actz.dtype_name(bits) == "bf16" and bits.dtype == np.uint16
    out = actz.decode(actz.encode({"x": bits[1:, ::2]}, lossless=True))["x"]
    assert actz.dtype_name(out) == "bf16" and np.array_equal(out, bits[1:, ::2])
    again = actz.decode(actz.encode({"x": out}, nmse=0.02))["x"]
    assert actz.dtype_name(again) == "bf16"
    assert nmse(hidden[1:, ::2], actz.bf16_to_f32(again)) < 0.03
    with actz.Writer() as writer:
        writer.add("x", np.asarray(bits, dtype=np.uint16).view(np.uint16), dtype="bf16", lossless=True)
        with pytest.raises(actz.BadArgumentError):
            writer.add("y", hidden, dtype="bf16")
    assert actz.info(writer.to_bytes()).tensors[0].dtype == "bf16"


@given(hnp.arrays(np.float32, 50, elements=st.floats(width=32)))
def test_bfloat16_is_the_nearest(values):
    values = values[~(np.abs(values) >= 3e38)]
    bits = actz.f32_to_bf16(values)
    back = actz.bf16_to_f32(bits)
    assert np.array_equal(np.isnan(back), np.isnan(values))
    for step in (-1, 1):  # neither neighbour is nearer
        with np.errstate(invalid="ignore"):  # neighbours of NaN are NaN
            other = actz.bf16_to_f32((bits.astype(np.int32) + step).clip(0, 65535).astype(np.uint16)).astype(np.float64)
        finite = np.isfinite(values) & np.isfinite(other)
        distance = np.abs(back[finite].astype(np.float64) - values[finite])
        assert np.all(distance <= np.abs(other[finite] - values[finite]))


def test_elements_that_files_cannot_hold_are_refused():
    for array in (np.zeros(3, complex), np.array(["a"]), np.zeros(3, [("x", "i4")]), np.array([None])):
        with pytest.raises(actz.BadArgumentError):
            actz.encode(array)


def test_lists_and_dlpack_are_taken():
    class Foreign:
        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **options):
            return self.array.__dlpack__(**options)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert np.array_equal(actz.decode(actz.encode(Foreign(array), lossless=True))["tensor"], array)
    assert np.array_equal(actz.decode(actz.encode([[1, 2], [3, 4]]))["tensor"], [[1, 2], [3, 4]])
