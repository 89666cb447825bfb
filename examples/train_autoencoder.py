#!/usr/bin/env python3
"""Archives activations, and trains a sparse autoencoder on the archive, its rows read in random order.

  train_autoencoder.py [HIDDEN.npy] [--nmse 0.02] [--features 256] [--passes 60] [--keep ARCHIVE.actz]

HIDDEN.npy is (sequences, rows, channels); the last quarter of the sequences is held out. Two archives are written, one
lossless and one at the NMSE, and one autoencoder is trained on each, from the same start on the same rows in the same
order. Both are then judged on the held-out rows as they were before coding: so the difference is what coding costs.
Without arguments: the bundled sample of stories260K.
"""
import argparse
import tempfile
from pathlib import Path

import actz
import numpy as np
from actz.activation_rows import ActivationRows

HERE = Path(__file__).resolve().parent
BLOCK_ROWS = 16384  #: of each tensor of the archive: what is decoded at once


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hidden", nargs="?", default=HERE / "data/stories260K_layer3_4x256x64.npy")
    parser.add_argument("--nmse", type=float, default=0.02)
    parser.add_argument("--features", type=int, default=256)
    parser.add_argument("--passes", type=int, default=60)
    parser.add_argument("--keep", type=Path, help="where the coded archive stays")
    return parser.parse_args()


def write_archive(path, rows, **options):
    """Tensors "hidden/000000" and on; what ActivationRows takes for the rows of "hidden". Returns bits per value."""
    with actz.Writer(path) as writer:
        for number, first in enumerate(range(0, len(rows), BLOCK_ROWS)):
            writer.add(f"hidden/{number:06d}", rows[first : first + BLOCK_ROWS], no_sources=True, **options)
    return 8 * path.stat().st_size / rows.size


class SparseAutoencoder:
    """x ≈ D · relu(E · x + b) + c on rows scaled to a mean square of 1, trained with Adam on the mean squared error of
    a row plus `sparsity` times the sum of its features. Columns of D have length 1."""

    def __init__(self, centre, scale, features, sparsity=0.08, rate=3e-3):
        random = np.random.default_rng(0)
        decoder = random.normal(size=(features, len(centre))).astype(np.float32)
        decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
        self.weights = {"encoder": decoder.T.copy(), "bias": np.zeros(features, np.float32), "decoder": decoder,
                        "offset": np.zeros(len(centre), np.float32)}  # fmt: skip
        self.moments = {name: [np.zeros_like(w), np.zeros_like(w)] for name, w in self.weights.items()}
        self.centre, self.scale, self.sparsity, self.rate, self.steps = centre, scale, sparsity, rate, 0

    def reconstruct(self, rows):
        """Features of rows, and the rows that follow from them, scaled."""
        w = self.weights
        features = np.maximum((rows - self.centre) / self.scale @ w["encoder"] + w["bias"], 0)
        return features, features @ w["decoder"] + w["offset"]

    def step(self, rows):
        w, x = self.weights, (rows - self.centre) / self.scale
        features, back = self.reconstruct(rows)
        error = 2 * (back - x) / x.size
        of_features = (error @ w["decoder"].T + self.sparsity / x.size) * (features > 0)
        gradients = {"encoder": x.T @ of_features, "bias": of_features.sum(0), "decoder": features.T @ error,
                     "offset": error.sum(0)}  # fmt: skip
        self.steps += 1
        for name, gradient in gradients.items():
            mean, square = self.moments[name]
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            unbiased = mean / (1 - 0.9**self.steps), square / (1 - 0.999**self.steps)
            w[name] -= self.rate * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-8)
        w["decoder"] /= np.linalg.norm(w["decoder"], axis=1, keepdims=True)

    def judge(self, rows):
        """Share of the variance of rows that is lost, and features in use, mean of a row."""
        features, back = self.reconstruct(rows)
        x = (rows - self.centre) / self.scale
        return ((back - x) ** 2).sum() / ((x - x.mean(0)) ** 2).sum(), (features > 0).sum(1).mean()


def train(path, features, passes):
    batches = ActivationRows(path, "hidden", batch_rows=64, seed=1)
    rows = np.concatenate(list(batches))
    centre = rows.mean(0)
    model = SparseAutoencoder(centre, np.sqrt(((rows - centre) ** 2).mean()), features)
    for _ in range(passes):
        for batch in batches:
            model.step(batch)
    return model


def main():
    args = arguments()
    hidden = np.load(args.hidden).astype(np.float32)
    taught, held_out = (part.reshape(-1, hidden.shape[-1]) for part in np.split(hidden, [len(hidden) * 3 // 4]))
    with tempfile.TemporaryDirectory() as folder:
        ways = {"lossless": {"lossless": True}, f"NMSE {args.nmse:g}": {"nmse": args.nmse}}
        for number, (way, options) in enumerate(ways.items()):
            path = args.keep if args.keep and number else Path(folder) / f"{number}.actz"
            bits = write_archive(path, taught, **options)
            lost, used = train(path, args.features, args.passes).judge(held_out)
            print(f"{way}: {bits:.2f} bits per value; held-out rows lose {100 * lost:.1f} % with {used:.0f} features")


if __name__ == "__main__":
    main()
