"""Zarr archives written and read by workers of Dask: processes of their own, over TCP."""

import functools
import logging
import os
import signal
import threading
import time

import actz
import numpy as np
import pytest

da = pytest.importorskip("dask.array")
zarr = pytest.importorskip("zarr", minversion="2.11")
distributed = pytest.importorskip("distributed")
from actz import distributed as archives  # noqa: E402
from actz.zarr_codec import Actz  # noqa: E402
from conftest import nmse  # noqa: E402

ROWS, CHANNELS, CHUNK_ROWS = 1500, 128, 128  # the last chunk is not full

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def client():
    """Of two workers, each a process with one thread."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, protocol="tcp://", dashboard_address=":0",
        silence_logs=logging.CRITICAL,
    ) as cluster, distributed.Client(cluster) as client:  # fmt: skip
        pids = client.run(os.getpid)
        assert len(set(pids.values())) == 2 and os.getpid() not in pids.values()
        assert all(address.startswith("tcp://") for address in pids)
        yield client


@pytest.fixture(scope="module")
def rows(request):
    """Rows of activations, one text after another."""
    hidden = request.getfixturevalue("hidden").reshape(-1, CHANNELS)
    shifted = [hidden + np.float32(0.01 * i) * hidden[::-1] for i in range(3)]
    return np.concatenate(shifted)[:ROWS]


@pytest.fixture(scope="module")
def source(rows):
    return da.from_array(rows, chunks=(CHUNK_ROWS, CHANNELS))


@pytest.fixture
def codec(profile_path):
    return Actz(nmse=0.05, effort=2, profile=profile_path, embed_profile=False)


def contents(store):
    return {path.relative_to(store).as_posix(): path.read_bytes() for path in store.rglob("*") if path.is_file()}


def test_an_array_comes_back_from_other_processes(tmp_path, client, rows, source, codec):
    array = archives.write_array(source, tmp_path / "x.zarr", codec, path="run/hidden")
    archives.check_array(tmp_path / "x.zarr", path="run/hidden")
    back = archives.read_array(tmp_path / "x.zarr", path="run/hidden")
    assert back.chunks == source.chunks and back.dtype == rows.dtype
    decoded = back.compute()
    assert 0.03 < nmse(rows, decoded) < 0.08
    assert np.array_equal(decoded, array[:])
    assert np.array_equal(back[100:300, ::7].compute(), decoded[100:300, ::7])
    workers = client.run(lambda: __import__("actz.zarr_codec", fromlist=["_known"])._known.keys())
    assert all(list(known) == [codec.profile] for known in workers.values())  # both took part, with it from the store


def test_two_workers_one_worker_and_no_worker_write_the_same_bytes(tmp_path, client, rows, source, codec):
    archives.write_array(source, tmp_path / "two.zarr", codec)
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster:
        with distributed.Client(cluster):
            archives.write_array(source, tmp_path / "one.zarr", codec)
    two = contents(tmp_path / "two.zarr")
    assert len(two) == 12 + 2 and two == contents(tmp_path / "one.zarr")
    alone = zarr.open(str(tmp_path / "alone.zarr"), "w", shape=rows.shape, chunks=(CHUNK_ROWS, CHANNELS), dtype="f4",
                      compressor=codec)  # fmt: skip
    alone[:] = rows
    assert {name: data for name, data in two.items() if "profiles" not in name} == contents(tmp_path / "alone.zarr")


def slow_block(rows, log, block_id):
    """Notes which process began with which block, so that a test sees what was run twice."""
    with open(log, "a") as file:
        file.write(f"{block_id[0]} {os.getpid()}\n")
    time.sleep(0.25)
    return rows[block_id[0] * CHUNK_ROWS : (block_id[0] + 1) * CHUNK_ROWS]


def test_tasks_of_a_killed_worker_run_again_and_write_the_same_bytes(tmp_path, client, rows, source, codec):
    archives.write_array(source, tmp_path / "whole.zarr", codec)
    log, store = tmp_path / "log", tmp_path / "killed.zarr"
    log.touch()
    slow = da.map_blocks(functools.partial(slow_block, rows, str(log)), chunks=source.chunks, dtype="f4",
                         meta=np.empty((0, 0), "f4"))  # fmt: skip
    writing = threading.Thread(target=archives.write_array, args=(slow, store, codec))
    writing.start()
    while len(began := log.read_text().split("\n")[:-1]) < 4:
        time.sleep(0.01)
    killed = int(began[-1].split()[1])
    assert killed in client.run(os.getpid).values()
    os.kill(killed, signal.SIGKILL)
    writing.join()
    began = [tuple(map(int, line.split())) for line in log.read_text().splitlines()]
    again = [block for block in range(12) if len({pid for at, pid in began if at == block}) > 1]
    assert again and killed in {pid for _, pid in began}
    written = {name: data for name, data in contents(store).items() if not name.endswith(".partial")}
    assert written == contents(tmp_path / "whole.zarr")


def test_missing_and_damaged_chunks_raise_by_name_and_are_repaired(tmp_path, client, rows, source, codec):
    store = tmp_path / "x.zarr"
    archives.write_array(source, store, codec)
    whole = contents(store)
    (store / "3.0").unlink()
    for name in ("5.0", "11.0"):
        data = bytearray((store / name).read_bytes())
        data[len(data) // 2] ^= 4
        (store / name).write_bytes(data)
    back = archives.read_array(store)
    with pytest.raises(actz.CorruptError, match="chunk 3.0 is missing"):
        back[3 * CHUNK_ROWS].compute()
    with pytest.raises(actz.CorruptError, match="chunk 5.0: .*checksum") as caught:
        back[5 * CHUNK_ROWS].compute()
    assert caught.value.code == "corrupt_checksum" and caught.value.byte_offset is not None
    assert np.isfinite(back[:CHUNK_ROWS].compute()).all()
    with pytest.raises(actz.CorruptError, match="3 chunks are missing or damaged: chunk 3.0 .*chunk 5.0.*chunk 11.0"):
        archives.check_array(store)
    assert list(archives.damaged_chunks(store)) == ["3.0", "5.0", "11.0"]
    assert archives.repair_array(source, store) == ["3.0", "5.0", "11.0"]
    assert contents(store) == whole
    assert archives.damaged_chunks(store) == {}


def test_stores_of_fsspec_are_written_and_a_file_of_it_is_read_in_ranges(tmp_path, client, rows, source, codec):
    """As object stores are, through the interface that they share; here it is files of this machine."""
    fsspec = pytest.importorskip("fsspec")
    store = zarr.storage.FSStore(f"file://{tmp_path}/x.zarr")
    array = archives.write_array(source, store, codec)
    assert np.array_equal(archives.read_array(store).compute(), array[:])
    (tmp_path / "x.zarr" / "7.0").unlink()
    with pytest.raises(actz.CorruptError, match="chunk 7.0 is missing"):
        archives.check_array(store)
    assert archives.repair_array(source, store) == ["7.0"]
    actz.save_file({"x": rows}, tmp_path / "x.actz", lossless=True, chunk_rows=100)
    with fsspec.open(f"file://{tmp_path}/x.actz", "rb") as file, actz.safe_open(file) as archive:
        assert np.array_equal(archive.get_slice("x")[700:710], rows[700:710])


def test_a_chunk_of_another_place_or_array_is_named(tmp_path, client, rows, source, codec):
    store = tmp_path / "x.zarr"
    archives.write_array(source, store, codec)
    (store / "2.0").write_bytes(codec.encode(rows[:7]))
    (store / "4.0").write_bytes(actz.encode({"other": rows[:CHUNK_ROWS]}, lossless=True))
    assert list(archives.damaged_chunks(store)) == ["2.0", "4.0"]


def test_writing_goes_on_where_it_ended(tmp_path, client, source, codec):
    store = tmp_path / "x.zarr"
    archives.write_array(source, store, codec)
    whole = contents(store)
    (store / "0.0").unlink()
    (store / "11.0").unlink()
    before = (store / "1.0").stat().st_mtime_ns
    archives.write_array(source, store, codec, mode="a")
    assert contents(store) == whole and (store / "1.0").stat().st_mtime_ns == before
    for other, other_codec in [(source[:, :64], codec), (source, Actz(lossless=True)), (source.astype("f2"), codec)]:
        with pytest.raises(actz.BadArgumentError, match="another array|not regular"):
            archives.write_array(other.rechunk((CHUNK_ROWS, -1)), store, other_codec, mode="a")


def test_a_profile_does_not_depend_on_who_draws_the_rows(client, rows, source):
    options = dict(nmse=(0.05,), no_transform=True, run_rows=100)
    drawn = archives.fit_profile(source, **options)
    with __import__("dask").config.set(scheduler="synchronous"):
        alone = archives.fit_profile(source, **options)
    assert drawn.to_bytes() == alone.to_bytes()
    assert drawn.training.rows == ROWS  # fewer than were asked for: all, once
    few = archives.fit_profile(da.concatenate([source] * 100), sample=1, **options)
    assert few.training.rows <= (1 << 20) / 4 / CHANNELS
    with pytest.raises(actz.BadArgumentError, match="all channels"):
        archives.fit_profile(source.rechunk((CHUNK_ROWS, 64)))


def forget_profiles():
    import actz.zarr_codec as of_this_process

    of_this_process._known.clear()


def test_what_workers_cannot_do_is_refused(tmp_path, client, source, codec):
    with pytest.raises(actz.BadArgumentError, match="in memory"):
        archives.write_array(source, {}, codec)
    with pytest.raises(actz.BadArgumentError, match="not regular"):
        archives.write_array(source.rechunk(((1000, 100, 400), CHANNELS)), tmp_path / "x.zarr", codec)
    zarr.open(str(tmp_path / "other.zarr"), "w", shape=8, chunks=4)
    with pytest.raises(actz.BadArgumentError, match="not .actz files"):
        archives.read_array(tmp_path / "other.zarr")
    archives.write_array(source, tmp_path / "lost.zarr", codec)
    (tmp_path / "lost.zarr" / "actz_profiles" / f"{codec.profile}.actp").unlink()
    client.run(forget_profiles)
    forget_profiles()
    with pytest.raises(actz.UnsupportedError, match=codec.profile):
        archives.read_array(tmp_path / "lost.zarr")
