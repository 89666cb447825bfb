"""Integer tables and code lengths of actz.learn."""
import pathlib
import sys

import numpy as np
import pytest

pytest.importorskip("torch", reason="actz.learn needs PyTorch")
REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [
    str(REPOSITORY / "bindings/python"),
    str(REPOSITORY / "format_spec/reference"),
    str(pathlib.Path(__file__).parent),
]

from external import decode_external  # noqa: E402
from external_stream import encode_external  # noqa: E402

from actz.learn.conditional_density import LogisticLadder  # noqa: E402
from actz.learn.tables import IntegerTable, TableSet, normalised_frequencies, trimmed_table  # noqa: E402


def geometric(reach, decay):
    return decay ** np.abs(np.arange(-reach, reach + 1))


@pytest.mark.parametrize("precision_bits", [8, 12])
def test_frequencies_sum_and_are_positive(precision_bits):
    for weights in (geometric(100, 0.5), np.ones(256), np.array([1.0]), np.r_[1e9, np.full(200, 1e-9)]):
        frequencies = normalised_frequencies(weights, precision_bits)
        assert frequencies.sum() == 2 ** precision_bits and frequencies.min() >= 1


def test_frequencies_cost_little_over_the_masses():
    masses = geometric(30, 0.8) / geometric(30, 0.8).sum()
    frequencies = normalised_frequencies(masses, 12)
    entropy = -(masses * np.log2(masses)).sum()
    assert (masses * (12 - np.log2(frequencies))).sum() < entropy + 1e-3


@pytest.mark.parametrize("weights", [[], np.ones(257), [0.0, 0.0], [1.0, -1.0], [np.nan, 1.0]])
def test_weights_that_are_no_distribution_are_refused(weights):
    with pytest.raises(ValueError):
        normalised_frequencies(weights, 12)


def test_code_length_counts_symbols_and_escapes_as_the_specification_does():
    # The classes and values of the test values in format_spec/11_external_models.md.
    tables = TableSet([IntegerTable(-1, np.array([100, 100, 50, 6])), IntegerTable(0, np.array([200, 56]))], 8)
    bits = tables.bits([0, 0, 1, 1, 0, 1], [5, -1, 0, 3, -7, 0], [5, 0, 0, -2, 0, 1])
    escape = [8 - np.log2(56) + 6, 8 - np.log2(6) + 2 + 2 * 2, 8 - np.log2(56) + 2]  # n = 4, 5 and 0
    assert bits == pytest.approx([8 - np.log2(100), 8 - np.log2(100), 8 - np.log2(200), *escape])


def test_trimmed_table_keeps_what_is_likely():
    masses = geometric(2000, 0.9)
    table = trimmed_table(-2000, masses / masses.sum(), 12)
    assert len(table.frequencies) <= 256
    assert table.lowest < -40 and table.lowest + len(table.frequencies) - 2 > 40


def test_ladder_gives_the_code_length_of_its_logistic_densities():
    random = np.random.default_rng(3)
    ladder = LogisticLadder()
    mean, log_scale = random.normal(0, 20, 20000), random.uniform(np.log(0.1), np.log(20), 20000)
    values = np.round(random.logistic(mean, np.exp(log_scale))).astype(np.int64)
    class_of, whole = ladder.classes(mean, log_scale)
    got = ladder.tables.bits(class_of, values, whole).mean()
    scale = np.exp(log_scale)
    mass = np.tanh((values + 0.5 - mean) / scale / 2) / 2 - np.tanh((values - 0.5 - mean) / scale / 2) / 2
    assert got == pytest.approx(-np.log2(mass.clip(1e-12)).mean(), rel=0.01)


def test_streams_are_as_long_as_reckoned_and_decode():
    random = np.random.default_rng(4)
    ladder = LogisticLadder()
    mean, log_scale = random.normal(0, 5, 12000), random.uniform(np.log(0.1), np.log(10), 12000)
    values = np.round(random.logistic(mean, np.exp(log_scale))).astype(np.int64)
    values[::1000] += 5000  # escapes
    class_of, whole = ladder.classes(mean, log_scale)
    tables = [(table.lowest, table.frequencies) for table in ladder.tables.tables]
    stream = encode_external(tables, class_of, whole, values, 12)
    assert 8 * (len(stream) - 44) == pytest.approx(ladder.tables.bits(class_of, values, whole).sum(), rel=0.01)
    classes = [(table.lowest, table.frequencies.tolist()) for table in ladder.tables.tables]
    assert decode_external(stream, classes, 12, class_of.tolist(), whole.tolist()) == values.tolist()
