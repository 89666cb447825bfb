"""Profiles: fitted, kept, used, named by files that then need them."""

import pickle
from dataclasses import replace

import actz
import numpy as np
import pytest
from conftest import nmse


@pytest.fixture(scope="module")
def fast(hidden) -> actz.Profile:
    return actz.Profile.fit(hidden, nmse=(0.01, 0.05), lags=(1,), no_transform=True)


def test_fit_tells_what_it_saw(hidden, fast):
    training = fast.training
    assert training.channels == 128 and training.rows == 512 and training.lags == (1,) and training.reference == ""
    assert [rung.target_nmse for rung in fast.rungs] == [0.01, 0.05]
    assert fast.rungs[0].held_out_bits_per_value > fast.rungs[1].held_out_bits_per_value > 0
    assert "128 channels" in repr(fast)


def test_equal_data_give_equal_profiles(hidden, fast):
    again = actz.Profile.fit([hidden[0], hidden[1]], nmse=(0.01, 0.05), lags=(1,), no_transform=True)
    assert again.rungs == fast.rungs


def test_options_of_fit_reach_the_library(hidden, fast):
    options = dict(nmse=(0.05,), no_transform=True)
    assert actz.Profile.fit(hidden, lags=(), **options).training.lags == ()
    assert actz.Profile.fit(hidden, entropy="laplace", **options).to_bytes() != fast.to_bytes()
    calls = []
    actz.Profile.fit(hidden, progress=lambda done, total: calls.append((done, total)), **options)
    assert calls and all(0 <= done <= total for done, total in calls)
    with_reference = actz.Profile.fit(hidden, reference=("lower", hidden + 0.01), nmse=(0.05,), no_matches=True)
    assert with_reference.training.reference == "lower"
    noisy = hidden + np.random.default_rng(1).normal(scale=0.01, size=hidden.shape).astype(np.float32)
    data = actz.encode({"upper": noisy, "lower": hidden}, profile={"upper": with_reference}, nmse=0.05)
    assert actz.info(data).tensors[1].reference == "lower"
    for wrong in (
        {"entropy": "gamma"},
        {"dictionary": "much"},
        {"dictionary": "1MiB"},  # not without transform
        {"sample": 0},
        {"states": 5},
        {"metric": np.ones(7)},
        {"reference": ("lower", [])},
    ):
        with pytest.raises(actz.BadArgumentError):
            actz.Profile.fit(hidden, **{**options, **wrong})
    with pytest.raises(actz.BadArgumentError):
        actz.Profile.fit([])
    with pytest.raises(ZeroDivisionError):
        actz.Profile.fit(hidden, progress=lambda done, total: 1 // 0, **options)


def test_profile_is_kept(tmp_path, fast):
    path = tmp_path / "fast.actp"
    fast.save(path)
    with pytest.raises(actz.BadArgumentError):
        fast.save(path, force=False)
    for other in (
        actz.Profile.load(path),
        actz.Profile.from_bytes(fast.to_bytes()),
        pickle.loads(pickle.dumps(fast)),
    ):
        assert other.rungs == fast.rungs
        assert replace(other.training, lags=(1,)) == fast.training  # a file tells only the lags that are in use
    info = actz.info(path)
    assert isinstance(info, actz.ProfileInfo) and info.rungs == fast.rungs
    with path.open("rb") as file:
        assert actz.info(file) == actz.info(path.read_bytes()) == info
    with pytest.raises(actz.BadArgumentError):
        actz.load_file(path)
    with pytest.raises(actz.FileError):
        actz.Profile.load(tmp_path / "missing.actp")


def test_named_profile_is_needed_to_decode(tmp_path, hidden, fast):
    data = actz.encode({"x": hidden}, profile=fast, name_profile=True, nmse=0.01)
    assert actz.info(data).required_models == (fast.rungs[0].digest,)
    with pytest.raises(actz.UnsupportedError):
        actz.decode(data)
    path = tmp_path / "fast.actp"
    fast.save(path)
    for profiles in (fast, [fast], path, [str(path)]):
        assert nmse(hidden, actz.decode(data, profiles=profiles)["x"]) < 0.012
    actz.verify(data, profiles=fast)
    whole = actz.encode({"x": hidden}, profile=fast, nmse=0.01)
    assert np.array_equal(actz.decode(whole)["x"], actz.decode(data, profiles=fast)["x"])
    assert len(data) < len(whole)


def test_profiles_by_name_and_by_path(hidden, profile_path, fast):
    tensors = {"x": hidden, "y": hidden[0]}
    data = actz.encode(tensors, profile={"x": profile_path, "": fast}, nmse=0.02, name_profile=True)
    known = {rung.digest for rung in actz.Profile.load(profile_path).rungs}
    assert sorted(digest in known for digest in actz.info(data).required_models) == [False, True]
    with pytest.raises(actz.BadArgumentError):
        actz.encode(tensors, profile={"z": fast})
    lossless = actz.encode(hidden, profile=profile_path, lossless=True, name_profile=True)
    assert np.array_equal(actz.decode(lossless, profiles=profile_path)["tensor"], hidden)
    assert len(lossless) < len(actz.encode(hidden, lossless=True))
