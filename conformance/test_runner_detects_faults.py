#!/usr/bin/env python3
"""Plants faults in a decoder, in the list of vectors and in the runner; fails unless every one of them shows."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
REFERENCE = os.path.join(HERE, "..", "format_spec", "reference", "decode.py")
ACCEPTED = ["example_lossy", "lossless_bf16", "precision_8_to_11", "reference_not_needed"]
REJECTED = ["payload_cut", "dtype_unknown", "frequencies_sum", "array_too_large"]

# A decoder with a fault, chosen by its first argument: the reference decoder's result is spoilt.
FAULTY = r'''
import json, os, subprocess, sys, time
fault, source, out = sys.argv[1:4]
if fault == "hangs":
    time.sleep(60)
if fault == "writes nothing":
    sys.exit(0)
if fault == "refuses everything":
    sys.exit(3)
done = subprocess.run([sys.executable, REFERENCE, source, out], stderr=subprocess.PIPE)
code, message = done.returncode, done.stderr.decode()
if code:
    if fault == "crashes on bad input":
        os.kill(os.getpid(), 11)
    if fault == "exits as a shell does after a crash":
        sys.exit(139)
    if fault == "leaves an output behind":
        open(out, "wb").close()
    if fault == "accepts cut files" and "need_more_input" in message:
        sys.exit(0)
    if fault == "one exit code for all":
        code = 3
    if fault == "another family, same exit code":
        message = message.replace("[corrupt]", "[need_more_input]")
    sys.stderr.write(message)
    sys.exit(code)
data = open(out, "rb").read()
length = int.from_bytes(data[:8], "little")
header, content = json.loads(data[8:8 + length]), bytearray(data[8 + length:])
name = sorted(header)[-1]
if fault == "one bit wrong":
    content[-1] ^= 1
if fault == "another type":
    header[name]["dtype"] = {"F32": "I32", "BF16": "F16", "U8": "I8"}[header[name]["dtype"]]
if fault == "another shape":
    header[name]["shape"] = [1] + header[name]["shape"]
if fault == "another name":
    header[name + "_"] = header.pop(name)
if fault == "a tensor too few":
    del header[name]
if fault == "a tensor too many":
    header["more"] = header[name]
if fault == "offsets outside":
    header[name]["data_offsets"][1] += 8
text = json.dumps(header).encode()
open(out, "wb").write(len(text).to_bytes(8, "little") + text + content)
if fault == "not a safetensors file":
    open(out, "wb").write(b"\x93NUMPY")
'''
# Fault -> the vectors that show it.
DECODER_FAULTS = {
    "hangs": ACCEPTED[:1],
    **dict.fromkeys(("writes nothing", "refuses everything", "one bit wrong", "another type", "another shape",
                     "another name",
                     "a tensor too few", "a tensor too many", "offsets outside", "not a safetensors file"),
                    ACCEPTED[:2]),
    **dict.fromkeys(("crashes on bad input", "exits as a shell does after a crash", "leaves an output behind",
                     "accepts cut files", "one exit code for all", "another family, same exit code"), REJECTED),
}


# A fault in the runner: file, what stands there, what stands there instead.
RUNNER_FAULTS = {
    "the level is not looked at": ("run_conformance.py", '<= options.level]', '<= 9]'),
    "the level is too low by one": ("run_conformance.py", '<= options.level]', '< options.level]'),
    "L2 is read as L0": ("run_conformance.py", 'return int(match.group(1))', 'return 0'),
    "any level is taken": ("run_conformance.py", 'r"L?(\\d)", word)', 'r"L?(\\d)", "L4")'),
    "rows are always of no concern": ("run_conformance.py", 'OPTIONAL = ("profile", "rows")', 'OPTIONAL = ("profile",)'),
    "rows are skipped always": ("run_conformance.py", 'if word in vector and f"{{{word}}}" not in self.options.decoder', 'if word in vector'),
    "skips pass for strict ones": ("run_conformance.py", 'if options.no_skips and count["skipped"]', 'if False'),
    "standard input is empty": ("run_conformance.py", 'if self.options.stdin else os.devnull', 'if False else os.devnull'),
    "a bare output is not compared": ("run_conformance.py", 'return "" if found == vector["output"] else', 'return "" if found else'),
    "a bare output is not wanted": ("run_conformance.py", 'return f"no output: {error.strerror}"', 'return ""'),
    "JSON goes nowhere": ("run_conformance.py", 'if path and path != "-":', 'if path and path == options.junit:'),
    "a result is lost": ("run_conformance.py", 'results = list(pool.map(runner.run, vectors))', 'results = list(pool.map(runner.run, vectors[1:]))'),
    "results are lost in JSON": ("conformance_reports.py", 'json.dumps(summary,', 'json.dumps({**summary, "results": []},'),
    "failures are no failures in JUnit": ("conformance_reports.py", 'failures=count["failed"]', 'failures="0"'),
    "failed cases pass in JUnit": ("conformance_reports.py", 'if one["outcome"] != "passed":', 'if one["outcome"] == "skipped":'),
    "skipped cases fail in JUnit": ("conformance_reports.py", '"failure" if one["outcome"] == "failed" else "skipped"', '"failure"'),
    "cases are lost in JUnit": ("conformance_reports.py", 'for one in members:', 'for one in members[1:]:'),
    "an incomplete list passes in JUnit": ("conformance_reports.py", 'if not summary["complete"]:', 'if False:'),
    "a page says passed": ("conformance_reports.py", 'else "failed"', 'else "passed"'),
    "a page leaves out failures": ("conformance_reports.py", 'for one in sorted(summary["results"], key=lambda result: order[result["outcome"]]):', 'for one in [one for one in summary["results"] if one["outcome"] != "failed"]:'),
    "a page does not escape": ("conformance_reports.py", '[html.escape(one[key])', '[(one[key])'),
}


def run(decoder, manifest, *arguments, runner=HERE):
    command = [sys.executable, os.path.join(runner, "run_conformance.py"), "--decoder", decoder, "--manifest", manifest,
               "--timeout", "5", "--json"] + list(arguments)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode, json.loads(done.stdout.decode("utf-8"))


def small_kit(folder):
    """A copy of a few vectors with their manifest."""
    with open(os.path.join(HERE, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    manifest["vectors"] = [vector for vector in manifest["vectors"] if vector["id"] in ACCEPTED + REJECTED]
    manifest["count"] = len(manifest["vectors"])
    assert manifest["count"] == len(ACCEPTED + REJECTED)
    for vector in manifest["vectors"]:
        os.makedirs(os.path.dirname(os.path.join(folder, vector["file"])), exist_ok=True)
        shutil.copy(os.path.join(HERE, vector["file"]), os.path.join(folder, vector["file"]))
    return manifest


# Rows of three_chunks.actz and bare outputs, as a table: the decoder knows nothing and looks the answer up.
ANSWERS = r'''
import json, shutil, sys
source, out, rows = sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else ""
if source == "-":
    sys.exit(0 if sys.stdin.buffer.read(1) else 3)
answers = json.load(open(ANSWERS))
code, data = answers.get(source.rpartition("/")[2] + rows, (3, ""))
if code == 0:
    open(out, "wb").write(bytes.fromhex(data))
sys.exit(code)
'''


def safetensors(name, dtype, shape, content):
    text = json.dumps({name: {"dtype": dtype, "shape": shape, "data_offsets": [0, len(content)]}}).encode()
    return len(text).to_bytes(8, "little") + text + content


class OutputsKit:
    """A list of five made-up vectors of several levels, a decoder that knows some of the answers, and what the runner
    must say."""

    def __init__(self, folder):
        self.folder = folder
        content, bare = bytes(range(8)), b"bare"
        tensor = {"name": "x", "dtype": "u8", "shape": [8], "sha256": hashlib.sha256(content).hexdigest()}
        made = {"zero": {"level": "L0", "expect": "reject", "families": ["corrupt"]},
                "two": {"level": "L2", "expect": "accept", "tensors": [tensor]},
                "wrong": {"level": "L2", "expect": "accept", "tensors": [{**tensor, "dtype": "i8"}]},
                "bare": {"level": "L3", "expect": "accept", "output": {"bytes": 4, "sha256": hashlib.sha256(bare).hexdigest()}},
                "rows": {"level": "L4", "expect": "accept", "tensors": [tensor], "rows": [2, 4]}}
        os.makedirs(os.path.join(folder, "vectors"))
        self.vectors = []
        for name, fields in made.items():
            data = name.encode()
            with open(os.path.join(folder, "vectors", name), "wb") as file:
                file.write(data)
            self.vectors.append({"id": name, "group": "g<&>" if name == "wrong" else "g", "file": "vectors/" + name,
                                 "sha256": hashlib.sha256(data).hexdigest(), "rules": [], **fields})
        answer = safetensors("x", "U8", [8], content).hex()
        self.answers = {"two": (0, answer), "wrong": (0, answer), "bare": (0, bare.hex()), "rows2:4": (0, answer)}
        self.decoder = os.path.join(folder, "answers.py")
        with open(self.decoder, "w", encoding="utf-8") as file:
            file.write(f"ANSWERS = {os.path.join(folder, 'answers.json')!r}\n{ANSWERS}")
        self.store(self.vectors, self.answers)

    def store(self, vectors, answers, count=None):
        with open(os.path.join(self.folder, "manifest.json"), "w", encoding="utf-8") as file:
            json.dump({"count": count or len(vectors), "exit_codes": {"corrupt": 3}, "families": {}, "vectors": vectors}, file)
        with open(os.path.join(self.folder, "answers.json"), "w", encoding="utf-8") as file:
            json.dump(answers, file)

    def run(self, runner, *arguments, rows="[{rows}]", source="{in}"):
        """(exit code, JSON, JUnit, page)."""
        paths = [os.path.join(self.folder, name) for name in ("out.json", "out.xml", "out.html")]
        command = [sys.executable, os.path.join(runner, "run_conformance.py"), "--decoder",
                   f"{sys.executable} {self.decoder} {source} {{out}} {rows}", "--manifest",
                   os.path.join(self.folder, "manifest.json"), "--json", paths[0], "--junit", paths[1], "--html", paths[2]]
        for path in paths:
            if os.path.exists(path):
                os.remove(path)
        done = subprocess.run(command + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        texts = []
        for path in paths:
            with open(path, encoding="utf-8") as file:
                texts.append(file.read())
        return done.returncode, json.loads(texts[0]), xml.etree.ElementTree.fromstring(texts[1]), texts[2]


def ids(results, outcome):
    return [result["id"] for result in results["results"] if result["outcome"] == outcome]


def failed_in_junit(junit):
    assert sum(int(suite.get("tests")) for suite in junit) == len(list(junit.iter("testcase"))), "cases of JUnit"
    failed = [case.get("name") for case in junit.iter("testcase") if case.find("failure") is not None]
    assert sum(int(suite.get("failures")) for suite in junit) == len(failed), "failures of JUnit"
    return failed


def check_outputs(runner):
    """Raises an exception unless the runner in this folder tells what happened, in every form."""
    with tempfile.TemporaryDirectory() as folder:
        kit = OutputsKit(folder)
        code, results, junit, page = kit.run(runner)
        assert code == 1 and ids(results, "failed") == ["wrong"] and results["passed"] == 4 and results["complete"]
        assert failed_in_junit(junit) == ["wrong"] and len(list(junit.iter("testcase"))) == 5
        assert "Conformance: failed" in page and "<td>wrong</td>" in page and "g&lt;&amp;&gt;" in page and "g<&" not in page
        for level, wanted in (("L0", ["zero"]), ("L1", ["zero"]), ("2", ["zero", "two", "wrong"]), ("L3", ["zero", "two", "wrong", "bare"])):
            code, results, junit, _page = kit.run(runner, "--level", level)
            assert [result["id"] for result in results["results"]] == wanted, (level, results)
            assert code == (1 if "wrong" in wanted else 0)
        try:
            kit.run(runner, "--level", "L17")
        except FileNotFoundError:
            pass
        else:
            raise AssertionError("a level that does not exist")
        sound = [vector for vector in kit.vectors if vector["id"] != "wrong"]
        kit.store(sound, kit.answers)
        code, results, junit, page = kit.run(runner, "--no-skips")
        assert code == 0 and results["passed"] == 4 and failed_in_junit(junit) == [] and "Conformance: passed" in page
        code, results, junit, _page = kit.run(runner, rows="")
        assert code == 0 and ids(results, "skipped") == ["rows"] and failed_in_junit(junit) == []
        assert kit.run(runner, "--no-skips", rows="")[0] == 1
        code, results, junit, page = kit.run(runner, "--group", "none")
        assert code == 1 and not results["complete"]
        kit.store(sound, kit.answers, 5)
        code, results, junit, page = kit.run(runner)
        assert code == 1 and failed_in_junit(junit) == ["complete"] and "Conformance: failed" in page
        kit.store(sound, {**kit.answers, "bare": (0, "00")})
        assert ids(kit.run(runner)[1], "failed") == ["bare"]
        kit.store(sound, {**kit.answers, "bare": (0, b"bar!".hex())})
        assert ids(kit.run(runner)[1], "failed") == ["bare"]
        kit.store(sound, {**kit.answers, "rows2:4": (3, ""), "rows": kit.answers["two"]})
        assert ids(kit.run(runner)[1], "failed") == ["rows"]
        kit.store([vector for vector in sound if vector["id"] == "two"], kit.answers)
        assert ids(kit.run(runner, "--stdin")[1], "failed") == ["two"]  # it says yes, and writes nothing
        no_output = [{**vector, "tensors": []} for vector in sound if vector["id"] == "two"]
        kit.store(no_output, kit.answers)
        assert "the output cannot be read" in kit.run(runner, "--stdin")[1]["results"][0]["why"]
        kit.store([{**sound[2]}], {})
        assert "no output" in kit.run(runner, "--stdin")[1]["results"][0]["why"]


def runner_faults_missed():
    missed = []
    check_outputs(HERE)
    for fault, (name, old, new) in RUNNER_FAULTS.items():
        with tempfile.TemporaryDirectory() as folder:
            for part in ("run_conformance.py", "conformance_reports.py"):
                shutil.copy(os.path.join(HERE, part), folder)
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read()
            assert text.count(old) == 1, (fault, text.count(old))
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text.replace(old, new))
            try:
                check_outputs(folder)
            except Exception:  # pylint: disable=broad-except
                continue
            missed.append(fault)
    return missed


def main():
    missed = runner_faults_missed()
    with tempfile.TemporaryDirectory() as folder:
        faulty, path = os.path.join(folder, "faulty.py"), os.path.join(folder, "manifest.json")
        with open(faulty, "w", encoding="utf-8") as file:
            file.write(f"REFERENCE = {REFERENCE!r}\n{FAULTY}")
        manifest = small_kit(folder)

        def store(changed):
            with open(path, "w", encoding="utf-8") as file:
                json.dump(changed, file)

        def decoder(fault):
            return f"{sys.executable} {faulty} {fault!r} {{in}} {{out}}"

        store(manifest)
        code, results = run(decoder("none"), path)
        if code != 0 or results["passed"] != manifest["count"]:
            missed.append(f"a sound decoder fails: {results}")
        for fault, ids in DECODER_FAULTS.items():
            if run(decoder(fault), path, *(word for one in ids for word in ("--id", one)))[0] == 0:
                missed.append(fault)

        sound = decoder("none")
        first = manifest["vectors"][0]
        kit_faults = {
            "a vector left out of the list": {**manifest, "vectors": manifest["vectors"][1:]},
            "an empty list": {**manifest, "vectors": [], "count": 0},
            "a wrong digest": {**manifest, "vectors": [{**first, "sha256": "0" * 64}] + manifest["vectors"][1:]},
            "a missing file": {**manifest, "vectors": [{**first, "file": "vectors/none.actz"}] +
                               manifest["vectors"][1:]},
            "a wrong verdict": {**manifest, "vectors": [{**first, "expect": "reject", "families": ["corrupt"]}] +
                                manifest["vectors"][1:]},
        }
        for fault, changed in kit_faults.items():
            store(changed)
            if run(sound, path)[0] == 0:
                missed.append(fault)
        store(manifest)
        others = {"an id that does not exist": [sound, path, "--id", "example_lossy", "--id", "no_such"],
                  "a decoder that does not exist": ["no_such_decoder {in} {out}", path]}
        for fault, arguments in others.items():
            if run(*arguments)[0] == 0:
                missed.append(fault)
        with open(os.path.join(folder, first["file"]), "ab") as file:
            file.write(b"\0")
        if run(sound, path)[0] == 0:
            missed.append("a changed vector")
    total = len(DECODER_FAULTS) + len(kit_faults) + len(others) + 1 + len(RUNNER_FAULTS)
    print("".join(f"missed: {fault}\n" for fault in missed) + f"{total - len(missed)} of {total} planted faults found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
