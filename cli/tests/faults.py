#!/usr/bin/env python3
"""encode, append and decode die or run out of space at every place: faults.py PROGRAM SHIM [--rounds N]

Promises: an append that said it was done is never lost, whatever kills a later one; a file that an append was cut off in
is readable, or the next append mends it; a full or broken disk leaves the old file as it was, and nothing beside it.
SHIM is fault_shim.cpp as a library. --rounds: how often an append is killed at a random time, besides.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

EXIT_IO = 6


class Bench:
    """A folder with the inputs, and the program in it."""

    def __init__(self, program, shim, folder):
        self.program, self.shim, self.folder = program, shim, folder
        self.random = np.random.default_rng(5)
        self.inputs = {}
        os.mkdir(os.path.join(folder, "inputs"))
        os.mkdir(os.path.join(folder, "work"))
        self.file = os.path.join(folder, "work", "f.actz")

    def tensor(self, name):
        path = os.path.join(self.folder, "inputs", name + ".npy")
        if name not in self.inputs:
            self.inputs[name] = self.random.integers(0, 256, (40, 100)).astype(np.uint8)
            np.save(path, self.inputs[name])
        return path

    def run(self, *words, fault=None):
        """Exit code, or minus the signal."""
        environment = {**os.environ, "LD_PRELOAD": self.shim, "ACTZ_FAULT": fault} if fault else None
        return subprocess.run([self.program, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment,
                              check=False).returncode

    def append(self, name, fault=None):
        return self.run("append", self.file, self.tensor(name), "--lossless", "-q", fault=fault)

    def beside(self):
        """What lies beside the file."""
        return sorted(set(os.listdir(os.path.dirname(self.file))) - {"f.actz"})

    def names(self):
        """Of the tensors, all of which are compared with what went in."""
        out = os.path.join(self.folder, "back.npz")
        code = self.run("decode", self.file, out, "--force", "-q")
        assert code == 0, f"the file is not readable ({code})"
        with np.load(out) as back:
            for name in back.files:
                assert (back[name] == self.inputs[name]).all(), f"{name} holds other values"
            return sorted(back.files)


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def mended_names(bench):
    """As bench.names(), after the next append has looked at the file, if one was cut off."""
    if "f.actz.undo" in bench.beside():
        code = bench.run("append", bench.file)
        assert code == 0, f"the cut-off append cannot be undone ({code})"
        assert "f.actz.undo" not in bench.beside(), "the old end was kept"
    return bench.names()


def append_killed_at_every_call(bench):
    sound, kept, n = contents(bench.file), bench.names(), 0
    while True:
        n += 1
        code = bench.append("more", fault=f"kill:{n}")
        if code == 0:
            break
        assert code == -9, f"kill:{n} gave {code}"
        names = mended_names(bench)
        assert names in (kept, sorted(kept + ["more"])), f"kill:{n} left {names}"
        with open(bench.file, "wb") as file:
            file.write(sound)
        for litter in bench.beside():
            os.remove(os.path.join(os.path.dirname(bench.file), litter))
        assert n < 1000
    assert n > 5, "the shim does nothing"
    with open(bench.file, "wb") as file:
        file.write(sound)
    return n - 1


def fails_at_every_call(bench, what, words, kind, target):
    """The command fails at its nth write, for every n: what is at `target`, a path, is as it was, and there is no litter.
    Only the last call may fail too late for that: the sync of the folder, when the new file has its name already and is
    whole."""
    tried, before = 0, contents(target) if os.path.exists(target) else None
    folder = os.path.dirname(bench.file)
    listed, late = sorted(os.listdir(folder)), []
    while True:
        tried += 1
        code = bench.run(*words, fault=f"{kind}:{tried}")
        found = contents(target) if os.path.exists(target) else None
        if code == 0:
            new = found
            break
        assert code == EXIT_IO, f"{what}, {kind}:{tried}: exit code {code}"
        litter = set(os.listdir(folder)) - set(listed) - {os.path.basename(target)}
        assert not litter, f"{what}, {kind}:{tried} left {litter}"
        if found != before:
            late.append((tried, found))
            restore(target, before)
        assert tried < 1000
    assert tried > 1, "the shim does nothing"
    restore(target, before)
    assert late in ([], [(tried - 1, new)]), f"{what}, {kind} at {[number for number, _ in late]} changed the file"
    return tried - 1


def restore(path, content):
    if content is None:
        if os.path.exists(path):
            os.remove(path)
    else:
        with open(path, "wb") as file:
            file.write(content)


def append_on_a_dead_disk(bench):
    """From the nth call on all fail, so that nothing can be put back: the next append does it."""
    sound, kept, n = contents(bench.file), bench.names(), 0
    while True:
        n += 1
        code = bench.append("more", fault=f"EIO:{n}+")
        if code == 0:
            break
        assert code == EXIT_IO, f"EIO:{n}+ gave {code}"
        names = mended_names(bench)
        assert names in (kept, sorted(kept + ["more"])), f"EIO:{n}+ left {names}"
        assert bench.beside() == [], f"EIO:{n}+ left {bench.beside()}"
        with open(bench.file, "wb") as file:
            file.write(sound)
        assert n < 1000
    with open(bench.file, "wb") as file:
        file.write(sound)
    return n - 1


def append_killed_at_random(bench, rounds):
    """Appends in a row, each killed after a random time, of what the last whole one took; every fifth is left alone, so
    that there is something to lose and to measure. @return how many said they were done, and were cut off."""
    chance, acknowledged, done, cut_off, duration = random.Random(7), bench.names(), 0, 0, 0.0
    for number in range(rounds):
        name = f"r{number}"
        command = [bench.program, "append", bench.file, bench.tensor(name), "--lossless", "-q"]
        begin = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(None if number % 5 == 0 else chance.uniform(0, 1.2 * duration))
        except subprocess.TimeoutExpired:
            process.kill()
        code = process.wait()
        if code == 0:
            duration = time.monotonic() - begin
            acknowledged.append(name)
            done += 1
        else:
            assert code == -9, f"round {number}: exit code {code}"
            cut_off += 1
        names = mended_names(bench)
        missing = set(acknowledged) - set(names)
        assert not missing, f"round {number}: lost {missing}"
        assert set(names) <= set(acknowledged) | {name}, f"round {number}: {names}"
        acknowledged = names
        if len(names) > 24:  # begin anew, so that reading all of it stays short
            acknowledged = begin_file(bench)
    return done, cut_off


def begin_file(bench):
    for name in os.listdir(os.path.dirname(bench.file)):
        os.remove(os.path.join(os.path.dirname(bench.file), name))
    code = bench.run("encode", bench.tensor("first"), bench.tensor("second"), bench.file, "--lossless", "-q", "--force")
    assert code == 0, "encode"
    return bench.names()


def real_full_disk(bench):
    """A tmpfs of 64 KiB, where mounting is allowed."""
    place = os.path.join(bench.folder, "small")
    os.mkdir(place)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], stderr=subprocess.DEVNULL, check=False)
    if mounted.returncode:
        return "not allowed here"
    try:
        path = os.path.join(place, "f.actz")
        shutil.copy(bench.file, path)
        appended = 0
        while True:
            before = contents(path)
            code = bench.run("append", path, bench.tensor(f"t{appended}"), "--lossless", "-q")
            if code:
                break
            appended += 1
        assert code == EXIT_IO and appended > 0, f"exit code {code} after {appended}"
        assert contents(path) == before and os.listdir(place) == ["f.actz"], "a full disk changed the file or left litter"
        assert bench.run("verify", "-q", path) == 0
        return f"full after {appended} appends"
    finally:
        subprocess.run(["umount", place], check=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("shim")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(os.path.abspath(options.program), os.path.abspath(options.shim), folder)
        begin_file(bench)
        bench.tensor("more")
        print(f"append killed at each of {append_killed_at_every_call(bench)} calls: nothing lost")
        new = os.path.join(os.path.dirname(bench.file), "new.actz")
        back = os.path.join(os.path.dirname(bench.file), "back.npz")
        commands = (("append", ["append", bench.file, bench.tensor("more"), "--lossless", "-q"], bench.file),
                    ("encode to a new file", ["encode", bench.tensor("more"), new, "--lossless", "-q"], new),
                    ("encode --force", ["encode", bench.tensor("more"), bench.file, "--lossless", "-q", "--force"], bench.file),
                    ("decode", ["decode", bench.file, back, "-q"], back))
        for what, words, target in commands:
            for kind in ("ENOSPC", "EIO"):
                count = fails_at_every_call(bench, what, words, kind, target)
                print(f"{what}, {kind} at each of {count} writes: nothing changed, no litter")
        print(f"append on a disk that dies at each of {append_on_a_dead_disk(bench)} writes: mended by the next one")
        print(f"append on a full tmpfs: {real_full_disk(bench)}")
        done, cut_off = append_killed_at_random(bench, options.rounds)
        print(f"{options.rounds} appends killed at random times: {done} done, {cut_off} cut off, none lost that was done")
        assert options.rounds < 20 or (done and cut_off), "the times say nothing"
    return 0


if __name__ == "__main__":
    sys.exit(main())
