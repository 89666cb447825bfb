#!/usr/bin/python3
"""Asserts that bench_decoded decodes what it says, and that rates at equal loss are interpolated as they should be.

  test_task_loss.py BENCH_DECODED TENSOR.npy
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import equal_loss


def check_decoded(program, tensor):
    x = np.load(tensor)
    half = len(x) // 2
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        np.save(folder / "calib.npy", x[:half])
        np.save(folder / "test.npy", x[half:])
        words = [program, folder / "calib.npy", folder / "test.npy", folder, "--nmse", "0.01,0.04", "--integers", "4"]
        peers = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        assert [p["codec"] for p in peers if p.get("target_nmse") == 0.01] == \
            ["zfp fixed accuracy", "uniform bins + zstd -19", "CacheGen-like", "KVTC-like"], peers
        assert len(peers) == 9 and peers[-1]["codec"] == "int4 per channel", peers
        test = x[half:].astype(np.float64)
        for peer in peers:
            error = ((np.load(peer["decoded"]) - test) ** 2).sum() / ((test - test.mean((0, 1))) ** 2).sum()
            assert abs(error / peer["nmse"] - 1) < 1e-3, (peer, error)
            assert abs(error / peer.get("target_nmse", error) - 1) < 0.2, (peer, error)  # KVTC-like goes in steps
            assert 0 < peer["coded_bytes"] < test.size * 4, peer


def curve(codec, *points):
    return [{"network": "net", "layer": 1, "codec": codec, "bits_per_token": bits, "loss": loss} for bits, loss in points]


def check_rates():
    halving = curve("actz", (100, 0.04), (200, 0.01), (400, 0.0025))
    for target, bits in ((0.01, 200), (0.005, 200 * 2 ** 0.5), (0.0025, 400)):
        assert abs(equal_loss.rate_at(halving, "loss", target) - bits) < 1e-9
    assert equal_loss.rate_at(halving, "loss", 0.05) is None and equal_loss.rate_at(halving, "loss", 0.002) is None
    assert equal_loss.rate_at(curve("actz", (100, 0.04), (200, -0.001)), "loss", 0.01) is None, "no logarithm"
    twice = curve("peer", (100, 0.04), (200, 0.01), (300, 0.03), (400, 0.01))
    assert equal_loss.rate_at(twice, "loss", 0.02) < 200, "the coarser crossing"
    rows = list(equal_loss.table_rows(halving + curve("int4", (800, 0.01)) + curve("int3", (300, 0.04)), "loss", 0.01))
    assert rows == [["codec", "net layer 1"], ["actz", "200 (1.00)"], ["integers per channel", "800 (4.00)"]], rows


if __name__ == "__main__":
    check_rates()
    check_decoded(sys.argv[1], sys.argv[2])
    print("decoded peers and rates at equal loss are as they should be")
