#!/usr/bin/python3
"""What matched rows and dictionaries save: rewrites the marked blocks of docs/row-matching.md.

    bench/matched_rows.py ACTZ DATA_DIR [--dictionary 1MiB]

Learns three profiles of each tensor on `calib`, without matched rows, with them, and with a dictionary, and encodes
`test` with them at three NMSE. Rates are whole files without the model, which is named; dictionaries are not counted.
"""

import argparse
import dataclasses
import json
import math
import pathlib
import subprocess
import tempfile

from summarise import replace_block, table

DOCUMENT = pathlib.Path(__file__).parent.parent / "docs/row-matching.md"
NMSE = ("0.005", "0.02", "0.08")
SHOWN = NMSE.index("0.02")  # where the share of rows and of bits is given
MATCHING_HEADER = ("tensor", "without", "with matched rows", "ratio", "rows matched at 0.02", "classes and addresses at 0.02")
DICTIONARY_HEADER = ("tensor", "without any match", "with a dictionary", "ratio", "rows, bytes of the dictionary", "pays from")


@dataclasses.dataclass(frozen=True)
class Tensor:
    name: str
    folder: str
    file: str
    lags: tuple = ()


TENSORS = (
    Tensor("babyllama layer 3", "babyllama_tok105", "layer3"),
    Tensor("its K", "babyllama_tok105", "layer3_k"),
    Tensor("its V", "babyllama_tok105", "layer3_v"),
    Tensor("stories260K layer 3", "stories260K", "layer3"),
    Tensor("stories260K layer 1", "stories260K", "layer1"),
    Tensor("babyllama layer 1", "babyllama_tok105", "layer1"),
    Tensor("vit_tiny layer 6", "vit_tiny", "layer6", ("--lags", "1,14")),
)


class Tool:
    """The program, with a folder for what it writes."""

    def __init__(self, actz, data, folder):
        self.actz, self.data, self.folder = actz, data, folder

    def _json(self, *words):
        return json.loads(subprocess.run([self.actz, *words, "--force", "--json"], check=True, capture_output=True).stdout)

    def fit(self, tensor, *options):
        """A profile of the three NMSE, and what `fit` says of it."""
        profile = self.folder / "x.actp"
        calib = self.data / tensor.folder / "calib" / f"{tensor.file}.npy"
        return profile, self._json("fit", calib, "-o", profile, "--nmse", ",".join(NMSE), *tensor.lags, *options)

    def encode(self, tensor, profile):
        """What `encode` says at each NMSE."""
        test = self.data / tensor.folder / "test" / f"{tensor.file}.npy"
        return [self._json("encode", test, self.folder / "x.actz", "--profile", profile, "--name-profile", "--nmse", nmse)
                for nmse in NMSE]


def bits(runs):
    return [run["bits_per_value"] for run in runs]


def listed(numbers):
    return " / ".join(f"{number:.3f}" for number in numbers)


def ratios(numbers, others):
    return listed(number / other for number, other in zip(numbers, others))


def grouped(number):
    return f"{number:,}".replace(",", " ")


def matching_row(tensor, without, matched):
    shown = matched[SHOWN]["tensors"][0]
    named = shown.get("match_bits_per_value", 0)
    rows = math.prod(shown["shape"][:-1])
    share = f"{100 * shown['matched_rows'] / rows:.0f} %" if named else "none"
    price = f"{named:.3f} ({100 * named / matched[SHOWN]['bits_per_value']:.1f} %)" if named else "–"
    return [tensor.name, listed(bits(without)), listed(bits(matched)), ratios(bits(matched), bits(without)), share, price]


def dictionary_row(tensor, without, fitted, coded):
    size, pays = "none kept", "–"
    if fitted["dictionary_bytes"] > 0:
        size = f"{grouped(fitted['dictionary_rows'])}, {grouped(fitted['dictionary_bytes'])}"
        pays = " / ".join(f"{rung['dictionary_pays_from_values'] / 1e6:.1f}" if rung["uses_dictionary"] else "–"
                          for rung in fitted["rungs"])
    return [tensor.name, listed(bits(without)), listed(bits(coded)), ratios(bits(coded), bits(without)), size, pays]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("actz")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--dictionary", default="1MiB")
    options = parser.parse_args()
    matching, dictionaries = [], []
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(options.actz, options.data, pathlib.Path(folder))
        for tensor in TENSORS:
            without = tool.encode(tensor, tool.fit(tensor, "--no-matches")[0])
            matching.append(matching_row(tensor, without, tool.encode(tensor, tool.fit(tensor)[0])))
            profile, fitted = tool.fit(tensor, "--dictionary", options.dictionary)
            dictionaries.append(dictionary_row(tensor, without, fitted, tool.encode(tensor, profile)))
            print(" | ".join(matching[-1]), " | ".join(dictionaries[-1]), sep="\n", flush=True)
    text = replace_block(DOCUMENT.read_text(), "matching", table(MATCHING_HEADER, matching))
    DOCUMENT.write_text(replace_block(text, "dictionary", table(DICTIONARY_HEADER, dictionaries)))


if __name__ == "__main__":
    main()
