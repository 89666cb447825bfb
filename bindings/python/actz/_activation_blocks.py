"""Rows of activations, collected into blocks and encoded by a thread: what actz.torch.ActivationWriter stands on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable, Mapping, Optional

import numpy as np
import torch

from .dtypes import name_of_torch
from .errors import BadArgumentError
from .profile import Profile
from .writer import EncodeReport, Writer

TOKENS, STARTS = "tokens", "sequence_starts"  #: tensors that are no module's
_FLOATS = ("f16", "bf16", "f32", "f64")


class EncodingThread:
    """One thread that adds tensors to a file in the order given, with few of them waiting."""

    _MOST_WAITING = 2

    def __init__(self, writer: Writer) -> None:
        self.reports: list[EncodeReport] = []
        self._writer = writer
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="actz_encode")
        self._jobs: "deque[Future[None]]" = deque()  #: the one at work, and those that wait

    def submit(self, job: Callable[..., None], *arguments: Any) -> None:
        """Waits until there is room. Raises what an earlier job raised."""
        while len(self._jobs) > self._MOST_WAITING or (self._jobs and self._jobs[0].done()):
            self._jobs.popleft().result()
        self._jobs.append(self._pool.submit(job, *arguments))

    def add(self, name: str, tensor: Any, options: Mapping[str, Any]) -> None:
        """A job, or part of one: adds a tensor."""
        self.reports.append(self._writer.add(name, tensor, **options))

    def wait(self) -> None:
        """For all jobs. Raises what one raised."""
        while self._jobs:
            self._jobs.popleft().result()

    def close(self) -> None:
        """Ends when the job at work has; others are dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class Blocks(ABC):
    """Rows collected until they are a tensor."""

    def __init__(self, name: str, block_rows: int, encoder: EncodingThread) -> None:
        self.name = name
        self.rows = 0  #: in all
        self._block_rows = block_rows
        self._encoder = encoder
        self._kind: Optional[tuple[torch.dtype, torch.Size]] = None
        self._buffer: Optional[torch.Tensor] = None
        self._held = 0

    def check(self, rows: torch.Tensor) -> None:
        """Errors: BadArgumentError if these are no rows as those before."""
        name_of_torch(rows.dtype)
        if self._kind not in (None, (rows.dtype, rows.shape[1:])):
            raise BadArgumentError(f"the output of {self.name!r} changed its type or channels")

    def append(self, rows: torch.Tensor) -> None:
        self._kind = (rows.dtype, rows.shape[1:])
        while len(rows):
            if self._buffer is None:
                with torch.inference_mode(False):  # else it could not be written to outside that mode
                    self._buffer = torch.empty((self._block_rows, *rows.shape[1:]), dtype=rows.dtype)
            taken = rows[: self._block_rows - self._held]
            self._buffer[self._held : self._held + len(taken)] = taken
            self._held += len(taken)
            self.rows += len(taken)
            rows = rows[len(taken) :]
            if self._held == self._block_rows:
                self.cut()

    def cut(self) -> None:
        """Hands the rows held on to be written, if there are any."""
        if self._buffer is not None and self._held:
            rows, self._buffer, self._held = self._buffer[: self._held], None, 0
            self.hand_on((self.rows - 1) // self._block_rows, rows)

    @abstractmethod
    def hand_on(self, number: int, rows: torch.Tensor) -> None:
        """Submits them to the encoder as the tensor of that number."""


class ModuleBlocks(Blocks):
    """Rows of a module. Its profile is learned from the first block."""

    def __init__(
        self, name: str, block_rows: int, encoder: EncodingThread, options: dict[str, Any], fit: dict[str, Any]
    ) -> None:
        super().__init__(name, block_rows, encoder)
        self._options = options  # the encoder's thread looks at it alone
        self._fit = fit

    def hand_on(self, number: int, rows: torch.Tensor) -> None:
        self._encoder.submit(self._write, f"{self.name}/{number:06d}", rows)

    def _write(self, name: str, rows: torch.Tensor) -> None:
        lossy = name_of_torch(rows.dtype) in _FLOATS and not self._options.get("lossless")
        if lossy and self._options.get("profile") is None and bool(torch.isfinite(rows).all(dim=1).any()):
            self._options["profile"] = self._learn(rows)
        self._encoder.add(name, rows, self._options)

    def _learn(self, rows: torch.Tensor) -> Profile:
        fit = {key: self._options.pop(key) for key in ("lags", "metric", "no_matches") if key in self._options}
        targets = ("bits", "psnr", "lambda_", "max_error")
        if all(self._options.get(target) is None for target in targets):
            nmse = self._options.get("nmse")
            fit["nmse"] = (0.02 if nmse is None else nmse,)
        return Profile.fit(rows, **{**fit, **self._fit})


class TokenBlocks(Blocks):
    """Token ids, and where sequences begin."""

    def __init__(self, block_rows: int, encoder: EncodingThread) -> None:
        super().__init__(TOKENS, block_rows, encoder)
        self._starts: list[int] = []  # counted over all rows

    def append_sequences(self, ids: torch.Tensor, mask: Optional[torch.Tensor]) -> None:
        kept = torch.ones_like(ids, dtype=torch.bool) if mask is None else mask.cpu()
        lengths = kept.reshape(-1, kept.shape[-1]).sum(dim=1).tolist()
        at = self.rows
        for length in lengths:
            if length:
                self._starts.append(at)
            at += length
        self.append(ids[kept])

    def hand_on(self, number: int, rows: torch.Tensor) -> None:
        first = number * self._block_rows
        end = first + len(rows)
        starts = np.array([start - first for start in self._starts if start < end], dtype=np.int32)
        self._starts = [start for start in self._starts if start >= end]
        self._encoder.submit(self._encoder.add, f"{TOKENS}/{number:06d}", rows, {"lossless": True})
        self._encoder.submit(self._encoder.add, f"{STARTS}/{number:06d}", starts, {"lossless": True})
