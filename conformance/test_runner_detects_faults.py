#!/usr/bin/env python3
"""Plants faults in a decoder and in the list of vectors; fails unless the runner reports every one of them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

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


def run(decoder, manifest, *arguments):
    command = [sys.executable, os.path.join(HERE, "run_conformance.py"), "--decoder", decoder, "--manifest", manifest,
               "--timeout", "5", "--json"] + list(arguments)
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
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


def main():
    missed = []
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
    total = len(DECODER_FAULTS) + len(kit_faults) + len(others) + 1
    print("".join(f"missed: {fault}\n" for fault in missed) + f"{total - len(missed)} of {total} planted faults found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
