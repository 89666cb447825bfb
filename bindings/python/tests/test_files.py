"""Files: written whole or not at all, read by path, from memory and through pipes."""

import io
import os
import subprocess
import sys
import threading

import actz
import numpy as np
import pytest


def test_save_and_load(tmp_path, hidden):
    path = tmp_path / "x.actz"
    reports = actz.save_file({"a": hidden, "b": hidden[0]}, path, {"model": "BabyLlama", "layer": 3}, lossless=True)
    assert [report.name for report in reports] == ["a", "b"] and reports[0].input_bytes == hidden.nbytes
    assert np.array_equal(actz.load_file(path)["b"], hidden[0])
    with actz.safe_open(str(path)) as file:
        assert file.keys() == ["a", "b"] and file.metadata() == {"model": "BabyLlama", "layer": 3}
        assert np.array_equal(file.get_tensor("a"), hidden)
    with actz.Reader(path) as reader:
        assert list(reader) == ["a", "b"] and len(reader) == 2 and "a" in reader and "c" not in reader
        assert np.array_equal(reader["a"], hidden)
    with pytest.raises(actz.BadArgumentError):
        reader["a"]  # closed
    info = actz.info(path)
    assert info.tensors[0].shape == hidden.shape and info.tensors[0].codec == "lossless"
    assert actz.info(actz.encode(hidden)).metadata is None


def test_provenance_may_be_required(tmp_path, hidden):
    path = tmp_path / "x.actz"
    metadata = {"revision": "a1", "tensors": {"b": {"layer": 4}}}
    actz.save_file({"a": hidden[0], "b": hidden[1]}, path, metadata, lossless=True)
    with actz.safe_open(path, require={"revision": "a1", "layer": 4}) as file:
        assert np.array_equal(file.get_tensor("b"), hidden[1])
        with pytest.raises(actz.BadArgumentError, match="layer is not said in the file, required is '4'"):
            file.get_tensor("a")
    with pytest.raises(actz.BadArgumentError, match="revision is 'a1' in the file, required is 'b2'"):
        actz.load_file(path, require={"revision": "b2"})


def test_recover(tmp_path, hidden):
    path, saved = tmp_path / "x.actz", tmp_path / "saved.actz"
    actz.save_file({"a": hidden}, path, lossless=True, chunk_rows=16)
    assert actz.recover(path, saved).complete
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(actz.BadArgumentError):
        actz.recover(path, saved)
    report = actz.recover(path, saved, force=True)
    assert not report.complete and not report.end_found and 0 < report.recovered_rows < report.rows
    (name, rows), = actz.load_file(saved).items()
    assert name == f"a[0:{len(rows)}]" and len(rows) == report.recovered_rows
    assert np.array_equal(rows, hidden.reshape(-1, hidden.shape[-1])[: len(rows)])
    path.write_bytes(b"nothing of ours")
    with pytest.raises(actz.CorruptError):
        actz.recover(path, saved, force=True)


def test_existing_file_is_replaced_or_refused(tmp_path, hidden):
    path = tmp_path / "x.actz"
    actz.save_file({"a": hidden}, path, lossless=True)
    before = path.read_bytes()
    with pytest.raises(actz.BadArgumentError):
        actz.save_file({"b": hidden}, path, force=False)
    assert path.read_bytes() == before
    actz.save_file({"b": hidden}, path)
    assert actz.info(path).tensors[0].name == "b"


def test_nothing_appears_after_an_exception(tmp_path, hidden):
    path = tmp_path / "x.actz"
    with pytest.raises(ZeroDivisionError):
        with actz.Writer(path) as writer:
            writer.add("a", hidden)
            raise ZeroDivisionError
    with pytest.raises(actz.BadArgumentError):
        actz.save_file({"a": hidden, "b": np.zeros(3, complex)}, path)
    assert os.listdir(tmp_path) == []


def test_append(tmp_path, hidden):
    path = tmp_path / "x.actz"
    actz.save_file({"a": hidden}, path, {"layer": 3}, lossless=True)
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        with actz.Writer(path, mode="a") as writer:
            writer.add("b", hidden)
            raise ZeroDivisionError
    assert path.read_bytes() == before
    with actz.Writer(path, mode="a") as writer:
        writer.add("b", hidden[1], lossless=True)
    loaded = actz.load_file(path)
    assert np.array_equal(loaded["a"], hidden) and np.array_equal(loaded["b"], hidden[1])
    assert actz.info(path).metadata == {"layer": 3}
    assert os.listdir(tmp_path) == ["x.actz"]


def test_file_objects_and_pipes(hidden):
    file = io.BytesIO()
    actz.save_file({"a": hidden, "b": hidden[0, 0]}, file, lossless=True)
    file.seek(0)
    assert np.array_equal(actz.Reader(file)["b"], hidden[0, 0])
    reading, writing = os.pipe()

    def fill() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(file.getvalue())

    thread = threading.Thread(target=fill)
    thread.start()
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        loaded = actz.load_file(pipe)
    thread.join()
    assert np.array_equal(loaded["a"], hidden) and np.array_equal(loaded["b"], hidden[0, 0])
    file.seek(0)
    assert [tensor.name for tensor in actz.verify(file).tensors] == ["a", "b"]


def test_exceptions_of_file_objects_come_through():
    class Broken(io.BytesIO):
        def write(self, data):
            raise ZeroDivisionError("no more")

        def read(self, count=-1):
            raise KeyboardInterrupt

    with pytest.raises(ZeroDivisionError, match="no more"):
        actz.save_file({"a": np.zeros((3, 4), np.int8)}, Broken())
    with pytest.raises(KeyboardInterrupt):
        actz.verify(Broken(b"some bytes"))
    with pytest.raises(KeyboardInterrupt):
        actz.Reader(Broken(b"some bytes" * 100))


def test_references():
    random = np.random.default_rng(1)
    lower = random.normal(size=(600, 16)).astype(np.float32)
    upper = lower @ np.linalg.qr(random.normal(size=(16, 16)))[0].astype(np.float32)  # all of it follows from lower
    tensors = {"upper": upper, "lower": lower}
    alone = actz.encode(tensors, nmse=0.005)
    together = actz.encode(tensors, nmse=0.005, references={"upper": "lower"})
    info = actz.info(together)
    assert [tensor.name for tensor in info.tensors] == ["lower", "upper"]
    assert info.tensors[1].reference == "lower" and len(together) < 0.8 * len(alone)
    for references in ({"upper": "none"}, {"none": "upper"}, {"upper": "lower", "lower": "upper"}):
        with pytest.raises(actz.BadArgumentError):
            actz.encode(tensors, references=references)


def test_files_of_the_program_and_of_the_package_are_alike(tmp_path, hidden):
    program = os.environ.get("ACTZ_PROGRAM")
    if program is None:
        pytest.skip("ACTZ_PROGRAM does not name the program")
    np.save(tmp_path / "hidden.npy", hidden)
    files = (tmp_path / "hidden.npy", tmp_path / "p.actz")
    subprocess.run([program, "encode", *files, "--nmse", "0.01", "-q"], check=True)
    actz.save_file({"hidden": hidden}, tmp_path / "q.actz", nmse=0.01)
    assert (tmp_path / "p.actz").read_bytes() == (tmp_path / "q.actz").read_bytes()
    subprocess.run([program, "decode", tmp_path / "q.actz", tmp_path / "q.npy", "-q"], check=True)
    assert np.array_equal(np.load(tmp_path / "q.npy"), actz.load_file(tmp_path / "p.actz")["hidden"])


def test_importing_does_not_import_torch():
    code = "import sys, actz; actz.encode([1, 2]); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_library_that_is_missing_is_an_import_error_on_first_use():
    code = "import actz\ntry:\n  from actz import ExternalModel\nexcept ImportError as error:\n  print(error)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "ACTZ_LIBRARY": "/no/such/library.so"},
        capture_output=True,
        text=True,
    )
    assert "cannot load libactz_c" in done.stdout and done.returncode == 0


def test_every_name_of_the_package_is_there():
    names = {}
    exec("from actz import *", names)
    assert set(actz.__all__) == set(actz._MODULES)
    assert set(actz.__all__) <= set(names) and set(actz.__all__) <= set(dir(actz))
    assert [name for name in actz.__all__ if not getattr(actz, name).__doc__] in ([], ["bfloat16"])  # a dtype
    assert actz.__version__.count(".") == 2
    with pytest.raises(AttributeError):
        actz.nothing
