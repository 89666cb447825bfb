"""Calls release the interpreter's lock, and objects may be shared by threads as their docstrings say."""

import threading
from concurrent.futures import ThreadPoolExecutor

import actz
import numpy as np


def test_other_threads_run_during_a_call(hidden):
    began, ended = threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        actz.encode(np.concatenate([hidden] * 4), effort=7, threads=1)
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    began.wait()
    turns = 0
    while not ended.wait(0.001):
        turns += 1
    thread.join()
    assert turns > 20


def test_one_reader_serves_several_threads(hidden):
    with actz.Reader(actz.encode({"x": hidden}, lossless=True, chunk_rows=32), threads=1) as reader:
        rows = hidden.reshape(-1, 128)
        ranges = [(first, first + 37) for first in range(0, 470, 11)]
        with ThreadPoolExecutor(4) as pool:
            parts = list(pool.map(lambda at: reader.read_rows("x", *at), ranges))
    for (first, end), part in zip(ranges, parts):
        assert np.array_equal(part, rows[first:end])


def test_one_profile_serves_several_threads(hidden, profile_path):
    profile = actz.Profile.load(profile_path)
    wanted = actz.encode(hidden, profile=profile, threads=1)
    with ThreadPoolExecutor(4) as pool:
        for data in pool.map(lambda _: actz.encode(hidden, profile=profile, threads=1), range(8)):
            assert data == wanted


def test_progress_is_told(hidden):
    calls = []
    data = actz.encode(hidden, chunk_rows=64, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (hidden.size, hidden.size)
    calls.clear()
    actz.decode(data, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (hidden.size, hidden.size)
