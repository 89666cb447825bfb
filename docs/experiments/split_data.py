"""Texts, networks and activations of the experiment."""
import pathlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from llama_network import CharacterTokenizer, PairTokenizer, read_llama, text_windows

NETWORKS = {  # name: folder of tokens, weights, tokenizer, its kind
    "babyllama": (
        "babyllama_tok105",
        "babyllama_tok105/model5000.bin",
        "babyllama_tok105/tok105.vocab",
        CharacterTokenizer,
    ),
    "stories260K": ("stories260K", "stories260K/stories260K.bin", "stories260K/tok512.bin", PairTokenizer),
}
KNOWN_LOSS = {"babyllama": 0.8493, "stories260K": 1.4903}  # nats per token of `test`, as the data's README has them
BATCH = 8


@torch.no_grad()
def in_batches(function, *inputs):
    """A function of sequences, applied to a few at a time."""
    return torch.cat([function(*(one[i : i + BATCH] for one in inputs)) for i in range(0, len(inputs[0]), BATCH)])


def mean_loss(log_probabilities, targets) -> float:
    """Nats per token."""
    return nn.functional.nll_loss(log_probabilities.float().flatten(0, 1), targets.flatten()).item()


@dataclass
class SplitData:
    """A network cut after `layer` blocks, of which the first ones stay as they are and are computed once.

    Inputs: what the first trained block gets; rows: the same at the cut; both float32 [sequences, 256, channels].
    targets: the next tokens; teacher: log probabilities of the undisturbed network on the training text, float16."""

    network: str
    layer: int
    between: list  # modules from the inputs to the cut: none, or blocks that are trained
    upper: list  # modules after the cut
    inputs: torch.Tensor
    rows: torch.Tensor
    targets: torch.Tensor
    teacher: torch.Tensor
    calib_inputs: torch.Tensor
    calib_rows: torch.Tensor
    test_inputs: torch.Tensor
    test_rows: torch.Tensor
    test_targets: torch.Tensor
    loss: float  # of the undisturbed network on `test`, nats per token

    def test_loss(self, rows, upper=None) -> float:
        """Nats per token of `test` when the upper part goes on from these rows."""
        modules = nn.Sequential(*self.upper) if upper is None else upper
        return mean_loss(in_batches(lambda some: modules(some).log_softmax(-1), rows), self.test_targets)


def load_split(data, name, layer, windows, seed, trained_below=0) -> SplitData:
    """data: folder as described in its README. windows: how many of the training text, drawn by the seed.
    trained_below: blocks before the cut that training may change."""
    data = pathlib.Path(data)
    folder, weights, vocabulary, tokenizer = NETWORKS[name]
    modules = read_llama(data / "networks" / weights)
    first = max(layer - trained_below, 0)
    lower, between = nn.Sequential(*modules[: first + 1]), nn.Sequential(*modules[first + 1 : layer + 1])
    upper = nn.Sequential(*modules[layer + 1 :])
    text = text_windows(data / "text/tinystories_calib.json", tokenizer(data / "networks" / vocabulary))
    text = text[torch.randperm(len(text), generator=torch.Generator().manual_seed(seed))[:windows]]
    calib, test = (
        torch.from_numpy(np.load(data / folder / part / "tokens.npy").astype(np.int64)) for part in ("calib", "test")
    )
    inputs = [in_batches(lower, tokens[:, :-1]) for tokens in (text, calib, test)]
    rows = [in_batches(between, one) for one in inputs]
    teacher = in_batches(lambda some: upper(some).log_softmax(-1).half(), rows[0])
    loss = mean_loss(in_batches(lambda some: upper(some).log_softmax(-1), rows[2]), test[:, 1:])
    if abs(loss - KNOWN_LOSS[name]) > 1e-3:
        raise RuntimeError(f"{name}: loss {loss:.4f} on test, known is {KNOWN_LOSS[name]}")
    return SplitData(
        name,
        layer,
        list(between),
        list(upper),
        inputs[0],
        rows[0],
        text[:, 1:],
        teacher,
        inputs[1],
        rows[1],
        inputs[2],
        rows[2],
        test[:, 1:],
        loss,
    )
