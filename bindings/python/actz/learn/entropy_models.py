"""Learned entropy models of rows of integers: factorised, Fourier, hyperprior, direct access to earlier rows, both.

Called with noisy rows, rounded rows and the rows before quantisation, a model gives the bits of each row, with
gradients, and what a decoder takes for its values; `coded` gives integer rows with the integer tables that a coder
would use. Rows are [sequences, rows, channels], in quantiser steps; row t of a sequence may depend on its rows before t
and, with channel groups, on earlier groups of row t.
"""
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from .conditional_density import LogisticLadder, logistic_bits, logistic_centroid
from .factorized_density import FactorizedDensity
from .fourier_density import FourierDensity
from .tables import TableSet, trimmed_table

TABLE_REACH = 2048  # integers on either side of 0 whose masses are looked at for a table
PRECISION_BITS = 12


@dataclass
class CodedStream:
    """Integers and their model as the external model coder takes them (format_spec/11_external_models.md): arrays of
    equal length, in the order of coding."""

    tables: TableSet
    class_of: np.ndarray
    means: np.ndarray
    values: np.ndarray

    def ideal_bits(self) -> float:
        return float(self.tables.bits(self.class_of, self.values, self.means).sum())


@dataclass
class CodedRows:
    """All streams of some rows: side latents first where there are any."""

    streams: list = field(default_factory=list)

    def ideal_bits(self) -> float:
        return sum(stream.ideal_bits() for stream in self.streams)


def channel_tables(density, precision_bits=PRECISION_BITS) -> TableSet:
    """One table for each channel of a factorised or Fourier density."""
    masses = density.masses(-TABLE_REACH, 2 * TABLE_REACH + 1).numpy()
    return TableSet([trimmed_table(-TABLE_REACH, row, precision_bits) for row in masses], precision_bits)


def channel_stream(density, integers) -> CodedStream:
    """Integer rows [..., channels] with a table for each channel."""
    values = integers.detach().cpu().numpy().astype(np.int64).reshape(-1, density.channels)
    class_of = np.broadcast_to(np.arange(density.channels, dtype=np.uint16), values.shape)
    return CodedStream(channel_tables(density), class_of.ravel(), np.zeros(values.size, np.int32), values.ravel())


class ChannelModel(nn.Module):
    """Every value has the density of its channel: exportable as tables of a static model of a profile."""

    def __init__(self, density):
        super().__init__()
        self.density = density

    def forward(self, noisy, rounded, source):
        """(bits of each row, rounded as it is)."""
        return self.density.bits(noisy).sum(-1), rounded

    def value_bits(self, integers, source):
        """Functions of candidates [sequences, rows, channels]: bits of each value, and what it decodes to."""
        return self.density.bits, lambda candidates: candidates

    def coded(self, integers, source=None) -> CodedRows:
        return CodedRows([channel_stream(self.density, integers)])


class CausalContext(nn.Module):
    """Features [sequences, rows, width] of the rows strictly before each row: causal convolutions of kernel 4 and
    growing dilation, so that `4^layers` earlier rows are seen."""

    def __init__(self, channels, width=96, layers=2, kernel=4):
        super().__init__()
        self.enter = nn.Linear(channels, width)
        self.convolutions = nn.ModuleList(nn.Conv1d(width, width, kernel, dilation=kernel**i) for i in range(layers))
        self.start = nn.Parameter(torch.zeros(width))

    def forward(self, rows):
        features = functional.silu(self.enter(compress_range(rows)))
        shifted = torch.cat([self.start.expand(len(rows), 1, -1), features[:, :-1]], 1).transpose(1, 2)
        for convolution in self.convolutions:
            reach = convolution.dilation[0] * (convolution.kernel_size[0] - 1)
            shifted = shifted + functional.silu(convolution(functional.pad(shifted, (reach, 0))))
        return shifted.transpose(1, 2)


def compress_range(rows):
    """sign(x) · log(1 + |x|): inputs of networks, so that large channels do not drown the small ones."""
    return torch.sign(rows) * torch.log1p(rows.abs())


class GroupedParameters(nn.Module):
    """Mean and log scale of each channel from the features of its row, group by group: a group also sees the groups of
    its row that were coded before it."""

    def __init__(self, channels, features, groups=4, width=64):
        super().__init__()
        if channels % groups:
            raise ValueError(f"{channels} channels do not divide into {groups} groups")
        self.size = channels // groups
        self.hidden = nn.ModuleList(nn.Linear(features + i * self.size, width) for i in range(groups))
        self.skip = nn.ModuleList(nn.Linear(features + i * self.size, 2 * self.size) for i in range(groups))
        self.out = nn.ModuleList(nn.Linear(width, 2 * self.size) for i in range(groups))
        for layer in (*self.skip, *self.out):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)

    def forward(self, features, rows):
        means, log_scales = [], []
        for i, (hidden, skip, out) in enumerate(zip(self.hidden, self.skip, self.out)):
            seen = torch.cat([features, compress_range(rows[..., : i * self.size])], -1) if i else features
            mean, log_scale = (out(functional.silu(hidden(seen))) + skip(seen)).chunk(2, -1)
            # exp-spaced means: what is linear near 0 reaches large channels, too
            means.append(torch.sign(mean) * torch.expm1(mean.abs().clamp(max=8)))
            log_scales.append(log_scale)
        return torch.cat(means, -1), torch.cat(log_scales, -1)


class ConditionalModel(nn.Module):
    """Mean and scale of each value from a network: of side latents (hyperprior), of earlier rows (direct access), or of
    both.

    The side latents z of a row are learned from the row before quantisation, quantised, coded with a factorised
    density, and known before the row is decoded (Ballé et al. 2018, with means: Minnen et al. 2018)."""

    def __init__(self, channels, side_channels=0, context_width=0, groups=1, width=64):
        super().__init__()
        if not side_channels and not context_width:
            raise ValueError("without side latents and context there is nothing to condition on")
        self.channels, self.side_channels, self.context_width = channels, side_channels, context_width
        if side_channels:
            self.side_analysis = nn.Sequential(nn.Linear(channels, width), nn.SiLU(), nn.Linear(width, side_channels))
            self.side_density = FactorizedDensity(side_channels, initial_scale=4.0)
        if context_width:
            self.context = CausalContext(channels, context_width)
        self.parameters_of = GroupedParameters(channels, side_channels + context_width, groups, width)

    def _features(self, rows, side):
        parts = [side] if self.side_channels else []
        return torch.cat(parts + ([self.context(rows)] if self.context_width else []), -1)

    def _side(self, source):
        """(side latents as the decoder has them, their bits in each row)."""
        if not self.side_channels:
            return None, 0
        side = self.side_analysis(compress_range(source))
        noisy = side + torch.rand_like(side) - 0.5 if self.training else torch.round(side)
        return side + (torch.round(side) - side).detach(), self.side_density.bits(noisy).sum(-1)

    def forward(self, noisy, rounded, source):
        """Contexts are the rounded rows, as they will be when rows are decoded; the density is taken at the noisy ones.
        What is decoded is the mean of the density within the bin."""
        side, bits = self._side(source)
        mean, log_scale = self.parameters_of(self._features(rounded, side), rounded)
        return bits + logistic_bits(noisy, mean, log_scale).sum(-1), logistic_centroid(rounded, mean, log_scale)

    def value_bits(self, integers, source):
        side, _ = self._side(source)
        mean, log_scale = self.parameters_of(self._features(integers, side), integers)
        return (
            lambda candidates: logistic_bits(candidates, mean, log_scale),
            lambda candidates: logistic_centroid(candidates, mean, log_scale),
        )

    @torch.no_grad()
    def coded(self, integers, source) -> CodedRows:
        streams, side = [], None
        if self.side_channels:
            side = torch.round(self.side_analysis(compress_range(source)))
            streams.append(channel_stream(self.side_density, side))
        mean, log_scale = self.parameters_of(self._features(integers, side), integers)
        ladder = logistic_ladder()
        class_of, means = ladder.classes(mean.numpy(), log_scale.numpy())
        values = integers.numpy().astype(np.int64)
        streams.append(CodedStream(ladder.tables, class_of.ravel(), means.ravel(), values.ravel()))
        return CodedRows(streams)


_LADDERS = []


def logistic_ladder() -> LogisticLadder:
    """The one ladder of all conditional models, built when first wanted."""
    if not _LADDERS:
        _LADDERS.append(LogisticLadder())
    return _LADDERS[0]


ENTROPY_MODELS = {
    "factorized": lambda channels: ChannelModel(FactorizedDensity(channels)),
    "fourier": lambda channels: ChannelModel(FourierDensity(channels)),
    "hyperprior": lambda channels: ConditionalModel(channels, side_channels=8),
    "direct-access": lambda channels: ConditionalModel(channels, context_width=160, groups=8, width=192),
    "both": lambda channels: ConditionalModel(channels, side_channels=8, context_width=160, groups=8, width=192),
}


def make_entropy_model(name, channels):
    """One of ENTROPY_MODELS by its name."""
    if name not in ENTROPY_MODELS:
        raise ValueError(f"no entropy model {name!r}; there are {', '.join(ENTROPY_MODELS)}")
    return ENTROPY_MODELS[name](channels)
