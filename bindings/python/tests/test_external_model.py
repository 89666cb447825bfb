"""Integers with densities of the caller's come back, and take about as many bits as these say."""

import actz
import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given


def laplace(scale: float) -> actz.ExternalClass:
    return actz.ExternalClass.from_masses(-60, np.exp(-np.abs(np.arange(-60, 61)) / scale), 1e-4)


SCALES = (0.5, 3.0, 12.0)
MODEL = actz.ExternalModel([laplace(scale) for scale in SCALES])


@given(
    st.integers(0, 300).flatmap(
        lambda count: st.tuples(
            hnp.arrays(np.int32, count, elements=st.integers(-(2**30), 2**30)),
            hnp.arrays(np.uint16, count, elements=st.integers(0, 2)),
            st.none() | hnp.arrays(np.int32, count, elements=st.integers(-(2**20), 2**20)),
        )
    )
)
def test_any_values_come_back(lists):
    values, class_of, means = lists
    data = MODEL.encode(values, class_of, means)
    assert np.array_equal(MODEL.decode(data, class_of, means), values)


def test_bits_are_about_the_entropy():
    random = np.random.default_rng(3)
    class_of = random.integers(0, 3, (200, 100))
    values = np.rint(random.laplace(scale=np.take(SCALES, class_of))).astype(np.int64)
    data = MODEL.encode(values, class_of)
    bits = np.log2(2 * np.e * np.take(SCALES, class_of)).mean()
    assert 8 * len(data) / values.size < bits + 0.6  # the narrowest is coarser than its differential entropy says
    out = MODEL.decode(data, class_of)
    assert out.shape == values.shape and np.array_equal(out, values)


def test_wrong_arguments_are_refused():
    values, class_of = np.arange(10), np.zeros(10, int)
    data = MODEL.encode(values, class_of)
    for arguments in (
        (values, class_of[:9]),
        (values, class_of + 3),
        (values, class_of - 1),
        (values, class_of, values[:5]),
        (values.astype(float), class_of),
        (values + 2**40, class_of),
    ):
        with pytest.raises(actz.BadArgumentError):
            MODEL.encode(*arguments)
    with pytest.raises(actz.BadArgumentError):
        MODEL.decode(data, class_of[:9])
    with pytest.raises(actz.BadArgumentError):
        actz.ExternalModel([laplace(1.0)]).decode(data, class_of)  # other tables
    with pytest.raises(actz.CorruptError):
        MODEL.decode(data[:-1], class_of)
    with pytest.raises(actz.BadArgumentError):
        actz.ExternalModel([])
    with pytest.raises(actz.BadArgumentError):
        actz.ExternalModel([actz.ExternalClass(0, np.array([1, 2]))])  # in sum not 2**12
    with pytest.raises(actz.BadArgumentError):
        actz.ExternalClass.from_masses(0, [-1.0], 1.0)
