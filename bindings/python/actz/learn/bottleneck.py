"""A bottleneck for the split point of a network: analysis, quantiser, entropy model, synthesis."""
import torch
from torch import nn
from torch.nn import functional

from .entropy_models import make_entropy_model
from .quantisers import QUANTISERS, quantise, round_to_integers


def principal_axes(rows, latents, metric=None):
    """(analysis [latents, channels], synthesis [channels, latents]) such that an error e of the rows costs the metric's
    eᵀMe, most of it is kept, and a unit of each latent costs the same. With C = LLᵀ the covariance of the rows and
    UΛUᵀ = LᵀML: analysis Λ^½UᵀL⁻¹, synthesis LUΛ^−½; for M = I the Karhunen–Loève transform."""
    covariance = torch.cov(rows.t().double())
    channels = len(covariance)
    covariance += 1e-6 * covariance.diagonal().mean() * torch.eye(channels)
    metric = torch.eye(channels).double() if metric is None else metric.double()
    root = torch.linalg.cholesky(covariance)
    energy, axes = torch.linalg.eigh(root.t() @ metric @ root)
    energy, axes = energy.flip(-1)[:latents].sqrt(), axes.flip(-1)[:, :latents]
    return (
        torch.linalg.solve(root.t(), axes * energy).t().float().contiguous(),
        ((root @ axes) / energy).float().contiguous(),
    )


def task_metric(upper, rows, targets, identity=0.1):
    """Mean gᵀg of the gradients g of each row's own loss share, scaled to a mean diagonal of 1, with a share of the
    identity: what a small error of a row costs (see docs/task-metric.md). rows: [sequences, rows, channels]."""
    rows = rows.detach().requires_grad_()
    logits = upper(rows)
    loss = functional.cross_entropy(logits.flatten(0, -2), targets.flatten(), reduction="sum")
    (gradient,) = torch.autograd.grad(loss, rows)
    gradient = gradient.flatten(0, -2).double()
    metric = gradient.t() @ gradient
    channels = len(metric)
    return (1 - identity) * metric * (channels / metric.trace()) + identity * torch.eye(channels)


class Bottleneck(nn.Module):
    """y = A (x − centre) / steps is quantised to integers q; the upper part gets x̂ = S (steps ⊙ q) + centre.

    A and S start as the leading principal axes of sample rows in a metric, with equal steps, and are learned freely.
    With latents == channels and transform=False both are the identity: only steps are learned.
    """

    def __init__(self, sample_rows, latents, step, model="factorized", quantiser="mixed", transform=True, metric=None):
        """sample_rows: [n, channels] float tensor, to take centre and axes from. latents: width of the bottleneck, in
        values a row. step: of the quantiser at first, in units of the rows. metric: [channels, channels], what errors
        cost the task (`task_metric`), or None for the identity."""
        super().__init__()
        channels = sample_rows.shape[-1]
        if not 1 <= latents <= channels:
            raise ValueError(f"a bottleneck of {latents} latents does not fit {channels} channels")
        if not transform and latents != channels:
            raise ValueError("without a transform there are as many latents as channels")
        self.channels, self.latents = channels, latents
        self.centre = nn.Parameter(sample_rows.mean(0))
        self.log_steps = nn.Parameter(torch.full((latents,), float(step)).log())
        if transform:
            analysis, synthesis = principal_axes(sample_rows, latents, metric)
            self.analysis, self.synthesis = nn.Parameter(analysis), nn.Parameter(synthesis)
        else:
            self.analysis = self.synthesis = None
        self.quantiser = QUANTISERS[quantiser]()
        self.entropy_model = make_entropy_model(model, latents)

    def latents_of(self, rows):
        """Rows [..., channels] as latents [..., latents], in steps, not yet quantised."""
        centred = rows - self.centre
        return (centred if self.analysis is None else centred @ self.analysis.t()) * torch.exp(-self.log_steps)

    def rows_of(self, latents):
        """What the upper part gets for latents in steps."""
        scaled = latents * torch.exp(self.log_steps)
        return (scaled if self.synthesis is None else scaled @ self.synthesis.t()) + self.centre

    def forward(self, rows):
        """(rows for the upper part, bits of each row [sequences, rows])."""
        latents = self.latents_of(rows)
        for_rate, for_task = quantise(self.quantiser, latents)
        bits, decoded = self.entropy_model(for_rate, for_task, latents)
        return self.rows_of(decoded), bits

    @torch.no_grad()
    def code(self, rows, bit_value=0.0, turns=2):
        """(decoded rows, integers [..., latents], what a coder is given for them: CodedRows).

        bit_value: squared steps of error that a bit is worth; beside the nearest integer its two neighbours are
        tried. Contexts follow from integers, so that decisions are taken in turns, each with
        the contexts of the one before; what is counted and decoded is of the last one."""
        latents = self.latents_of(rows)
        integers = round_to_integers(latents)
        for _ in range(turns if bit_value > 0 else 0):
            bits_of, decoded_of = self.entropy_model.value_bits(integers, latents)
            candidates = [round_to_integers(latents)]
            candidates += [candidates[0] - 1, candidates[0] + 1]
            costs = torch.stack([(latents - decoded_of(one)).square() + bit_value * bits_of(one) for one in candidates])
            integers = torch.stack(candidates).gather(0, costs.argmin(0, keepdim=True))[0]
        _, decoded_of = self.entropy_model.value_bits(integers, latents)
        return self.rows_of(decoded_of(integers)), integers, self.entropy_model.coded(integers, latents)


class SplitNetwork(nn.Module):
    """A network cut after `layer` of its modules, with a bottleneck there. Modules are called one after the other, each
    with what the one before it returned, as torch.nn.Sequential does. layer 0: the inputs are the rows themselves."""

    def __init__(self, modules, layer, bottleneck):
        super().__init__()
        modules = list(modules)
        if not 0 <= layer < len(modules):
            raise ValueError(f"a network of {len(modules)} modules has no split after {layer}")
        self.lower, self.upper = nn.Sequential(*modules[:layer]), nn.Sequential(*modules[layer:])
        self.bottleneck = bottleneck

    def forward(self, inputs):
        """(outputs of the network, bits of each row at the split)."""
        rows, bits = self.bottleneck(self.lower(inputs))
        return self.upper(rows), bits
