"""Builds the shared library with CMake and puts it beside the package: `pip install --no-build-isolation .`

The environment may name a build directory of the project in ACTZ_CMAKE_BUILD_DIR, whose library is then brought up to
date and taken; otherwise one is made for the occasion.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # before setuptools 70.1
    from wheel.bdist_wheel import bdist_wheel

PROJECT = Path(__file__).resolve().parents[2]


def version() -> str:
    text = (PROJECT / "libcodec/include/actz/version.hpp").read_text()
    return re.search(r'kLibraryVersion = "([^"]+)"', text).group(1)


def build_library(scratch: Path) -> Path:
    """The library libactz_c.so, built."""
    named = os.environ.get("ACTZ_CMAKE_BUILD_DIR")
    directory = Path(named).resolve() if named else scratch.resolve()
    if not named:
        parts = ("TESTS", "CLI", "BENCH", "EXAMPLES")
        options = ["-DCMAKE_BUILD_TYPE=Release", *(f"-DACTZ_BUILD_{part}=OFF" for part in parts)]
        subprocess.run(["cmake", "-S", PROJECT, "-B", directory, *options], check=True)
    subprocess.run(["cmake", "--build", directory, "--target", "actz_c", "--parallel"], check=True)
    return directory / "bindings/c/libactz_c.so"


class BuildWithLibrary(build_py):
    def run(self) -> None:
        super().run()
        scratch = Path(self.get_finalized_command("build").build_temp) / "cmake"
        into = Path(__file__).resolve().parent if getattr(self, "editable_mode", False) else Path(self.build_lib)
        shutil.copyfile(build_library(scratch), into / "actz" / "libactz_c.so")


class WheelOfPlatform(bdist_wheel):
    """For any Python 3, but for this machine: there is a library inside, and no extension module."""

    def get_tag(self) -> tuple:
        return "py3", "none", super().get_tag()[2]


class DistributionWithLibrary(Distribution):
    def has_ext_modules(self) -> bool:
        return True


setup(
    version=version(),
    distclass=DistributionWithLibrary,
    cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": WheelOfPlatform},
)
