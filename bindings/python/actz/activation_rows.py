"""Shuffled rows of activations from .actz files, to train on. Does without torch unless asked for its tensors."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict, deque
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
_BLOCKS_OF_BUFFER = 8  #: tensors of many small chunks are read in pieces of this part of the buffer at most


@dataclass(frozen=True)
class _Block:
    """Rows that are read at once: whole chunks, or nearly."""

    path: PathLike
    tensor: str
    first_row: int
    end_row: int


class ActivationRows:
    """Batches of rows in random order, each row once in a pass. An iterable; each pass over it has another order.

        for batch in ActivationRows(["a.actz", "b.actz"], "model.layers.6", batch_rows=4096, seed=1):
            ...                                                            # (4096, channels)

    Files are cut into blocks of about a chunk, the least that can be decoded. Blocks are read in random order of all
    files into a buffer, and batches are drawn from its rows at random; half of it is drawn before it is filled again.
    So rows of one batch come from all blocks that the buffer holds: about buffer_rows / (rows of a chunk) of them.
    Files whose chunks decode alone (the option no_sources, which actz.torch.ActivationWriter takes) are read fastest.
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
            buffer_rows: rows kept decoded. Memory is these rows, half of them once more, and a block and what decoding
                takes for each worker.
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
        self.rows = sum(block.end_row - block.first_row for block in self._blocks)  #: of a pass

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
        block_rows = chunk_rows * max(self._capacity // _BLOCKS_OF_BUFFER // chunk_rows, 1)
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
        blocks = [self._blocks[i] for i in random.permutation(len(self._blocks))]
        buffer = np.empty((min(self._capacity, self.rows), self.channels), numpy_dtype(self.dtype))
        held, rest = 0, buffer[:0]
        source = _BlockReads(blocks, self._workers, self._options)
        try:
            while True:
                held, rest = _fill(buffer, held, rest, source)
                is_last = source.is_empty and len(rest) == 0
                drawn = self._rows_to_draw(held, is_last)
                order = random.permutation(held)
                for first in range(0, drawn, self.batch_rows):
                    batch = buffer[order[first : min(first + self.batch_rows, drawn)]]
                    if len(batch) == self.batch_rows or not self._drop_last:
                        yield self._give(batch)
                if is_last:
                    return
                kept = order[drawn:]
                buffer[: len(kept)] = buffer[kept]
                held = len(kept)
        finally:
            source.close()

    def _rows_to_draw(self, held: int, is_last: bool) -> int:
        """All, if no more come; else about half, in whole batches."""
        return held if is_last else max(held // 2 // self.batch_rows, 1) * self.batch_rows

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


def _fill(buffer: np.ndarray, held: int, rest: np.ndarray, source: "_BlockReads") -> tuple[int, np.ndarray]:
    """Adds rows until the buffer is full or there are no more. rest: of a block that did not fit. Returns rows held,
    and the new rest."""
    while held < len(buffer):
        if len(rest) == 0:
            if source.is_empty:
                break
            rest = source.next()
        taken = min(len(rest), len(buffer) - held)
        buffer[held : held + taken] = rest[:taken]
        held, rest = held + taken, rest[taken:]
    return held, rest


class _BlockReads:
    """Rows of blocks in the order given, decoded ahead by some threads, of which each has its own readers: a chunk
    is decoded by one thread, and reads of one reader follow one another."""

    def __init__(self, blocks: Sequence[_Block], workers: int, options: "DecodeOptions") -> None:
        self._options: Any = {"threads": 1, **options}
        self._blocks = iter(blocks)
        self._left = len(blocks)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="actz_rows")
        self._own = threading.local()
        self._all_files: list[_OpenFiles] = []
        self._ahead: "deque[Future[np.ndarray]]" = deque()
        for _ in range(workers):
            self._read_ahead()

    def _read_ahead(self) -> None:
        block = next(self._blocks, None)
        if block is not None:
            self._ahead.append(self._pool.submit(self._read, block))

    def _read(self, block: _Block) -> np.ndarray:
        if not hasattr(self._own, "files"):
            self._own.files = _OpenFiles(self._options)
            self._all_files.append(self._own.files)
        return self._own.files.reader(block.path).read_rows(block.tensor, block.first_row, block.end_row)

    @property
    def is_empty(self) -> bool:
        return self._left == 0

    def next(self) -> np.ndarray:
        """Raises what reading raised."""
        rows = self._ahead.popleft().result()
        self._left -= 1
        self._read_ahead()
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
