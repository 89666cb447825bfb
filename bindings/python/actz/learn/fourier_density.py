"""A density for each channel as a squared Fourier series: De la Fuente, Singh and Ballé 2024, "Fourier basis density
model"."""
import math

import torch
from torch import nn


class FourierDensity(nn.Module):
    """p(u) = ½ + Σ_{k=1}^{K} Re(c_k e^{iπku}) on −1 … 1 with c the normalised autocorrelation of K + 1 free complex
    coefficients, so that p is a squared magnitude and not negative, and its integral has a closed form. A value x in
    steps is brought to the interval by u = tanh((x − offset) / scale) with a learned offset and scale of each
    channel."""

    def __init__(self, channels, terms=8, initial_scale=10.0):
        super().__init__()
        self.channels, self.terms = channels, terms
        start = torch.zeros(channels, terms + 1, 2)
        start[:, 0, 0] = 1.0
        self.coefficients = nn.Parameter(start + 0.01 * torch.randn_like(start))
        self.offset = nn.Parameter(torch.zeros(channels))
        self.log_scale = nn.Parameter(torch.full((channels,), math.log(initial_scale)))

    def _series(self):
        """Autocorrelation over its value at 0: real and imaginary parts, [channels, terms]."""
        real, imaginary = self.coefficients.unbind(-1)
        power = (real**2 + imaginary**2).sum(-1).clamp_min(1e-12)
        size = self.terms + 1
        cosines = [
            (real[:, k:] * real[:, : size - k] + imaginary[:, k:] * imaginary[:, : size - k]).sum(-1)
            for k in range(1, size)
        ]
        sines = [
            (imaginary[:, k:] * real[:, : size - k] - real[:, k:] * imaginary[:, : size - k]).sum(-1)
            for k in range(1, size)
        ]
        return torch.stack(cosines, -1) / power[:, None], torch.stack(sines, -1) / power[:, None]

    def _cumulative(self, values):
        """Of values [n, channels]: the integral of p from −1 on."""
        u = torch.tanh((values - self.offset) * torch.exp(-self.log_scale))
        cosines, sines = self._series()
        total = (u + 1) / 2
        for k in range(1, self.terms + 1):
            angle = math.pi * k * u
            real, imaginary = cosines[:, k - 1], sines[:, k - 1]
            # ∫ Re(c e^{iπkt}) dt from −1 to u, e^{−iπk} = (−1)^k
            total = total + (real * torch.sin(angle) + imaginary * (torch.cos(angle) - (-1) ** k)) / (math.pi * k)
        return total

    def _masses(self, values):
        return self._cumulative(values + 0.5) - self._cumulative(values - 0.5)

    def bits(self, values):
        """Bits of each value [..., channels]. A millionth of a wide uniform density is mixed in, as the escape of a
        table is, so that far values keep a gradient."""
        masses = self._masses(values.reshape(-1, self.channels)).clamp_min(0)
        return -torch.log2(masses * (1 - 1e-6) + 1e-9).reshape(values.shape)

    @torch.no_grad()
    def masses(self, lowest, count):
        """Masses of the integers lowest … lowest + count − 1, [channels, count]."""
        integers = torch.arange(lowest, lowest + count, dtype=torch.float32)
        return self._masses(integers[:, None].expand(count, self.channels)).clamp_min(0).t().double()
