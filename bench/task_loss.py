#!/usr/bin/python3
"""What decoded activations cost the network that goes on from them.

  task_loss.py DATA_DIR TOOLS_DIR [--programs FOLDER] [--output LOSS.json]

For two language models, layers 1 and 3: learns on `calib`, encodes and decodes `test` at several NMSE with actz and its peers
(bench_decoded), and lets TOOLS_DIR/lm_runner.py go on from the decoded hidden state. Prints every point, then bits per token at
equal increase of the loss, and writes the points, which `actz bench --report --loss` plots. About ten minutes.
"""
import argparse
import importlib
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import equal_loss

NETWORKS = {  # name: folder of the activations, weights
    "babyllama": ("babyllama_tok105", "babyllama_tok105/model5000.bin"),
    "stories260K": ("stories260K", "stories260K/stories260K.bin"),
}
LAYERS = (1, 3)
NMSE = (0.000625, 0.00125, 0.0025, 0.005, 0.01, 0.02, 0.04)
INTEGER_BITS = (8, 6, 5, 4, 3)


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def comma_list(numbers):
    return ",".join(map(str, numbers))


class Network:
    """A language model with the predictions it makes when undisturbed."""

    def __init__(self, data, runner, name):
        folder, weights = NETWORKS[name]
        self.name, self.folder, self.runner = name, data / folder, runner
        self.model = runner.Llama(data / "networks" / weights)
        self.tokens = np.load(self.folder / "test" / "tokens.npy")
        self.undisturbed, _, _ = runner.full_logp(self.model, self.tokens)

    def score(self, hidden, layer):
        """Increase of loss, and divergence from the undisturbed predictions, in nats per token."""
        got = self.runner.metrics(self.runner.resume_logp(self.model, hidden, layer), self.tokens, self.undisturbed)
        return got["dloss"], got["kl"]


class Layer:
    def __init__(self, network, number):
        self.network, self.number = network, number
        self.calib, self.test = (network.folder / part / f"layer{number}.npy" for part in ("calib", "test"))
        self.values = np.load(self.test)

    def point(self, codec, target, decoded, coded_bytes):
        """Scores a decoded file."""
        hidden = np.load(decoded)
        loss, divergence = self.network.score(hidden, self.number)
        x, y = self.values.astype(np.float64), hidden.astype(np.float64)
        return {"network": self.network.name, "layer": self.number, "codec": codec, "target_nmse": target,
                "nmse": float(((x - y) ** 2).sum() / ((x - x.mean((0, 1))) ** 2).sum()),
                "bits_per_token": 8 * coded_bytes * x.shape[-1] / x.size, "bits_per_value": 8 * coded_bytes / x.size,
                "loss_increase_nats": loss, "divergence_nats": divergence}


def actz_points(layer, programs, folder):
    actz, profile = programs / "actz", folder / "layer.actp"
    run(actz, "fit", layer.calib, "-o", profile, "--nmse", comma_list(NMSE), "--force", "--quiet")
    for nmse in NMSE:
        coded, decoded = folder / "coded.actz", folder / "decoded.npy"
        run(actz, "encode", layer.test, coded, "--profile", profile, "--name-profile", "--nmse", nmse, "--force", "--quiet")
        run(actz, "decode", coded, decoded, "--profile", profile, "--force", "--quiet")
        yield layer.point("actz, profile", nmse, decoded, coded.stat().st_size)


def peer_points(layer, programs, folder):
    for peer in json.loads(run(programs / "bench_decoded", layer.calib, layer.test, folder, "--nmse", comma_list(NMSE),
                               "--integers", comma_list(INTEGER_BITS))):
        yield layer.point(peer["codec"], peer.get("target_nmse"), peer["decoded"], peer["coded_bytes"])


def measure(data, runner, programs):
    for name in NETWORKS:
        network = Network(data, runner, name)
        for number in LAYERS:
            layer = Layer(network, number)
            with tempfile.TemporaryDirectory() as folder:
                yield from actz_points(layer, programs, pathlib.Path(folder))
                yield from peer_points(layer, programs, pathlib.Path(folder))


def rounded(point):
    return {key: round(value, 6) if isinstance(value, float) else value for key, value in point.items() if value is not None}


def print_point(point):
    print(f"{equal_loss.place(point):<20} {point['codec']:<24} {point['bits_per_token']:>10.1f} {point['bits_per_value']:>10.3f} "
          f"{point['nmse']:>8.5f} {point['loss_increase_nats']:>+9.4f} {point['divergence_nats']:>10.4f}", flush=True)


def print_rates(points):
    for key in ("loss_increase_nats", "divergence_nats"):
        for target in equal_loss.INCREASES:
            print(f"\nbits per token where {key} is {target}, and their ratio to those of actz:")
            for codec, *cells in equal_loss.table_rows(points, key, target):
                print(f"{codec:<24}", *(f"{cell:>20}" for cell in cells))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("tools", type=pathlib.Path)
    parser.add_argument("--programs", type=pathlib.Path, default="build/release", help="folder of actz and bench_decoded")
    parser.add_argument("--output", type=pathlib.Path)
    args = parser.parse_args()
    if not (args.tools / "lm_runner.py").exists():
        print(f"task_loss.py: skipped, there is no {args.tools / 'lm_runner.py'}", file=sys.stderr)
        return
    sys.path.insert(0, str(args.tools))
    runner = importlib.import_module("lm_runner")
    points = []
    print(f"{'place':<20} {'codec':<24} {'bits/token':>10} {'bits/value':>10} {'nmse':>8} {'loss':>9} {'divergence':>10}")
    for point in measure(args.data, runner, args.programs):
        points.append(rounded(point))
        print_point(points[-1])
    print_rates(points)
    if args.output:
        args.output.write_text(json.dumps({"points": points}, indent=1) + "\n")


if __name__ == "__main__":
    main()
