"""Data and settings that the tests share."""

import os
from pathlib import Path

import hypothesis
import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
EXAMPLES = REPOSITORY / "examples" / "data"

# CTest names the library and the plugin that it tests; by hand they are those of ./check.
BINDINGS = REPOSITORY / "build" / "release" / "bindings"
os.environ.setdefault("ACTZ_LIBRARY", str(BINDINGS / "c" / "libactz_c.so"))
os.environ.setdefault("HDF5_PLUGIN_PATH", str(BINDINGS / "hdf5"))

# Alike on every run, short, and without a clock: machines that test are slow and busy.
hypothesis.settings.register_profile("check", max_examples=30, deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("check")


@pytest.fixture(scope="session")
def hidden() -> np.ndarray:
    """Activations of BabyLlama's layer 3: float32, (2, 256, 128)."""
    return np.load(EXAMPLES / "babyllama_layer3_2x256x128.npy")


@pytest.fixture(scope="session")
def profile_path() -> Path:
    """A profile for tensors as `hidden`."""
    return EXAMPLES / "babyllama_layer3.actp"


def nmse(tensor: np.ndarray, decoded: np.ndarray) -> float:
    """Squared error over the energy of rows around the mean row, as the library counts it."""
    rows = tensor.reshape(-1, tensor.shape[-1]).astype(np.float64)
    error = rows - decoded.reshape(rows.shape).astype(np.float64)
    return float(np.sum(error**2) / np.sum((rows - rows.mean(axis=0)) ** 2))
