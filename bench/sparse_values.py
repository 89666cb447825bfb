#!/usr/bin/python3
"""Rates of tensors that hold many zeros, made of dumps [sequences, rows, channels]: sparse_values.py ACTZ CALIB.npy TEST.npy

relu       max(0, rows times a random matrix − 1 deviation)
wide relu  the same of a third of the sequences, twelve times as wide
gelu       x · sigmoid(1.702 x) of such rows, of mean −1 and deviation 2: none are equal, but many nearly
router     softmax of such rows, of deviation 3: the same
attention  causal attention maps of random heads: softmax of scores, each row seeing itself and those before it
padding    the dumps, each sequence but zeros from a random row on
Prints the table of docs/decisions/0023-zeros.md. A profile has rungs of NMSE 0.002, 0.01
and 0.04. Some minutes.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

LADDER = "0.002,0.01,0.04"
TARGETS = ("0.005", "0.02", "0.04")
SEQUENCES = 36


def mixed(rows, width=1):
    """Rows times a random matrix, of deviation 1."""
    matrix = np.random.default_rng(1).standard_normal((rows.shape[2], width * rows.shape[2]))
    out = (rows - rows.mean((0, 1))) @ matrix
    return out / out.std()


def softmax(scores):
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def relu(rows):
    return np.maximum(mixed(rows) - 1, 0)


def wide_relu(rows):
    return np.maximum(mixed(rows[: SEQUENCES // 3], 12) - 1, 0)


def gelu(rows):
    x = 2 * mixed(rows) - 1
    return x / (1 + np.exp(-1.702 * x))


def router(rows):
    return softmax(3 * mixed(rows))


def attention(rows):
    matrix = np.random.default_rng(2).standard_normal((2, rows.shape[2], 32))
    query, key = (rows - rows.mean((0, 1))) @ matrix[:, None]
    scores = query @ key.transpose(0, 2, 1)
    scores *= 2 / scores.std()
    scores += np.triu(np.full(scores.shape[1:], -1e9), 1)
    return softmax(scores)


def padding(rows):
    out = rows.copy()
    ends = np.random.default_rng(len(rows)).integers(rows.shape[1] // 6, rows.shape[1], len(rows))
    for sequence, end in zip(out, ends):
        sequence[end:] = 0
    return out


def histograms(rows, nmse):
    """Bits per value of an ideal coder of uniform steps, with a histogram for each channel of these very rows."""
    rows = rows.reshape(-1, rows.shape[-1]).astype(np.float64)
    energy = ((rows - rows.mean(0)) ** 2).sum()
    low, high = 1e-6 * rows.std(), 10 * rows.std()
    for _ in range(40):
        step = np.sqrt(low * high)
        error = ((rows - step * np.round(rows / step)) ** 2).sum() / energy
        low, high = (step, high) if error < nmse else (low, step)
    bits = 0.0
    for column in np.round(rows / step).astype(int).T:
        count = np.unique(column, return_counts=True)[1]
        bits -= (count * np.log2(count / len(column))).sum()
    return bits / rows.size


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def rates(actz, folder, calib, test):
    np.save(folder / "calib.npy", calib)
    np.save(folder / "test.npy", test)
    run(actz, "fit", folder / "calib.npy", "-o", folder / "p.actp", "--nmse", LADDER, "--force", "--quiet")
    for own in (("--profile", folder / "p.actp", "--name-profile"), ()):
        words = (folder / "test.npy", "-o", folder / "test.actz", "--force", "--json", *own)
        yield [json.loads(run(actz, "encode", *words, "--nmse", nmse))["bits_per_value"] for nmse in TARGETS]
    yield [histograms(test, float(nmse)) for nmse in TARGETS]


def main(actz, calib, test):
    dumps = [np.load(path)[:SEQUENCES].astype(np.float32) for path in (calib, test)]
    print(f"| bits per value at NMSE {', '.join(TARGETS)} | zeros | with a profile | without | histograms, ideal |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for make in (relu, wide_relu, gelu, router, attention, padding):
            made = [make(rows).astype(np.float32) for rows in dumps]
            cells = [", ".join(f"{rate:.3g}" for rate in some) for some in rates(actz, pathlib.Path(name), *made)]
            print(f"| {make.__name__.replace('_', ' ')} | {(made[1] == 0).mean():.0%} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
