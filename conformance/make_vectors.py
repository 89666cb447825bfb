#!/usr/bin/env python3
"""Makes the vectors and manifest.json.

    make_vectors.py --program PATH   all, those of the program with the `actz` at PATH
    make_vectors.py                  only those written field by field; those of the program stay as they are
    make_vectors.py --check          compares: exit code 1 if a file or the manifest would change

Encoders may change from release to release, so files of the program are made once and then kept: they must decode
for ever.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile

import coder_file
import recipes_coder
import recipes_context  # noqa: F401 - those marked so add to recipes_valid.RECIPES,
import recipes_dictionaries  # noqa: F401
import recipes_examples
import recipes_invalid
import recipes_invalid_context  # noqa: F401 - those of invalid files to recipes_invalid.RECIPES
import recipes_invalid_cuts  # noqa: F401
import recipes_invalid_dictionaries  # noqa: F401
import recipes_invalid_limits  # noqa: F401
import recipes_invalid_matches  # noqa: F401
import recipes_invalid_models  # noqa: F401
import recipes_invalid_packets  # noqa: F401 - to recipes_packets.PACKET_RECIPES
import recipes_invalid_references  # noqa: F401
import recipes_invalid_refined  # noqa: F401
import recipes_invalid_sources  # noqa: F401
import recipes_matches  # noqa: F401
import recipes_networks  # noqa: F401
import recipes_packets
import recipes_profiles
import recipes_program
import recipes_reads
import recipes_references  # noqa: F401
import recipes_refined  # noqa: F401
import recipes_sources  # noqa: F401
import recipes_steps  # noqa: F401
import recipes_valid

from archive import Archive
from bitio import FormatError
from output import DTYPES
from vector_features import LEVELS, features_of, level_of, read_as_far_as_legal

HERE = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(HERE, "vectors")
MANIFEST = os.path.join(HERE, "manifest.json")
CODER_MANIFEST = os.path.join(HERE, "manifest_coder.json")
EXIT_CODES = {"need_more_input": 3, "corrupt": 3, "unsupported": 4, "limit_exceeded": 5, "bad_argument": 2}
REFINED = {"corrupt_signature": "corrupt", "corrupt_checksum": "corrupt", "corrupt_bounds": "corrupt"}


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


def placed(word, folder):
    """A word of a command line, files replaced by their paths: of profiles in the folder, of bundled samples."""
    before, equals, name = word.rpartition("=")
    if name in recipes_program.PROFILES:
        return before + equals + os.path.join(folder, name)
    return before + equals + os.path.join(recipes_program.DATA, name) if name == recipes_program.BESIDE else word


def with_program(program, folder):
    """Runs the program for each of its recipes; the folder receives its files."""
    dump = os.path.join(recipes_program.DATA, "stories260K_layer3_4x256x64.npy")
    for profile, options in recipes_program.PROFILES.items():
        path = os.path.join(folder, profile)
        subprocess.run([program, "fit", dump, "-o", path, "-q", "--force"] +
                       [placed(word, folder) for word in options], check=True)
    for name, _rules, tensors, arguments, _note in recipes_program.RECIPES:
        source, out = os.path.join(folder, "in.safetensors"), os.path.join(folder, name + ".actz")
        with open(source, "wb") as file:
            file.write(recipes_program.safetensors(tensors))
        words = [placed(word, folder) for word in arguments]
        subprocess.run([program, "encode", source, out, "-q", "--force", "--threads", "1"] + words, check=True)


def entry(name, group, level, file, data, rules, note, made_by, families=None, profile=None):
    """profile: (path below this folder, bytes)."""
    archive, error = read_as_far_as_legal(data, profile and profile[1])
    out = {"id": name, "group": group, "level": level_of(level, None if families else archive),
           "file": f"vectors/{group}/{file}", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(),
           "expect": "reject" if families else "accept", "features": features_of(archive), "rules": sorted(rules),
           "note": note, "made_by": made_by}
    if profile:
        out["profile"] = profile[0]
    if families:
        out["families"] = families
    verify_verdict(name, error, families, rules)
    if not families:
        out["tensors"] = [listed_tensor(tensor, tensor.shape, tensor.elements) for tensor in archive.tensors]
    return out


def listed_tensor(tensor, shape, elements):
    return {"name": tensor.name.decode("utf-8"), "dtype": DTYPES[tensor.dtype][0], "shape": shape,
            "sha256": hashlib.sha256(elements).hexdigest()}


def read_entry(name, file, rows, rules, families, note):
    """A vector of which some rows are wanted. What they hold is taken from the sound file."""
    data, sound, recoverable = recipes_reads.READ_FILES[file]
    archive, error = read_as_far_as_legal(data, None)
    tensor = Archive(sound).tensors[0]
    row_bytes = tensor.channels * tensor.element_bytes
    out = {"id": name, "group": "reads", "level": "L4", "file": f"vectors/reads/{file}.actz", "bytes": len(data),
           "sha256": hashlib.sha256(data).hexdigest(), "expect": "reject" if families else "accept",
           "features": ["rows"] + features_of(archive), "rules": sorted(rules), "note": note,
           "made_by": "recipes_reads.py", "rows": list(rows), "recoverable_chunks": recoverable}
    if families:
        out["families"] = families
        verify_verdict(name, error, families, rules)
    else:
        out["tensors"] = [listed_tensor(tensor, [rows[1] - rows[0], tensor.channels],
                                        tensor.elements[row_bytes * rows[0] : row_bytes * rows[1]])]
    return out


def verify_verdict(name, error, families, rules):
    if error and not families:
        sys.exit(f"{name}: refused for {error}")
    if families and not error:
        sys.exit(f"{name}: accepted")
    if families and (error.family not in families or error.rule not in rules):
        sys.exit(f"{name}: refused for {error}, not for {' or '.join(rules)}")


def as_json(manifest):
    """A line for each vector, so that lists of them can be compared line by line."""
    vectors = ",\n".join("  " + json.dumps(vector, ensure_ascii=False) for vector in manifest["vectors"])
    head = json.dumps({**manifest, "vectors": []}, indent=1, ensure_ascii=False)
    return head.replace('"vectors": []', f'"vectors": [\n{vectors}\n ]') + "\n"


def written_field_by_field():
    """Yields (path below vectors/, bytes, entry or None)."""
    for function in (recipes_examples.example_raw, recipes_examples.example_lossy):
        file, data = f"{function.__name__}.actz", function()
        yield f"examples/{file}", data, entry(function.__name__, "examples", 1, file, data, [], function.__doc__,
                                              "recipes_examples.py")
    yield "examples/example_profile.actp", recipes_examples.example_profile(), None
    for name, level, rules, function in recipes_valid.RECIPES:
        data = function()
        yield f"uncommon/{name}.actz", data, entry(name, "uncommon", level, f"{name}.actz", data, rules,
                                                   function.__doc__, function.__module__ + ".py")
    for name, level, rules, function, families in recipes_invalid.RECIPES:
        data, note = function(), function.__doc__
        yield f"invalid/{name}.actz", data, entry(name, "invalid", level, f"{name}.actz", data, rules, note,
                                                  function.__module__ + ".py", families)
    data = recipes_profiles.needs_profile()
    yield "profiles/needs_profile.actz", data, None
    for name, level, rules, families, profile, note in recipes_profiles.PROFILE_RECIPES:
        listed = entry(name, "profiles", level, "needs_profile.actz", data, rules, note, "recipes_profiles.py", families,
                       (f"vectors/profiles/{name}.actp", profile))
        yield f"profiles/{name}.actp", profile, listed
    for file, (data, _sound, _recoverable) in recipes_reads.READ_FILES.items():
        yield f"reads/{file}.actz", data, None
    for one in recipes_reads.READ_RECIPES:
        yield f"reads/{one[1]}.actz", recipes_reads.READ_FILES[one[1]][0], read_entry(*one)


def coder_entry(name, level, rules, families, data, note, made_by="recipes_coder.py"):
    out = {"id": name, "group": "coder", "level": f"L{level}", "file": f"vectors/coder/{name}.coder", "bytes": len(data),
           "sha256": hashlib.sha256(data).hexdigest(), "expect": "reject" if families else "accept",
           "features": [{"external": "external", "packets": "packets"}.get(name.split("_")[0], "rans")], "rules": sorted(rules),
           "note": note, "made_by": made_by}
    decoded, error = b"", None
    try:
        decoded = coder_file.decode(data)
    except FormatError as refusal:
        error = refusal
    verify_verdict(name, error, families, rules)
    if families:
        out["families"] = families
    else:
        out["output"] = {"bytes": len(decoded), "sha256": hashlib.sha256(decoded).hexdigest()}
    return out


def manifest_of(entries):
    assert len({one["id"] for one in entries}) == len(entries), "an id is used twice"
    return as_json({"format_version": "1.0", "levels": LEVELS, "count": len(entries), "exit_codes": EXIT_CODES,
                    "families": {**{family: family for family in EXIT_CODES}, **REFINED}, "vectors": entries})


def of_program():
    for name, rules, _tensors, arguments, note in recipes_program.RECIPES:
        made_by = " ".join(["actz", "encode"] + arguments)
        data = read_file(os.path.join(VECTORS, "program", f"{name}.actz"))
        profile = None
        if "--name-profile" in arguments:
            path = "vectors/program/" + arguments[arguments.index("--profile") + 1].rpartition("=")[2]
            profile = path, read_file(os.path.join(HERE, path))
        yield entry(name, "program", 1, f"{name}.actz", data, rules, note, made_by, profile=profile)


class Store:
    """Writes files below vectors/, or only compares them."""

    def __init__(self, only_check):
        self.only_check, self.changed, self.paths = only_check, [], set()

    def put(self, path, data):
        self.paths.add(path)
        if os.path.exists(path) and read_file(path) == data:
            return
        self.changed.append(os.path.relpath(path, HERE))
        if not self.only_check:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)

    def remove_others(self):
        """Files that no recipe makes any more."""
        for group in ("examples", "uncommon", "invalid", "profiles", "reads", "coder"):
            for name in os.listdir(os.path.join(VECTORS, group)):
                path = os.path.join(VECTORS, group, name)
                if path not in self.paths:
                    self.changed.append(os.path.relpath(path, HERE))
                    if not self.only_check:
                        os.remove(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    store = Store(options.check)
    if options.program:
        with tempfile.TemporaryDirectory() as folder:
            with_program(options.program, folder)
            for name in sorted(os.listdir(folder)):
                if name.endswith((".actz", ".actp")):
                    store.put(os.path.join(VECTORS, "program", name), read_file(os.path.join(folder, name)))
    entries = []
    for path, data, listed in written_field_by_field():
        store.put(os.path.join(VECTORS, *path.split("/")), data)
        if listed:
            entries.append(listed)
    entries = list(of_program()) + entries
    coder_entries = []
    for one in recipes_coder.CODER_RECIPES + recipes_packets.PACKET_RECIPES:
        coder_entries.append(coder_entry(*one))
        store.put(os.path.join(VECTORS, "coder", one[0] + ".coder"), one[4])
    store.put(MANIFEST, manifest_of(entries).encode("utf-8"))
    store.put(CODER_MANIFEST, manifest_of(coder_entries).encode("utf-8"))
    entries += coder_entries
    store.remove_others()
    for path in store.changed:
        print(("would change " if options.check else "wrote ") + path)
    print(f"{len(entries)} vectors, {sum(one['bytes'] for one in entries)} bytes, {len(store.changed)} changed")
    return 1 if options.check and store.changed else 0


if __name__ == "__main__":
    sys.exit(main())
