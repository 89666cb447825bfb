"""Bottlenecks, training and export of actz.learn."""
import json
import pathlib
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="actz.learn needs PyTorch")
REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY / "bindings/python"))

from actz.learn import Bottleneck, SplitNetwork, TrainingConfig, train  # noqa: E402
from actz.learn.bottleneck import principal_axes  # noqa: E402
from actz.learn.export import (
    LAMBDA_PER_STEP_SQUARED,
    external_bytes,
    nominal_step,
    profile_parts,  # noqa: E402
    write_profile,
)
from actz.learn.program import find_program, run_actz  # noqa: E402
from actz.learn.training import load, train_entropy_model  # noqa: E402

CHANNELS, WORDS = 8, 5


def toy(latents=4, model="factorized", step=0.5, seed=0):
    """Tokens whose successor a small network knows, and the network cut in the middle."""
    torch.manual_seed(seed)
    embedding = torch.nn.Embedding(WORDS, CHANNELS)
    head = torch.nn.Sequential(torch.nn.Linear(CHANNELS, 16), torch.nn.SiLU(), torch.nn.Linear(16, WORDS))
    sample = embedding(torch.randint(WORDS, (500,))).detach() + 0.1 * torch.randn(500, CHANNELS)
    return SplitNetwork([embedding, head], 1, Bottleneck(sample, latents, step, model))


def successions(sequences=40, rows=32, seed=0):
    start = torch.randint(WORDS, (sequences, 1), generator=torch.Generator().manual_seed(seed))
    return (start + torch.arange(rows + 1)) % WORDS


def program_or_skip():
    try:
        return find_program()
    except FileNotFoundError:
        pytest.skip("the actz program is not built")


def test_principal_axes_undo_each_other_and_keep_the_most():
    torch.manual_seed(0)
    rows = torch.randn(1000, CHANNELS) @ torch.randn(CHANNELS, CHANNELS)
    analysis, synthesis = principal_axes(rows, CHANNELS)
    assert torch.allclose(synthesis @ analysis, torch.eye(CHANNELS), atol=1e-3)
    weight = torch.diag(torch.tensor([1e4] + [1.0] * (CHANNELS - 1)))
    analysis, synthesis = principal_axes(rows, 2, weight)
    lost = (rows - rows.mean(0)) @ (torch.eye(CHANNELS) - synthesis @ analysis).t()
    assert lost[:, 0].var() < 1e-2 * lost[:, 1:].var(0).mean()  # what the metric weighs is kept


def test_more_latents_than_channels_are_refused():
    with pytest.raises(ValueError, match="9 latents"):
        Bottleneck(torch.randn(20, CHANNELS), 9, 1.0)


def test_training_lowers_rate_and_loss_and_a_larger_trade_off_lowers_the_rate(tmp_path):
    tokens, rates = successions(), {}
    for trade_off in (1e-3, 0.3):
        network = toy()
        config = TrainingConfig(trade_off, steps=150, network_rate=1e-2, transform_rate=1e-2, density_rate=3e-2)
        history = train(network, tokens[:, :-1], tokens[:, 1:], config, folder=tmp_path / str(trade_off), progress=None)
        rates[trade_off] = history[-1]["bits_per_token"]
        assert history[-1]["task_loss"] < 0.6 * history[0]["task_loss"]
    assert rates[0.3] < 0.7 * rates[1e-3]
    assert json.loads((tmp_path / "0.3/config.json").read_text())["trade_off"] == 0.3
    fresh = load(toy(seed=5), tmp_path / "0.3").eval()
    network.eval()
    with torch.no_grad():
        assert torch.equal(fresh(tokens[:, :-1])[0], network(tokens[:, :-1])[0])


def test_equal_seeds_give_equal_networks():
    tokens, outputs = successions(), []
    for seed in (3, 3, 4):
        network = toy()
        train(network, tokens[:, :-1], tokens[:, 1:], TrainingConfig(0.01, steps=5, seed=seed), progress=None)
        outputs.append(network.bottleneck.log_steps.detach().clone())
    assert torch.equal(outputs[0], outputs[1]) and not torch.equal(outputs[0], outputs[2])


@pytest.mark.parametrize("model", ["factorized", "fourier"])
def test_profile_of_parts_codes_rows_at_the_reckoned_size(model, tmp_path):
    """The file against the code length of the tables for the values that it decodes to: within 1 %, of a tensor so
    large that header and 128 states of the coder, some 550 bytes, are little of it."""
    program = program_or_skip()
    torch.manual_seed(0)
    rows = torch.randn(192, 128, CHANNELS) @ torch.randn(CHANNELS, CHANNELS)
    bottleneck = Bottleneck(rows.flatten(0, 1), CHANNELS - 2, 0.3, model)
    train_entropy_model(bottleneck, rows, TrainingConfig(0.0, steps=200, density_rate=3e-2), progress=None)
    bottleneck.eval()
    with torch.no_grad():
        kept = bottleneck.rows_of(bottleneck.latents_of(rows))
    parts = profile_parts(bottleneck)
    write_profile(parts, tmp_path / "p.actp", program)
    np.save(tmp_path / "x.npy", kept.numpy())
    slope = LAMBDA_PER_STEP_SQUARED * nominal_step(parts) ** 2
    run_actz(
        program,
        "encode",
        tmp_path / "x.npy",
        tmp_path / "x.actz",
        "--profile",
        tmp_path / "p.actp",
        "--name-profile",
        "--lambda",
        f"{slope:.9g}",
        "--quiet",
    )
    run_actz(program, "decode", tmp_path / "x.actz", tmp_path / "y.npy", "--profile", tmp_path / "p.actp", "--quiet")
    decoded = torch.from_numpy(np.load(tmp_path / "y.npy"))
    inverse = torch.linalg.pinv((bottleneck.synthesis * torch.exp(bottleneck.log_steps)).detach())
    latents = (decoded - bottleneck.centre.detach()) @ inverse.t()
    assert (latents - latents.round()).abs().max() < 0.1  # what is decoded lies on the grid of the steps
    reckoned = bottleneck.entropy_model.coded(latents.round(), None).ideal_bits()
    assert 8 * (tmp_path / "x.actz").stat().st_size == pytest.approx(reckoned, rel=0.01)
    estimate = float(bottleneck(kept)[1].sum())
    assert 8 * (tmp_path / "x.actz").stat().st_size < 1.01 * estimate  # decisions of the encoder only save


def test_parts_that_do_not_fit_are_refused_with_their_name(tmp_path):
    program = program_or_skip()
    network = toy()
    good = profile_parts(network.bottleneck)
    for name, change in (
        ("class_of", good["class_of"][:-1]),
        ("synthesis", good["synthesis"][:-1]),
        ("steps", -good["steps"]),
        ("frequencies", good["frequencies"] + 1),
        ("centre", None),
    ):
        parts = {key: value for key, value in {**good, name: change}.items() if value is not None}
        with pytest.raises(RuntimeError, match=name if name != "frequencies" else "frequencies of table 0 sum"):
            write_profile(parts, tmp_path / "p.actp", program)


def test_external_bytes_count_every_stream():
    network = toy(model="hyperprior").eval()
    with torch.no_grad():
        _, _, coded = network.bottleneck.code(network.lower(successions()[:, :-1]))
    assert len(coded.streams) == 2
    reckoned, was_coded = external_bytes(coded)
    assert not was_coded and abs(8 * reckoned - coded.ideal_bits()) < 16
    seen = []
    assert external_bytes(coded, lambda tables, *rest: seen.append(len(tables)) or b"123") == (6, True)
    assert len(seen) == 2


def test_channel_models_alone_make_profiles():
    with pytest.raises(ValueError, match="external coder"):
        profile_parts(toy(model="direct-access", latents=8).bottleneck)
