#!/usr/bin/python3
"""Runs the walkthroughs of README.md and compares what they print with what the page quotes: words are the same, and
numbers within 5 % or 0.005, those with a sign within 0.02, since encoders built otherwise may decide otherwise. Times,
in ms, may be any.

  check_output.py BUILD

A walkthrough is a block of console output: "$ examples/NAME", then lines.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?: ms)?")


def is_like(quoted, printed):
    if NUMBER.sub("#", quoted) != NUMBER.sub("#", printed):
        return False
    for a, b in zip(NUMBER.findall(quoted), NUMBER.findall(printed)):
        if "ms" in a:
            continue
        close = 0.02 if a[0] in "+-" else max(0.05 * float(a), 0.005)
        if abs(float(a) - float(b)) > close:
            return False
    return True


def check(command, quoted, environment):
    run = subprocess.run(command, env=environment, cwd=HERE.parent, capture_output=True, text=True)
    assert run.returncode == 0, f"{command} failed:\n{run.stderr}"
    printed = run.stdout.splitlines()
    assert len(printed) == len(quoted) and all(map(is_like, quoted, printed)), \
        f"{command} prints\n{run.stdout}where the page has\n" + "\n".join(quoted)  # fmt: skip


def main():
    build = Path(sys.argv[1]).resolve()
    environment = dict(os.environ, BUILD=str(build), ACTZ_LIBRARY=str(build / "bindings/c/libactz_c.so"),
                       PYTHONPATH=str(HERE.parent / "bindings/python"), PYTHONDONTWRITEBYTECODE="1",
                       OPENBLAS_NUM_THREADS="1")  # fmt: skip
    blocks = re.findall(r"```console\n\$ (examples/[^\n]*)\n(.*?)```", (HERE / "README.md").read_text(), re.S)
    scripts = {command.split()[0] for command, _ in blocks}
    assert len(scripts) >= 4, scripts
    for command, lines in blocks:
        words = command.split()
        runner = [sys.executable] if words[0].endswith(".py") else []
        check(runner + words, lines.splitlines(), environment)
        print(f"ok  {command}")


if __name__ == "__main__":
    main()
