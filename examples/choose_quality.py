#!/usr/bin/env python3
"""Finds the coarsest quality whose errors cost a task no more than you allow.

  choose_quality.py [HIDDEN.npy --loss TASK.py] [--profile PROFILE.actp] [--may-rise 0.02]

HIDDEN.npy is (sequences, rows, channels). TASK.py defines `loss(hidden, first)`: the loss of what you do with the
activations, when it goes on from the sequences `hidden`, of which the first is number `first` of HIDDEN.npy
(examples/next_token_loss.py). Without a profile one is learned from the first three quarters of the sequences, and the
others are measured; with one, all are. Without arguments: stories260K on the bundled sample.

The loss is measured at six qualities from NMSE 0.16 to 0.005; the answer is the coarsest that costs no more than is
allowed, as all finer ones do. Bits per value are those of files that name the profile.
"""
import argparse
import importlib.util
from pathlib import Path

import actz
import numpy as np

HERE = Path(__file__).resolve().parent
LADDER = [0.16 / 2**step for step in range(6)]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hidden", nargs="?", default=HERE / "data/stories260K_layer3_4x256x64.npy")
    parser.add_argument("--loss", default=HERE / "next_token_loss.py")
    parser.add_argument("--profile")
    parser.add_argument("--may-rise", type=float, default=0.02, help="of the loss, in its own units")
    return parser.parse_args()


def load_task(path):
    spec = importlib.util.spec_from_file_location("task", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.loss


def coarsest(points, may_rise):
    """The coarsest of the points after which, towards the finest, all are good enough; None if the finest is not."""
    chosen = None
    for point in reversed(points):
        if point["rise"] > may_rise:
            break
        chosen = point
    return chosen


def main():
    args = arguments()
    hidden, loss = np.load(args.hidden), load_task(args.loss)
    first = 0 if args.profile else len(hidden) * 3 // 4
    profile = args.profile or actz.Profile.fit(hidden[:first], nmse=LADDER)
    measured = hidden[first:]
    undisturbed = loss(measured, first)
    print(f"loss {undisturbed:.4f} without coding")
    points = []
    for nmse in LADDER:
        coded = actz.encode(measured, profile=profile, nmse=nmse, name_profile=True)
        decoded = actz.decode(coded, profiles=profile)["tensor"]
        points.append({"nmse": nmse, "bits": 8 * len(coded) / measured.size, "rise": loss(decoded, first) - undisturbed})
        print(f"NMSE {nmse:.5f}  {points[-1]['bits']:5.2f} bits per value  loss {points[-1]['rise']:+.4f}")
    chosen = coarsest(points, args.may_rise)
    if chosen is None:
        raise SystemExit(f"even the finest costs more than {args.may_rise}: lower NMSE, or --lossless")
    print(f"actz encode --nmse {chosen['nmse']:g} costs {chosen['rise']:+.4f}, allowed {args.may_rise}")


if __name__ == "__main__":
    main()
