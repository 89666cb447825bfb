"""Slices are those of numpy, and read only the chunks they need."""

import io

import actz
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

TENSOR = np.arange(5 * 6 * 7, dtype=np.int32).reshape(5, 6, 7)
CODED = actz.encode({"x": TENSOR, "empty": TENSOR[:0], "scalar": np.float32(2.5)}, lossless=True, chunk_rows=6)


def one_index(extent: int) -> st.SearchStrategy:
    bound = st.none() | st.integers(-extent - 2, extent + 2)
    steps = st.none() | st.integers(-3, 3).filter(bool)
    return st.integers(-extent, extent - 1) | st.builds(slice, bound, bound, steps)


INDICES = st.one_of(
    one_index(5),
    st.tuples(one_index(5), one_index(6)),
    st.tuples(one_index(5), one_index(6), one_index(7)),
    st.tuples(st.just(Ellipsis), one_index(7)),
    st.tuples(one_index(5), st.just(Ellipsis), one_index(7)),
    st.just(Ellipsis),
    st.just(()),
)


@given(INDICES)
def test_index_gives_what_numpy_gives(index):
    with actz.safe_open(CODED) as file:
        got, wanted = file.get_slice("x")[index], TENSOR[index]
    assert np.shape(got) == np.shape(wanted)
    assert np.array_equal(got, wanted)


def test_odd_tensors_can_be_sliced():
    with actz.safe_open(CODED) as file:
        assert file.get_slice("empty")[0:3].shape == (0, 6, 7)
        assert file.get_slice("scalar")[()] == 2.5
        assert file.get_slice("x").get_shape() == [5, 6, 7] and file.get_slice("x").get_dtype() == "I32"
        for index in (5, -6, (0, 6), (0, 0, 7), (0, 0, 0, 0)):
            with pytest.raises(IndexError):
                file.get_slice("x")[index]


class CountingFile(io.BytesIO):
    read_bytes = 0

    def read(self, count=-1):
        data = super().read(count)
        self.read_bytes += len(data)
        return data


def test_slice_reads_only_its_chunks(hidden):
    wide = np.concatenate([hidden] * 8)  # 4096 rows
    data = actz.encode({"x": wide}, lossless=True, chunk_rows=64)
    file = CountingFile(data)
    with actz.safe_open(file) as opened:
        assert opened._reader.tensor("x").chunks > 30
        file.read_bytes = 0
        part = opened.get_slice("x")[3, 100:120]
    assert np.array_equal(part, wide[3, 100:120])
    assert 0 < file.read_bytes < len(data) / 16


def test_sources_are_read_once(hidden, profile_path):
    """Those of late chunks stay when an early chunk, which names fewer, is read between."""
    data = actz.encode({"x": np.concatenate([hidden] * 16)}, profile=profile_path, nmse=0.02, chunk_rows=256)
    file = CountingFile(data)
    with actz.Reader(file) as reader:
        assert reader.tensor("x").source_chunks == 16
        read_bytes = []
        for first_row in (8000, 300, 7000, 600, 8000):
            file.read_bytes = 0
            rows = reader.read_rows("x", first_row, first_row + 10)
            read_bytes.append(file.read_bytes)
            assert np.array_equal(rows, actz.decode(data)["x"].reshape(-1, 128)[first_row : first_row + 10])
    assert read_bytes[0] > 8 * max(read_bytes[2], read_bytes[4]), read_bytes


def test_rows_go_into_an_array_of_the_callers():
    with actz.Reader(CODED) as reader:
        out = np.zeros((8, 7), np.int32)
        assert reader.read_rows("x", 4, 12, out=out) is out
        assert np.array_equal(out, TENSOR.reshape(30, 7)[4:12])
        read_only = np.zeros((8, 7), np.int32)
        read_only.flags.writeable = False
        for wrong in (np.zeros((7, 7), np.int32), np.zeros((8, 7), np.float32), np.zeros((7, 8), np.int32).T, read_only):
            with pytest.raises(actz.BadArgumentError):
                reader.read_rows("x", 4, 12, out=wrong)


def test_rows_over_all_sequences():
    with actz.Reader(CODED) as reader:
        assert np.array_equal(reader.read_rows("x", 4, 9), TENSOR.reshape(30, 7)[4:9])
        with pytest.raises(actz.BadArgumentError):
            reader.read_rows("x", 4, 31)
