#!/usr/bin/env python3
"""Checks that the specification agrees with itself, with the C++ code and with the conformance vectors.

    check_spec.py               checks; prints every fault; exit code 1 if there is one
    check_spec.py --write       first copies code blocks, tables and worked examples into the chapters
    check_spec.py --self-test   plants a fault of each sort in a copy, and fails unless every one is found
"""

import csv
import importlib
import json
import os
import re
import shutil
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RULE = re.compile(r"\bR-[A-Z]+-\d+\b")
BLOCK = re.compile(r"(<!-- (code|csv|example): ([^\n]*?) -->\n)(.*?)(<!-- end \2 -->)", re.S)
# Registry -> (header, enum or None, names that differ in C++).
ENUMS = {
    "dtypes": ("libcodec/include/actz/tensor.hpp", "DType", {"boolean": "bool"}),
    "errors": ("libcodec/include/actz/result.hpp", "ErrorCode", {}),
    "file_kinds": ("libcodec/src/container/section.hpp", "FileKind", {}),
    "sections": ("libcodec/src/container/section.hpp", "SectionType", {}),
    "codecs": ("libcodec/src/profile/codec_model.hpp", "CodecKind", {}),
    "predictors": ("libcodec/src/predict/predictor.hpp", "PredictorKind", {}),
    "transforms": ("libcodec/src/transform/synthesis.hpp", "SynthesisKind", {}),
    "chunk_codings": ("libcodec/src/container/fields.hpp", "ChunkCoding", {}),
    "quantisers": ("libcodec/src/profile/codec_model.hpp", "QuantizerKind", {}),
    "entropy_models": ("libcodec/src/profile/codec_model.hpp", "EntropyKind", {"static_classes": "static"}),
}


class Checker:
    def __init__(self, root):
        self.root = root
        self.faults = []
        spec = os.path.join(root, "format_spec")
        self.chapters = sorted(name for name in os.listdir(spec) if name.endswith(".md"))
        self.text = {name: self.read("format_spec", name) for name in self.chapters}

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def read(self, *parts):
        with open(self.path(*parts), encoding="utf-8") as file:
            return file.read()

    def rows(self, *parts):
        with open(self.path("format_spec", *parts), encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def fault(self, text):
        self.faults.append(text)

    def files(self, folder, endings):
        for where, _folders, names in os.walk(self.path(folder)):
            for name in sorted(names):
                if name.endswith(endings):
                    yield os.path.relpath(os.path.join(where, name), self.root)

    # What the chapters quote

    def quoted(self, kind, argument, examples):
        if kind == "csv":
            rows = self.rows(*argument.split("/"))
            header = list(rows[0])
            lines = [header, ["---"] * len(header)] + [[row[key] for key in header] for row in rows]
            return "".join("| " + " | ".join(line) + " |\n" for line in lines)
        if kind == "example":
            return examples()[argument] + "\n"
        path, name = argument.split()
        match = re.search(rf"^# spec: {name}\n(.*?)^# end$", self.read("format_spec", *path.split("/")), re.S | re.M)
        if not match:
            self.fault(f"no block {name} in {path}")
            return ""
        return "```python\n" + match.group(1) + "```\n"

    def check_quotes(self, write=False):
        cache = {}

        def examples():
            if not cache:
                sys.path.insert(0, os.path.join(ROOT, "format_spec"))
                make = importlib.import_module("worked_examples").example_tables
                cache.update(make(self.path("conformance", "vectors")))
            return cache

        quoted_blocks = set()
        for name in self.chapters:
            def replace(match):
                quoted_blocks.add(match.group(3))
                content = self.quoted(match.group(2), match.group(3), examples)
                if content != match.group(4) and not write:
                    self.fault(f"{name}: the copy of {match.group(3)} differs from its source; run --write")
                return match.group(1) + content + match.group(5)
            text = BLOCK.sub(replace, self.text[name])
            if len(re.findall(r"<!-- (?:code|csv|example):", text)) != len(BLOCK.findall(text)):
                self.fault(f"{name}: a quoted block has no end")
            if write and text != self.text[name]:
                with open(self.path("format_spec", name), "w", encoding="utf-8") as file:
                    file.write(text)
            self.text[name] = text
        for path in self.files("format_spec/reference", ".py"):
            for block in re.findall(r"^# spec: (\w+)$", self.read(path), re.M):
                if f"reference/{os.path.basename(path)} {block}" not in quoted_blocks:
                    self.fault(f"{path}: no chapter quotes block {block}")
        for folder in ("registry", "tables"):
            for path in self.files("format_spec/" + folder, ".csv"):
                if f"{folder}/{os.path.basename(path)}" not in quoted_blocks:
                    self.fault(f"{path}: no chapter shows it")

    # Rules

    def rules(self):
        """Id -> (chapter, text of the paragraph)."""
        out = {}
        for name in self.chapters:
            for match in re.finditer(r"^(R-[A-Z]+-\d+) (.*?)(?=\n\n|\Z)", self.text[name], re.S | re.M):
                if name == "01_conventions.md" and "```" in match.group(2):
                    continue  # the example of a rule
                if match.group(1) in out:
                    self.fault(f"{name}: {match.group(1)} is defined twice")
                out[match.group(1)] = (name, " ".join(match.group(2).split()))
        return out

    def citations(self, folder, endings):
        out = {}
        for path in self.files(folder, endings):
            for rule in RULE.findall(self.read(path)):
                out.setdefault(rule, path)
        return out

    def check_rules(self):
        rules = self.rules()
        code = self.citations("libcodec", (".cpp", ".hpp"))
        reference = self.citations("format_spec/reference", ".py")
        vectors = {}
        for name in ("manifest.json", "manifest_coder.json"):
            for vector in json.loads(self.read("conformance", name))["vectors"]:
                vectors.update((rule, "conformance/" + name) for rule in vector["rules"])
        chapters = self.citations("format_spec", ".md")
        for source in (code, reference, vectors, chapters, self.citations("conformance", (".py", ".md"))):
            for rule, path in source.items():
                if rule not in rules:
                    self.fault(f"{path}: {rule} is not defined in any chapter")
        for rule, (chapter, text) in rules.items():
            if not re.search(r"\b(MUST|MAY|SHOULD)\b", text):
                self.fault(f"{chapter}: {rule} has no word of duty")
            if rule not in code:
                self.fault(f"{chapter}: {rule} is cited nowhere in libcodec")
            if "MUST" in text and rule not in vectors and not re.search(rf"\b{rule}\b", self.tests()):
                self.fault(f"{chapter}: no vector and no test stands for {rule}")
            self.check_family(rule, chapter, text)
        return len(rules), len(set(rules) & set(vectors))

    def tests(self):
        if not hasattr(self, "test_text"):
            self.test_text = "".join(self.read(path) for path in self.files("libcodec/tests", ".cpp"))
        return self.test_text

    def check_family(self, rule, chapter, text):
        families = {row["name"] for row in self.rows("registry", "errors.csv") if int(row["id"]) % 10 == 0}
        named = set(re.findall(r"\((\w+)\)", text)) & families
        if not named:
            return self.fault(f"{chapter}: {rule} names no error family")
        for path in self.files("format_spec/reference", ".py"):
            for family in re.findall(rf'"(\w+)",\s*"{rule}"', self.read(path)):
                if family not in named:
                    self.fault(f"{path}: {rule} raised as {family}, the chapter says {' or '.join(sorted(named))}")

    # Registries and limits against C++

    def check_registries(self):
        for registry, (header, enum, renamed) in ENUMS.items():
            body = re.search(rf"enum class {enum} : [\w:]+ \{{(.*?)\}};", self.read(header), re.S)
            members = re.findall(r"(\w+) = (\d+)", body.group(1)) if body else []
            self.compare(registry, header, {int(value): renamed.get(name, name) for name, value in members})
        dtypes = re.findall(r'\{DType::\w+, "(\w+)", (\d), (true|false)\}', self.read("libcodec/src/tensor/dtype.cpp"))
        rows = self.rows("registry", "dtypes.csv")
        wanted = [(row["name"], row["element_bytes"], str(row["kind"] == "float").lower()) for row in rows]
        if dtypes != wanted:
            self.fault("registry/dtypes.csv differs from dtype.cpp")
        self.check_exit_codes()

    def compare(self, registry, header, members):
        rows = {int(row["id"]): row["name"] for row in self.rows("registry", registry + ".csv")}
        if not members or rows != members:
            self.fault(f"registry/{registry}.csv {rows} differs from {header} {members}")

    def check_exit_codes(self):
        text = self.read("cli/exit_codes.hpp")
        numbers = dict(re.findall(r"(k\w+) = (\d+)", text))
        pending, codes = [], {"internal": numbers.get("kInternal")}
        for family, result in re.findall(r"case ErrorCode::(\w+):(?: return (k\w+);)?", text):
            pending.append(family)
            if result:
                codes.update((name, numbers.get(result)) for name in pending)
                pending = []
        rows = self.rows("registry", "errors.csv")
        for row in rows:
            family = next(other["name"] for other in rows if int(other["id"]) == int(row["id"]) // 10 * 10)
            if codes.get(family) != row["cli_exit_code"]:
                self.fault(f"registry/errors.csv: exit code of {row['name']} differs from cli/exit_codes.hpp")
            if f'return "{row["name"]}";' not in self.read("libcodec/src/base/result.cpp"):
                self.fault(f"result.cpp does not spell {row['name']}")

    def check_limits(self):
        options = self.read("libcodec/include/actz/options.hpp")
        reference = "".join(self.read(path) for path in self.files("format_spec/reference", ".py"))
        for row in self.rows("tables", "limits.csv"):
            if row["kind"] == "format":
                continue  # C++ reads them (cmake/generate_tables.cmake)
            match = re.search(rf"\b{row['name']} = ([^;]+);", options)
            shifted = re.sub(r"std::uint64_t\{1\}", "1", match.group(1)) if match else "0"
            amount = re.fullmatch(r"1 << (\d+)", shifted)
            value = 2 ** int(amount.group(1)) if amount else int(shifted)
            if value != int(row["value"]):
                self.fault(f"tables/limits.csv: {row['name']} differs from options.hpp")
            match = re.search(rf"READER_{row['name'].upper()} = ([\d*]+)", reference)
            if not match or eval(match.group(1), {}) != int(row["value"]):
                self.fault(f"tables/limits.csv: {row['name']} differs from the reference decoder")
        for row in self.rows("tables", "constants.csv"):  # C++ reads them too
            if f"\n{row['name'].upper()} = {row['value']}\n" not in reference:
                self.fault(f"tables/constants.csv: {row['name']} differs from the reference decoder")

    # Links, sections, versions

    def check_links(self):
        headings = set(re.findall(r"^#+ (\d+(?:\.\d+)?)\.? ", "\n".join(self.text.values()), re.M))
        for name in self.chapters:
            prose = BLOCK.sub("", self.text[name])
            for target in re.findall(r"\]\(([^)#:]+)\)", prose):
                if not os.path.exists(self.path("format_spec", target)):
                    self.fault(f"{name}: link to {target}, which does not exist")
            for section in re.findall(r"\((\d{1,2}\.\d)\)|\((\d{1,2}\.\d), \d{1,2}\.\d\)", prose):
                if (section[0] or section[1]) not in headings:
                    self.fault(f"{name}: section {section[0] or section[1]} does not exist")
        for path in [*self.files("format_spec/registry", ".csv"), *self.files("format_spec/tables", ".csv")]:
            for row in self.rows(*path.split(os.sep)[1:]):
                if row.get("chapter", "1") not in headings:
                    self.fault(f"{path}: section {row['chapter']} does not exist")
        version = self.read("libcodec/include/actz/version.hpp")
        major, minor = (re.search(rf"kFormat{part} = (\d+)", version).group(1) for part in ("Major", "Minor"))
        if f"| Version | {major}.{minor} |" not in self.text["README.md"]:
            self.fault("format_spec/README.md: the version differs from version.hpp")

    def check_test_values(self):
        sys.path.insert(0, os.path.join(ROOT, "format_spec", "reference"))
        for module, function in (("checksums", "check_digest_test_values"),
                                 ("model", "check_rice_test_values"),
                                 ("transforms", "check_transform_test_values"),
                                 ("transforms", "check_match_test_values"), ("transforms", "check_network_test_values"),
                                 ("symbols", "check_context_test_values"),
                                 ("symbols", "check_match_code_test_values"),
                                 ("refinement", "check_refinement_test_values"),
                                 ("external", "check_external_test_values"),
                                 ("packets", "check_packet_test_values")):
            getattr(importlib.import_module(module), function)()

    def check_chapters_decode(self):
        """The Python blocks of the chapters, one after the other and with nothing else, are a decoder."""
        blocks = re.findall(r"^```python\n(.*?)^```$", "\n".join(self.text[name] for name in self.chapters), re.S |
                            re.M)
        program = {}
        try:
            exec("\n\n".join(blocks), program)  # pylint: disable=exec-used
            listed = json.loads(self.read("conformance", "manifest.json"))["vectors"]
            vectors = {vector["id"]: vector for vector in listed}
            for name in ("example_raw", "example_lossy", "lossless_bf16", "lossy_profile_named"):
                self.decode_with(program, vectors[name])
        except Exception as error:  # pylint: disable=broad-except
            self.fault(f"the blocks of the chapters do not decode: {error!r}")

    def decode_with(self, program, vector):
        data = []
        for key in ("file", "profile"):
            if key in vector:
                with open(self.path("conformance", vector[key]), "rb") as file:
                    data.append(file.read())
        profiles = [program["Profile"](data[1])] if len(data) > 1 else []
        for tensor, wanted in zip(program["Archive"](data[0], profiles).tensors, vector["tensors"]):
            if program["sha256"](tensor.elements).hex() != wanted["sha256"]:
                self.fault(f"the blocks of the chapters decode {vector['id']} to other bytes")

    def run(self, write=False):
        self.check_quotes(write)
        self.check_chapters_decode()
        counts = self.check_rules()
        self.check_registries()
        self.check_limits()
        self.check_links()
        self.check_test_values()
        return counts


PLANTED = (  # file, what stands there, what a careless change would put
    ("format_spec/03_tensor_and_model.md", "require(name_bytes <= 1024", "require(name_bytes <= 1023"),
    ("format_spec/registry/dtypes.csv", "17,bf16", "20,bf16"),
    ("format_spec/registry/errors.csv", "20,unsupported,4", "20,unsupported,3"),
    ("format_spec/registry/quantisers.csv", "1,uniform", "1,plain"),
    ("format_spec/tables/limits.csv", "max_tensors,65536", "max_tensors,65535"),
    ("format_spec/registry/entropy_models.csv", "2,context", "3,context"),
    ("format_spec/tables/constants.csv", "activity_decay_shift,5", "activity_decay_shift,6"),
    ("format_spec/07_entropy_coder.md", "R-RANS-04 A decoder", "R-RANS-05 A decoder"),
    ("format_spec/07_entropy_coder.md", "R-RANS-03 A decoder", "R-RANS-01 A decoder"),
    ("format_spec/05_chunks.md", "bytes do not match its digest (corrupt)",
     "bytes do not match its digest (unsupported)"),
    ("format_spec/05_chunks.md", "<!-- end code -->", ""),
    ("format_spec/04_transforms.md", "```python", "```py"),
    ("format_spec/A_worked_examples.md", "| signature |", "| magic |"),
    ("format_spec/README.md", "07_entropy_coder.md)", "07_coder.md)"),
    ("format_spec/06_models.md", "escape** (6.3)", "escape** (6.9)"),
    ("libcodec/src/pipeline/dec_chunk.cpp", "R-CHNK-16", "R-CHNK-99"),
    ("conformance/manifest.json", '"R-CHNK-17"', '"R-CHNK-16"'),
    ("conformance/vectors/examples/example_raw.actz", b"ids", b"idx"),
)


def self_test():
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "copy")
        for part in ("format_spec", "libcodec", "conformance", "cli"):
            shutil.copytree(os.path.join(ROOT, part), os.path.join(copy, part))
        for name, old, new in PLANTED:
            path = os.path.join(copy, name)
            with open(path, "rb") as file:
                sound = file.read()
            old, new = (text if isinstance(text, bytes) else text.encode("utf-8") for text in (old, new))
            assert old in sound, (name, old)
            with open(path, "wb") as file:
                file.write(sound.replace(old, new, 1) if b"manifest" not in path.encode() else sound.replace(old, new))
            if not found_fault(copy):
                missed.append(f"{name}: {old!r} -> {new!r}")
            with open(path, "wb") as file:
                file.write(sound)
        if found_fault(copy):
            missed.append("a fault is reported where none is")
    print(f"{len(PLANTED) - len(missed)} of {len(PLANTED)} planted faults found")
    print("".join(f"missed {text}\n" for text in missed), end="")
    return 1 if missed else 0


def found_fault(root):
    checker = Checker(root)
    try:
        checker.run()
    except Exception:  # a broken example or table may stop the checker, which is a finding too
        return True
    return bool(checker.faults)


def main():
    if "--self-test" in sys.argv[1:]:
        return self_test()
    checker = Checker(ROOT)
    rules, with_vector = checker.run("--write" in sys.argv[1:])
    for text in checker.faults:
        print(text)
    print(f"{rules} rules, {with_vector} of them with a vector, {len(checker.faults)} faults")
    return 1 if checker.faults else 0


if __name__ == "__main__":
    sys.exit(main())
