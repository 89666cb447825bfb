"""What a vector takes to decode: its features and its level, found with the reference decoder."""

import csv
import os

from archive import Archive
from bitio import FormatError
from container import T_MODEL_REFERENCE
from model import ENTROPY_CONTEXT
from output import DTYPES
from profiles import Profile

REGISTRY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "format_spec", "registry")
LEVELS = {
    "L0": "the container, raw chunks",
    "L1": "lossless models, and lossy ones with the static entropy model",
    "L2": "context models, the dependent quantiser, references, matched rows, dictionaries, sources, refinements",
    "L3": "predictors that are networks; external streams",
    "L4": "rows at random, out of damaged files, too",
}


def names(registry):
    with open(os.path.join(REGISTRY, registry + ".csv"), encoding="utf-8", newline="") as file:
        return {int(row["id"]): row["name"] for row in csv.DictReader(file)}


KINDS = {"codec": names("codecs"), "predictor": names("predictors"), "synthesis": names("transforms"),
         "quantiser": names("quantisers"), "entropy": names("entropy_models")}
CODINGS, SECTIONS = names("chunk_codings"), names("sections")


def read_as_far_as_legal(data, profile):
    """(Archive with what was read before the file or its profile was refused, or None if that was nothing; the
    FormatError that refused it, or None)."""
    archive = Archive.__new__(Archive)
    try:
        archive.__init__(data, [Profile(profile)] if profile else ())
    except FormatError as error:
        return (archive if hasattr(archive, "seen") else None), error
    return archive, None


def features_of(archive):
    """Sorted words, such as entropy:context or coding:raw, of all sections that were read."""
    if archive is None:
        return []
    out = {"section:" + SECTIONS.get(entry[0], "skippable") for entry in archive.seen}
    out |= {"dtype:" + DTYPES[tensor.dtype][0] for tensor in archive.tensors}
    if any(kind == T_MODEL_REFERENCE for kind, _payload in archive.models):
        out.add("profile")
    for model in archive.parsed.values():
        out |= {f"{kind}:{words[getattr(model, kind)]}" for kind, words in KINDS.items() if getattr(model, kind)}
        out |= {word for word in ("reference", "match") if getattr(model, word)}
        if model.match == 2:
            out.add("dictionary")
    for decoded in archive.chunks.values():
        chunk = decoded.chunk
        out.add("coding:" + CODINGS[chunk.coding])
        if chunk.coding:
            out.add(f"lanes:{2 ** chunk.lanes_log2}")
        if chunk.coding == 1 and chunk.patch_bytes:
            out.add("patches")
        if chunk.source_count:
            out.add("sources")
    return sorted(out)


def level_of(recipe_level, archive):
    """A word of LEVELS: that of the recipe, or a higher one that a legal file takes."""
    models = archive.parsed.values() if archive else ()
    if any(model.entropy >= ENTROPY_CONTEXT or model.reference or model.match for model in models):
        recipe_level = max(recipe_level, 2)
    return f"L{recipe_level}"
