#!/usr/bin/env python3
"""Which lines and branches of the decoder the vectors reach, and nothing but the vectors.

    coverage.py [--build FOLDER] [--write]

Builds conformance/decoder with --coverage and without optimisation, decodes every vector through the index and from
front to back, with each kernel that the machine has, and asks Debian's gcovr. --write puts the table into
docs/reliability.md. Exit code 1 if lines or branches fall below what WANTED says.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
DOCUMENT = os.path.join(ROOT, "docs", "reliability.md")
MARKS = "<!-- coverage: conformance/coverage.py --write -->\n", "<!-- end coverage -->"
WANTED = {"line": 95.0, "branch": 90.0}
# Files that write safetensors for the driver, and code of encoders in headers: no part of a decoder.
NOT_DECODER = (r"libcodec/src/io/", r".*/enc_", r"libcodec/src/base/(bit_writer|byte_writer)")


def build(folder):
    configure = ["cmake", "-S", os.path.join(HERE, "decoder"), "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
                 "-DCMAKE_CXX_COMPILER=g++", "-DCMAKE_CXX_FLAGS=--coverage -fprofile-update=atomic"]
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", folder, "-j", str(os.cpu_count())], check=True, stdout=subprocess.DEVNULL)
    for where, _folders, names in os.walk(folder):
        for name in names:
            if name.endswith(".gcda"):
                os.remove(os.path.join(where, name))


def run_vectors(folder):
    driver = os.path.join(folder, "actz_decoder_driver")
    for kernel in ("scalar", "avx2", "avx512"):
        for options in ("[--rows {rows}]", "--stream"):
            command = [sys.executable, os.path.join(HERE, "run_conformance.py"), "--decoder",
                       f"{driver} {{in}} {{out}} [--profile {{profile}}] {options}"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "ACTZ_FORCE_KERNEL": kernel})


def measured(folder):
    """What gcovr tells of each file of libcodec/src."""
    exclude = [word for pattern in NOT_DECODER for word in ("--exclude", os.path.join(ROOT, pattern))]
    command = ["gcovr", "--root", ROOT, "--filter", os.path.join(ROOT, "libcodec/src/"), "--exclude-throw-branches",
               "--exclude-unreachable-branches", "--json-summary", *exclude, folder]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    # Files that no object of the driver holds are those of encoders that the archive has, too.
    return [file for file in report["files"] if file["line_total"]]


def linked_sources(folder):
    """Sources with counters: those of objects that the driver's linker took."""
    out = set()
    for _where, _folders, names in os.walk(folder):
        out |= {name[: -len(".gcda")] for name in names if name.endswith(".gcda")}

    return out


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def table(files):
    groups = {}
    for file in files:
        groups.setdefault(file["filename"].split("/")[2], []).append(file)
    lines = ["| Folder | Files | Lines | Reached | Branches | Reached |", "|---|---|---|---|---|---|"]
    for name, members in [*sorted(groups.items()), ("all", files)]:
        sums = {key: sum(file[key] for file in members)
                for key in ("line_total", "line_covered", "branch_total", "branch_covered")}
        lines.append(f"| {name} | {len(members)} | {sums['line_total']} | {percent(sums['line_covered'], sums['line_total']):.1f} % | "
                     f"{sums['branch_total']} | {percent(sums['branch_covered'], sums['branch_total']):.1f} % |")
    return "\n".join(lines) + "\n"


def write(text):
    with open(DOCUMENT, encoding="utf-8") as file:
        document = file.read()
    begin, end = map(re.escape, MARKS)
    changed, count = re.subn(f"({begin}).*?({end})", lambda match: match.group(1) + text + match.group(2), document, flags=re.S)
    assert count == 1, "docs/reliability.md has no place for the table"
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(changed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "coverage-vectors"))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if not shutil.which("gcovr"):
        sys.exit("gcovr is missing: apt-get install gcovr")
    build(options.build)
    run_vectors(options.build)
    linked = linked_sources(options.build)
    files = [file for file in measured(options.build)
             if file["filename"].endswith(".hpp") or os.path.basename(file["filename"]) in linked]
    text = table(files)
    print(text)
    for file in sorted(files, key=lambda one: one["line_covered"] - one["line_total"]):
        if file["line_covered"] < file["line_total"] or file["branch_covered"] < file["branch_total"]:
            print(f"{file['filename']}: {file['line_total'] - file['line_covered']} lines, "
                  f"{file['branch_total'] - file['branch_covered']} branches not reached")
    if options.write:
        write(text)
    sums = {kind: percent(sum(file[kind + "_covered"] for file in files), sum(file[kind + "_total"] for file in files))
            for kind in WANTED}
    return 0 if all(sums[kind] >= wanted for kind, wanted in WANTED.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
