"""Activations of a running torch model into .actz files, and back as shuffled rows.

    with ActivationWriter(model, ["layers.3", "layers.6"], "hidden.actz", tokens="embed", nmse=0.005):
        for ids in batches: model(ids)
    for batch in ActivationRows("hidden.actz", "layers.6", batch_rows=4096, seed=1, framework="pt"): ...

Each module's rows, flat over batch and sequence, are the tensors "NAME/000000", "NAME/000001", ... of block_rows rows
each, the last of what is left. With token ids there are "tokens/000000" and on (int32, lossless), row for row as those
of the modules, and "sequence_starts/000000" and on: the rows of the tensor of that number at which sequences begin.
"""

from __future__ import annotations

import os
import warnings
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Callable, Mapping, Optional, Sequence, Union

import numpy as np
import torch

from .activation_rows import ActivationRows
from .dtypes import name_of_torch
from .errors import BadArgumentError
from .options import EncodeOptions, check_names
from .profile import Profile, as_profile
from .writer import EncodeReport, Writer

if TYPE_CHECKING:
    from typing import Unpack

__all__ = ["ActivationRows", "ActivationWriter"]

_FLOATS = ("f16", "bf16", "f32", "f64")
_TOKENS, _STARTS = "tokens", "sequence_starts"

Modules = Union[Sequence[str], Mapping[str, Mapping[str, Any]]]


class ActivationWriter:
    """Writes what modules give while a model runs. A context manager: leaving it removes the hooks and finishes the
    file; after an exception, also one that a hook raised and somebody caught, no file appears.

    A forward pass of the model counts whole or not at all: if it raises, its rows are dropped, and it may be repeated.
    Memory: for each module block_rows rows, the rows of one pass, and what encoding takes; while the profile of a
    module is learned, also what Profile.fit takes.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        modules: Modules,
        path: Union[str, "os.PathLike[str]"],
        *,
        tokens: Optional[str] = None,
        model_id: Optional[str] = None,
        revision: Optional[str] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        block_rows: int = 16384,
        fit: Optional[Mapping[str, Any]] = None,
        force: bool = True,
        **options: "Unpack[EncodeOptions]",
    ) -> None:
        """
        Args:
            model: it must itself be called, not a part of it.
            modules: names as of model.named_modules(), or {name: options}, which go before `options`. Taken is the
                output, or the first of a tuple, list or mapping: of shape (..., channels). One that the first pass
                does not run is warned of.
            path: of the file, by custom *.actz.
            tokens: name of the embedding, whose input is then stored as token ids; or use add_tokens.
            model_id, revision: kept in the metadata; by default what model.config says, if it has what models of
                transformers have.
            metadata: a JSON object of the user's own, kept beside those.
            block_rows: rows of each tensor, and from how many a module's profile is learned.
            fit: options of Profile.fit for modules without a profile. Its ladder is by default the wanted nmse alone.
            force: replace a file that exists.
            options: of encoding, see EncodeOptions; `profile` may be a mapping by name of module. no_sources is True
                unless given: blocks then decode alone, in any order, at a higher rate.

        Raises:
            BadArgumentError: no such module, or options that do not go together; FileError.
        """
        names = dict(model.named_modules())
        per_module: dict[str, dict[str, Any]] = _options_of(modules, options)
        for name in [*per_module, *([tokens] if tokens is not None else [])]:
            if name not in names:
                raise BadArgumentError(f"the model has no module {name!r}")
        if block_rows < 1 or not per_module or {_TOKENS, _STARTS} & set(per_module):
            raise BadArgumentError("block_rows is 1 or more, there are modules, and none is named as the tokens are")
        self.reports: list[EncodeReport] = []  #: of the tensors written so far
        self._failure: Optional[BaseException] = None
        self._in_pass = False
        self._pass_rows: list[tuple[str, torch.Tensor]] = []
        self._ids: Optional[torch.Tensor] = None
        self._mask: Optional[torch.Tensor] = None
        self._handles: list[Any] = []
        provenance = _provenance(model, model_id, revision, per_module, block_rows, metadata)
        self._writer = Writer(path, mode="w" if force else "x", metadata={"actz_activations": provenance})
        self._modules = {
            name: _ModuleBlocks(name, block_rows, self._add, one, dict(fit or {})) for name, one in per_module.items()
        }
        self._tokens = _TokenBlocks(block_rows, self._add)
        self._hook(model, names, tokens)

    def _hook(self, model: torch.nn.Module, names: Mapping[str, torch.nn.Module], tokens: Optional[str]) -> None:
        self._handles.append(model.register_forward_pre_hook(self._guard(self._begin_pass)))
        if tokens is not None:
            take_ids = self._guard(lambda _module, inputs: self._set_ids(inputs[0], None))
            self._handles.append(names[tokens].register_forward_pre_hook(take_ids))
        for name in self._modules:
            take = self._guard(lambda _module, _inputs, output, name=name: self._take(name, output))
            self._handles.append(names[name].register_forward_hook(take))
        self._handles.append(model.register_forward_hook(self._guard(self._end_pass)))  # last, if the model is a module

    def _guard(self, hook: Callable[..., None]) -> Callable[..., None]:
        """What a hook raises ends the pass, and is kept: the file lacks rows even if somebody catches it."""

        def guarded(*arguments: Any) -> None:
            try:
                hook(*arguments)
            except BaseException as error:
                self._failure = error
                raise

        return guarded

    def add_tokens(self, ids: Any, mask: Any = None) -> None:
        """Says the token ids of the next forward pass, in place of the argument `tokens`.

        Args:
            ids: integers of the shape of the modules' outputs without channels: (..., sequence).
            mask: of that shape: rows to keep, of tokens and of all modules. Without it, all.

        Raises:
            BadArgumentError.
        """
        self._set_ids(torch.as_tensor(ids), None if mask is None else torch.as_tensor(mask).bool())

    def _set_ids(self, ids: Any, mask: Optional[torch.Tensor]) -> None:
        if not isinstance(ids, torch.Tensor) or ids.dtype.is_floating_point or ids.dim() == 0:
            raise BadArgumentError("token ids are integers, of one axis or more")
        if mask is not None and mask.shape != ids.shape:
            raise BadArgumentError(f"the mask is of shape {tuple(mask.shape)}, the token ids of {tuple(ids.shape)}")
        self._ids, self._mask = ids.detach().to("cpu", torch.int32, copy=True), mask

    @property
    def rows(self) -> dict[str, int]:
        """Rows taken of each module in finished passes."""
        return {name: blocks.rows for name, blocks in self._modules.items()}

    def _begin_pass(self, *_arguments: Any) -> None:
        self._pass_rows.clear()  # of a pass that raised
        self._in_pass = True

    def _take(self, name: str, output: Any) -> None:
        if not self._in_pass:
            raise BadArgumentError("the hooked model itself must be called, not a part of it")
        tensor = _first_tensor(output, name).detach()
        if tensor.dim() < 2:
            raise BadArgumentError(f"the output of {name!r} has no rows and channels: {tuple(tensor.shape)}")
        if self._mask is not None:
            if self._mask.shape != tensor.shape[:-1]:
                raise BadArgumentError(f"the output of {name!r} and the mask have other rows")
            rows = tensor[self._mask.to(tensor.device)]  # a copy
        else:
            rows = tensor.reshape(-1, tensor.shape[-1])
        self._modules[name].check(rows)
        self._pass_rows.append((name, rows.to("cpu", copy=True)))  # what comes later may write into the output

    def _end_pass(self, *_arguments: Any) -> None:
        passed, self._pass_rows, self._in_pass = self._pass_rows, [], False
        ids, mask = self._ids, self._mask
        self._ids = self._mask = None
        if ids is None and self._tokens.rows:
            raise BadArgumentError("passes before had token ids, this one has none")
        if ids is not None:
            self._check_in_step(passed, int(ids.numel() if mask is None else mask.sum()))
        if not any(self.rows.values()):
            silent = sorted(set(self._modules) - {name for name, _ in passed})
            if silent:
                warnings.warn(f"modules did not run in the first pass: {', '.join(silent)}", stacklevel=4)
        for name, rows in passed:
            self._modules[name].append(rows)
        if ids is not None:
            self._tokens.append_sequences(ids, mask)

    def _check_in_step(self, passed: Sequence[tuple[str, torch.Tensor]], tokens: int) -> None:
        counts = {name: 0 for name in self._modules}
        for name, rows in passed:
            counts[name] += len(rows)
        for name, count in counts.items():
            before = self._modules[name].rows
            if count != tokens or before != self._tokens.rows:
                raise BadArgumentError(f"{name!r} has {before} + {count} rows, for {self._tokens.rows} + {tokens} tokens")

    def _add(self, name: str, tensor: Any, options: Mapping[str, Any]) -> None:
        self.reports.append(self._writer.add(name, tensor, **options))

    def finish(self) -> None:
        """Removes the hooks, writes what is left, and gives the file its name.

        Raises:
            BadArgumentError: a hook raised before; FileError. No file appears then.
        """
        self._remove_hooks()
        try:
            if self._failure is not None:
                raise BadArgumentError(f"a hook failed, rows are missing: {self._failure}") from self._failure
            for blocks in self._modules.values():
                blocks.cut()
            self._tokens.cut()
            self._writer.finish()
        finally:
            self._writer.close()

    def close(self) -> None:
        """Removes the hooks, and gives up a file that is not finished. May be called again."""
        self._remove_hooks()
        self._writer.close()

    def _remove_hooks(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def __enter__(self) -> "ActivationWriter":
        return self

    def __exit__(self, kind: object, *_error: object) -> None:
        if kind is None:
            self.finish()
        else:
            self.close()


class _Blocks(ABC):
    """Rows collected until they are a tensor."""

    def __init__(self, name: str, block_rows: int, add: Callable[[str, Any, Mapping[str, Any]], None]) -> None:
        self.name = name
        self.rows = 0  #: in all
        self.number = 0  #: of the tensor in the making
        self._block_rows = block_rows
        self._add = add
        self._buffer: Optional[torch.Tensor] = None
        self._held = 0

    def check(self, rows: torch.Tensor) -> None:
        """Errors: BadArgumentError if these are no rows as those before."""
        if self._buffer is None:
            name_of_torch(rows.dtype)
        elif rows.dtype != self._buffer.dtype or rows.shape[1:] != self._buffer.shape[1:]:
            raise BadArgumentError(f"the output of {self.name!r} changed its type or channels")

    def append(self, rows: torch.Tensor) -> None:
        if self._buffer is None:
            with torch.inference_mode(False):  # else it could not be written to outside that mode
                self._buffer = torch.empty((self._block_rows, *rows.shape[1:]), dtype=rows.dtype)
        while len(rows):
            taken = rows[: self._block_rows - self._held]
            self._buffer[self._held : self._held + len(taken)] = taken
            self._held += len(taken)
            self.rows += len(taken)
            rows = rows[len(taken) :]
            if self._held == self._block_rows:
                self.cut()

    def cut(self) -> None:
        """Writes the rows held, if there are any."""
        if self._buffer is not None and self._held:
            self.write(f"{self.number:06d}", self._buffer[: self._held])
            self.number += 1
            self._held = 0

    @abstractmethod
    def write(self, number: str, rows: torch.Tensor) -> None:
        """Adds them to the file."""


class _ModuleBlocks(_Blocks):
    """Rows of a module. Its profile is learned from the first block."""

    def __init__(self, name: str, block_rows: int, add: Any, options: dict[str, Any], fit: dict[str, Any]) -> None:
        super().__init__(name, block_rows, add)
        self._options = options
        self._fit = fit

    def write(self, number: str, rows: torch.Tensor) -> None:
        lossy = name_of_torch(rows.dtype) in _FLOATS and not self._options.get("lossless")
        if lossy and self._options.get("profile") is None and bool(torch.isfinite(rows).all(dim=1).any()):
            self._options["profile"] = self._learn(rows)
        self._add(f"{self.name}/{number}", rows, self._options)

    def _learn(self, rows: torch.Tensor) -> Profile:
        fit = {key: self._options.pop(key) for key in ("lags", "metric", "no_matches") if key in self._options}
        targets = ("bits", "psnr", "lambda_", "max_error")
        if all(self._options.get(target) is None for target in targets):
            nmse = self._options.get("nmse")
            fit["nmse"] = (0.02 if nmse is None else nmse,)
        return Profile.fit(rows, **{**fit, **self._fit})


class _TokenBlocks(_Blocks):
    """Token ids, and where sequences begin."""

    def __init__(self, block_rows: int, add: Any) -> None:
        super().__init__(_TOKENS, block_rows, add)
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

    def write(self, number: str, rows: torch.Tensor) -> None:
        first = self.number * self._block_rows
        end = first + len(rows)
        starts = np.array([start - first for start in self._starts if start < end], dtype=np.int32)
        self._starts = [start for start in self._starts if start >= end]
        self._add(f"{_TOKENS}/{number}", rows, {"lossless": True})
        self._add(f"{_STARTS}/{number}", starts, {"lossless": True})


def _options_of(modules: Modules, options: EncodeOptions) -> dict[str, dict[str, Any]]:
    """Options of each module. A target of a module's own takes the place of that for all."""
    targets = {"nmse", "bits", "psnr", "lambda_", "max_error", "lossless"}
    own_options = modules if isinstance(modules, Mapping) else {name: {} for name in modules}
    out: dict[str, dict[str, Any]] = {}
    for name, own in own_options.items():
        check_names({**options, **own}, EncodeOptions)
        both: dict[str, Any] = {"no_sources": True, **options}
        if targets & set(own):
            both = {key: value for key, value in both.items() if key not in targets}
        both.update(own)
        profile = both.pop("profile", None)
        if isinstance(profile, Mapping):
            profile = profile.get(name, profile.get(""))
        if profile is not None:
            both["profile"] = as_profile(profile)
        out[name] = both
    return out


def _provenance(
    model: torch.nn.Module,
    model_id: Optional[str],
    revision: Optional[str],
    modules: Mapping[str, Mapping[str, Any]],
    block_rows: int,
    user: Optional[Mapping[str, Any]],
) -> dict[str, Any]:
    config = getattr(model, "config", None)
    return {
        "version": 1,
        "model": model_id if model_id is not None else getattr(config, "_name_or_path", None),
        "revision": revision if revision is not None else getattr(config, "_commit_hash", None),
        "torch": str(torch.__version__),
        "block_rows": block_rows,
        "modules": {
            name: {key: value for key, value in one.items() if isinstance(value, (bool, int, float))}
            for name, one in modules.items()
        },
        "user": dict(user) if user is not None else None,
    }


def _first_tensor(output: Any, name: str) -> torch.Tensor:
    if isinstance(output, Mapping):
        output = next(iter(output.values()), None)
    elif isinstance(output, (tuple, list)):
        output = output[0] if output else None
    if not isinstance(output, torch.Tensor):
        raise BadArgumentError(f"the output of {name!r} is no tensor and does not begin with one")
    return output
