"""Rates of codecs at equal task loss, from points that task_loss.py measured."""
import itertools
import math

INCREASES = (0.005, 0.02)  # nats per token


def place(point):
    return f"{point['network']} layer {point['layer']}"


def family(point):
    """Integers of all widths are one codec with a knob."""
    return "integers per channel" if point["codec"].startswith("int") else point["codec"]


def rate_at(points, key, target):
    """Bits per token at which `key` is `target`: straight between neighbouring points in the logarithms of both. None if no two
    neighbours enclose the target. Where noise makes the curve cross it more than once, the coarsest crossing counts."""
    points = sorted(points, key=lambda point: point["bits_per_token"])
    for coarse, fine in itertools.pairwise(points):
        if coarse[key] >= target >= fine[key] > 0 and coarse[key] > fine[key]:
            share = math.log(coarse[key] / target) / math.log(coarse[key] / fine[key])
            return coarse["bits_per_token"] * (fine["bits_per_token"] / coarse["bits_per_token"]) ** share
    return None


def table_rows(points, key, target):
    """Cells, the names of the places first: of each codec its bits per token, and in brackets their ratio to those of actz,
    which comes first in `points`."""
    curves = {}
    for point in points:
        curves.setdefault(family(point), {}).setdefault(place(point), []).append(point)
    ours = {name: rate_at(curve, key, target) for name, curve in next(iter(curves.values())).items()}
    yield ["codec", *ours]
    for codec, of_place in curves.items():
        found = {name: rate_at(of_place.get(name, []), key, target) for name in ours}
        yield [codec, *(cell(found[name], ours[name]) for name in ours)]


def cell(rate, our_rate):
    if rate is None:
        return "–"
    return f"{rate:.0f}" if our_rate is None else f"{rate:.0f} ({rate / our_rate:.2f})"
