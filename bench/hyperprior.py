#!/usr/bin/env python3
"""What a network could tell of a row's coefficients: their means, their scales, from decoded rows or from side latents.

    bench/hyperprior.py CALIB.npy TEST.npy [--nmse 0.02] [--lags 1,2] [--width 256] [--epochs 8] [--latents 4] > table.md

Open loop: rows are predicted linearly from earlier rows that carry white noise of the wanted error; what is left, in its
KLT basis, is quantised with a uniform step and priced by logistic densities. Of each variant: bits per value of TEST, ideal
code length, side latents included. Contexts stand for the codec's context model: a scale that follows the decaying mean
magnitude of the coefficients before. Needs PyTorch.
"""

import argparse
import math

import numpy
import torch

DECAY = 1 - 1 / 32
RATE = 3e-3
BATCH = 256
VARIANTS = (  # name, contexts, mean and scale from rows, scale from side latents
    ("static", False, False, False, False),
    ("contexts", True, False, False, False),
    ("hyperprior: scales from side latents", False, False, False, True),
    ("contexts and hyperprior", True, False, False, True),
    ("contexts, scales from rows", True, False, True, False),
    ("contexts, means from rows", True, True, False, False),
    ("contexts, means and scales from rows", True, True, True, False),
    ("contexts, means from rows, hyperprior", True, True, False, True),
)


def logistic_bits(values, log_scale):
    """Bits of integers under logistic densities around 0."""
    inverse, size = torch.exp(-log_scale), values.abs()
    mass = torch.sigmoid((0.5 - size) * inverse) - torch.sigmoid((-0.5 - size) * inverse)
    return -torch.log2(mass.clamp_min(1e-7))


class Rows:
    """Linear prediction and basis, learned on calib."""

    def __init__(self, calib, nmse, lags):
        self.lags, self.mean = lags, calib.reshape(-1, calib.shape[-1]).mean(0)
        self.channels = calib.shape[-1]
        rows = calib - self.mean
        self.noise = nmse * rows.reshape(-1, self.channels).var(0).mean()
        self.random = numpy.random.default_rng(1)
        inputs, targets = self.seen(rows), rows.reshape(-1, self.channels)
        gram = inputs.T @ inputs
        gram[numpy.diag_indices(len(gram))] += 1e-4 * gram.diagonal().mean()
        self.predictor = numpy.linalg.solve(gram, inputs.T @ targets)
        left = targets - inputs @ self.predictor
        variance, basis = numpy.linalg.eigh(left.T @ left / len(left))
        self.variance, self.basis = variance[::-1].copy(), basis[:, ::-1].astype(numpy.float32)
        self.step = math.sqrt(12 * self.noise)

    def seen(self, rows):
        """Earlier rows with noise: [rows, lags · channels]."""
        noisy = rows + self.random.normal(0, math.sqrt(self.noise), rows.shape)
        out = numpy.zeros(rows.shape[:2] + (len(self.lags), self.channels), numpy.float32)
        for i, lag in enumerate(self.lags):
            out[:, lag:, i] = noisy[:, :-lag]
        return out.reshape(-1, len(self.lags) * self.channels)

    def tensors(self, tensor):
        """What a network sees, and the coefficients in steps."""
        rows = (tensor - self.mean).astype(numpy.float32)
        inputs = self.seen(rows)
        left = rows.reshape(-1, self.channels) - inputs @ self.predictor
        scale = 1 / rows.std()
        return torch.tensor(inputs * scale), torch.tensor(left.astype(numpy.float32) @ self.basis / self.step)


class Model(torch.nn.Module):
    def __init__(self, rows, variant, width, latents):
        super().__init__()
        _, self.contexts, self.means, self.scales, self.side = variant
        count, inputs = rows.channels, rows.channels * len(rows.lags)
        deviation = numpy.sqrt(rows.variance + rows.noise) / rows.step
        self.base = torch.nn.Parameter(torch.tensor(numpy.log(deviation).astype(numpy.float32) - 0.5))
        self.weight = torch.nn.Parameter(torch.full((count,), 0.5))
        self.size = torch.tensor(deviation.astype(numpy.float32))
        self.hidden = torch.nn.Linear(inputs, width, bias=False)
        self.mean, self.scale = (torch.nn.Linear(width, count, bias=False) for _ in range(2))
        self.analysis = torch.nn.Sequential(torch.nn.Linear(count, 64), torch.nn.ReLU(), torch.nn.Linear(64, latents))
        self.synthesis = torch.nn.Sequential(torch.nn.Linear(latents, 64), torch.nn.ReLU(), torch.nn.Linear(64, count))
        self.latent_scale = torch.nn.Parameter(torch.zeros(latents))
        for layer in (self.mean, self.scale, self.synthesis[2]):
            torch.nn.init.zeros_(layer.weight)
        before = numpy.subtract.outer(numpy.arange(count), numpy.arange(count)).T - 1  # [from, to]
        decay = numpy.where(before >= 0, DECAY ** before.clip(0) / 32, 0).astype(numpy.float32)
        self.decay, self.start = torch.tensor(decay), torch.tensor(DECAY ** numpy.arange(count, dtype=numpy.float32))

    def round(self, values):
        return values + torch.rand_like(values) - 0.5 if self.training else values.round()

    def forward(self, seen, coefficients):
        """Bits of each row."""
        log_scale, bits = self.base, 0
        if self.means or self.scales:
            features = torch.relu(self.hidden(seen))
        if self.means:
            coefficients = coefficients - self.mean(features)
        values = self.round(coefficients)
        if self.contexts:
            activity = (values.abs() + 0.3) / (self.size + 0.3) @ self.decay + self.start
            log_scale = log_scale + self.weight * torch.log(activity)
        if self.scales:
            log_scale = log_scale + self.scale(features).clamp(-4, 4)
        if self.side:
            latents = self.round(self.analysis(torch.log(coefficients.abs() + 0.1)))
            log_scale = log_scale + self.synthesis(latents).clamp(-4, 4)
            bits = logistic_bits(latents, self.latent_scale).sum(-1)
        return bits + logistic_bits(values, log_scale).sum(-1)


def bits_of(variant, rows, calib, test, options):
    torch.manual_seed(1)
    model = Model(rows, variant, options.width, options.latents)
    batches = calib.shape[0] * calib.shape[1] // BATCH
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=options.epochs * batches)
    for _ in range(options.epochs):
        seen, coefficients = rows.tensors(calib)  # with new noise
        order = torch.randperm(len(seen))
        for i in range(batches):
            some = order[i * BATCH : (i + 1) * BATCH]
            optimiser.zero_grad()
            (model(seen[some], coefficients[some]).mean() / rows.channels).backward()
            optimiser.step()
            schedule.step()
    model.eval()
    with torch.no_grad():
        return model(*rows.tensors(test)).mean().item() / rows.channels


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("calib")
    parser.add_argument("test")
    parser.add_argument("--nmse", type=float, default=0.02)
    parser.add_argument("--lags", default="1,2")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--latents", type=int, default=4)
    options = parser.parse_args()
    torch.set_flush_denormal(True)
    calib, test = numpy.load(options.calib), numpy.load(options.test)
    rows = Rows(calib, options.nmse, [int(lag) for lag in options.lags.split(",")])
    print("| variant | bits per value |\n|---|---|")
    for variant in VARIANTS:
        print(f"| {variant[0]} | {bits_of(variant, rows, calib, test, options):.4f} |", flush=True)


if __name__ == "__main__":
    main()
