#!/usr/bin/python3
"""What each ingredient of the codec saves and costs: rewrites the marked block of docs/rate-distortion.md.

  ablation.py DATA_DIR [--actz PROGRAM] [--rounds N]

Profiles are learned on `calib`, rates measured on `test`, one thread. About five minutes. Rates are whole files
without the model, which is named and not counted, carried to the exact NMSE along the line between measured points. Times are
medians of ratios of runs in alternation, every ingredient on and off in turn. The measurements go to bench/results/ablation.json.
"""
import argparse
import dataclasses
import json
import math
import pathlib
import statistics
import subprocess
import tempfile
import time

import klt_reference
from summarise import replace_block, table

FOLDER = pathlib.Path(__file__).parent
DOCUMENT = FOLDER.parent / "docs/rate-distortion.md"
NMSE = (0.005, 0.02, 0.08)
TIMED_NMSE = 0.02
HALF_STEP_LAMBDA_OVER_NOISE = 0.36 / 0.2593  # lambda over distortion at high rate, 8 states


@dataclasses.dataclass(frozen=True)
class Tensor:
    name: str
    folder: str
    file: str
    lags: tuple  # one, the default, one more
    below: str  # a lower layer to refer to, if any
    target: tuple  # wanted rate over klt


TENSORS = (
    Tensor("babyllama layer 3", "babyllama_tok105", "layer3", ("1", "1,2", "1,2,3"), "layer1", (0.87, 0.82, 0.72)),
    Tensor("its K", "babyllama_tok105", "layer3_k", ("1", "1,2", "1,2,3"), "", (0.71, 0.57, 0.58)),
    Tensor("its V", "babyllama_tok105", "layer3_v", ("1", "1,2", "1,2,3"), "", (0.86, 0.79, 0.71)),
    Tensor("stories260K layer 3", "stories260K", "layer3", ("1", "1,2", "1,2,3"), "layer1", (0.93, 0.90, 0.83)),
    Tensor("vit_tiny layer 6", "vit_tiny", "layer6", ("1", "1,14", "1,14,15"), "", (0.86, 0.80, 0.71)),
)

UNMATCHED = "--no-matches"
VARIANTS = {  # name: options of fit, options of encode
    "all": ((), ()),
    "plain": ((UNMATCHED,), ()),
    "no lags": (("--lags", "none", UNMATCHED), ()),
    "one lag": (("--lags", 0, UNMATCHED), ()),
    "three lags": (("--lags", 2, UNMATCHED), ()),
    "no basis": (("--no-transform", "--states", "8"), ()),
    "static": (("--states", "1", "--no-context", UNMATCHED), ()),
    "one state": (("--states", "1", UNMATCHED), ()),
    "four states": (("--states", "4", UNMATCHED), ()),
    "eight states": (("--states", "8", UNMATCHED), ()),
    "effort 1": ((UNMATCHED,), ("--effort", "1")),
    "effort 9": ((UNMATCHED,), ("--effort", "9")),
}

INGREDIENTS = (  # what, from, to
    ("basis of the innovation", "no basis", "plain"),
    ("prediction from the row before", "no lags", "one lag"),
    ("a second lag: 2; vit_tiny 14", "one lag", "plain"),
    ("a third lag: 3; vit_tiny 15 (not the default)", "plain", "three lags"),
    ("context, uniform quantiser", "static", "one state"),
    ("dependent quantiser, 4 states", "one state", "four states"),
    ("8 states instead of 4", "four states", "eight states"),
    ("number of states chosen, instead of 8", "eight states", "plain"),
    ("effort 5 instead of 1", "effort 1", "plain"),
    ("effort 9 instead of 5", "plain", "effort 9"),
    ("matched rows", "plain", "all"),
)


class Bench:
    def __init__(self, actz, data, work):
        self.actz, self.data, self.work = actz, data, pathlib.Path(work)

    def run(self, *words):
        done = subprocess.run([str(w) for w in (self.actz, *words)], check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    def file(self, tensor, part, file=""):
        return self.data / tensor.folder / part / f"{file or tensor.file}.npy"

    def fit(self, tensor, options=(), reference=""):
        """Fits a profile, once; lags are given by number: 0 the first, 1 the default, 2 one more."""
        words = list(options) if "--lags" in options else ["--lags", 1, *options]
        words = [tensor.lags[w] if isinstance(w, int) else w for w in words]
        path = self.work / ("_".join([tensor.folder, tensor.file, reference, *words]).replace(",", "-") + ".actp")
        if not path.exists():
            beside = ["--reference", f"{reference}={self.file(tensor, 'calib', reference)}"] if reference else []
            self.run("fit", self.file(tensor, "calib"), "-o", path, "--nmse", ",".join(map(str, NMSE)), "--json", *words, *beside)
        return path

    def measure(self, tensor, variant, nmse, repeat=1):
        fit_options, options = VARIANTS[variant]
        out = self.run("bench", self.file(tensor, "test"), "--profile", self.fit(tensor, fit_options), "--nmse", nmse, "--repeat", repeat,
                       "--threads", 1, "--json", *options)
        return next(iter(tensors_of(out)))

    def pair(self, tensor, target, refers):
        """The tensor and the one below it in a file, both at the target: what the report says of the tensor."""
        profile = self.fit(tensor, (UNMATCHED,), tensor.below if refers else "")
        below = self.fit(dataclasses.replace(tensor, file=tensor.below), (UNMATCHED,))
        out = self.run("encode", self.file(tensor, "test", tensor.below), self.file(tensor, "test"), self.work / "pair.actz", "--force",
                       "--profile", f"{tensor.below}={below}", "--profile", f"{tensor.file}={profile}", "--threads", 1, "--json",
                       "--name-profile", *target)
        return next(t for t in tensors_of(out) if t["name"] == tensor.file) | {"encode_mb_per_s": out["encode_mb_per_s"]}

    def pair_seconds(self, tensor, refers):
        """Encoding per MB and decoding of both tensors, at the NMSE of the timings."""
        encode = 1 / self.pair(tensor, ("--nmse", TIMED_NMSE), refers)["encode_mb_per_s"]
        profiles = [self.fit(tensor, (UNMATCHED,), tensor.below if refers else ""), self.fit(dataclasses.replace(tensor, file=tensor.below), (UNMATCHED,))]
        words = ["decode", self.work / "pair.actz", self.work / "pair.npz", "--force", "--threads", 1]
        start = time.perf_counter()
        subprocess.run([str(w) for w in (self.actz, *words, "--profile", profiles[0], "--profile", profiles[1])], check=True)
        return encode, time.perf_counter() - start


def tensors_of(output):
    return output["tensors"] if isinstance(output, dict) else output


class Curve:
    """Bits per value by NMSE: straight between measured points over log NMSE, and beyond them."""

    def __init__(self, points):
        self.points = sorted((math.log2(p["nmse"]), p.get("payload_bits_per_value", p["bits_per_value"])) for p in points)

    def at(self, nmse):
        x = math.log2(nmse)
        low, high = min(zip(self.points, self.points[1:]), key=lambda s: abs(x - s[0][0]) + abs(x - s[1][0]))
        return low[1] + (x - low[0]) * (high[1] - low[1]) / (high[0] - low[0])


def three(values, form="{:.3f}"):
    return " / ".join(form.format(v).replace("-", "−").replace("−0.000", "0.000") for v in values)


def rates(bench):
    """Curves of every variant and tensor; of references and of embedded models, what they save."""
    curves, side = {}, {}
    for tensor in TENSORS:
        for variant in VARIANTS:
            points = [bench.measure(tensor, variant, nmse) for nmse in NMSE]
            curves[tensor.name, variant] = Curve(points)
            if variant == "all":
                side[tensor.name] = [p["bits_per_value"] - p["payload_bits_per_value"] for p in points]
    return curves, side


def references(bench, curves):
    """Bits that the reference saves at equal NMSE, and at equal lambda, carried to the NMSE reached without it."""
    equal_nmse, equal_lambda, below_nmse = {}, {}, {}
    for tensor in (t for t in TENSORS if t.below):
        with_it = Curve([bench.pair(tensor, ("--nmse", nmse), True) for nmse in NMSE])
        alone = curves[tensor.name, "plain"]
        equal_nmse[tensor.name] = [alone.at(nmse) - with_it.at(nmse) for nmse in NMSE]
        energy = klt_reference.energy_per_value(bench.file(tensor, "test"))
        saved, reached = [], []
        for nmse in NMSE:
            slope = ("--lambda", HALF_STEP_LAMBDA_OVER_NOISE * nmse * energy)
            on, off = bench.pair(tensor, slope, True), bench.pair(tensor, slope, False)
            drift = alone.at(off["nmse"]) - alone.at(on["nmse"])  # bits by which the other NMSE explains the difference
            saved.append(off["bits_per_value"] - on["bits_per_value"] - drift)
            reached.append(off["nmse"])
        equal_lambda[tensor.name], below_nmse[tensor.name] = saved, reached
    return equal_nmse, equal_lambda, below_nmse


def times(bench, rounds):
    """Seconds of encoding and decoding in each round, of every variant, and with and without a reference, in alternation."""
    seconds = {variant: [] for variant in [*VARIANTS, "reference", "no reference"]}
    tensor = TENSORS[0]
    for _ in range(rounds):
        for variant in VARIANTS:
            got = bench.measure(tensor, variant, TIMED_NMSE, 3)
            seconds[variant].append((1 / got["encode_mb_per_s"], 1 / got["decode_mb_per_s"]))
        for name, refers in (("reference", True), ("no reference", False)):
            seconds[name].append(bench.pair_seconds(tensor, refers))
    return seconds


def time_ratios(seconds, on, off):
    """Medians over the rounds of time with over time without, for encoding and decoding."""
    return [f"{statistics.median(a[i] / b[i] for a, b in zip(seconds[on], seconds[off])):.2f}" for i in (0, 1)]


def document(curves, side, with_reference, klt, seconds, rounds):
    names = [t.name for t in TENSORS]
    targets = {t.name: t.target for t in TENSORS}
    rate = []
    for name in names:
        plain, matched, bound = ([curve.at(n) for n in NMSE] for curve in (curves[name, "plain"], curves[name, "all"], klt[name]))
        rate.append([name, three(plain), three(bound), three(a / b for a, b in zip(plain, bound)), three(targets[name], "{:.2f}"),
                     three(matched), three(a / b for a, b in zip(matched, plain)), three(side[name])])
    rows = []
    for what, off, on in INGREDIENTS:
        saved = [three((curves[name, off].at(n) - curves[name, on].at(n) for n in NMSE)) for name in names]
        rows.append([what, *saved, *time_ratios(seconds, on, off)])
    equal_nmse, equal_lambda, reached = with_reference
    for what, saved in (("reference: layer 1, at equal NMSE", equal_nmse), ("the same, at equal λ", equal_lambda)):
        ratios = time_ratios(seconds, "reference", "no reference") if saved is equal_nmse else ["–", "–"]
        rows.append([what, *(three(saved[name]) if name in saved else "–" for name in names), *ratios])
    note = "; ".join(f"{name} {three(points, '{:.2g}')}" for name, points in reached.items())
    at = " / ".join(map(str, NMSE))
    return (f"Bits per value at NMSE {at}, everything on but matched rows, then with them; the last column is what embedding the model "
            "adds on so small a test tensor:\n\n"
            + table(["tensor", "actz", "klt", "ratio", "ratio wanted", "with matched rows", "ratio to without", "embedded model"], rate)
            + "\n\nBits per value that each ingredient saves, and time with it over time without:\n\n"
            + table(["ingredient", *names, "encode", "decode"], rows)
            + f"\n\nAt equal λ without the reference: NMSE {note}. Times: {TENSORS[0].name}, NMSE {TIMED_NMSE}, with the search for the "
              f"unit, one thread, medians of the ratios of {rounds} alternating rounds on a machine shared with other work. "
              f"With a reference: of the file of both layers.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--actz", type=pathlib.Path, default=FOLDER.parent / "build/release/actz")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(arguments.actz, arguments.data, work)
        curves, side = rates(bench)
        with_reference = references(bench, curves)
        klt = {t.name: Curve(klt_reference.curve(bench.file(t, "calib"), bench.file(t, "test"))) for t in TENSORS}
        seconds = times(bench, arguments.rounds)
    measured = {"rates": {f"{name}, {variant}": curve.points for (name, variant), curve in curves.items()}, "seconds": seconds,
                "klt": {name: curve.points for name, curve in klt.items()}, "reference": with_reference, "embedded": side}
    (FOLDER / "results/ablation.json").write_text(json.dumps(measured, indent=1) + "\n")
    block = document(curves, side, with_reference, klt, seconds, arguments.rounds)
    DOCUMENT.write_text(replace_block(DOCUMENT.read_text(), "ablation", block))
    print(block)


if __name__ == "__main__":
    main()
