"""Densities and entropy models of actz.learn: their bits are those of distributions, and of the tables made of them."""
import pathlib
import sys

import pytest

torch = pytest.importorskip("torch", reason="actz.learn needs PyTorch")
REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(REPOSITORY / "bindings/python"))

from actz.learn.entropy_models import ENTROPY_MODELS, make_entropy_model  # noqa: E402
from actz.learn.factorized_density import FactorizedDensity  # noqa: E402
from actz.learn.fourier_density import FourierDensity  # noqa: E402
from actz.learn.quantisers import QUANTISERS, SoftRounding, quantise  # noqa: E402

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
        loss = model.bits(values + torch.rand_like(values) - 0.5, values).mean()
        first = first or float(loss)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss) < 0.95 * first
    model.eval()
    integers = torch.round(values)
    with torch.no_grad():
        estimate = float(model.bits(integers, values).sum())
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
