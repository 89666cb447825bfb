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
from typing import TYPE_CHECKING, Any, Callable, Mapping, Optional, Sequence, Union

import torch

from ._activation_blocks import STARTS, TOKENS, EncodingThread, ModuleBlocks, TokenBlocks
from .activation_rows import ActivationRows
from .errors import BadArgumentError
from .options import EncodeOptions, check_names
from .profile import as_profile
from .writer import EncodeReport, Writer

if TYPE_CHECKING:
    from typing import Unpack

__all__ = ["ActivationRows", "ActivationWriter"]

Modules = Union[Sequence[str], Mapping[str, Mapping[str, Any]]]


class ActivationWriter:
    """Writes what modules give while a model runs. A context manager: leaving it removes the hooks and finishes the
    file; after an exception, also one that a hook raised and somebody caught, no file appears.

    A forward pass of the model counts whole or not at all: if it raises, its rows are dropped, and it may be repeated.
    A thread encodes while the model runs; the model waits when two blocks wait for that thread. An error of the
    thread is raised by a later pass, or by `finish`. Memory: for each module block_rows rows, the rows of one pass, three blocks
    more, and what encoding takes; while the profile of a module is learned, also what Profile.fit takes.
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
            metadata: a JSON object of the user's own, kept beside those; its keys count before them.
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
        if block_rows < 1 or not per_module or {TOKENS, STARTS} & set(per_module):
            raise BadArgumentError("block_rows is 1 or more, there are modules, and none is named as the tokens are")
        self._failure: Optional[BaseException] = None
        self._in_pass = False
        self._pass_rows: list[tuple[str, torch.Tensor]] = []
        self._ids: Optional[torch.Tensor] = None
        self._mask: Optional[torch.Tensor] = None
        self._handles: list[Any] = []
        kept = _metadata(model, model_id, revision, per_module, block_rows, metadata or {})
        self._writer = Writer(path, mode="w" if force else "x", metadata=kept)
        self._encoder = EncodingThread(self._writer)
        self._modules = {
            name: ModuleBlocks(name, block_rows, self._encoder, one, dict(fit or {}))
            for name, one in per_module.items()
        }
        self._tokens = TokenBlocks(block_rows, self._encoder)
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

    @property
    def reports(self) -> list[EncodeReport]:
        """Of the tensors written so far."""
        return list(self._encoder.reports)

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
                there = self._tokens.rows
                raise BadArgumentError(f"{name!r} has {before} + {count} rows, for {there} + {tokens} tokens")

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
            self._encoder.wait()
            self._writer.finish()
        finally:
            self.close()

    def close(self) -> None:
        """Removes the hooks, and gives up a file that is not finished. May be called again."""
        self._remove_hooks()
        self._encoder.close()
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


def _metadata(
    model: torch.nn.Module,
    model_id: Optional[str],
    revision: Optional[str],
    modules: Mapping[str, Mapping[str, Any]],
    block_rows: int,
    user: Mapping[str, Any],
) -> dict[str, Any]:
    """By the names of format_spec/02_container.md, 2.5.1."""
    config = getattr(model, "config", None)
    provenance = {
        "model": model_id if model_id is not None else getattr(config, "_name_or_path", None),
        "revision": revision if revision is not None else getattr(config, "_commit_hash", None),
        "layout": "token,channel",
    }
    activations = {
        "version": 1,
        "torch": str(torch.__version__),
        "block_rows": block_rows,
        "modules": {
            name: {key: value for key, value in one.items() if isinstance(value, (bool, int, float))}
            for name, one in modules.items()
        },
    }
    known = {key: value for key, value in provenance.items() if value is not None}
    return {**known, **user, "actz_activations": activations}


def _first_tensor(output: Any, name: str) -> torch.Tensor:
    if isinstance(output, Mapping):
        output = next(iter(output.values()), None)
    elif isinstance(output, (tuple, list)):
        output = output[0] if output else None
    if not isinstance(output, torch.Tensor):
        raise BadArgumentError(f"the output of {name!r} is no tensor and does not begin with one")
    return output
