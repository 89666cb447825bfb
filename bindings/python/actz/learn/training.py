"""The training loop: seeded, with progress, its configuration and history as JSON, a checkpoint to go on from."""
import json
import math
import pathlib
import sys
import time
from dataclasses import asdict, dataclass

import torch

from .rate_distortion_loss import next_token_loss, rate_distortion_loss


@dataclass
class TrainingConfig:
    """All that a run depends on besides its data and the network it starts from."""

    trade_off: float  # λ, nats per bit
    steps: int = 600
    batch: int = 4  # sequences of a step
    network_rate: float = 1e-4  # learning rates: of the network,
    transform_rate: float = 1e-4  # of centre, analysis and synthesis,
    model_rate: float = 1e-3  # of the networks of the entropy model,
    density_rate: float = 5e-3  # of densities of channels, and of step sizes
    warm_up: int = 20  # steps; then the rates fall as a half cosine to `last_rate` of themselves
    last_rate: float = 0.02
    distillation: float = 0.5  # weight of the divergence from the original network
    gradient_norm: float = 1.0
    seed: int = 0
    threads: int = 1


def parameter_groups(network, config):
    """Parameters by their learning rates. Those that do not want gradients are left out."""
    rates = {
        "network": config.network_rate,
        "transform": config.transform_rate,
        "model": config.model_rate,
        "density": config.density_rate,
    }
    groups = {kind: [] for kind in rates}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups[kind_of_parameter(name)].append(parameter)
    return [{"params": parameters, "lr": rates[kind]} for kind, parameters in groups.items() if parameters]


def kind_of_parameter(name):
    """Which learning rate a parameter of a SplitNetwork has."""
    if not name.startswith("bottleneck."):
        return "network"
    if "density" in name or name.endswith("log_steps"):
        return "density"
    return "model" if ".entropy_model." in name else "transform"


def rate_factor(step, config):
    """Of all learning rates at a step."""
    if step < config.warm_up:
        return (step + 1) / config.warm_up
    done = (step - config.warm_up) / max(config.steps - config.warm_up, 1)
    return config.last_rate + (1 - config.last_rate) * 0.5 * (1 + math.cos(math.pi * done))


def seeded_batches(sequences, config):
    """Indices of `steps` batches: each sequence once before any comes again."""
    generator = torch.Generator().manual_seed(config.seed)
    queue = torch.empty(0, dtype=torch.long)
    for _ in range(config.steps):
        while len(queue) < config.batch:
            queue = torch.cat([queue, torch.randperm(sequences, generator=generator)])
        batch, queue = queue[: config.batch], queue[config.batch :]
        yield batch


def train(network, inputs, targets, config, teacher=None, folder=None, progress=sys.stderr):
    """Trains a SplitNetwork, whose outputs are logits, to predict targets.

    inputs: [sequences, …], what the lower part takes: tokens, or rows where it is empty because it stays as it is.
    targets: int64 [sequences, rows]. teacher: log probabilities of the original network, [sequences, rows, words] of
    any float type, or None. folder: where config.json, history.json and checkpoint.pt go. Returns the history.
    """
    torch.manual_seed(config.seed)
    torch.set_num_threads(config.threads)
    optimizer = torch.optim.Adam(parameter_groups(network, config))
    starts = [group["lr"] for group in optimizer.param_groups]
    history, began, sums, count = [], time.monotonic(), [0.0, 0.0], 0
    network.train()
    for step, indices in enumerate(seeded_batches(len(inputs), config)):
        for group, start in zip(optimizer.param_groups, starts):
            group["lr"] = start * rate_factor(step, config)
        logits, bits = network(inputs[indices])
        predictions = teacher[indices].float() if teacher is not None else None
        task = next_token_loss(logits, targets[indices], predictions, config.distillation)
        loss = rate_distortion_loss(task, bits, config.trade_off)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), config.gradient_norm)
        optimizer.step()
        sums, count = [sums[0] + float(task), sums[1] + float(bits.mean())], count + 1
        if (step + 1) % 50 == 0 or step + 1 == config.steps:
            history.append(
                {
                    "step": step + 1,
                    "task_loss": round(sums[0] / count, 5),
                    "bits_per_token": round(sums[1] / count, 3),
                    "seconds": round(time.monotonic() - began, 1),
                }
            )
            sums, count = [0.0, 0.0], 0
            if progress is not None:
                print(json.dumps(history[-1]), file=progress, flush=True)
    network.eval()
    if folder is not None:
        save(network, config, history, pathlib.Path(folder))
    return history


def train_entropy_model(bottleneck, rows, config, progress=sys.stderr):
    """Trains the entropy model alone, on noisy latents of rows [sequences, rows, channels]: what comes before `train`,
    so that bits mean something when they are weighed against the task. Returns the bits per token of the last tenth."""
    torch.manual_seed(config.seed)
    torch.set_num_threads(config.threads)
    model = bottleneck.entropy_model
    groups = {"density": [], "model": []}
    for name, parameter in model.named_parameters():
        groups[kind_of_parameter("bottleneck.entropy_model." + name)].append(parameter)
    rates = {"density": config.density_rate, "model": config.model_rate}
    optimizer = torch.optim.Adam([{"params": groups[kind], "lr": rates[kind]} for kind in groups if groups[kind]])
    starts = [group["lr"] for group in optimizer.param_groups]
    bottleneck.train()
    seen = []
    for step, indices in enumerate(seeded_batches(len(rows), config)):
        for group, start in zip(optimizer.param_groups, starts):
            group["lr"] = start * rate_factor(step, config)
        with torch.no_grad():
            latents = bottleneck.latents_of(rows[indices])
            noisy, rounded = latents + torch.rand_like(latents) - 0.5, torch.round(latents)
        bits = model(noisy, rounded, latents)[0].mean()
        optimizer.zero_grad()
        bits.backward()
        optimizer.step()
        seen.append(float(bits))
        if progress is not None and (step + 1) % 100 == 0:
            print(
                json.dumps({"step": step + 1, "bits_per_token": round(sum(seen[-50:]) / 50, 3)}),
                file=progress,
                flush=True,
            )
    last = seen[-max(len(seen) // 10, 1) :]
    return sum(last) / len(last)


def save(network, config, history, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(asdict(config), indent=1) + "\n")
    (folder / "history.json").write_text(json.dumps(history, indent=1) + "\n")
    torch.save(network.state_dict(), folder / "checkpoint.pt")


def load(network, folder):
    """Puts a checkpoint into a network of the same make."""
    network.load_state_dict(torch.load(pathlib.Path(folder) / "checkpoint.pt"))
    return network
