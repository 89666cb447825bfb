"""Shuffled rows of several files."""

import threading

import actz
import numpy as np
import pytest
from actz.activation_rows import ActivationRows

ROWS, CHANNELS = 500, 4


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Three files; row i of all is (i, i, i, i)."""
    directory = tmp_path_factory.mktemp("rows")
    out, first = [], 0
    for number in range(3):
        with actz.Writer(directory / f"{number}.actz") as writer:
            for block in range(3):
                count = ROWS if block < 2 else 77
                rows = np.repeat(np.arange(first, first + count, dtype=np.float32)[:, None], CHANNELS, axis=1)
                writer.add(f"layer/{block:06d}", rows, lossless=True, chunk_rows=64)
                writer.add(f"layer.out/{block:06d}", -rows[:5], lossless=True)
                first += count
        out.append(directory / f"{number}.actz")
    return out


TOTAL = 3 * (2 * ROWS + 77)


@pytest.mark.parametrize("batch_rows, buffer_rows", [(1, 40), (64, 100), (100, 100), (64, 1000), (7000, 8000)])
def test_a_pass_gives_each_row_once(paths, batch_rows, buffer_rows):
    rows = ActivationRows(paths, "layer", batch_rows, 5, buffer_rows=buffer_rows)
    batches = list(rows)
    assert len(batches) == len(rows) and rows.rows == TOTAL and rows.channels == CHANNELS
    assert all(len(batch) == batch_rows for batch in batches[:-1])
    values = np.concatenate(batches)
    assert np.array_equal(np.sort(values[:, 0]), np.arange(TOTAL)) and (values == values[:, :1]).all()


def test_the_seed_and_the_pass_make_the_order(paths):
    def order(seed, epoch=0):
        rows = ActivationRows(paths, "layer", 50, seed, buffer_rows=400)
        rows.epoch = epoch
        return np.concatenate(list(rows))[:, 0]

    assert np.array_equal(order(1), order(1))
    assert not np.array_equal(order(1), order(2)) and not np.array_equal(order(1), order(1, 1))
    rows = ActivationRows(paths, "layer", 50, 1, buffer_rows=400)
    assert np.array_equal(np.concatenate(list(rows))[:, 0], order(1))
    assert np.array_equal(np.concatenate(list(rows))[:, 0], order(1, 1))


def test_workers_do_not_change_the_order(paths):
    one, many = (list(ActivationRows(paths, "layer", 50, 1, buffer_rows=400, workers=count)) for count in (1, 5))
    assert all(np.array_equal(a, b) for a, b in zip(one, many))


def test_an_unfinished_pass_leaves_no_threads(paths):
    before = threading.active_count()
    rows = iter(ActivationRows(paths, "layer", 50, 1, buffer_rows=100))
    next(rows)
    assert threading.active_count() > before
    rows.close()
    assert threading.active_count() == before


def test_damage_is_an_error_of_the_pass(paths, tmp_path):
    data = bytearray(paths[0].read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "bad.actz").write_bytes(data)
    with pytest.raises(actz.CorruptError):
        list(ActivationRows([paths[1], tmp_path / "bad.actz"], "layer", 50))


def test_batches_mix_rows_of_all_files(paths):
    rows = ActivationRows(paths, "layer", 200, 3, buffer_rows=4000)
    first = next(iter(rows))[:, 0]
    per_file = np.bincount((first // (TOTAL / 3)).astype(int), minlength=3)
    assert per_file.min() > 200 / 3 / 2  # a third each, but for chance
    assert abs(np.corrcoef(np.arange(200), first)[0, 1]) < 0.3


def test_a_small_last_batch_may_be_left_out(paths):
    rows = ActivationRows(paths[:1], "layer", 100, buffer_rows=300, drop_last=True)
    assert [len(batch) for batch in rows] == [100] * len(rows) == [100] * 10


def test_one_tensor_may_be_named(paths):
    batches = list(ActivationRows(paths[0], "layer/000002", 1000))
    assert [batch.shape for batch in batches] == [(77, CHANNELS)]


def test_batches_are_their_own_memory(paths):
    rows = iter(ActivationRows(paths, "layer", 64, 5, buffer_rows=200))
    first = next(rows)
    kept = first.copy()
    for batch in rows:
        batch[:] = -1
    assert np.array_equal(first, kept)


def test_bad_arguments(paths, tmp_path):
    with pytest.raises(actz.BadArgumentError):
        ActivationRows(paths, "lay", 10)
    with pytest.raises(actz.BadArgumentError):
        ActivationRows(paths, "layer", 10, buffer_rows=9)
    actz.save_file({"layer": np.zeros((3, 5), np.float32)}, tmp_path / "other.actz")
    with pytest.raises(actz.BadArgumentError, match="channels"):
        ActivationRows([*paths, tmp_path / "other.actz"], "layer", 10)


def test_torch_tensors(paths):
    torch = pytest.importorskip("torch", reason="tensors of PyTorch")
    one = list(ActivationRows(paths, "layer", 64, 5, framework="pt"))
    other = list(ActivationRows(paths, "layer", 64, 5))
    assert all(torch.equal(a, torch.from_numpy(b)) for a, b in zip(one, other))
