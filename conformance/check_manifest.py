#!/usr/bin/env python3
"""Checks the lists of vectors: against manifest.schema.json, the files they name, and the rules of the specification.

    check_manifest.py              prints every fault; exit code 1 if there is one
    check_manifest.py --self-test  plants a fault of each sort in a list; fails unless every one is found

Needs Debian's python3-jsonschema.
"""

import copy
import hashlib
import json
import os
import re
import sys

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
SPECIFICATION = os.path.join(HERE, "..", "format_spec")
LISTS = ("manifest.json", "manifest_coder.json")


def load(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return json.load(file)


def rules_of_specification():
    """Their ids."""
    out = set()
    for name in os.listdir(SPECIFICATION):
        if name.endswith(".md"):
            with open(os.path.join(SPECIFICATION, name), encoding="utf-8") as file:
                out |= set(re.findall(r"^(R-[A-Z]+-\d+) ", file.read(), re.M))
    return out


def faults_of(manifest, schema, rules):
    validator = jsonschema.Draft7Validator(schema)
    out = [f"{'/'.join(map(str, error.path))}: {error.message[:200]}" for error in validator.iter_errors(manifest)]
    if out:
        return out
    if manifest["count"] != len(manifest["vectors"]):
        out.append("count is not the number of vectors")
    ids = [vector["id"] for vector in manifest["vectors"]]
    out += [f"{one}: this id is used twice" for one in sorted(set(ids)) if ids.count(one) > 1]
    for vector in manifest["vectors"]:
        out += [f"{vector['id']}: {fault}" for fault in faults_of_vector(vector, manifest, rules)]
    return out


def faults_of_vector(vector, manifest, rules):
    try:
        with open(os.path.join(HERE, vector["file"]), "rb") as file:
            data = file.read()
    except OSError as error:
        data = b""
        yield f"{vector['file']}: {error.strerror}"
    if (len(data), hashlib.sha256(data).hexdigest()) != (vector["bytes"], vector["sha256"]):
        yield "the file is not the one listed"
    if "profile" in vector and not os.path.exists(os.path.join(HERE, vector["profile"])):
        yield "there is no such profile"
    if vector["level"] not in manifest["levels"]:
        yield "the level has no meaning in this list"
    for rule in sorted(set(vector["rules"]) - rules):
        yield f"{rule} is no rule of the specification"
    if vector["expect"] == "reject" and not vector["rules"]:
        yield "is to be refused for no rule"
    if not set(vector.get("families", ())) <= set(manifest["exit_codes"]):
        yield "a family has no exit code"


def planted(sound):
    """(what, list with that fault)."""
    def changed(**fields):
        out = copy.deepcopy(sound)
        one = next(vector for vector in out["vectors"] if vector["expect"] == "reject")
        for key, value in fields.items():
            one.pop(key, None)
            if value is not None:
                one[key] = value
        return out
    legal = next(vector for vector in sound["vectors"] if vector["expect"] == "accept")
    yield "no families", changed(families=None)
    yield "an unknown family", changed(families=["wrong"])
    yield "another level", changed(level="L9")
    yield "a number as level", changed(level=1)
    yield "no features", changed(features=None)
    yield "an unknown key", changed(more=1)
    yield "a short digest", changed(sha256="00")
    yield "another digest", changed(sha256="0" * 64)
    yield "a path outside", changed(file="../vectors/invalid/empty_file.actz")
    yield "a file that is not there", changed(file="vectors/invalid/none.actz")
    yield "an unknown rule", changed(rules=["R-CONT-" + "999"])
    yield "no rule", changed(rules=[])
    yield "no maker", changed(made_by="")
    yield "rejected, with tensors", changed(tensors=legal.get("tensors", []))
    yield "accepted, with families", changed(expect="accept")
    yield "an id twice", {**sound, "count": sound["count"] + 1, "vectors": sound["vectors"] + [{**legal, "note": "again"}]}
    yield "a wrong count", {**sound, "count": sound["count"] - 1}


def self_test(schema, rules):
    cases = list(planted(load(LISTS[0])))
    missed = [what for what, manifest in cases if not faults_of(manifest, schema, rules)]
    print("".join(f"missed: {what}\n" for what in missed) + f"{len(cases) - len(missed)} of {len(cases)} planted faults found")
    return 1 if missed else 0


def main():
    schema, rules, cited, faults = load("manifest.schema.json"), rules_of_specification(), set(), []
    jsonschema.Draft7Validator.check_schema(schema)
    if "--self-test" in sys.argv[1:]:
        return self_test(schema, rules)
    for name in LISTS:
        manifest = load(name)
        faults += [f"{name}: {fault}" for fault in faults_of(manifest, schema, rules)]
        cited |= {rule for vector in manifest["vectors"] for rule in vector["rules"]}
        print(f"{name}: {len(manifest['vectors'])} vectors")
    without = sorted(rules - cited)
    print(f"{len(rules)} rules, {len(rules) - len(without)} with a vector; without: {' '.join(without) or 'none'}")
    print("".join(fault + "\n" for fault in faults) + f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
