#!/usr/bin/python3
"""Legal files at random, each with what it decodes to, for differential tests of decoders.

    random_files.py SEED COUNT FOLDER

FOLDER receives random_SEED_NUMBER.actz, beside it the decoded tensors as .safetensors, and manifest.json, a list as that
of the vectors, so that

    run_conformance.py --manifest FOLDER/manifest.json --decoder "CMD {in} {out}"

tries a decoder on all of them. A seed gives the same files on every machine, and its first files do not depend on
COUNT. Models are at random, too, and far from any that was learned: what they decode to are no likely activations.
"""

import argparse
import os
import random
import sys

from encode_refinement import refinement
from make_vectors import entry, manifest_of
from recipes_context import tables_for
from recipes_matches import CODES, matches_of, part
from recipes_networks import network
from recipes_references import Tensors, from_reference
from recipes_valid import matrix
from writer import (
    CHUNK, METADATA, TENSOR, TENSOR_END, FileBuilder, block, coded_chunk, context, dense, dense_predictor, diagonal, f32,
    lossless_model, lossy_model, low_rank_predictor, static, tensor, tensor_end, xxh64,
)

from output import write_tensors
from vector_features import read_as_far_as_legal

FLOATS = {"f16": 16, "bf16": 16, "f32": 32, "f64": 64}
INTEGERS = {"bool": 8, "u8": 8, "i8": 8, "u16": 16, "i16": 16, "u32": 32, "i32": 32, "u64": 64, "i64": 64}
MOST_VALUES = 600  # of a tensor: the reference decoder is slow


def frequencies(source, symbols, precision_bits):
    """At random, none 0; their sum is 2^precision_bits."""
    cuts = sorted(source.sample(range(1, 2**precision_bits), symbols - 1))
    return [high - low for low, high in zip([0] + cuts, cuts + [2**precision_bits])]


def numbers(source, rows, columns, most):
    return [[source.randint(-most, most) for _ in range(columns)] for _ in range(rows)]


def shifts(source, count, most):
    return [source.randint(0, most) for _ in range(count)]


class LossyModel:
    """A model, and levels that it can code."""

    def __init__(self, source, name, channels, reference_channels=0):
        self.source, self.options = source, {}
        self.columns = self._synthesis(channels)
        self.matches = source.random() < 0.35
        self._predictor(name, channels)
        if reference_channels:
            self.options["reference"] = from_reference(name, channels, reference_channels, source.randint(1, 4), size=30)
        if self.matches:
            self.classes = source.choice([1, 2, 3, 4, 8])
            self.options["match"] = part(name, channels, self.classes, CODES[self.classes])
        self.spread = self._entropy()
        centre = [source.randint(-500, 500) for _ in range(channels)]
        self.payload = lossy_model(channels, unit=f32(source.uniform(0.01, 2)), centre=centre, **self.options)

    def _synthesis(self, channels):
        source, kind = self.source, self.source.randrange(4)
        if kind == 0:
            return channels
        if kind == 1:
            self.options["synthesis"] = diagonal([source.randint(-90, 90) for _ in range(channels)], source.randint(0, 5))
            return channels
        if kind == 2:
            columns = source.randint(1, channels)
            self.options["synthesis"] = dense(numbers(source, channels, columns, 60), source.randint(0, 5))
            return columns
        width, matrices = source.randint(1, channels), []
        for first in range(0, channels, width):
            rows = min(width, channels - first)
            matrices.append(numbers(source, rows, source.randint(1, rows), 60))
        self.options["synthesis"] = block(matrices, width, source.randint(0, 5))
        return sum(len(rows[0]) for rows in matrices)

    def _predictor(self, name, channels):
        source, kind = self.source, self.source.randrange(4)
        lags = sorted(source.sample(range(1, 12), source.randint(1, 3)))
        inputs = channels * len(lags)
        if kind == 1:
            self.options["predictor"] = dense_predictor(lags, shifts(source, channels, 3), shifts(source, channels, 9),
                                                        numbers(source, channels, inputs, 12))
        elif kind == 2:
            rank = source.randint(1, channels)
            self.options["predictor"] = low_rank_predictor(
                lags, shifts(source, channels, 3), shifts(source, rank, 5), numbers(source, rank, inputs, 9),
                shifts(source, channels, 5), numbers(source, channels, rank, 9))
        elif kind == 3:
            widths = [source.randint(1, 12) for _ in range(source.randint(1, 3))]
            self.options["predictor"] = network(name, channels, lags, widths, self.matches)

    def _entropy(self):
        """Largest level that is drawn."""
        source, bits = self.source, self.source.randint(8, 12)
        if source.random() < 0.4:
            classes = []
            for _ in range(source.randint(1, 5)):
                symbols = source.randint(1, 20)
                classes.append((source.randint(-symbols, 2), source.choice([0, 0, 0, 2, 7]), frequencies(source, symbols, bits)))
            entropy = static(classes, [source.randrange(len(classes)) for _ in range(self.columns)], bits)
            self.options["entropy"] = entropy
            return source.choice([2, 9, 300])
        bins, state_bits, count = source.randint(1, 8), source.choice([0, 2, 3]), source.randint(1, 9)
        tables = [frequencies(source, source.randint(2, 12), bits) for _ in range(count)]
        thresholds = sorted(source.sample(range(4000, 16000), bins - 1))
        raw_bits = [source.choice([0, 0, 0, 1, 5]) for _ in range(self.columns)]
        weight = [source.randint(16, 400) for _ in range(self.columns)]
        entropy = context(tables, weight, raw_bits, tables_for(self.columns, bins, 2 if state_bits else 1, count),
                          thresholds, bits)
        self.options.update(entropy=entropy, entropy_kind=2, quantiser=2 if state_bits else 1, state_bits=state_bits)
        return source.choice([2, 9, 300])

    def levels(self, rows):
        return numbers(self.source, rows, self.columns, self.spread)


def geometry(source):
    channels = source.choice([1, 2, 3, 5, 8, 13, 16, 17, 33])
    rows = source.randint(1, max(1, min(60, MOST_VALUES // channels // 2)))
    sequences = source.randint(1, max(1, min(4, MOST_VALUES // channels // rows)))
    return (sequences, rows, channels), source.randint(1, rows + 2)


def exact_patterns(source, bits):
    """The refinement that makes other patterns of those decoded: most near, some anywhere."""
    def both(decoded):
        other = [(pattern + source.randint(-9, 9)) % 2**bits if source.random() < 0.9 else source.getrandbits(bits)
                 for pattern in decoded]
        tables = [(-8, [256] * 16), (-3, frequencies(source, 9, 12))]
        table_of = [source.randrange(2) for _ in range(source.randint(1, 6))]
        raw_bits = [source.randint(0, 4) for _ in table_of]
        return other, refinement(decoded, other, bits, tables, table_of, raw_bits, class_shift=bits - 5,
                                 lanes_log2=source.randint(0, 3))
    return both


def add_lossy(file, source, name):
    view, strand_rows = geometry(source)
    before = [number for number, done in enumerate(file.done) if done.is_referenced]
    dtype, options = source.choice(list(FLOATS)), {"reference": 0xFFFFFFFF}
    if before and source.random() < 0.5:
        number = source.choice(before)
        of = file.done[number]
        view = (of.sequences, of.rows, source.choice([1, 3, 6]))
        options = {"reference": number, "reference_scale": f32(source.uniform(0.5, 20))}
    channels = file.done[options["reference"]].channels if options["reference"] < len(file.done) else 0
    model = LossyModel(source, name, view[2], channels)
    index = file.model(model.payload)
    file.begin(dtype, view, strand_rows, is_referenced=source.randint(0, 1), unit=f32(source.uniform(0.01, 1)),
               centre_scale=source.choice([65536, 30000]), **options)
    each = -(-view[1] // strand_rows)
    lengths = [min(strand_rows, view[1] - strand * strand_rows) for strand in range(each)] * view[0]
    first = 0
    while first < len(lengths):
        count = source.randint(1, len(lengths) - first)
        strands = lengths[first : first + count]
        refined = exact_patterns(source, FLOATS[dtype]) if source.random() < 0.25 else None
        file.coded(model.payload, index, model.levels(sum(strands)), first, count, lanes_log2=source.randint(0, 7),
                   matches=matches_of(f"{name} {first}", strands, model.classes) if model.matches else None, refined=refined)
        first += count
    file.end()


def add_lossless(file, source):
    view, strand_rows = geometry(source)
    dtype, bits = source.choice(list({**FLOATS, **INTEGERS}.items()))
    width = source.randint(1, bits)
    bins = [(255, 0)] + [(source.randint(0, width), 0) for _ in range(source.randint(0, 4))]
    model = lossless_model(view[2], bits, bins, static([(frequencies(source, len(bins), 10),)], [0] * view[2], 10))
    index = file.model(model)
    file.begin(dtype, view, strand_rows, is_referenced=0)
    rows = [[source.getrandbits(1 if dtype == "bool" else source.randint(1, bits)) for _ in range(view[2])]
            for _ in range(view[0] * view[1])]
    file.coded(model, index, rows, 0, view[0] * -(-view[1] // strand_rows), lanes_log2=source.randint(0, 7))
    file.end()


def add_raw(file, source):
    view, strand_rows = geometry(source)
    dtype, bits = source.choice(list({**FLOATS, **INTEGERS}.items()))
    values = view[0] * view[1] * view[2]
    elements = bytes(source.getrandbits(1) for _ in range(values)) if dtype == "bool" else source.randbytes(values * bits // 8)
    file.raw(dtype, view, elements, strand_rows, is_referenced=source.randint(0, 1) if dtype in FLOATS else 0)


def random_file(seed, number):
    """(bytes, what is in it)."""
    name = f"{seed} {number}"
    source = random.Random(name)
    file, kinds = Tensors(), []
    if source.random() < 0.3:
        file.file.add(METADATA, b'{"seed": "%s"}' % str(seed).encode(), flags=1)
    for index in range(source.randint(1, 4)):
        kind = source.choices(["lossy", "lossless", "raw"], [8, 2, 1])[0]
        kinds.append(kind)
        if kind == "lossy":
            add_lossy(file, source, f"{name} {index}")
        else:
            (add_lossless if kind == "lossless" else add_raw)(file, source)
    return file.finish(), ", ".join(kinds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seed")
    parser.add_argument("count", type=int)
    parser.add_argument("folder")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    entries = []
    for number in range(options.count):
        name = f"random_{options.seed}_{number}"
        data, note = random_file(options.seed, number)
        listed = entry(name, "random", 3, f"{name}.actz", data, [], note, f"random_files.py {options.seed}")
        listed["file"] = f"{name}.actz"
        entries.append(listed)
        with open(os.path.join(options.folder, f"{name}.actz"), "wb") as out:
            out.write(data)
        archive, _error = read_as_far_as_legal(data, None)
        write_tensors(os.path.join(options.folder, f"{name}.safetensors"), archive.tensors)
    with open(os.path.join(options.folder, "manifest.json"), "w", encoding="utf-8") as out:
        out.write(manifest_of(entries))
    print(f"{len(entries)} files, {sum(one['bytes'] for one in entries)} bytes")


if __name__ == "__main__":
    sys.exit(main())
