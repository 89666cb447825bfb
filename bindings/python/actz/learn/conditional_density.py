"""Densities whose mean and scale a network gives for each value, and the ladder of integer tables that stands for
them."""
import math

import numpy as np
import torch
from torch.nn import functional

from .tables import IntegerTable, TableSet, integer_table

LOWEST_SCALE = 0.06  # steps: all but 1/2000 of the mass is in one bin
HIGHEST_SCALE = 60.0


def logistic_bits(values, mean, log_scale):
    """Bits of each value under a logistic density convolved with the quantiser's bin: −log2 of the mass of the unit
    interval around it. All three have the same shape; mean and scale are in steps."""
    inverse = torch.exp(-log_scale.clamp(math.log(LOWEST_SCALE), math.log(HIGHEST_SCALE)))
    distance = (values - mean).abs()  # symmetric: the tail where sigmoids keep their digits
    mass = torch.sigmoid((0.5 - distance) * inverse) - torch.sigmoid((-0.5 - distance) * inverse)
    return -torch.log2(mass.clamp_min(1e-9))


def logistic_centroid(integers, mean, log_scale):
    """Mean of a logistic density within the bin of each integer: what a decoder best takes for a value of which it
    knows the bin. In closed form, with a and b the ends of the bin: (b F(b) − a F(a) − s [ζ((b − m)/s) − ζ((a − m)/s)])
    / (F(b) − F(a)), ζ(x) = log(1 + eˣ). Means further than 3 scales outside the bin count as that far: their centroid
    is near its end anyway, and the masses would lose their digits."""
    scale = torch.exp(log_scale.clamp(math.log(LOWEST_SCALE), math.log(HIGHEST_SCALE)))
    reach = 0.5 + 3 * scale
    offset = torch.minimum(torch.maximum(mean - integers, -reach), reach)
    above, below = (0.5 - offset) / scale, (-0.5 - offset) / scale
    high, low = torch.sigmoid(above), torch.sigmoid(below)
    tails = scale * (functional.softplus(above) - functional.softplus(below))
    return integers + ((high + low) / 2 - tails) / (high - low).clamp_min(1e-6)


class LogisticLadder:
    """Tables of logistic densities at a ladder of scales and of fractions of the mean, for the external model coder
    (format_spec/11_external_models.md): the integer part of the mean is what the coder adds to a value."""

    def __init__(self, scales=48, fractions=16, precision_bits=12):
        if scales * fractions > 4096:
            raise ValueError("the external model coder takes at most 4096 classes")
        self.log_lowest, self.log_highest = math.log(LOWEST_SCALE), math.log(HIGHEST_SCALE)
        self.scales, self.fractions = scales, fractions
        tables = []
        for log_scale in np.linspace(self.log_lowest, self.log_highest, scales):
            for fraction in range(fractions):
                tables.append(self._table(math.exp(log_scale), (fraction + 0.5) / fractions - 0.5, precision_bits))
        self.tables = TableSet(tables, precision_bits)

    @staticmethod
    def _table(scale, offset, precision_bits) -> IntegerTable:
        reach = min(127, max(1, math.ceil(scale * math.log(2**precision_bits))))
        edges = np.arange(-reach, reach + 2) - 0.5 - offset
        cumulative = 0.5 * (1 + np.tanh(edges / scale / 2))
        return integer_table(-reach, np.diff(cumulative), 1 - (cumulative[-1] - cumulative[0]), precision_bits)

    def classes(self, mean, log_scale):
        """(class of each value, whole part of its mean): integers as the external coder wants them.
        mean, log_scale: float arrays of one shape."""
        mean, log_scale = np.asarray(mean, np.float64), np.asarray(log_scale, np.float64)
        whole = np.floor(mean + 0.5)
        fraction = np.clip(np.floor((mean - whole + 0.5) * self.fractions), 0, self.fractions - 1)
        step = (self.log_highest - self.log_lowest) / (self.scales - 1)
        rung = np.clip(np.round((log_scale - self.log_lowest) / step), 0, self.scales - 1)
        return (rung * self.fractions + fraction).astype(np.uint16), whole.astype(np.int32)
