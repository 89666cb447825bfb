"""Densities and entropy models of actz.learn: their bits are those of distributions, and of the tables made of them."""
import math
import pathlib
import sys

import pytest

torch = pytest.importorskip("torch", reason="actz.learn needs PyTorch")
REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY / "bindings/python"))

from actz.learn import Bottleneck, TrainingConfig  # noqa: E402
from actz.learn.conditional_density import logistic_centroid  # noqa: E402
from actz.learn.entropy_models import ENTROPY_MODELS, make_entropy_model  # noqa: E402
from actz.learn.factorized_density import FactorizedDensity  # noqa: E402
from actz.learn.fourier_density import FourierDensity  # noqa: E402
from actz.learn.quantisers import QUANTISERS, SoftRounding, quantise  # noqa: E402
from actz.learn.training import train_entropy_model  # noqa: E402

CHANNELS = 8


def disturbed(module, seed=0):
    """Parameters that are not the initial ones."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return module


def rows(sequences=6, seed=1):
    torch.manual_seed(seed)
    return torch.randn(sequences, 40, CHANNELS) * torch.logspace(-0.5, 1, CHANNELS) + 0.5


@pytest.mark.parametrize("make", [FactorizedDensity, FourierDensity])
def test_masses_of_a_density_sum_to_one(make):
    masses = disturbed(make(CHANNELS)).masses(-3000, 6001)
    assert masses.min() >= 0
    assert masses.sum(1) == pytest.approx([1.0] * CHANNELS, abs=2e-3)


@pytest.mark.parametrize("make", [FactorizedDensity, FourierDensity])
def test_bits_are_the_masses_of_integers(make):
    density = disturbed(make(CHANNELS))
    integers = torch.arange(-3, 4.0)[:, None].expand(7, CHANNELS)
    assert torch.allclose(density.bits(integers).t().double(), -torch.log2(density.masses(-3, 7)), atol=0.02)


@pytest.mark.parametrize("name", ENTROPY_MODELS)
def test_estimate_and_tables_agree_after_training(name):
    """Within 1 %, of integers: what `bits` says in evaluation and the code length of the integer tables."""
    torch.manual_seed(0)
    model, values = make_entropy_model(name, CHANNELS), rows()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    first = None
    for _ in range(150):
        loss = model(values + torch.rand_like(values) - 0.5, torch.round(values), values)[0].mean()
        first = first or float(loss)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss) < 0.95 * first
    model.eval()
    integers = torch.round(values)
    with torch.no_grad():
        estimate = float(model(integers, integers, values)[0].sum())
    assert model.coded(integers, values).ideal_bits() == pytest.approx(estimate, rel=0.01)


@pytest.mark.parametrize("name", ["direct-access", "both"])
def test_a_row_is_coded_without_looking_at_itself_or_later_rows(name):
    model = disturbed(make_entropy_model(name, CHANNELS)).eval()
    before, changed = torch.round(rows()), torch.round(rows())
    changed[:, 20:] += 3
    side = torch.zeros(6, 40, model.side_channels) if model.side_channels else None
    one, other = (model.parameters_of(model._features(some, side), some) for some in (before, changed))
    first_group = CHANNELS // 8  # of row 20 itself: known from earlier rows alone
    for a, b in zip(one, other):
        assert torch.equal(a[:, :20], b[:, :20]) and torch.equal(a[:, 20, :first_group], b[:, 20, :first_group])
        assert not torch.allclose(a[:, 21:], b[:, 21:])


@pytest.mark.parametrize("mean, log_scale", [(0.3, -1.5), (0.7, -2.0), (2.3, 0.0), (-0.2, 2.0), (0.45, -2.8)])
def test_centroid_is_the_mean_within_the_bin(mean, log_scale):
    grid = torch.linspace(-0.5, 0.5, 200001, dtype=torch.float64)
    density = torch.cosh((grid - mean) / 2 / math.exp(log_scale)).pow(-2)
    wanted = float((grid * density).sum() / density.sum())
    got = logistic_centroid(torch.full((1,), 4.0), torch.tensor([4 + mean]), torch.tensor([log_scale]))
    assert float(got) == pytest.approx(4 + wanted, abs=2e-3)


@pytest.mark.parametrize("name", ["factorized", "direct-access"])
def test_decisions_of_an_encoder_save_bits_for_little_error(name):
    torch.manual_seed(0)
    values = torch.cumsum(rows(60), 1) / 4  # rows that say something of the next
    bottleneck = Bottleneck(values.flatten(0, 1), CHANNELS, 2.0, name)
    train_entropy_model(
        bottleneck, values, TrainingConfig(0.0, steps=100, density_rate=3e-2, model_rate=3e-3), progress=None
    )
    bottleneck.eval()
    points = []
    for bit_value in (0.0, 0.1):
        decoded, integers, coded = bottleneck.code(values, bit_value)
        points.append((coded.ideal_bits(), float(((values - decoded) ** 2).sum())))
    saved, added = points[0][0] - points[1][0], points[1][1] - points[0][1]
    assert saved > 0.01 * points[0][0]
    assert added < 0.2 * 2.0**2 * saved  # squared steps: near the price that was told, but contexts change, too


@pytest.mark.parametrize("name", QUANTISERS)
def test_quantisers_round_when_evaluated_and_pass_gradients_when_trained(name):
    values = torch.linspace(-2.3, 2.4, 48, requires_grad=True)
    quantiser = QUANTISERS[name]()
    for result in quantise(quantiser.eval(), values):
        assert torch.equal(result.detach(), torch.round(values.detach()))
    for_rate, for_task = quantise(quantiser.train(), values)
    assert (for_task - values).abs().max() <= 1.0 and (for_rate - values).abs().max() <= 1.0
    for_task.sum().backward()
    assert values.grad.min() > 0


def test_soft_rounding_is_undone_by_its_inverse_and_nears_rounding():
    values = torch.linspace(-1.9, 2.1, 41)
    soft = SoftRounding(3.0)
    assert torch.allclose(soft.harden(soft.soften(values)), values, atol=1e-4)
    away = values[(values - values.floor() - 0.5).abs() > 0.1]
    assert torch.allclose(SoftRounding(100.0).soften(away), torch.round(away), atol=1e-3)
    assert torch.allclose(SoftRounding(0.01).soften(values), values, atol=1e-3)


def test_unknown_model_is_refused_by_name():
    with pytest.raises(ValueError, match="nonesuch"):
        make_entropy_model("nonesuch", 4)
