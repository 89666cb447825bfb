"""Every family of errors is an exception of its own, with the word of the registry."""

import csv
from pathlib import Path

import actz
import numpy as np
import pytest
from actz import _native, errors
from hypothesis import given
from hypothesis import strategies as st

CODED = actz.encode({"x": np.arange(4000, dtype=np.int16).reshape(-1, 8)})


def fails(kind: type, code: str, function, *arguments, **options) -> actz.ActzError:
    with pytest.raises(kind) as caught:
        function(*arguments, **options)
    assert caught.value.code == code and str(caught.value)
    assert type(caught.value) is kind
    return caught.value


def test_families(tmp_path):
    fails(actz.FileError, "io", actz.load_file, tmp_path / "missing.actz")
    fails(actz.FileError, "io", actz.save_file, {"x": np.zeros(3)}, tmp_path / "missing" / "x.actz")
    fails(actz.CorruptError, "corrupt_signature", actz.decode, b"not a file of ours" * 10)
    fails(actz.NeedMoreInputError, "need_more_input", actz.verify, CODED[:-40])
    fails(actz.LimitExceededError, "limit_exceeded", actz.decode, CODED, max_tensor_bytes=100)
    fails(actz.BadArgumentError, "bad_argument", actz.encode, np.zeros(3), nmse=-1.0)
    fails(actz.UnknownTensorError, "bad_argument", actz.Reader(CODED).get_tensor, "y")
    damaged = bytearray(CODED)
    damaged[len(damaged) // 2] ^= 1
    error = fails(actz.CorruptError, "corrupt_checksum", actz.verify, damaged)
    assert error.byte_offset is not None and 0 < error.byte_offset < len(CODED)


def test_exceptions_are_those_that_python_programs_expect(tmp_path):
    with pytest.raises(OSError):
        actz.load_file(tmp_path / "missing.actz")
    with pytest.raises(ValueError):
        actz.encode(np.zeros(3), nmse=0.1, bits=3)
    with pytest.raises(KeyError):
        actz.Reader(CODED)["y"]
    with pytest.raises(TypeError):
        actz.encode(np.zeros(3), nsme=0.1)
    with pytest.raises(TypeError):
        actz.decode(CODED, profile="x.actp")  # the option is `profiles`
    with pytest.raises(actz.BadArgumentError):
        actz.decode(CODED, framework="jax")
    with pytest.raises(actz.BadArgumentError):
        actz.decode(CODED, device="cuda")  # numpy arrays lie on the host


def test_statuses_and_codes_are_those_of_the_registry():
    registry = Path(__file__).resolve().parents[3] / "format_spec" / "registry" / "errors.csv"
    rows = list(csv.DictReader(registry.read_text().splitlines()))
    assert len(rows) > 5
    for row in rows:
        kind = errors.BY_STATUS[int(row["cli_exit_code"])]
        assert row["name"].startswith(kind.code) or row["name"] == "need_more_input", row
        struct = _native.s.Error(code=int(row["id"]), message=b"said so")
        assert _native.make_error(int(row["cli_exit_code"]), struct).code == row["name"]


@given(st.integers(0, len(CODED) - 1), st.integers(1, 255))
def test_no_changed_byte_goes_unseen(position, change):
    damaged = bytearray(CODED)
    damaged[position] ^= change
    with pytest.raises(actz.ActzError):
        actz.verify(damaged)


@given(st.binary(max_size=300))
def test_bytes_of_strangers_are_errors(data):
    for function in (actz.verify, actz.decode, actz.info, actz.Profile.from_bytes):
        with pytest.raises((actz.CorruptError, actz.UnsupportedError)):
            function(data)
