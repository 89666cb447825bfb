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


def svg_plot(title, curves, limit=0.3, width=860, height=520):
    """Bits per token (horizontal) and perplexity (vertical) of curves {name: points}; points above `limit` nats are
    left out."""
    shown = {name: [p for p in points if p["loss_increase_nats"] <= limit] for name, points in curves.items()}
    shown = {name: sorted(points, key=lambda p: p["bits_per_token"]) for name, points in shown.items() if points}
    everything = [point for points in shown.values() for point in points]
    left, right, top, bottom = 70, 300, 40, 60
    lows = [math.log2(min(p["bits_per_token"] for p in everything)), min(p["perplexity"] for p in everything)]
    highs = [math.log2(max(p["bits_per_token"] for p in everything)), max(p["perplexity"] for p in everything)]
    spans = [max(high - low, 1e-9) for low, high in zip(lows, highs)]

    def place(point):
        x = left + (math.log2(point["bits_per_token"]) - lows[0]) / spans[0] * (width - left - right)
        y = height - bottom - (point["perplexity"] - lows[1]) / spans[1] * (height - top - bottom)
        return f"{x:.1f},{y:.1f}"

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"',
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/><text x="{left}" y="24" font-size="15">{title}</text>',
    ]
    for power in range(math.ceil(lows[0]), math.floor(highs[0]) + 1):
        x = left + (power - lows[0]) / spans[0] * (width - left - right)
        out.append(
            f'<path d="M{x:.1f} {top}V{height - bottom}" stroke="#ddd"/>'
            f'<text x="{x:.1f}" y="{height - bottom + 18}" text-anchor="middle">{2**power}</text>'
        )
    for step in range(6):
        value = lows[1] + spans[1] * step / 5
        y = height - bottom - step / 5 * (height - top - bottom)
        out.append(
            f'<path d="M{left} {y:.1f}H{width - right}" stroke="#ddd"/>'
            f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3f}</text>'
        )
    out.append(
        f'<text x="{(left + width - right) / 2}" y="{height - 18}" text-anchor="middle">bits per token</text>'
        f'<text x="{left - 50}" y="{top - 8}">perplexity</text>'
    )
    for i, (name, points) in enumerate(shown.items()):
        colour, places = COLOURS[i % len(COLOURS)], [place(point) for point in points]
        dash = ' stroke-dasharray="5 3"' if i >= len(COLOURS) // 2 else ""
        out.append(f'<polyline points="{" ".join(places)}" fill="none" stroke="{colour}" stroke-width="1.6"{dash}/>')
        out += [f'<circle cx="{xy.split(",")[0]}" cy="{xy.split(",")[1]}" r="3" fill="{colour}"/>' for xy in places]
        y = top + 10 + 20 * i
        out.append(
            f'<path d="M{width - right + 12} {y}h22" stroke="{colour}" stroke-width="1.6"{dash}/>'
            f'<text x="{width - right + 40}" y="{y + 4}">{name}</text>'
        )
    return "\n".join(out + ["</svg>"]) + "\n"
