"""Zarr arrays whose chunks are .actz files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import actz
import numpy as np
import pytest

zarr = pytest.importorskip("zarr", minversion="2.11", reason="actz.zarr_codec is tested with zarr 2")
if int(zarr.__version__.split(".")[0]) > 2:
    pytest.skip("actz.zarr_codec is of zarr 2", allow_module_level=True)
from actz import zarr_codec  # noqa: E402
from actz.zarr_codec import Actz, load_profiles, missing_chunks, register_profile, save_profile  # noqa: E402
from conftest import nmse  # noqa: E402
from numcodecs.registry import get_codec  # noqa: E402


@pytest.fixture
def no_profiles(monkeypatch):
    """As in a process that has registered none."""
    monkeypatch.setattr(zarr_codec, "_known", {})


def written(array, codec, **options):
    """A Zarr array in memory, opened anew."""
    store = options.pop("store", None)
    store = {} if store is None else store
    zarr.array(array, store=store, compressor=codec, filters=None, **options)
    return zarr.open(store, "r")


@pytest.mark.parametrize("dtype", ["f4", "f2", "f8", "i4", "u1", "i8", "bool"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_types_and_shapes_come_back(dtype, order):
    array = (np.arange(7 * 11 * 5).reshape(7, 11, 5) % 19 - 5).astype(dtype)
    back = written(array, Actz(lossless=True), chunks=(3, 4, 5), order=order)
    assert back.compressor == Actz(lossless=True)
    assert back.dtype == array.dtype and np.array_equal(back[:], array)
    assert np.array_equal(back[2:5, ::3, 1], array[2:5, ::3, 1])
    assert missing_chunks(back) == []


@pytest.mark.parametrize("shape, chunks", [((), ()), ((1000,), (64,)), ((5, 1), (2, 1))])
def test_few_axes(shape, chunks):
    array = np.arange(int(np.prod(shape)), dtype="f4").reshape(shape)
    back = written(array, Actz(lossless=True), chunks=chunks or None)
    assert np.array_equal(back[...], array)


def test_each_target_is_met(hidden):
    rows = hidden.reshape(-1, hidden.shape[-1])
    exact = written(rows, Actz(max_error=0.005), chunks=(256, 128))
    assert 0 < np.abs(exact[:] - rows).max() <= 0.005
    lossy = written(rows, Actz(nmse=0.05, effort=3), chunks=rows.shape)
    assert 0.03 < nmse(rows, lossy[:]) < 0.06
    assert lossy.nbytes_stored < exact.nbytes_stored < rows.nbytes


def test_whole_contiguous_chunks_are_decoded_in_place(hidden):
    back = written(hidden, Actz(lossless=True), chunks=hidden.shape)
    out = np.zeros_like(hidden)
    back.get_basic_selection(Ellipsis, out=out)
    assert np.array_equal(out, hidden)
    codec = Actz(lossless=True)
    assert codec.decode(codec.encode(hidden), out=out) is out


def test_bfloat16_travels_as_its_bits(hidden):
    bits = actz.f32_to_bf16(hidden)
    back = written(np.asarray(bits).view("u2"), Actz(nmse=0.02, bf16=True), chunks=(1, 256, 128))
    assert back.dtype == np.uint16
    assert 0.01 < nmse(hidden, actz.bf16_to_f32(back[:])) < 0.03


def test_an_embedded_profile_is_not_needed_to_read(hidden, profile_path, monkeypatch):
    back = written(hidden, Actz(nmse=0.02, profile=profile_path), chunks=(1, 256, 128))
    monkeypatch.setattr(zarr_codec, "_known", {})
    assert nmse(hidden, back[:]) < 0.03
    with pytest.raises(actz.BadArgumentError, match="not registered"):
        zarr.open(back.store, "a")[:] = 1


def test_a_named_profile_is_found_in_the_store(hidden, profile_path, monkeypatch):
    store = {}
    digest = save_profile(profile_path, store)
    codec = Actz(nmse=0.02, profile=digest, embed_profile=False)
    back = written(hidden, codec, chunks=(1, 256, 128), store=store)
    embedded = written(hidden, Actz(nmse=0.02, profile=digest), chunks=(1, 256, 128))
    assert len(store["0.0.0"]) < len(embedded.store["0.0.0"]) / 2
    assert json.loads(store[".zarray"])["compressor"] == {
        "id": "actz", "nmse": 0.02, "profile": digest, "embed_profile": False}
    monkeypatch.setattr(zarr_codec, "_known", {})
    with pytest.raises(actz.UnsupportedError, match=digest):
        back[:]
    assert load_profiles(store) == [digest]
    assert nmse(hidden, back[:]) < 0.03


def test_a_profile_under_another_digest_is_refused(profile_path, no_profiles):
    store = {}
    digest = save_profile(profile_path, store)
    key = f"actz_profiles/{digest}.actp"
    store[key.replace(digest[:4], "0000" if digest[:4] != "0000" else "1111")] = store.pop(key)
    with pytest.raises(actz.BadArgumentError, match="another profile"):
        load_profiles(store)


def test_a_damaged_chunk_is_an_error(hidden):
    back = written(hidden, Actz(lossless=True), chunks=hidden.shape)
    data = bytearray(back.store["0.0.0"])
    data[len(data) // 2] ^= 1
    back.store["0.0.0"] = bytes(data)
    with pytest.raises(actz.CorruptError):
        back[:]


@pytest.mark.parametrize("separator", [".", "/"])
@pytest.mark.parametrize("path", [None, "group/hidden"])
def test_missing_chunks_are_named(tmp_path, separator, path):
    store = zarr.DirectoryStore(tmp_path / "x.zarr", dimension_separator=separator)
    array = np.ones((8, 6), np.float32)
    zarr.array(array, store=store, path=path, chunks=(4, 2), compressor=Actz(lossless=True))
    back = zarr.open(store, "r", path=path)
    assert missing_chunks(back) == []
    prefix = f"{path}/" if path else ""
    gone = [f"{prefix}0{separator}2", f"{prefix}1{separator}0"]
    for key in gone:
        (tmp_path / "x.zarr" / key).unlink()
    assert missing_chunks(back) == gone
    assert (back[:] == 0).sum() == 16  # Zarr says nothing


def test_what_cannot_be_encoded_is_refused():
    for bad in (b"bytes", np.zeros(3, ">f4"), np.zeros(3, "c8"), np.zeros(3, "M8[s]")):
        with pytest.raises(actz.BadArgumentError):
            Actz(lossless=True).encode(bad)
    for options in (dict(nmse=0.1, lossless=True), dict(nmse=0.1, max_error=1.0), dict(embed_profile=False)):
        with pytest.raises(actz.BadArgumentError):
            Actz(**options)
    with pytest.raises(actz.BadArgumentError, match="not a chunk"):
        Actz().decode(actz.encode({"a": np.zeros(3), "b": np.zeros(3)}))


def test_configurations_come_back(profile_path):
    digest = register_profile(profile_path)
    for codec in (Actz(), Actz(max_error=0.5, effort=9), Actz(profile=digest, embed_profile=False), Actz(bf16=True)):
        config = json.loads(json.dumps(codec.get_config()))
        assert get_codec(config) == codec and get_codec(config).get_config() == config


def test_numcodecs_finds_the_codec_by_the_entry_point_of_the_project(tmp_path):
    """As after `pip install`, whose metadata setuptools makes from pyproject.toml."""
    pytest.importorskip("entrypoints", reason="how this numcodecs finds codecs")
    package = Path(actz.__file__).resolve().parents[1]
    text = (package / "pyproject.toml").read_text()
    section = text.split('[project.entry-points."numcodecs.codecs"]')[1].split("[")[0]
    metadata = tmp_path / "actz-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: actz\nVersion: 0.1.0\n")
    (metadata / "entry_points.txt").write_text("[numcodecs.codecs]\n" + section.strip().replace('"', "") + "\n")
    script = "import numcodecs, sys; print(numcodecs.get_codec({'id': 'actz', 'nmse': 0.1}))"
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(tmp_path), str(package)]))
    out = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "Actz(nmse=0.1)"
