"""Zarr archives of .actz chunks, written, read, checked and repaired by workers of Dask. docs/scale.md.

    client = dask.distributed.Client("tcp://scheduler:8786")
    profile = fit_profile(hidden, nmse=(0.005,))                        # of a dask array (..., rows, channels)
    write_array(hidden, "/shared/run.zarr", Actz(nmse=0.005, profile=profile, embed_profile=False))
    check_array("/shared/run.zarr")
    hidden = read_array("/shared/run.zarr")                             # a dask array again

A task is a chunk, and takes one processor: threads of workers are what makes it parallel. Equal chunks become equal
bytes in whatever worker, so that a task that is run again, for its worker died, writes what it had written. Any
scheduler of Dask does; with workers in processes of their own, these must reach the store, and import actz. Needs dask
and zarr 2.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Iterable, Sequence

import dask
import dask.array as da
import numpy as np
import zarr
from zarr.storage import BaseStore, KVStore, MemoryStore, normalize_storage_path, normalize_store_arg

from .errors import ActzError, BadArgumentError, CorruptError
from .profile import Profile
from .zarr_codec import Actz, chunk_namer, load_profile, save_profile

Place = tuple[int, ...]  #: of a chunk in the grid of chunks

_CHECKS_PER_TASK = 16


@dataclass(frozen=True)
class _Archive:
    """Where an array lies: what tasks are told. Each opens it for itself."""

    store: BaseStore
    path: str

    def open(self, mode: str) -> "zarr.Array":
        array = zarr.open_array(self.store, mode=mode, path=self.path)
        codec = array.compressor
        if not isinstance(codec, Actz):
            raise BadArgumentError(f"chunks of {self.path or 'the array'} are not .actz files")
        codec.threads = 1
        if codec.profile is not None:
            load_profile(codec.profile, self.store)
        return array


def write_array(source: da.Array, store: Any, codec: Actz, *, path: str = "", mode: str = "w") -> "zarr.Array":
    """Writes an array, each chunk of it as one of Zarr. The profile of the codec is put into the store.

    Args:
        source: its chunks are regular: alike, but for those at the end of an axis. See `rechunk` of dask.
        store: of Zarr, or a path, which the workers reach as well.
        path: of the array in the store.
        mode: "w" makes the array anew; "a" goes on with one, and writes only the chunks that the store lacks.

    Raises:
        BadArgumentError: chunks are not regular, workers do not see the store, or with mode "a" the array is another;
        what a task raises.
    """
    archive = _archive(store, path)
    shape, chunks = source.shape, tuple(extents[0] for extents in source.chunks)
    if source.chunks != da.core.normalize_chunks(chunks, shape):
        raise BadArgumentError(f"chunks are not regular: {source.chunks}; rechunk the array")
    if mode == "w":
        where = {"store": archive.store, "path": archive.path, "overwrite": True}
        zarr.create(shape, chunks=chunks, dtype=source.dtype, compressor=codec, **where)
        if codec.profile is not None:  # after that, which empties a store whose array has no path
            save_profile(codec.registered_profile(), archive.store)
        _write(source, archive, _grid(source))
        return archive.open("r+")
    array = archive.open("r+")
    if (array.shape, array.chunks, array.dtype, array.compressor) != (shape, chunks, source.dtype, codec):
        raise BadArgumentError(f"the store has another array: {array}, {array.compressor}")
    name = chunk_namer(array)
    _write(source, archive, [at for at in _grid(array) if name(at) not in array.chunk_store])
    return array


def read_array(store: Any, *, path: str = "") -> da.Array:
    """An array of Zarr as one of dask, with the same chunks. Unlike what `dask.array.from_zarr` gives, a missing chunk
    is no zeros: its task raises a CorruptError that says its name, as do damaged ones.

    Raises:
        BadArgumentError: chunks are not .actz files; UnsupportedError: the store lacks their profile.
    """
    archive = _archive(store, path)
    array = archive.open("r")
    chunks = da.core.normalize_chunks(array.chunks, array.shape)
    meta = np.empty((0,) * array.ndim, array.dtype)
    return da.map_blocks(_read_block, archive=archive, chunks=chunks, dtype=array.dtype, meta=meta)


def damaged_chunks(store: Any, *, path: str = "") -> dict[str, str]:
    """What is wrong with chunks, by their keys; every chunk is decoded. Empty if nothing is. Raises: as read_array."""
    return {name: cause for name, _, cause in _damage(_archive(store, path))}


def check_array(store: Any, *, path: str = "") -> None:
    """Decodes every chunk.

    Raises:
        CorruptError: chunks are missing or damaged; the message names the first ten. And as read_array.
    """
    damaged = damaged_chunks(store, path=path)
    if damaged:
        named = "; ".join(itertools.islice(damaged.values(), 10))
        raise CorruptError(f"{len(damaged)} chunks are missing or damaged: {named}")


def repair_array(source: da.Array, store: Any, *, path: str = "") -> list[str]:
    """Writes the chunks again that are missing or damaged, from the array that was written. Returns their keys.

    Raises:
        BadArgumentError: the store has another array than one of this shape and these chunks; and as read_array.
    """
    archive = _archive(store, path)
    array = archive.open("r")
    if source.chunks != da.core.normalize_chunks(array.chunks, array.shape):
        raise BadArgumentError(f"the store has another array: {array}")
    damaged = _damage(archive)
    for name, _, _ in damaged:
        archive.store.pop(name, None)  # Zarr reads the old chunk where the new one lies at the edge of the array
    _write(source, archive, [at for _, at, _ in damaged])
    return [name for name, _, _ in damaged]


def fit_profile(source: da.Array, *, sample: int = 64, run_rows: int = 4096, seed: int = 0, **options: Any) -> Profile:
    """Learns a profile from rows that workers draw; one worker learns. A profile is trained in a closed loop, which
    takes rows in their order: there are no moments to be summed instead. So runs of consecutive rows are drawn, all
    with the same chance, and none twice. The draw and with it the profile depend on array, chunks and seed alone.

    Args:
        source: float, (..., rows, channels); channels are not cut into chunks. Chunks that are not drawn from are not
            computed.
        sample: MiB of rows, as f32, to draw; what Profile.fit keeps.
        run_rows: rows of a run, at most; shorter where rows of a chunk end.
        options: of Profile.fit.

    Raises:
        BadArgumentError: channels are cut, and as Profile.fit.
    """
    if source.ndim < 2 or len(source.chunks[-1]) != 1:
        raise BadArgumentError("the array is of rows and channels, and chunks have all channels")
    runs_wanted = max(1, (sample << 20) // (4 * source.shape[-1] * run_rows))
    blocks = source.to_delayed().ravel()
    shapes = list(itertools.product(*source.chunks))
    runs_of = np.array([_run_count(shape, run_rows) for shape in shapes])
    first = np.concatenate([[0], np.cumsum(runs_of)])
    total = int(first[-1])
    drawn = np.sort(np.random.default_rng(seed).choice(total, min(runs_wanted, total), replace=False))
    block_of = np.searchsorted(first, drawn, side="right") - 1
    rows = [
        dask.delayed(_runs_of_block, pure=False)(blocks[i], (drawn[block_of == i] - first[i]).tolist(), run_rows)
        for i in np.unique(block_of)
    ]
    return dask.delayed(_fit, pure=False)(rows, dict(options, sample=sample)).compute()


def _archive(store: Any, path: str) -> _Archive:
    normalised = normalize_store_arg(store, mode="a")
    if isinstance(normalised, (MemoryStore, KVStore)):
        raise BadArgumentError("workers do not see a store in memory")
    return _Archive(normalised, normalize_storage_path(path))


def _grid(array: Any) -> Iterable[Place]:
    extents = array.numblocks if isinstance(array, da.Array) else array.cdata_shape
    return itertools.product(*(range(extent) for extent in extents))


def _region(array: "zarr.Array", at: Place) -> tuple[slice, ...]:
    return tuple(slice(i * extent, (i + 1) * extent) for i, extent in zip(at, array.chunks))


def _write(source: da.Array, archive: _Archive, places: Iterable[Place]) -> None:
    blocks = source.to_delayed()
    dask.compute(*(dask.delayed(_write_block, pure=False)(blocks[at], archive, at) for at in places))


def _write_block(block: np.ndarray, archive: _Archive, at: Place) -> None:
    array = archive.open("r+")
    array[_region(array, at)] = block


def _read_block(archive: _Archive, block_id: Place = ()) -> np.ndarray:
    return _read_chunk(archive.open("r"), block_id)


def _read_chunk(array: "zarr.Array", at: Place) -> np.ndarray:
    name = chunk_namer(array)(at)
    if name not in array.chunk_store:
        raise CorruptError(f"chunk {name} is missing")
    try:
        return array[_region(array, at)]
    except ActzError as error:
        named = type(error)(f"chunk {name}: {error}")
        named.code, named.byte_offset = error.code, error.byte_offset
        raise named from error
    except ValueError as error:  # of Zarr
        raise CorruptError(f"chunk {name} holds another array: {error}") from error


def _damage(archive: _Archive) -> list[tuple[str, Place, str]]:
    """Name, place and cause of each chunk that cannot be decoded."""
    places = iter(_grid(archive.open("r")))
    tasks = []
    while some := list(itertools.islice(places, _CHECKS_PER_TASK)):
        tasks.append(dask.delayed(_damage_of, pure=False)(archive, some))
    return [found for founds in dask.compute(*tasks) for found in founds]


def _damage_of(archive: _Archive, places: Sequence[Place]) -> list[tuple[str, Place, str]]:
    array = archive.open("r")
    name = chunk_namer(array)
    out = []
    for at in places:
        try:
            _read_chunk(array, at)
        except (CorruptError, BadArgumentError) as error:
            out.append((name(at), at, str(error)))
    return out


def _runs_per_sequence(rows: int, run_rows: int) -> int:
    return -(-rows // run_rows)


def _run_count(shape: Sequence[int], run_rows: int) -> int:
    return int(np.prod(shape[:-2], dtype=np.int64)) * _runs_per_sequence(shape[-2], run_rows)


def _runs_of_block(block: np.ndarray, runs: Sequence[int], run_rows: int) -> list[np.ndarray]:
    sequences = block.reshape(-1, *block.shape[-2:])
    per_sequence = _runs_per_sequence(block.shape[-2], run_rows)
    starts = [(run // per_sequence, run % per_sequence * run_rows) for run in runs]
    return [sequences[sequence, row : row + run_rows].copy() for sequence, row in starts]


def _fit(rows: Sequence[Sequence[np.ndarray]], options: dict[str, Any]) -> Profile:
    return Profile.fit([run for runs in rows for run in runs], **options)
