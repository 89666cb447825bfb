"""Differentiable stand-ins for rounding to integers.

All take values in units of the quantiser step, of any shape, and return the same shape. In evaluation mode all of them
are the same thing: rounding to the nearest integer, which is what the coder is given.
"""
import torch
from torch import nn


def round_to_integers(values):
    """The integers that are coded; halves go to the even one, as the rounding of torch and numpy does."""
    return torch.round(values)


class UniformNoise(nn.Module):
    """Adds noise that is uniform in −½ … ½: the density of the sum, taken at an integer, is the mass of its bin (Ballé
    et al. 2017, "End-to-end optimized image compression")."""

    def forward(self, values):
        if not self.training:
            return round_to_integers(values)
        return values + torch.rand_like(values) - 0.5


class StraightThrough(nn.Module):
    """Rounds; the gradient passes as if it had not (Theis et al. 2017; Bengio et al. 2013)."""

    def forward(self, values):
        return values + (round_to_integers(values) - values).detach()


class SoftRounding(nn.Module):
    """Soft rounding before and after additive noise (Agustsson and Theis 2020, "Universally quantized neural
    compression").

    s(y) = m + tanh(α r) / (2 tanh(α / 2)), with m = ⌊y⌋ + ½ and r = y − m. As α goes to 0, s is the identity; as it
    grows, rounding. In training the result is s⁻¹ shifted back, E[y | s(y) + noise], approximated as in the paper
    by s⁻¹(s(y) + u − ½) + ½.
    """

    def __init__(self, sharpness=4.0):
        super().__init__()
        if not sharpness > 0:
            raise ValueError("the sharpness of soft rounding is positive")
        self.sharpness = float(sharpness)

    def soften(self, values):
        middle = torch.floor(values) + 0.5
        half_width = 2 * torch.tanh(torch.tensor(self.sharpness / 2, dtype=values.dtype))
        return middle + torch.tanh(self.sharpness * (values - middle)) / half_width

    def harden(self, softened):
        """Inverse of soften."""
        middle = torch.floor(softened) + 0.5
        half_width = 2 * torch.tanh(torch.tensor(self.sharpness / 2, dtype=softened.dtype))
        offset = (half_width * (softened - middle)).clamp(-1 + 1e-6, 1 - 1e-6)
        return middle + torch.atanh(offset) / self.sharpness

    def forward(self, values):
        if not self.training:
            return round_to_integers(values)
        noisy = self.soften(values) + torch.rand_like(values) - 0.5
        return self.harden(noisy - 0.5) + 0.5


class NoiseForRateRoundingForTask(nn.Module):
    """What the entropy model sees is noisy, what the rest of the network sees is rounded with a straight-through
    gradient (Minnen and Singh 2020, "Channel-wise autoregressive entropy models"). Returns (for the rate, for the
    task)."""

    def __init__(self):
        super().__init__()
        self.noise, self.rounding = UniformNoise(), StraightThrough()

    def forward(self, values):
        return self.noise(values), self.rounding(values)


QUANTISERS = {
    "noise": UniformNoise,
    "straight-through": StraightThrough,
    "soft-rounding": SoftRounding,
    "mixed": NoiseForRateRoundingForTask,
}


def quantise(quantiser, values):
    """(values for the entropy model, values for the task) of any of the quantisers."""
    result = quantiser(values)
    return result if isinstance(result, tuple) else (result, result)
