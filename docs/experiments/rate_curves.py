"""Curves of bits per token against the increase of the loss: their interpolation, Bjøntegaard's mean difference, a
plot."""
import math

import numpy as np

COLOURS = ("#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#d68910", "#117a65", "#5d6d7e", "#b03a8b", "#7d6608", "#1a1a1a")


def lower_envelope(points):
    """(loss increase, bits) of the points that no other point beats in both, losses ascending. Increases that are not
    positive count as the smallest positive one that is told apart."""
    best, out = math.inf, []
    for loss, bits in sorted((max(point["loss_increase_nats"], 1e-4), point["bits_per_token"]) for point in points):
        if bits < best:
            best = bits
            out.append((loss, bits))
    return out


def bits_at(points, loss_increase):
    """Bits per token at an increase of the loss in nats, by interpolation of log bits over log loss between the points
    of the envelope; None outside them, but for an envelope that begins below: more bits than needed are no fault."""
    envelope = lower_envelope(points)
    if not envelope or loss_increase < envelope[0][0]:
        return None
    if loss_increase > envelope[-1][0]:
        return envelope[-1][1]
    losses, bits = np.log([[loss, rate] for loss, rate in envelope]).T
    return float(np.exp(np.interp(math.log(loss_increase), losses, bits)))


def mean_rate_difference(anchor, points):
    """Bjøntegaard's mean difference of log rates over the losses that both envelopes span, in percent; piecewise
    linear. None where they share none."""
    a, b = lower_envelope(anchor), lower_envelope(points)
    if len(a) < 2 or len(b) < 2:
        return None
    low, high = max(a[0][0], b[0][0]), min(a[-1][0], b[-1][0])
    if high <= low * 1.01:
        return None
    grid = np.linspace(math.log(low), math.log(high), 201)
    rates = [np.interp(grid, *np.log(np.array(curve)).T) for curve in (a, b)]
    return float(100 * np.expm1(np.mean(rates[1] - rates[0])))


class Plot:
    """A plot in SVG: bits per token, logarithmic, to the right; perplexity upwards."""

    LEFT, RIGHT, TOP, BOTTOM = 70, 330, 40, 60  # margins; the names of curves stand on the right

    def __init__(self, points, width, height):
        self.width, self.height = width, height
        bits, perplexities = ([point[key] for point in points] for key in ("bits_per_token", "perplexity"))
        self.low = (math.log2(min(bits)), min(perplexities))
        high = (math.log2(max(bits)), max(perplexities))
        self.span = [max(one - other, 1e-9) for one, other in zip(high, self.low)]

    def x(self, bits):
        share = (math.log2(bits) - self.low[0]) / self.span[0]
        return round(self.LEFT + share * (self.width - self.LEFT - self.RIGHT), 1)

    def y(self, perplexity):
        share = (perplexity - self.low[1]) / self.span[1]
        return round(self.height - self.BOTTOM - share * (self.height - self.TOP - self.BOTTOM), 1)

    def frame(self, title):
        end, foot = self.width - self.RIGHT, self.height - self.BOTTOM
        yield f'<rect width="{self.width}" height="{self.height}" fill="white"/>'
        yield f'<text x="{self.LEFT}" y="24" font-size="15">{title}</text>'
        for power in range(math.ceil(self.low[0]), math.floor(self.low[0] + self.span[0]) + 1):
            yield f'<path d="M{self.x(2**power)} {self.TOP}V{foot}" stroke="#ddd"/>'
            yield f'<text x="{self.x(2**power)}" y="{foot + 18}" text-anchor="middle">{2**power}</text>'
        for value in np.linspace(self.low[1], self.low[1] + self.span[1], 6):
            yield f'<path d="M{self.LEFT} {self.y(value)}H{end}" stroke="#ddd"/>'
            yield f'<text x="{self.LEFT - 6}" y="{self.y(value) + 4}" text-anchor="end">{value:.3f}</text>'
        yield f'<text x="{(self.LEFT + end) / 2}" y="{self.height - 18}" text-anchor="middle">bits per token</text>'
        yield f'<text x="{self.LEFT - 50}" y="{self.TOP - 8}">perplexity</text>'

    def curve(self, number, name, points):
        colour, dash = COLOURS[number % len(COLOURS)], "" if number < len(COLOURS) else ' stroke-dasharray="5 3"'
        places = [(self.x(point["bits_per_token"]), self.y(point["perplexity"])) for point in points]
        line = " ".join(f"{x},{y}" for x, y in places)
        yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.6"{dash}/>'
        for x, y in places:
            yield f'<circle cx="{x}" cy="{y}" r="2.5" fill="{colour}"/>'
        x, y = self.width - self.RIGHT + 12, self.TOP + 10 + 20 * number
        yield f'<path d="M{x} {y}h22" stroke="{colour}" stroke-width="1.6"{dash}/>'
        yield f'<text x="{x + 28}" y="{y + 4}">{name}</text>'


def svg_plot(title, curves, limit=0.15, width=900, height=540):
    """The lower envelopes of curves {name: points}; points whose loss rose by more than `limit` nats are left out."""
    shown = {}
    for name, points in curves.items():
        best = {bits for _, bits in lower_envelope(points)}
        kept = [p for p in points if p["bits_per_token"] in best and p["loss_increase_nats"] <= limit]
        if kept:
            shown[name] = sorted(kept, key=lambda point: point["bits_per_token"])
    plot = Plot([point for points in shown.values() for point in points], width, height)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"']
    out += ['font-family="sans-serif" font-size="12">', *plot.frame(title)]
    for number, (name, points) in enumerate(shown.items()):
        out += plot.curve(number, name, points)
    return "\n".join(out + ["</svg>"]) + "\n"
