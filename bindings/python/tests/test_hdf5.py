"""HDF5 datasets whose chunks are .actz files, through the plugin that HDF5 loads."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import actz
import numpy as np
import pytest

h5py = pytest.importorskip("h5py", reason="the HDF5 of Python")
PLUGIN_PATH = Path(os.environ["HDF5_PLUGIN_PATH"])
if not (PLUGIN_PATH / "libactz_hdf5.so").exists():
    pytest.skip("the filter was not built: libhdf5-dev was not there", allow_module_level=True)
from actz import hdf5  # noqa: E402
from actz.hdf5 import FILTER_ID, filter_options, save_profile  # noqa: E402
from conftest import nmse  # noqa: E402


def write(path, array, chunks, **options):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=array, chunks=chunks, **options)


def read(path):
    with h5py.File(path) as file:
        return file["x"][...]


def run(*command, plugins=PLUGIN_PATH, package=Path(actz.__file__).parents[1], **environment):
    return subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(package), "HDF5_PLUGIN_PATH": str(plugins), **environment},
    )


def read_elsewhere(path, script="pass", **options):
    """Reads x in a process of its own, which is told nothing but what `options` of run say."""
    return run(sys.executable, "-c", f"import h5py; {script}; h5py.File({str(path)!r})['x'][...]", **options)


@pytest.mark.parametrize("dtype", ["f4", "f2", "f8", "i4", "u1", "i8", "bool"])
def test_types_and_edges_of_the_dataset_come_back(tmp_path, dtype):
    array = (np.arange(7 * 11 * 5).reshape(7, 11, 5) % 19 - 5).astype(dtype)
    write(tmp_path / "x.h5", array, (3, 4, 5), **filter_options(lossless=True))
    back = read(tmp_path / "x.h5")
    assert back.dtype == array.dtype and np.array_equal(back, array)


def test_activations_come_back_bit_for_bit(tmp_path, hidden):
    write(tmp_path / "x.h5", hidden, (1, 256, 128), **filter_options(lossless=True))
    assert read(tmp_path / "x.h5").tobytes() == hidden.tobytes()
    with h5py.File(tmp_path / "x.h5") as file:
        assert np.array_equal(file["x"][1, 100:200:3, 5], hidden[1, 100:200:3, 5])
        assert file["x"].id.get_storage_size() < 0.9 * hidden.nbytes


def test_targets_are_met(tmp_path, hidden):
    write(tmp_path / "x.h5", hidden, hidden.shape, **filter_options(nmse=0.05, effort=3))
    assert 0.03 < nmse(hidden, read(tmp_path / "x.h5")) < 0.06
    write(tmp_path / "x.h5", hidden, (1, 256, 128), **filter_options(max_error=0.0123456789))
    assert 0 < np.abs(read(tmp_path / "x.h5") - hidden).max() <= 0.0123456789
    write(tmp_path / "x.h5", hidden, hidden.shape, **filter_options(bits=2.0))
    with h5py.File(tmp_path / "x.h5") as file:
        assert 1.6 < 8 * file["x"].id.get_storage_size() / hidden.size < 2.4


def test_parts_of_a_chunk_want_room_for_it_in_the_cache_of_hdf5(tmp_path, hidden):
    """Without room HDF5 decodes the chunk and codes it again for each part, and errors add up: docs/hdf5.md warns."""
    rows = hidden.reshape(-1, 128)
    errors = []
    for cache_bytes in (1, rows.nbytes):
        with h5py.File(tmp_path / "x.h5", "w", rdcc_nbytes=cache_bytes) as file:
            options = filter_options(nmse=0.05, effort=2)
            dataset = file.create_dataset("x", rows.shape, "f4", chunks=rows.shape, **options)
            for first in range(0, len(rows), 64):
                dataset[first : first + 64] = rows[first : first + 64]
        errors.append(nmse(rows, read(tmp_path / "x.h5")))
    assert errors[0] > 0.1 and 0.03 < errors[1] < 0.06


def test_bfloat16_travels_as_its_bits(tmp_path, hidden):
    bits = np.asarray(actz.f32_to_bf16(hidden)).view("u2")
    write(tmp_path / "x.h5", bits, (1, 256, 128), **filter_options(nmse=0.02, bf16=True))
    assert 0.01 < nmse(hidden, actz.bf16_to_f32(read(tmp_path / "x.h5"))) < 0.03


def test_a_chunk_is_an_actz_file(tmp_path, hidden):
    write(tmp_path / "x.h5", hidden, (1, 256, 128), **filter_options(lossless=True))
    with h5py.File(tmp_path / "x.h5") as file:
        stored = file["x"].id.read_direct_chunk((1, 0, 0))[1]
    assert np.array_equal(actz.decode(stored)["chunk"], hidden[1:])


def test_values_are_words_that_a_person_can_write():
    for value, words in [(0.005, (5, 3)), (0.02, (2, 2)), (40, (40, 0)), (1e-22, (1, 22)), (4e9, (4000000000, 0)),
                         (0.1 + 0.2, (3, 1)), (2 / 3, (666666666, 9))]:  # fmt: skip
        assert filter_options(psnr=value)["compression_opts"][:3] == (3, *words)
    for bad in (0, -1, 2**32, 1e-23, float("nan")):
        with pytest.raises(actz.BadArgumentError):
            filter_options(nmse=bad)


def test_a_named_profile_is_found_by_its_digest(tmp_path, hidden, profile_path):
    digest = save_profile(profile_path, tmp_path)
    make = f"from actz.hdf5 import filter_options, h5py; h5py.File({str(tmp_path / 'x.h5')!r}, 'w')" \
           ".create_dataset('x', data=__import__('numpy').load({!r}), chunks=(1, 256, 128), **filter_options(nmse=0.02, profile={!r}, " \
           "embed_profile={}))"  # fmt: skip
    dump = tmp_path / "hidden.npy"
    np.save(dump, hidden)
    found = dict(ACTZ_PROFILE_PATH=f"/nowhere:{tmp_path}")
    for embed in (True, False):
        done = run(sys.executable, "-c", make.format(str(dump), digest, embed), **found)
        assert done.returncode == 0, done.stderr
        alone = read_elsewhere(tmp_path / "x.h5")
        assert (alone.returncode == 0) == embed
        assert embed or (f"no profile {digest}.actp" in alone.stderr and "ACTZ_PROFILE_PATH" in alone.stderr)
        beside = read_elsewhere(tmp_path / "x.h5", **found)
        assert beside.returncode == 0, beside.stderr
    refused = run(sys.executable, "-c", make.format(str(dump), digest, True))
    assert f"no profile {digest}.actp" in refused.stderr
    (tmp_path / f"{digest}.actp").write_bytes(actz.Profile.fit(hidden, nmse=(0.05,), no_transform=True).to_bytes())
    refused = run(sys.executable, "-c", make.format(str(dump), digest, True), **found)
    assert "another profile" in refused.stderr


def test_a_profile_of_other_channels_is_refused_when_the_dataset_is_made(tmp_path, profile_path, monkeypatch):
    monkeypatch.setenv("ACTZ_PROFILE_PATH", str(tmp_path))
    save_profile(profile_path, tmp_path)
    with pytest.raises(ValueError, match="the profile is of 128 channels"):
        write(tmp_path / "x.h5", np.zeros((8, 64), "f4"), (8, 64), **filter_options(profile=profile_path))


@pytest.mark.parametrize("options", [dict(lossless=True), dict(nmse=0.05, effort=2)])
def test_flipped_bits_of_a_stored_chunk_are_refused(tmp_path, hidden, options):
    path = tmp_path / "x.h5"
    write(path, hidden[0], (256, 128), **filter_options(**options))
    with h5py.File(path) as file:
        at, size = (info := file["x"].id.get_chunk_info(0)).byte_offset, info.size
    data = path.read_bytes()
    for bit in np.random.default_rng(1).choice(8 * size, 100, replace=False):
        damaged = bytearray(data)
        damaged[at + bit // 8] ^= 1 << bit % 8
        (tmp_path / "damaged.h5").write_bytes(damaged)
        with pytest.raises(OSError, match="actz: "):
            read(tmp_path / "damaged.h5")


def test_what_cannot_be_encoded_is_refused_with_its_cause(tmp_path):
    options = filter_options(lossless=True)
    for array, more, cause in [(np.zeros(8, ">f4"), {}, "big-endian"), (np.zeros(8, "S4"), {}, "neither integers"),
                               (np.zeros(8, "c8"), {}, "neither integers"),
                               (np.zeros(8, "f4"), dict(shuffle=True), "another filter")]:  # fmt: skip
        with pytest.raises(ValueError, match=cause):
            write(tmp_path / "x.h5", array, (4,), **options, **more)
    with pytest.raises(ValueError, match="no target has the number 9"):
        write(tmp_path / "x.h5", np.zeros(8, "f4"), (4,), compression=FILTER_ID, compression_opts=(9, 1, 2))
    with pytest.raises(actz.BadArgumentError):
        filter_options(nmse=0.1, lossless=True)


@pytest.mark.skipif(shutil.which("h5repack") is None, reason="Debian's hdf5-tools")
def test_h5repack_goes_there_and_back(tmp_path, hidden):
    plain, coded, back = (tmp_path / name for name in ("plain.h5", "coded.h5", "back.h5"))
    write(plain, hidden, (1, 256, 128), compression="gzip")
    done = run("h5repack", "-f", f"UD={FILTER_ID},0,1,6", plain, coded)
    assert done.returncode == 0, done.stderr
    with h5py.File(coded) as file:
        assert file["x"].id.get_create_plist().get_filter(0)[0] == FILTER_ID
        assert file["x"].id.get_storage_size() < 0.9 * hidden.nbytes
    again = tmp_path / "again.h5"
    for source, target, filters in [(coded, again, ()), (again, back, ("-f", "GZIP=1"))]:
        done = run("h5repack", *filters, source, target)
        assert done.returncode == 0, done.stderr
        assert read(target).tobytes() == hidden.tobytes()
    assert run("h5repack", "-f", f"UD={FILTER_ID},0,3,1,2,2", plain, coded).returncode == 0
    assert 0.01 < nmse(hidden, read(coded)) < 0.03


def test_without_the_plugin_errors_say_what_to_set(tmp_path, hidden):
    write(tmp_path / "x.h5", hidden, (1, 256, 128), **filter_options(lossless=True))
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    script = "from actz.hdf5 import register_plugin; register_plugin()"
    helped = read_elsewhere(tmp_path / "x.h5", script, plugins=nowhere)
    assert helped.returncode != 0
    assert "UnsupportedError: HDF5 has no filter 428 (actz): set HDF5_PLUGIN_PATH to the directory of" in helped.stderr
    plain = read_elsewhere(tmp_path / "x.h5", plugins=nowhere)
    assert plain.returncode != 0
    assert "set HDF5_PLUGIN_PATH to the directory of libactz_hdf5.so before the program starts" in plain.stderr
    if shutil.which("h5dump"):
        dumped = run("h5dump", "--enable-error-stack", "-d", "x", tmp_path / "x.h5", plugins=nowhere)
        assert "set HDF5_PLUGIN_PATH to the directory of libactz_hdf5.so" in dumped.stderr


def test_the_installed_plugin_is_found_without_a_path(tmp_path, hidden):
    write(tmp_path / "x.h5", hidden, (1, 256, 128), **filter_options(lossless=True))
    package = tmp_path / "site" / "actz"
    shutil.copytree(Path(actz.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "_installed.py").write_text('LIBRARY_FROM_PACKAGE = ""\nHDF5_PLUGIN_FROM_PACKAGE = "../../plugins"\n')
    (tmp_path / "plugins").mkdir()
    options = dict(plugins=tmp_path / "nowhere", package=tmp_path / "site")
    script = "from actz.hdf5 import register_plugin; register_plugin()"
    assert "not installed with this package" in read_elsewhere(tmp_path / "x.h5", script, **options).stderr
    (tmp_path / "plugins" / hdf5.PLUGIN).write_bytes(b"not a library")
    broken = read_elsewhere(tmp_path / "x.h5", script, **options)
    assert f"does not load {tmp_path}/plugins/libactz_hdf5.so" in broken.stderr and "HDF5_PLUGIN_PATH" in broken.stderr
    shutil.copy(PLUGIN_PATH / hdf5.PLUGIN, tmp_path / "plugins")
    found = read_elsewhere(tmp_path / "x.h5", script, **options)
    assert found.returncode == 0, found.stderr
