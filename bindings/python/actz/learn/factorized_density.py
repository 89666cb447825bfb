"""A density for each channel as a monotone network: Ballé et al. 2018, "Variational image compression with a scale
hyperprior", appendix 6.1."""
import math

import torch
from torch import nn
from torch.nn import functional


class FactorizedDensity(nn.Module):
    """Cumulative distribution c(x) = σ(f_K ∘ … ∘ f_1(x)), f_k(x) = H x + b + tanh(a) ⊙ tanh(H x + b), with H made
    positive by softplus: it rises from 0 to 1, whatever the parameters are. The last layer has no tanh."""

    def __init__(self, channels, widths=(3, 3, 3), initial_scale=10.0):
        """channels: densities. initial_scale: about how far from 0 values are at first, in steps."""
        super().__init__()
        self.channels = channels
        sizes = (1, *widths, 1)
        scale = initial_scale ** (1 / (len(sizes) - 1))
        self.matrices, self.biases, self.factors = nn.ParameterList(), nn.ParameterList(), nn.ParameterList()
        for inputs, outputs in zip(sizes[:-1], sizes[1:]):
            start = math.log(math.expm1(1 / scale / outputs))
            self.matrices.append(nn.Parameter(torch.full((channels, outputs, inputs), start)))
            self.biases.append(nn.Parameter(torch.empty(channels, outputs, 1).uniform_(-0.5, 0.5)))
        for width in widths:
            self.factors.append(nn.Parameter(torch.zeros(channels, width, 1)))

    def _logit(self, values):
        """values: [channels, 1, n]."""
        for k, (matrix, bias) in enumerate(zip(self.matrices, self.biases)):
            values = torch.matmul(functional.softplus(matrix), values) + bias
            if k < len(self.factors):
                values = values + torch.tanh(self.factors[k]) * torch.tanh(values)
        return values

    def _masses(self, columns):
        """Mass of the unit interval around each value; columns: [channels, 1, n]."""
        lower, upper = self._logit(columns - 0.5), self._logit(columns + 0.5)
        sign = -torch.sign(lower + upper).detach()  # the tail where both are small keeps the digits
        return (torch.sigmoid(sign * upper) - torch.sigmoid(sign * lower)).abs()

    def bits(self, values):
        """Bits of each value [..., channels]: −log2 of the mass of the unit interval around it."""
        columns = values.reshape(-1, self.channels).t().unsqueeze(1)
        masses = self._masses(columns).clamp_min(1e-9)
        return -torch.log2(masses).squeeze(1).t().reshape(values.shape)

    @torch.no_grad()
    def masses(self, lowest, count):
        """Masses of the integers lowest … lowest + count − 1, [channels, count]."""
        integers = torch.arange(lowest, lowest + count, dtype=torch.float32)
        return self._masses(integers.expand(self.channels, 1, count)).squeeze(1).double()
