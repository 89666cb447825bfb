#!/usr/bin/env python3
"""Rate against loss of the task, with and without a task metric.

  metric_loss.py DATA_DIR [--actz PROGRAM] [--output POINTS.json]

For two language models, layers 1 and 3: the metric comes from examples/task_metric.py on the `calib` tokens, profiles are
learned on `calib` with and without it, `test` is coded at several NMSE, and the network goes on from the decoded hidden
state. Prints bits per token and increase of loss of every point, then the rate with the metric over that without, at
equal increase of loss and at equal divergence from the undisturbed network.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "examples"))
from task_metric import Llama, task_metric  # noqa: E402

NETWORKS = {  # name: folder of the activations, weights
    "babyllama": ("babyllama_tok105", "babyllama_tok105/model5000.bin"),
    "stories260K": ("stories260K", "stories260K/stories260K.bin"),
}
LAYERS = (1, 3)
NMSE = (0.003, 0.006, 0.012, 0.024, 0.048)
BATCH = 8
LEAST_LOSS = 0.006  # smaller increases are mostly noise, which is about 0.002


def run(*command):
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


def load_tokens(path):
    return torch.from_numpy(np.load(path).astype(np.int64))


class Split:
    """A network cut at a layer, with the loss of its undisturbed rest on `test`."""

    def __init__(self, data, network, layer):
        folder, weights = NETWORKS[network]
        self.network, self.layer, self.folder = network, layer, data / folder
        self.model = Llama(data / "networks" / weights)
        self.tokens = load_tokens(self.folder / "test" / "tokens.npy")
        self.reference = self.log_probabilities(np.load(self.folder / "test" / f"layer{layer}.npy"))
        self.reference_loss = self.loss(self.reference)

    def log_probabilities(self, hidden):
        with torch.no_grad():
            return torch.cat([self.model.logits(self.model.run(part, self.layer, self.model.layers)).log_softmax(-1)
                              for part in torch.from_numpy(hidden).split(BATCH)])

    def loss(self, log_probabilities):
        return functional.nll_loss(log_probabilities.flatten(0, 1), self.tokens[:, 1:].flatten()).item()

    def metric(self):
        return task_metric(self.model, load_tokens(self.folder / "calib" / "tokens.npy"), self.layer, BATCH, False).numpy()

    def score(self, decoded):
        """Increase of loss, and divergence from the undisturbed predictions, in nats per token."""
        log_probabilities = self.log_probabilities(np.load(decoded))
        divergence = (self.reference.exp() * (self.reference - log_probabilities)).sum(-1).mean().item()
        return self.loss(log_probabilities) - self.reference_loss, divergence


def measure(split, actz, folder, metric, targets=NMSE):
    """Points of one profile, learned with `metric` or, if None, without."""
    profile, coded, decoded = folder / "layer.actp", folder / "coded.actz", folder / "decoded.npy"
    options = []
    if metric is not None:
        np.save(folder / "metric.npy", metric)
        options = ["--metric", folder / "metric.npy"]
    run(actz, "fit", split.folder / "calib" / f"layer{split.layer}.npy", "-o", profile, "--force", "--quiet",
        "--nmse", ",".join(map(str, targets)), *options)
    x = np.load(split.folder / "test" / f"layer{split.layer}.npy").astype(np.float64)
    energy = ((x - x.mean((0, 1))) ** 2).sum()
    for target in targets:
        run(actz, "encode", split.folder / "test" / f"layer{split.layer}.npy", coded, "--force", "--quiet", "--profile", profile,
            "--name-profile", "--nmse", target)
        run(actz, "decode", coded, decoded, "--force", "--quiet", "--profile", profile)
        loss, divergence = split.score(decoded)
        yield {"network": split.network, "layer": split.layer, "metric": metric is not None,
               "nmse": float(((x - np.load(decoded)) ** 2).sum() / energy),
               "bits_per_token": 8 * coded.stat().st_size * x.shape[-1] / x.size,
               "loss_increase_nats": loss, "divergence_nats": divergence}


def mean_rate_ratio(weighted, plain, key, least):
    """Rate with the metric over that without at equal `key`, averaged over what both cover, after Bjøntegaard: the logarithm
    of the rate as a polynomial in the logarithm of `key`, here of degree 2, which also smooths."""
    curves, spans = [], []
    for points in (weighted, plain):
        points = [point for point in points if point[key] > least]
        x, rate = (np.log([point[name] for point in points]) for name in (key, "bits_per_token"))
        curves.append(np.polyint(np.polyfit(x, rate, 2)))
        spans.append((x.min(), x.max()))
    low, high = max(span[0] for span in spans), min(span[1] for span in spans)
    areas = [np.polyval(curve, high) - np.polyval(curve, low) for curve in curves]
    return np.exp((areas[0] - areas[1]) / (high - low))


def print_ratios(plain, weighted):
    loss = mean_rate_ratio(weighted, plain, "loss_increase_nats", LEAST_LOSS)
    divergence = mean_rate_ratio(weighted, plain, "divergence_nats", 0.0)
    print(f"  rate with the metric over that without, at equal increase of loss: {loss:.3f}, at equal divergence: {divergence:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--actz", default="build/release/actz")
    parser.add_argument("--output", type=pathlib.Path)
    args = parser.parse_args()
    points = []
    print(f"{'network':<12} {'layer':>5} {'metric':>6} {'bits/token':>10} {'nmse':>8} {'loss increase':>13} {'divergence':>10}")
    for network in NETWORKS:
        for layer in LAYERS:
            split = Split(args.data, network, layer)
            both = []
            for metric in (None, split.metric()):
                with tempfile.TemporaryDirectory() as name:
                    both.append(list(measure(split, args.actz, pathlib.Path(name), metric)))
                for p in both[-1]:
                    print(f"{network:<12} {layer:>5} {'yes' if p['metric'] else 'no':>6} {p['bits_per_token']:>10.1f} {p['nmse']:>8.5f} "
                          f"{p['loss_increase_nats']:>+13.4f} {p['divergence_nats']:>10.4f}", flush=True)
            print_ratios(*both)
            points += both[0] + both[1]
    if args.output:
        args.output.write_text(json.dumps({"points": points}, indent=1) + "\n")


if __name__ == "__main__":
    main()
