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
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
DOCUMENT = os.path.join(ROOT, "docs", "reliability.md")
MARKS = "<!-- coverage: conformance/coverage.py --write -->\n", "<!-- end coverage -->"
WANTED = {"line": 95.0, "branch": 90.0}
SOURCES = "libcodec/src/"
# What writes the driver's output; what callers require of metadata, of which no file can be right or wrong.
NOT_DECODER = (SOURCES + "io/", SOURCES + "pipeline/provenance.cpp")


def build(folder):
    configure = ["cmake", "-S", os.path.join(HERE, "decoder"), "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
                 "-DCMAKE_CXX_COMPILER=g++", "-DCMAKE_CXX_FLAGS=--coverage -fprofile-update=atomic -DNDEBUG -ffunction-sections",
                 "-DCMAKE_EXE_LINKER_FLAGS=-Wl,--gc-sections"]
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", folder, "-j", str(os.cpu_count())], check=True, stdout=subprocess.DEVNULL)
    for where, _folders, names in os.walk(folder):
        for name in names:
            if name.endswith(".gcda"):
                os.remove(os.path.join(where, name))


def run_vectors(folder):
    driver = os.path.join(folder, "actz_decoder_driver")
    for kernel in ("scalar", "avx2", "avx512"):
        for options in ("[--rows {rows}]", "--stream", "[--rows {rows}] --threads 3"):
            command = [sys.executable, os.path.join(HERE, "run_conformance.py"), "--decoder",
                       f"{driver} {{in}} {{out}} [--profile {{profile}}] {options}"]
            done = subprocess.run(command, check=False, capture_output=True, env={**os.environ, "ACTZ_FORCE_KERNEL": kernel})
            if done.returncode != 0:
                sys.exit(f"{kernel} kernels, {options}:\n" + done.stdout.decode() + done.stderr.decode())


def kept_functions(folder):
    """Mangled names of the functions in the driver."""
    listed = subprocess.run(["nm", os.path.join(folder, "actz_decoder_driver")], check=True, stdout=subprocess.PIPE)
    return {line.split()[-1] for line in listed.stdout.decode().splitlines()}


def reports_of_gcov(folder):
    """(path below the repository, lines) of every object, as gcov's JSON has them."""
    for where, _folders, names in os.walk(folder):
        for name in sorted(names):
            if not name.endswith(".gcda"):
                continue
            done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", os.path.join(where, name)],
                                  check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            for file in json.loads(done.stdout)["files"]:
                path = os.path.relpath(os.path.realpath(os.path.join(folder, file["file"])), ROOT)
                if path.startswith(SOURCES) and not path.startswith(NOT_DECODER):
                    yield path, file["lines"]


def measured(folder):
    """Path -> line -> [count, {number of branches: counts of each}]."""
    kept, out = kept_functions(folder), {}
    for path, lines in reports_of_gcov(folder):
        for line in lines:
            if line.get("function_name") not in kept:
                continue
            entry = out.setdefault(path, {}).setdefault(line["line_number"], [0, {}])
            entry[0] += line["count"]
            counts = [branch["count"] for branch in line["branches"] if not branch["throw"]]
            if counts:
                before = entry[1].get(len(counts), [0] * len(counts))
                entry[1][len(counts)] = [x + y for x, y in zip(before, counts)]
    return [summary_of(path, lines) for path, lines in sorted(out.items())]


def summary_of(path, lines):
    # Of the ways in which instances of a template have branches on a line, the longest stands for all.
    branches = [entry[1][max(entry[1])] for entry in lines.values() if entry[1]]
    return {"filename": path, "line_total": len(lines), "line_covered": sum(entry[0] > 0 for entry in lines.values()),
            "branch_total": sum(map(len, branches)), "branch_covered": sum(count > 0 for one in branches for count in one),
            "missed": sorted(number for number, entry in lines.items() if entry[0] == 0)}


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
    build(options.build)
    run_vectors(options.build)
    files = measured(options.build)
    text = table(files)
    print(text)
    for file in sorted(files, key=lambda one: one["line_covered"] - one["line_total"]):
        if file["line_covered"] < file["line_total"] or file["branch_covered"] < file["branch_total"]:
            print(f"{file['filename']}: {file['line_total'] - file['line_covered']} lines, "
                  f"{file['branch_total'] - file['branch_covered']} branches not reached" +
                  (f"; lines {' '.join(map(str, file['missed']))}" if file["missed"] else ""))
    if options.write:
        write(text)
    sums = {kind: percent(sum(file[kind + "_covered"] for file in files), sum(file[kind + "_total"] for file in files))
            for kind in WANTED}
    return 0 if all(sums[kind] >= wanted for kind, wanted in WANTED.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
