#!/usr/bin/env python3
"""Writes a synthetic wide tensor whose structure is known, to measure codecs on.

Rows have a temporal part of low rank (each of `rank` factors is a first-order autoregression), and an innovation that is
correlated within blocks of channels. Channel scales are log-normal; `--outliers` channels are 10000 times as large.

    python3 bench/make_wide.py wide.npy --shape 8,512,4096 --seed 1
"""

import argparse

import numpy as np


def rows_of(shape, seed, structure_seed=0, rank=24, block=64, outliers=0):
    sequences, rows, channels = shape
    structure = np.random.default_rng(structure_seed)  # of the "network": the same for calibration and test
    random = np.random.default_rng(seed)
    loadings = structure.standard_normal((rank, channels)).astype(np.float32) / np.sqrt(rank)
    memory = structure.uniform(0.6, 0.98, rank).astype(np.float32)
    strength = (3.0 * 0.9 ** np.arange(rank)).astype(np.float32)
    mixes = []
    for first in range(0, channels, block):
        width = min(block, channels - first)
        basis = np.linalg.qr(structure.standard_normal((width, width)))[0]
        mixes.append((basis * (2.0 * 0.93 ** np.arange(width))).astype(np.float32).T)
    scale = np.exp(0.5 * structure.standard_normal(channels)).astype(np.float32)
    if outliers:
        scale[structure.choice(channels, outliers, replace=False)] *= 1e4
    out = np.empty(shape, np.float32)
    for sequence in range(sequences):
        state = random.standard_normal(rank).astype(np.float32)
        factors = np.empty((rows, rank), np.float32)
        for t in range(rows):
            state = memory * state + np.sqrt(1 - memory**2) * random.standard_normal(rank).astype(np.float32)
            factors[t] = state * strength
        noise = random.standard_normal((rows, channels)).astype(np.float32)
        innovation = np.concatenate(
            [noise[:, i * block : i * block + mix.shape[0]] @ mix for i, mix in enumerate(mixes)], axis=1)
        out[sequence] = (factors @ loadings + innovation) * scale
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--shape", default="8,512,4096")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--outliers", type=int, default=0)
    arguments = parser.parse_args()
    shape = tuple(int(extent) for extent in arguments.shape.split(","))
    np.save(arguments.output, rows_of(shape, arguments.seed, outliers=arguments.outliers))


if __name__ == "__main__":
    main()
