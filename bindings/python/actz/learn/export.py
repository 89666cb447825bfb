"""What was learned, in the formats of the codec: a profile of a bottleneck whose values have a table for each channel,
and streams of the external model coder for all others."""
import pathlib

import numpy as np
import torch

from .entropy_models import ChannelModel, CodedRows, channel_tables
from .program import run_actz

#: Distortion worth one bit to an encoder with a uniform quantiser, in squared steps (docs/decisions/0004): an encoder
#: that is given `--lambda` of this times the squared nominal step uses the steps of the profile as they are.
LAMBDA_PER_STEP_SQUARED = 0.16


def profile_parts(bottleneck) -> dict:
    """Arrays of a parts file (docs/learning.md) for rows of as many channels as the network has at the split."""
    parts = latent_parts(bottleneck)
    steps = torch.exp(bottleneck.log_steps).detach().double().numpy()
    parts.update(centre=bottleneck.centre.detach().double().numpy(), steps=steps)
    if bottleneck.synthesis is not None:
        parts["synthesis"] = bottleneck.synthesis.detach().double().numpy()
    return parts


def latent_parts(bottleneck) -> dict:
    """The same for the latents themselves, tensors of `latents` channels in steps."""
    if not isinstance(bottleneck.entropy_model, ChannelModel):
        raise ValueError(
            "only factorised and Fourier models are tables of channels; others go through the external coder"
        )
    tables = channel_tables(bottleneck.entropy_model.density)
    width = max(len(table.frequencies) for table in tables.tables)
    frequencies = np.zeros((len(tables.tables), width), np.int32)
    for row, table in zip(frequencies, tables.tables):
        row[: len(table.frequencies)] = table.frequencies
    return {
        "centre": np.zeros(bottleneck.latents),
        "steps": np.ones(bottleneck.latents),
        "lowest": tables.lowest.astype(np.int32),
        "frequencies": frequencies,
        "class_of": np.arange(bottleneck.latents, dtype=np.int32),
    }


def nominal_step(parts) -> float:
    """What the profile of some parts calls its step: the root mean square of the lengths of the columns of synthesis ·
    steps."""
    columns = parts["steps"] * parts["synthesis"] if "synthesis" in parts else parts["steps"]
    return float(np.sqrt((columns**2).sum() / len(parts["steps"])))


def write_profile(parts, path, program):
    """Writes PATH.actp with the program's `fit --parts`, and the parts beside it as PATH.npz."""
    path = pathlib.Path(path)
    np.savez_compressed(path.with_suffix(".npz"), **parts)
    run_actz(program, "fit", "--parts", path.with_suffix(".npz"), "-o", path, "--force", "--quiet")


def external_encoder():
    """The external model coder of the actz package as `external_bytes` wants it, or None where the package with its
    library is not to be had."""
    try:
        from actz import ExternalClass, ExternalModel
    except (ImportError, OSError):
        return None

    def encode(tables, class_of, means, values, precision_bits):
        classes = [ExternalClass(lowest, frequencies.astype(np.uint16)) for lowest, frequencies in tables]
        return ExternalModel(classes, precision_bits).encode(values, class_of, means)

    return encode


def external_bytes(coded: CodedRows, encode=None):
    """Bytes that the external model coder needs for some rows.

    encode: function (tables, class_of uint16, means int32, values int32, precision_bits) → bytes, where tables is a
    list of (lowest, frequencies); a binding of actz::ExternalModel. Without one, the ideal code length of the integer
    tables rounded up: the coder itself adds a header of 40 bytes and 4 bytes for each of its lanes. Returns (bytes,
    whether they were coded rather than reckoned).
    """
    if encode is None:
        return sum(int(np.ceil(stream.ideal_bits() / 8)) for stream in coded.streams), False
    total = 0
    for stream in coded.streams:
        tables = [(table.lowest, table.frequencies) for table in stream.tables.tables]
        total += len(
            encode(
                tables,
                stream.class_of.astype(np.uint16),
                stream.means.astype(np.int32),
                stream.values.astype(np.int32),
                stream.tables.precision_bits,
            )
        )
    return total, True
