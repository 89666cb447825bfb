#!/usr/bin/python3
"""Rate of an ideal entropy coder on PCA coefficients: one uniform step, one histogram for each coefficient.

  klt_reference.py CALIB.npy TEST.npy

Mean, basis and histograms are learned on CALIB, rates measured on TEST. NMSE is taken about the mean of TEST, as `actz eval` does.
"""
import json
import sys

import numpy as np

STEPS = np.geomspace(0.1, 2.5, 18)  # in standard deviations of a channel


def rows_of(path):
    x = np.load(path).astype(np.float64)
    return x.reshape(-1, x.shape[-1])


def energy_per_value(path):
    x = rows_of(path)
    return float(((x - x.mean(0)) ** 2).mean())


def code_length(train, test):
    """Bits of one integer column under the histogram of another; values outside pay an escape and their size."""
    lowest, highest = train.min() - 2, train.max() + 2
    count = np.bincount(train - lowest, minlength=highest - lowest + 1) + 0.3
    total = count.sum() + 0.5
    inside = (test >= lowest) & (test <= highest)
    outside = np.abs(test[~inside]).astype(float)
    return -np.log2(count[test[inside] - lowest] / total).sum() + (np.log2(2 * total) + 2 * np.log2(outside + 1) + 1).sum()


def curve(calib, test):
    """Points with nmse and bits_per_value."""
    train, held = rows_of(calib), rows_of(test)
    mean = train.mean(0)
    energy = ((held - held.mean(0)) ** 2).sum()
    basis = np.linalg.eigh((train - mean).T @ (train - mean))[1]
    a, b = (train - mean) @ basis, (held - mean) @ basis
    points = []
    for step in STEPS * np.sqrt((a**2).mean()):
        qa, qb = np.rint(a / step).astype(int), np.rint(b / step).astype(int)
        bits = sum(code_length(x, y) for x, y in zip(qa.T, qb.T))
        points.append({"nmse": float(((qb * step - b) ** 2).sum() / energy), "bits_per_value": float(bits / b.size)})
    return points


if __name__ == "__main__":
    for point in curve(*sys.argv[1:]):
        print(json.dumps(point))
