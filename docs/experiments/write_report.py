"""Tables and plots of results of split_training.py."""
import json
import math

from rate_curves import bits_at, lower_envelope, mean_rate_difference, svg_plot

ANCHORS = ("post-hoc actz", "post-hoc actz, no matches")
RELATIVE_PERPLEXITY = (0.005, 0.01, 0.02, 0.05)  # increases; nats per token are nearly the same number


def curves_of(content):
    """{(network, layer): {method: points}}."""
    places = {}
    for job in content["jobs"].values():
        for point in job["points"]:
            place = places.setdefault((point["network"], point["layer"]), {})
            place.setdefault(point["method"], []).append(point)
    return places


def cell(value, form="{:.1f}"):
    return "—" if value is None else form.format(value)


def rate_table(curves):
    heads = [f"+{100 * increase:g} %" for increase in RELATIVE_PERPLEXITY]
    lines = [
        "| | " + " | ".join(heads) + " | BD-rate | BD-rate, no matches | smallest loss seen |",
        "|---|" + "---|" * (len(heads) + 3),
    ]
    for method, points in curves.items():
        if method.startswith("nothing coded"):
            continue
        rates = [cell(bits_at(points, math.log1p(increase))) for increase in RELATIVE_PERPLEXITY]
        differences = [
            cell(mean_rate_difference(curves[anchor], points), "{:+.0f} %") if anchor in curves else "—"
            for anchor in ANCHORS
        ]
        least = lower_envelope(points)[0]
        lines.append(
            f"| {method} | " + " | ".join(rates + differences) + f" | {least[0]:+.4f} at {least[1]:.0f} bits |"
        )
    return lines


def control_line(curves):
    points = next((points for method, points in curves.items() if method.startswith("nothing coded")), None)
    if not points:
        return []
    return [
        "",
        "With nothing coded and the upper part trained as long, the loss changes by "
        f"{points[0]['loss_increase_nats']:+.4f} nats per token: so much of any difference is fine-tuning alone.",
    ]


def write(path):
    """Writes PATH.md and a plot for each split, beside PATH.json."""
    content = json.loads(path.read_text())
    machine = content["machine"]
    configurations = (
        content["configuration"] if isinstance(content["configuration"], list) else [content["configuration"]]
    )
    seconds = sum(job["seconds"] for job in content["jobs"].values())
    lines = [
        f"# {path.stem}",
        "",
        "Bits per token of `test` at increases of the perplexity, by interpolation; BD-rate: mean difference of rates to "
        f"post-hoc actz, with and without matched rows. {len(content['jobs'])} jobs, {seconds / 60:.0f} minutes on "
        f"{machine['cores']} cores of {machine['processor']}, torch {machine['torch']}, shared with other work.",
        "",
        "```json",
        *map(json.dumps, configurations),
        "```",
    ]
    for (network, layer), curves in curves_of(content).items():
        plot = path.with_name(f"{path.stem}_{network}_{layer}.svg")
        main = {m: p for m, p in curves.items() if "deflate" not in m and not m.startswith("nothing")}
        plot.write_text(svg_plot(f"{network}, split after layer {layer}", main))
        lines += [
            "",
            f"## {network}, split after layer {layer}",
            "",
            *rate_table(curves),
            *control_line(curves),
            "",
            f"![curves]({plot.name})",
        ]
    path.with_suffix(".md").write_text("\n".join(lines) + "\n")
