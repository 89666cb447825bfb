"""The actz program, called as a child."""
import os
import pathlib
import shutil
import subprocess


def find_program(path=None) -> str:
    """The program to call: path, or the environment's ACTZ, or build/release/actz above this file, or that of PATH."""
    repository = pathlib.Path(__file__).resolve().parents[4]
    for candidate in (path, os.environ.get("ACTZ"), repository / "build/release/actz"):
        if candidate and pathlib.Path(candidate).is_file():
            return str(candidate)
        if candidate is path and path:
            raise FileNotFoundError(f"there is no program {path}")
    found = shutil.which("actz")
    if not found:
        raise FileNotFoundError("no actz program: build it, or name it with ACTZ")
    return found


def run_actz(program, *words) -> str:
    """Standard output of the program; its complaint as RuntimeError if it fails."""
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"actz {words[0]}: {done.stderr.strip()}")
    return done.stdout
