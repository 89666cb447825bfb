#!/usr/bin/python3
"""Split points trained end to end against the codec fitted afterwards: bits per token and perplexity of both.

  split_training.py small            one network, one split: half an hour on two busy cores
  split_training.py full             two networks, splits after layers 1, 3 and 4, five entropy models
  split_training.py codecs FILE      the points of codecs in results of a run, measured anew; what was trained stays
  split_training.py report FILE...   tables and plots of results of several runs together

Needs PyTorch, zstandard, the actz program (--program, or ACTZ, or build/release/actz) and the data folder that
docs/experiments/README.md describes. Writes split_training_SIZE.json, .md and .svg; --networks, --layers, --models,
--trade-offs, --steps and --windows choose a part of a size or another one. Results are kept after every curve: a run
that was stopped goes on where it was.
"""
import argparse
import copy
import json
import os
import pathlib
import platform
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace

os.environ.setdefault(
    "OPENBLAS_NUM_THREADS", "1"
)  # PyTorch's own threads are enough, and those of OpenBLAS wait busily
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "bindings/python")]

import numpy as np  # noqa: E402
import torch  # noqa: E402

import write_report  # noqa: E402
from file_codecs import GENERAL_CODERS, ActzCodec, actz_file, as_bytes  # noqa: E402
from split_data import NETWORKS, in_batches, load_split  # noqa: E402

from actz.learn import Bottleneck, SplitNetwork, TrainingConfig, train  # noqa: E402
from actz.learn.bottleneck import task_metric  # noqa: E402
from actz.learn.export import (
    LAMBDA_PER_STEP_SQUARED,
    external_bytes,
    external_encoder,
    nominal_step,  # noqa: E402
    profile_parts,
    write_profile,
)
from actz.learn.program import find_program  # noqa: E402
from actz.learn.training import load, save, train_entropy_model  # noqa: E402

MODELS = ("factorized", "fourier", "hyperprior", "direct-access", "both")
POST_HOC_NMSE = (0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.04, 0.08)
LATENT_NOISE = (0.5, 1.0, 2.0)  # NMSE of the fitted codec on trained latents, in units of that of rounding them
METRIC_SEQUENCES = 24
BIT_VALUES = (0.0, 0.1, 0.2, 0.25, 0.3)  # squared steps of error that a bit is worth to the encoder
CHANNEL_MODELS = ("factorized", "fourier")


@dataclass(frozen=True)
class Size:
    """How much is trained."""

    networks: tuple
    layers: tuple
    models: tuple
    trade_offs: tuple  # λ, nats per bit, ascending: each training goes on from the one before
    windows: int  # of the training text, 256 tokens each
    model_steps: int  # of the entropy model alone, before the first joint training: conditional ones
    channel_model_steps: int  # and factorised ones
    steps: int  # of the first joint training,
    next_steps: int  # and of each that goes on from it
    start_nmse: float = 0.012  # in the task's metric: the quantiser that training starts from
    network_rate: float = 5e-5  # of learning: small batches at larger ones cost more than there is to win
    transform_rate: float = 5e-5
    trained_below: int = 0  # blocks before the split that are trained, too; the others stay, and are computed once
    distillation: float = 1.0  # the task's loss: divergence from the undisturbed network, not the text's own likelihood
    kept: tuple = ()  # (model, λ) that is written beside the results
    seed: int = 1
    threads: int = 1


SIZES = {
    "small": Size(
        ("stories260K",),
        (3,),
        MODELS,
        (1e-4, 2e-4, 4e-4, 8e-4),
        windows=400,
        model_steps=400,
        channel_model_steps=100,
        steps=150,
        next_steps=75,
        kept=("factorized", 2e-4),
    ),
    "full": Size(
        tuple(NETWORKS),
        (1, 3, 4),
        MODELS,
        (1e-4, 2e-4, 4e-4, 8e-4, 1.6e-3),
        windows=1858,
        model_steps=1200,
        channel_model_steps=200,
        steps=300,
        next_steps=150,
    ),
}


class Curve:
    """Collects points of one method at one split."""

    def __init__(self, data, method, counted):
        self.data, self.points = data, []
        self.common = {"network": data.network, "layer": data.layer, "method": method, "counted": counted}

    def add(self, size_bytes, loss, **more):
        tokens = self.data.test_targets.numel()
        increase = loss - self.data.loss
        self.points.append(
            {
                **self.common,
                **more,
                "bits_per_token": round(8 * size_bytes / tokens, 3),
                "loss_increase_nats": round(increase, 5),
                "perplexity": round(float(torch.tensor(loss).exp()), 5),
            }
        )
        print(json.dumps(self.points[-1]), flush=True)


def post_hoc_curves(data, program, folder):
    """The codec on the undisturbed network's rows, with and without matched rows."""
    for method, options in (("post-hoc actz", ()), ("post-hoc actz, no matches", ("--no-matches",))):
        curve = Curve(data, method, "file")
        for nmse, size, rows in ActzCodec(program, folder, data.calib_rows, POST_HOC_NMSE, options).points(
            data.test_rows
        ):
            curve.add(size, data.test_loss(rows), nmse=nmse)
        yield curve.points


def rounded_curves(data):
    """One step for all values, and general coders on the integers: what the paper compares with."""
    curves = {name: Curve(data, f"rounded, {name}", "stream") for name in GENERAL_CODERS}
    deviation = data.calib_rows.flatten(0, 1).var(0).mean().sqrt()
    for nmse in POST_HOC_NMSE:
        step = deviation * (12 * nmse) ** 0.5
        integers = torch.round(data.test_rows / step)
        loss = data.test_loss(integers * step)
        for name, coder in GENERAL_CODERS.items():
            curves[name].add(coder(as_bytes(integers)), loss, nmse=nmse)
    return [curve.points for curve in curves.values()]


def codec_curves(data, program, folder):
    return sum([*post_hoc_curves(data, program, folder), *rounded_curves(data)], [])


def start_network(data, model, size, checkpoint=None):
    """The network with a bottleneck that loses little, whose entropy model is trained; or one that was trained before."""
    torch.manual_seed(size.seed)
    sample = data.rows[:100].flatten(0, 1)
    upper = torch.nn.Sequential(*data.upper)
    metric = task_metric(upper, data.rows[:METRIC_SEQUENCES], data.targets[:METRIC_SEQUENCES])
    step = float((12 * size.start_nmse * sample.var(0).mean()).sqrt())
    bottleneck = Bottleneck(sample, sample.shape[-1], step, model, metric=metric)
    network = SplitNetwork(copy.deepcopy([*data.between, *data.upper]), len(data.between), bottleneck)
    if checkpoint:
        return load(network, checkpoint)
    steps = size.channel_model_steps if model in CHANNEL_MODELS else size.model_steps
    config = TrainingConfig(0.0, steps, density_rate=3e-2, model_rate=2e-3, seed=size.seed, threads=size.threads)
    train_entropy_model(bottleneck, data.rows, config)
    return network


def network_points(data, network, method, more):
    """Points of a network with its own entropy model, at a few prices of a bit, and of general coders on its integers."""
    bottleneck, encoder = network.bottleneck, external_encoder()
    test_rows = in_batches(network.lower, data.test_inputs)
    curve = Curve(data, method, "ideal code length of integer tables" if encoder is None else "stream")
    for bit_value in BIT_VALUES:
        rows, integers, coded = bottleneck.code(test_rows, bit_value)
        loss = data.test_loss(rows, network.upper)
        curve.add(external_bytes(coded, encoder)[0], loss, bit_value=bit_value, **more)
        points = curve.points
        if bit_value > 0:
            continue
        general = [Curve(data, f"{method}, {name}", "stream") for name in GENERAL_CODERS]
        for one, coder in zip(general, GENERAL_CODERS.values()):
            one.add(coder(as_bytes(integers)), loss, **more)
    return points + [point for one in general for point in one.points]


def codec_points(data, network, method, more, program, folder):
    """Points of the codec fitted to the latents of a network, with and without matched rows, and where tables are those
    of channels, of the profile made of its parts."""
    bottleneck, points = network.bottleneck, []
    calib, test = (
        in_batches(lambda some: bottleneck.latents_of(network.lower(some)), inputs)
        for inputs in (data.calib_inputs, data.test_inputs)
    )
    noise = 1 / 12 / float(test.flatten(0, 1).var(0).mean())
    ladder = [min(noise * factor, 0.9) for factor in LATENT_NOISE]
    for suffix, options in (("", ()), (", no matches", ("--no-matches",))):
        curve = Curve(data, f"{method}, actz{suffix}", "file")
        for nmse, size, decoded in ActzCodec(program, folder, calib, ladder, options).points(test):
            curve.add(size, data.test_loss(in_batches(bottleneck.rows_of, decoded), network.upper), nmse=nmse, **more)
        points += curve.points
    if more["model"] in CHANNEL_MODELS:
        curve = Curve(data, f"{method}, profile of its parts", "file")
        curve.add(*parts_point(data, network, program, folder), **more)
        points += curve.points
    return points


@torch.no_grad()
def parts_point(data, network, program, folder):
    """(bytes, loss) when the rows x, less what the bottleneck drops, are encoded with the profile of its parts."""
    bottleneck, parts, profile = (
        network.bottleneck,
        profile_parts(network.bottleneck),
        pathlib.Path(folder) / "parts.actp",
    )
    write_profile(parts, profile, program)
    kept_rows = in_batches(
        lambda rows: bottleneck.rows_of(bottleneck.latents_of(network.lower(rows))), data.test_inputs
    )
    slope = LAMBDA_PER_STEP_SQUARED * nominal_step(parts) ** 2
    size, decoded = actz_file(program, folder, kept_rows, profile, ("--lambda", f"{slope:.9g}"))
    return size, data.test_loss(decoded, network.upper)


def trained_curve(data, model, size, program, folder, args):
    """All points of one entropy model: of the undisturbed network, then of the first λ, trained from there, and of each
    next λ, trained from the one before."""
    network, points = start_network(data, model, size, args.start).eval(), []
    if not args.start:
        method, more = f"network as it is, {model}", {"model": model, "trade_off": 0.0}
        points = network_points(data, network, method, more)
        if model in CHANNEL_MODELS:
            points += codec_points(data, network, method, more, program, folder)
    for i, trade_off in enumerate(size.trade_offs):
        config = TrainingConfig(
            trade_off,
            size.next_steps if i else size.steps,
            network_rate=size.network_rate,
            transform_rate=size.transform_rate,
            distillation=size.distillation,
            seed=size.seed + i,
            threads=size.threads,
        )
        history = train(network, data.inputs, data.targets, config, data.teacher)
        if args.checkpoints:
            save(network, config, history, args.checkpoints / f"{data.network}_{data.layer}_{model}_{trade_off:g}")
        method, more = f"end-to-end {model}", {"model": model, "trade_off": trade_off}
        new = network_points(data, network, method, more)
        points += new + codec_points(data, network, method, more, program, folder)
        if size.kept == (model, trade_off):
            keep_model(network, args.output / f"{result_name(args)}_{model}", program)
    return points


def keep_model(network, path, program):
    """Writes PATH.pt.npz, all weights as float16, and PATH.actp with its parts in PATH.npz."""
    np.savez_compressed(f"{path}.pt.npz", **{name: one.half().numpy() for name, one in network.state_dict().items()})
    write_profile(profile_parts(network.bottleneck), f"{path}.actp", program)


def control_points(data, size):
    """The upper part trained as long on the same text with nothing coded: what of a gain is fine-tuning alone."""

    class Open(torch.nn.Module):
        def forward(self, rows):
            return rows, rows.new_zeros(rows.shape[:2])

    network = SplitNetwork(copy.deepcopy(data.upper), 0, Open())
    config = TrainingConfig(
        0.0,
        size.steps,
        network_rate=size.network_rate,
        transform_rate=size.transform_rate,
        distillation=size.distillation,
        seed=size.seed,
        threads=size.threads,
    )
    train(network, data.rows, data.targets, config, data.teacher)
    curve = Curve(data, "nothing coded, upper part trained", "32 bits a value")
    curve.add(4 * data.test_rows.numel(), data.test_loss(data.test_rows, network.upper))
    return curve.points


class Results:
    """Points by the job that gave them, on disk after every job."""

    def __init__(self, path, size):
        self.path, self.began = path, time.time()
        self.content = {"configuration": asdict(size), "machine": machine(), "jobs": {}}
        if path.exists():
            kept = json.loads(path.read_text())
            if kept["configuration"] == json.loads(json.dumps(asdict(size))):
                self.content = kept

    def job(self, name, work):
        if name in self.content["jobs"]:
            return
        print(f"# {name}", file=sys.stderr, flush=True)
        began = time.monotonic()
        points = work()
        self.content["jobs"][name] = {"seconds": round(time.monotonic() - began, 1), "points": points}
        self.path.write_text(json.dumps(self.content, indent=1) + "\n")


def merge(files, path):
    """One file of the jobs of several runs. A job that several have in common stands there once; others of one name, of
    other configurations, get the number of their run."""
    contents = [json.loads(file.read_text()) for file in files]
    merged = {
        "configuration": [content["configuration"] for content in contents],
        "machine": contents[0]["machine"],
        "jobs": {},
    }
    for number, content in enumerate(contents, 1):
        for name, job in content["jobs"].items():
            if job["points"] and merged["jobs"].get(name) != job:
                merged["jobs"][name if name not in merged["jobs"] else f"{name}, run {number}"] = job
    path.write_text(json.dumps(merged, indent=1) + "\n")


def codecs_anew(path, args):
    """Measures the codecs in results again, as after a change of the encoder."""
    content, program = json.loads(path.read_text()), find_program(args.program)
    jobs = content["jobs"]
    for name in [name for name in jobs if name.endswith(": codecs")]:
        network, layer = (jobs[name]["points"][0][key] for key in ("network", "layer"))
        data, began = load_split(args.data, network, layer, windows=1, seed=1), time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            points = codec_curves(data, program, folder)
        jobs[name] = {"seconds": round(time.monotonic() - began, 1), "measured_anew_on": machine(), "points": points}
        path.write_text(json.dumps(content, indent=1) + "\n")


def machine():
    names = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def split_data_of(args, name, layer, size):
    """Computed, or of the cache folder."""
    cached = args.cache and args.cache / f"{name}_{layer}_{size.windows}_{size.seed}_{size.trained_below}.pt"
    if cached and cached.exists():
        return torch.load(cached)
    data = load_split(args.data, name, layer, size.windows, size.seed, size.trained_below)
    if cached:
        args.cache.mkdir(parents=True, exist_ok=True)
        torch.save(data, cached)
    return data


def run(size, args, path):
    program, results = find_program(args.program), Results(path, size)
    torch.set_num_threads(size.threads)
    torch.set_flush_denormal(True)
    for name in size.networks:
        for layer in size.layers:
            place = f"{name}, layer {layer}"
            wanted = [f"{place}: codecs", f"{place}: control", *(f"{place}: {model}" for model in size.models)]
            if all(job in results.content["jobs"] for job in wanted):
                continue
            data = split_data_of(args, name, layer, size)
            with tempfile.TemporaryDirectory() as folder:
                results.job(wanted[0], lambda: codec_curves(data, program, folder))
                results.job(wanted[1], lambda: control_points(data, size))
                for model in size.models:
                    results.job(f"{place}: {model}", lambda: trained_curve(data, model, size, program, folder, args))


def size_of(args):
    words = {"networks": str, "layers": int, "models": str, "trade_offs": float}
    chosen = {
        key: tuple(kind(word) for word in getattr(args, key).split(","))
        for key, kind in words.items()
        if getattr(args, key)
    }
    numbers = {
        key: getattr(args, key)
        for key in (
            "windows",
            "model_steps",
            "channel_model_steps",
            "steps",
            "next_steps",
            "trained_below",
            "seed",
            "threads",
        )
    }
    return replace(SIZES[args.size], **chosen, **{key: value for key, value in numbers.items() if value is not None})


def result_name(args):
    return args.name or f"split_training_{args.size}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", choices=(*SIZES, "codecs", "report"))
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="of codecs and report: .json of runs")
    parser.add_argument("--data", type=pathlib.Path, help="folder of weights, texts and tokens (README.md)")
    parser.add_argument("--program", help="actz")
    parser.add_argument("--output", type=pathlib.Path, default=HERE)
    parser.add_argument("--name", help="of the results, default split_training_SIZE")
    parser.add_argument("--checkpoints", type=pathlib.Path, help="folder for trained networks; default: none are kept")
    parser.add_argument("--start", type=pathlib.Path, help="checkpoint folder of a run before, to be trained on")
    parser.add_argument("--cache", type=pathlib.Path, help="folder for activations, to be kept for other runs")
    for option in ("networks", "layers", "models", "trade-offs"):
        parser.add_argument(f"--{option}", help="some of them, with commas")
    for option in (
        "windows",
        "model-steps",
        "channel-model-steps",
        "steps",
        "next-steps",
        "trained-below",
        "seed",
        "threads",
    ):
        parser.add_argument(f"--{option}", type=int)
    args = parser.parse_args()
    path = args.output / f"{result_name(args)}.json"
    if args.size != "report" and (args.data is None or not (args.data / "networks").is_dir()):
        parser.error("--data wants the folder of weights, texts and tokens that README.md describes")
    if args.size == "codecs":
        for path in args.files:
            codecs_anew(path, args)
            write_report.write(path)
        return
    if args.size == "report":
        merge(args.files, path)
    else:
        run(size_of(args), args, path)
    write_report.write(path)


if __name__ == "__main__":
    main()
