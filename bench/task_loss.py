#!/usr/bin/python3
"""What decoded activations cost the network that goes on from them.

  task_loss.py DATA_DIR TOOLS_DIR [--actz PROGRAM] [--output LOSS.json]

For two language models, layers 1 and 3: learns a profile on `calib`, encodes and decodes `test` at several NMSE, and lets
TOOLS_DIR/lm_runner.py go on from the decoded hidden state. Integers of each channel are measured beside it. Prints a table
and writes the points that `actz bench --report --loss` plots.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

NETWORKS = {  # name: folder of the activations, weights
    "babyllama": ("babyllama_tok105", "babyllama_tok105/model5000.bin"),
    "stories260K": ("stories260K", "stories260K/stories260K.bin"),
}
LAYERS = (1, 3)
NMSE = (0.005, 0.02)
INTEGER_BITS = (8, 4)


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


class Layer:
    """One layer of one network, with its files."""

    def __init__(self, data, runner, network, number):
        folder, weights = NETWORKS[network]
        self.network, self.number, self.runner = network, number, runner
        self.calib = data / folder / "calib" / f"layer{number}.npy"
        self.test = data / folder / "test" / f"layer{number}.npy"
        self.tokens = data / folder / "test" / "tokens.npy"
        self.weights = data / "networks" / weights

    def point(self, codec, decoded, coded_bytes):
        """Scores a decoded file."""
        x, y = np.load(self.test).astype(np.float64), np.load(decoded).astype(np.float64)
        mean = x.reshape(-1, x.shape[-1]).mean(0)
        result = json.loads(run("/usr/bin/python3", self.runner, "resume", "--weights", self.weights, "--tokens", self.tokens,
                                "--layer", self.number, "--hidden", decoded))
        return {"network": self.network, "layer": self.number, "codec": codec,
                "nmse": float(((x - y) ** 2).sum() / ((x - mean) ** 2).sum()),
                "bits_per_token": 8 * coded_bytes * x.shape[-1] / x.size, "bits_per_value": 8 * coded_bytes / x.size,
                "loss_increase_nats": result["dloss"], "loss_nats": result["loss_nats"]}


def actz_points(layer, actz, folder):
    profile = folder / "layer.actp"
    run(actz, "fit", layer.calib, "-o", profile, "--nmse", ",".join(map(str, NMSE)), "--force", "--quiet")
    for nmse in NMSE:
        coded, decoded = folder / "coded.actz", folder / "decoded.npy"
        run(actz, "encode", layer.test, coded, "--profile", profile, "--name-profile", "--nmse", nmse, "--force", "--quiet")
        run(actz, "decode", coded, decoded, "--profile", profile, "--force", "--quiet")
        yield layer.point("actz, profile", decoded, coded.stat().st_size)


def integer_points(layer, folder):
    """Min–max integers of each channel over the tensor, scales of f32."""
    x = np.load(layer.test)
    axes = tuple(range(x.ndim - 1))
    low, high = x.min(axes), x.max(axes)
    for bits in INTEGER_BITS:
        step = (high - low) / (2 ** bits - 1)
        np.save(folder / "integers.npy", (low + np.rint((x - low) / step) * step).astype(np.float32))
        yield layer.point(f"int{bits} per channel", folder / "integers.npy", x.size * bits / 8 + 8 * x.shape[-1])


def measure(data, runner, actz):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for network in NETWORKS:
            for number in LAYERS:
                layer = Layer(data, runner, network, number)
                yield from actz_points(layer, actz, folder)
                yield from integer_points(layer, folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("tools", type=pathlib.Path)
    parser.add_argument("--actz", default="build/release/actz")
    parser.add_argument("--output", type=pathlib.Path)
    args = parser.parse_args()
    runner = args.tools / "lm_runner.py"
    if not runner.exists():
        print(f"task_loss.py: skipped, there is no {runner}", file=sys.stderr)
        return
    points = []
    print(f"{'network':<12} {'layer':>5}  {'codec':<18} {'bits/token':>10} {'bits/value':>10} {'nmse':>8} {'loss increase, nats/token':>26}")
    for point in measure(args.data, runner, args.actz):
        points.append({key: round(value, 6) if isinstance(value, float) else value for key, value in point.items()})
        print(f"{point['network']:<12} {point['layer']:>5}  {point['codec']:<18} {point['bits_per_token']:>10.1f} {point['bits_per_value']:>10.3f} "
              f"{point['nmse']:>8.5f} {point['loss_increase_nats']:>+26.4f}", flush=True)
    if args.output:
        args.output.write_text(json.dumps({"points": points}, indent=1) + "\n")


if __name__ == "__main__":
    main()
