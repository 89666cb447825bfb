"""Shuffled rows of activations from .actz files, to train on. Does without torch unless asked for its tensors."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterator, Optional, Sequence, Union

import numpy as np

from ._arrays import check_framework
from .dtypes import bf16_to_f32, numpy_dtype
from .errors import BadArgumentError
from .inspection import TensorInfo
from .reader import Reader

if TYPE_CHECKING:
    from typing import Unpack

    from .options import DecodeOptions

PathLike = Union[str, "os.PathLike[str]"]

_OPEN_FILES = 16  #: more would not be faster: a file is opened in the time of a chunk or less
_BLOCKS_OF_LOAD = 8  #: tensors of many small chunks are read in pieces of this part of the buffer at most


@dataclass(frozen=True)
class _Block:
    """Rows that are read at once: whole chunks, or nearly."""

    path: PathLike
    tensor: str
    first_row: int
    end_row: int

    @property
    def rows(self) -> int:
        return self.end_row - self.first_row


class ActivationRows:
    """Batches of rows in random order, each row once in a pass. An iterable; each pass over it has another order.

        for batch in ActivationRows(["a.actz", "b.actz"], "model.layers.6", batch_rows=4096, seed=1):
            ...                                                            # (4096, channels)

    Files are cut into blocks of about a chunk, the least that can be decoded. As many blocks of all files, in random
    order, as make buffer_rows are a load, whose rows are shuffled and drawn in batches while workers decode the next
    load. So rows of one batch come from about buffer_rows / (rows of a chunk) blocks. Files whose chunks decode alone
    (the option no_sources, which actz.torch.ActivationWriter takes) are read fastest.
    """

    def __init__(
        self,
        paths: Union[PathLike, Sequence[PathLike]],
        module: str,
        batch_rows: int,
        seed: int = 0,
        *,
        buffer_rows: int = 65536,
        workers: Optional[int] = None,
        framework: str = "np",
        drop_last: bool = False,
        **options: "Unpack[DecodeOptions]",
    ) -> None:
        """
        Args:
            paths: of files; equal ones in equal order give equal batches.
            module: tensors "module/000000" and on, as ActivationWriter names them, or one tensor of that very name.
            batch_rows: rows of each batch; of the last of a pass, what is left.
            seed: of the order.
            buffer_rows: rows of a load, which has one block at least. Memory is two loads, and what decoding takes for
                each worker.
            workers: threads that decode blocks ahead, while batches are used; default: processors, 4 at most. They do
                not change the order.
            framework: "np": numpy arrays, of bf16 as float32; "pt": torch tensors.
            drop_last: leave out a last batch that is smaller.
            options: see DecodeOptions; `threads` is of each worker, 1 unless given.

        Raises:
            BadArgumentError: no such module, tensors of other channels or types, rows that make no sense; and as
            Reader.
        """
        if batch_rows < 1 or buffer_rows < batch_rows or (workers is not None and workers < 1):
            raise BadArgumentError("batch_rows and workers are 1 or more, and buffer_rows is no less than batch_rows")
        self.module = module
        self.batch_rows = batch_rows
        self.seed = seed
        self.epoch = 0  #: number of the next pass; set it to repeat one
        self._capacity = buffer_rows
        self._workers = workers or min(os.cpu_count() or 1, 4)
        self._framework = check_framework(framework)
        self._drop_last = drop_last
        self._options = options
        self._blocks: list[_Block] = []
        self.dtype = ""  #: of the files: "f32", "bf16", ...
        self.channels = 0
        for path in [paths] if isinstance(paths, (str, os.PathLike)) else paths:
            self._add_file(path)
        if not self._blocks:
            raise BadArgumentError(f"no rows of {module!r} in these files")
        self.rows = sum(block.rows for block in self._blocks)  #: of a pass

    def _add_file(self, path: PathLike) -> None:
        with Reader(path, **self._options) as reader:
            for name in reader.keys():
                if name == self.module or _is_part(name, self.module):
                    self._add_tensor(path, reader.tensor(name))

    def _add_tensor(self, path: PathLike, tensor: TensorInfo) -> None:
        if tensor.rows == 0:
            return
        if not self._blocks:
            self.dtype, self.channels = tensor.dtype, tensor.channels
        if (tensor.dtype, tensor.channels) != (self.dtype, self.channels):
            raise BadArgumentError(
                f"{tensor.name!r} of {os.fspath(path)} is {tensor.dtype} of {tensor.channels} channels, "
                f"others are {self.dtype} of {self.channels}"
            )
        chunk_rows = -(-tensor.rows // max(tensor.chunks, 1))
        block_rows = chunk_rows * max(self._capacity // _BLOCKS_OF_LOAD // chunk_rows, 1)
        for first in range(0, tensor.rows, block_rows):
            self._blocks.append(_Block(path, tensor.name, first, min(first + block_rows, tensor.rows)))

    def __len__(self) -> int:
        """Batches of a pass."""
        return self.rows // self.batch_rows if self._drop_last else -(-self.rows // self.batch_rows)

    def __iter__(self) -> Iterator[Any]:
        random = np.random.default_rng([self.seed, self.epoch])
        self.epoch += 1
        return self._batches(random)

    def _batches(self, random: np.random.Generator) -> Iterator[Any]:
        loads = _loads([self._blocks[i] for i in random.permutation(len(self._blocks))], self._capacity)
        left = np.empty((0, self.channels), numpy_dtype(self.dtype))  # fewer than a batch, of the load before
        reads = _LoadReads(loads, self.batch_rows, left, self._workers, self._options)
        try:
            for number in range(len(loads)):
                rows = reads.rows(number, left)
                order = random.permutation(len(rows))
                is_last = number == len(loads) - 1 and not self._drop_last
                drawn = len(rows) if is_last else len(rows) // self.batch_rows * self.batch_rows
                for first in range(0, drawn, self.batch_rows):
                    yield self._give(np.take(rows, order[first : min(first + self.batch_rows, drawn)], axis=0))
                left = np.take(rows, order[drawn:], axis=0)
                reads.begin(number + 2)
        finally:
            reads.close()

    def _give(self, batch: np.ndarray) -> Any:
        if self._framework == "np":
            return bf16_to_f32(batch) if self.dtype == "bf16" else batch
        import torch

        if self.dtype == "bf16":
            return torch.from_numpy(batch.view(np.int16)).view(torch.bfloat16)
        return torch.from_numpy(batch)


def _is_part(name: str, module: str) -> bool:
    head, _, number = name.rpartition("/")
    return head == module and "/" in name and number.isdecimal()


def _loads(blocks: Sequence[_Block], capacity: int) -> list[list[_Block]]:
    """Blocks that are in memory together: of as many rows as there is room for, or one."""
    out: list[list[_Block]] = []
    held = capacity
    for block in blocks:
        if held + block.rows > capacity:
            out.append([])
            held = 0
        out[-1].append(block)
        held += block.rows
    return out


class _LoadReads:
    """Rows of loads, decoded straight to where batches are drawn from: two buffers take turns, one filled by some
    threads while the other is used. A thread has readers of its own: reads of one reader follow one another."""

    def __init__(
        self, loads: Sequence[Sequence[_Block]], room: int, like: np.ndarray, workers: int, options: "DecodeOptions"
    ) -> None:
        """room: rows left free before a load; like: an array of the type and channels of the rows."""
        self._options: Any = {"threads": 1, **options}
        self._loads = loads
        self._room = room
        rows = room + max(sum(block.rows for block in load) for load in loads)
        self._buffers = [np.empty((rows, *like.shape[1:]), like.dtype) for _ in range(min(2, len(loads)))]
        self._reads: dict[int, list[Future[np.ndarray]]] = {}
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="actz_rows")
        self._own = threading.local()
        self._all_files: list[_OpenFiles] = []
        for number in range(len(self._buffers)):
            self.begin(number)

    def begin(self, number: int) -> None:
        """Begins to decode a load, where the one two before it was. Nothing, if there is no such load."""
        if number >= len(self._loads):
            return
        at = self._room
        self._reads[number] = []
        for block in self._loads[number]:
            place = self._buffers[number % 2][at : at + block.rows]
            self._reads[number].append(self._pool.submit(self._read, block, place))
            at += block.rows

    def _read(self, block: _Block, place: np.ndarray) -> np.ndarray:
        if not hasattr(self._own, "files"):
            self._own.files = _OpenFiles(self._options)
            self._all_files.append(self._own.files)
        reader = self._own.files.reader(block.path)
        return reader.read_rows(block.tensor, block.first_row, block.end_row, out=place)

    def rows(self, number: int, before: np.ndarray) -> np.ndarray:
        """Those of a load, when it is there, behind `before`, no more than `room`. Raises what reading raised."""
        count = sum(len(read.result()) for read in self._reads.pop(number))
        rows = self._buffers[number % 2][self._room - len(before) : self._room + count]
        rows[: len(before)] = before
        return rows

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        for files in self._all_files:
            files.close()


class _OpenFiles:
    """The files read last, open."""

    def __init__(self, options: "DecodeOptions") -> None:
        self._options = options
        self._readers: "OrderedDict[PathLike, Reader]" = OrderedDict()

    def reader(self, path: PathLike) -> Reader:
        found: Optional[Reader] = self._readers.pop(path, None)
        if found is None:
            if len(self._readers) == _OPEN_FILES:
                self._readers.popitem(last=False)[1].close()
            found = Reader(path, **self._options)
        self._readers[path] = found
        return found

    def close(self) -> None:
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()
