#!/usr/bin/env python3
"""Runs a decoder over the conformance vectors. Needs Python 3.8 and the folder it stands in, nothing else.

    run_conformance.py --decoder "CMD {in} {out} [--profile {profile}]"

{in} is a vector, {out} a path ending in .safetensors that the decoder writes all tensors to. A part in brackets is
used only for vectors that need a profile, or of which rows are wanted ("[--rows {rows}]"); without one, such vectors
are skipped and counted. Without {out}, only verdicts are compared. README.md tells what passes.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time

import conformance_reports

HERE = os.path.dirname(os.path.abspath(__file__))
DTYPES = {"BOOL": "bool", "U8": "u8", "I8": "i8", "U16": "u16", "I16": "i16", "U32": "u32", "I32": "i32", "U64": "u64",
          "I64": "i64", "F16": "f16", "BF16": "bf16", "F32": "f32", "F64": "f64"}
OPTIONAL = ("profile", "rows")  # keys of vectors, and words in braces that a decoder may lack


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


def level_number(word):
    """Of L2 or 2."""
    match = re.fullmatch(r"L?(\d)", word)
    if not match:
        raise argparse.ArgumentTypeError(f"{word!r} is no level: L0 to L4")
    return int(match.group(1))


def read_safetensors(path):
    """Name -> (dtype, shape, sha256)."""
    data = read_file(path)
    header_bytes = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + header_bytes].decode("utf-8"))
    content, out = data[8 + header_bytes :], {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, end = entry["data_offsets"]
            if not 0 <= first <= end <= len(content):
                raise ValueError(f"offsets of {name!r} leave the file")
            out[name] = (DTYPES[entry["dtype"]], entry["shape"], sha256(content[first:end]))
    return out


class Runner:
    def __init__(self, manifest_path, options):
        self.folder = os.path.dirname(os.path.abspath(manifest_path))
        self.manifest = json.loads(read_file(manifest_path).decode("utf-8"))
        self.options = options
        self.has_output = "{out}" in options.decoder

    def selected(self):
        options = self.options
        return [vector for vector in self.manifest["vectors"]
                if (not options.group or vector["group"] in options.group) and
                (not options.id or vector["id"] in options.id) and level_number(vector["level"]) <= options.level]

    def command(self, vector, out):
        template = self.options.decoder
        for word in OPTIONAL:
            kept = r"\1" if word in vector else ""
            template = re.sub(rf"\[([^\[\]]*\{{{word}\}}[^\[\]]*)\]", kept, template)
        path = os.path.join(self.folder, vector["file"])
        places = {"{in}": "-" if self.options.stdin else path, "{out}": out,
                  "{profile}": os.path.join(self.folder, vector.get("profile", "")),
                  "{rows}": ":".join(map(str, vector.get("rows", ())))}
        words = shlex.split(template)
        for place, text in places.items():
            words = [word.replace(place, text) for word in words]
        return words

    def run(self, vector):
        """The result of a vector, as conformance_reports.py wants it."""
        begin = time.monotonic()
        outcome, why = self.outcome(vector)
        return {"id": vector["id"], "group": vector["group"], "level": vector["level"], "outcome": outcome, "why": why,
                "seconds": round(time.monotonic() - begin, 4)}

    def outcome(self, vector):
        """(outcome, why): passed, failed or skipped."""
        for word in OPTIONAL:
            if word in vector and f"{{{word}}}" not in self.options.decoder:
                return "skipped", f"the decoder takes no {word}"
        try:
            if sha256(read_file(os.path.join(self.folder, vector["file"]))) != vector["sha256"]:
                return "failed", "the vector is not the one listed"
        except OSError as error:
            return "failed", f"no vector: {error.strerror}"
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out.safetensors")
            try:
                with open(os.path.join(self.folder, vector["file"]) if self.options.stdin else os.devnull, "rb") as stdin:
                    done = subprocess.run(self.command(vector, out), stdin=stdin, stdout=subprocess.DEVNULL,
                                          stderr=subprocess.PIPE, timeout=self.options.timeout, check=False)
            except subprocess.TimeoutExpired:
                return "failed", f"no end after {self.options.timeout} s"
            except OSError as error:
                return "failed", f"the decoder does not start: {error.strerror}"
            message = done.stderr.decode("utf-8", "replace").strip()
            if done.returncode < 0 or done.returncode >= 128:
                return "failed", f"the decoder crashed ({done.returncode}): {message[-200:]}"
            compare = self.compare_accepted if vector["expect"] == "accept" else self.compare_rejected
            why = compare(vector, done.returncode, message, out)
            return ("failed", why) if why else ("passed", "")

    def compare_accepted(self, vector, exit_code, message, out):
        if exit_code != 0:
            return f"refused ({exit_code}): {message[-200:]}"
        if not self.has_output:
            return ""
        if "output" in vector:
            return self.compare_bare(vector, out)
        try:
            found = read_safetensors(out)
        except (OSError, ValueError, KeyError, TypeError) as error:
            return f"the output cannot be read: {error!r}"
        wanted = {tensor["name"]: (tensor["dtype"], tensor["shape"], tensor["sha256"]) for tensor in vector["tensors"]}
        if set(found) != set(wanted):
            return f"tensors {sorted(found)} instead of {sorted(wanted)}"
        for name, expected in wanted.items():
            for part, have, want in zip(("dtype", "shape", "sha256"), found[name], expected):
                if have != want:
                    return f"{part} of {name[:40]!r} is {have}, not {want}"
        return ""

    @staticmethod
    def compare_bare(vector, out):
        try:
            data = read_file(out)
        except OSError as error:
            return f"no output: {error.strerror}"
        found = {"bytes": len(data), "sha256": sha256(data)}
        return "" if found == vector["output"] else f"{found} instead of {vector['output']}"

    def compare_rejected(self, vector, exit_code, message, out):
        families, numbers = vector["families"], self.manifest["exit_codes"]
        if exit_code == 0:
            return f"accepted, but it breaks {', '.join(vector['rules'])}"
        if self.has_output and os.path.exists(out):
            return "refused, but an output was left behind"
        if self.options.any_exit_code:
            return ""
        word = re.search(r"\[(\w+)\]\s*$", message)
        if exit_code not in [numbers[family] for family in families]:
            return f"exit code {exit_code}, which does not stand for {' or '.join(families)}: {message[-200:]}"
        family = self.manifest["families"].get(word.group(1), word.group(1)) if word else None
        if family and family not in families:
            return f"reported as {family}, not {' or '.join(families)}"
        return ""


def parsed_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decoder", required=True, help="command line with {in}, {out} and [… {profile} …] [… {rows} …]")
    parser.add_argument("--manifest", default=os.path.join(HERE, "manifest.json"))
    parser.add_argument("--group", action="append", help="only this group (may be repeated)")
    parser.add_argument("--id", action="append", help="only this vector (may be repeated)")
    parser.add_argument("--level", type=level_number, default="L9", help="only vectors up to this level: L0 to L4")
    parser.add_argument("--any-exit-code", action="store_true", help="for rejects, any exit code but 0 will do")
    parser.add_argument("--no-skips", action="store_true", help="a vector that is skipped is a failure")
    parser.add_argument("--stdin", action="store_true", help="{in} becomes -, and the vector is standard input")
    parser.add_argument("--timeout", type=float, default=60, help="seconds for one vector")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="every result as JSON, to standard output or FILE")
    parser.add_argument("--junit", metavar="FILE", help="every result as JUnit XML")
    parser.add_argument("--html", metavar="FILE", help="every result as a page")
    return parser.parse_args()


def write_reports(summary, options):
    for path, make in ((options.json, conformance_reports.as_json), (options.junit, conformance_reports.as_junit),
                       (options.html, conformance_reports.as_html)):
        if path and path != "-":
            with open(path, "w", encoding="utf-8") as file:
                file.write(make(summary))
    if options.json == "-":
        print(conformance_reports.as_json(summary), end="")
        return
    for result in summary["results"]:
        if result["outcome"] == "failed":
            print(f"FAIL {result['id']}: {result['why']}")
    if not summary["complete"]:
        print("FAIL: vectors are missing from the list")
    print(f"{summary['passed']} passed, {summary['failed']} failed, {summary['skipped']} skipped of "
          f"{summary['selected']} selected, {summary['listed']} listed")


def main():
    options = parsed_options()
    runner = Runner(options.manifest, options)
    vectors = runner.selected()
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(options.jobs, 1)) as pool:
        results = list(pool.map(runner.run, vectors))
    count = {word: sum(result["outcome"] == word for result in results) for word in ("passed", "failed", "skipped")}
    complete = bool(vectors) and len(runner.manifest["vectors"]) == runner.manifest["count"]
    complete = complete and not set(options.id or ()) - {vector["id"] for vector in vectors}
    complete = complete and len({result["id"] for result in results}) == len(vectors) == sum(count.values())
    write_reports({"decoder": options.decoder, "level": f"L{options.level}" if options.level < 9 else "all",
                   "listed": runner.manifest["count"], "selected": len(vectors), **count, "complete": complete,
                   "results": results}, options)
    if options.no_skips and count["skipped"]:
        return 1
    return 0 if complete and count["failed"] == 0 and count["passed"] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
