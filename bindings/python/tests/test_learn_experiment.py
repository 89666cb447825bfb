"""What docs/experiments computes its tables with."""
import pathlib
import struct
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the experiment needs PyTorch")
REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(REPOSITORY / "bindings/python"), str(REPOSITORY / "docs/experiments")]

from llama_network import CharacterTokenizer, PairTokenizer, read_llama, text_windows  # noqa: E402
from rate_curves import bits_at, lower_envelope, mean_rate_difference, svg_plot  # noqa: E402


def curve(scale, losses=(0.001, 0.01, 0.1)):
    return [
        {"loss_increase_nats": loss, "bits_per_token": scale * 100 / (1 + 10 * loss), "perplexity": 2 + loss}
        for loss in losses
    ]


def test_a_curve_of_half_the_bits_has_a_difference_of_minus_half():
    assert mean_rate_difference(curve(1.0), curve(0.5)) == pytest.approx(-50)
    assert mean_rate_difference(curve(1.0), curve(1.25)) == pytest.approx(25)
    assert mean_rate_difference(curve(1.0), curve(0.5, (0.2, 0.4))) is None  # no loss in common


def test_envelope_leaves_out_points_that_others_beat():
    worse = {"loss_increase_nats": 0.05, "bits_per_token": 1000, "perplexity": 2.05}
    assert lower_envelope([*curve(1.0), worse]) == lower_envelope(curve(1.0))


def test_bits_at_a_point_between_and_beyond():
    points = curve(1.0)
    assert bits_at(points, 0.01) == pytest.approx(points[1]["bits_per_token"])
    assert points[2]["bits_per_token"] < bits_at(points, 0.03) < points[1]["bits_per_token"]
    assert bits_at(points, 0.0005) is None
    assert bits_at(points, 1.0) == points[2]["bits_per_token"]


def test_plot_shows_every_curve():
    text = svg_plot("title", {"one": curve(1.0), "other": curve(0.5)})
    assert text.count("<polyline") == 2 and text.count("<circle") == 6 and "other" in text


def small_checkpoint(path, words=11, width=8, hidden=12, layers=2, heads=2, key_heads=1, length=16):
    random = np.random.default_rng(0)
    keys = key_heads * width // heads
    counts = [
        words * width,
        layers * width,
        layers * width * width,
        2 * layers * keys * width,
        layers * width * width,
        layers * width,
        3 * layers * hidden * width,
        width,
        length * width // heads,
    ]
    values = 0.3 * random.normal(size=sum(counts))
    path.write_bytes(
        struct.pack("<7i", width, hidden, layers, heads, key_heads, words, length) + values.astype("<f4").tobytes()
    )


def test_a_network_is_read_whole_and_looks_at_no_later_token(tmp_path):
    small_checkpoint(tmp_path / "small.bin")
    network = torch.nn.Sequential(*read_llama(tmp_path / "small.bin"))
    tokens = torch.arange(12)[None] % 11
    changed = tokens.clone()
    changed[0, 7:] = 3
    with torch.no_grad():
        one, other = network(tokens), network(changed)
    assert one.shape == (1, 12, 11)
    assert torch.allclose(one[:, :7], other[:, :7], atol=1e-6) and not torch.allclose(one[:, 7:], other[:, 7:])
    (tmp_path / "long.bin").write_bytes((tmp_path / "small.bin").read_bytes() + bytes(4))
    with pytest.raises(ValueError, match="weights"):
        read_llama(tmp_path / "long.bin")


def test_tokenizers_and_windows(tmp_path):
    (tmp_path / "letters.vocab").write_text("<unk>\t0\n<s>\t0\n</s>\t0\n\u2581\t-1\na\t-2\nb\t-3\n", encoding="utf-8")
    letters = CharacterTokenizer(tmp_path / "letters.vocab")
    assert letters.encode("ab  zz a") == [1, 3, 4, 5, 3, 0, 3, 4]
    pieces = [b"<unk>", b"<s>", b"</s>", *(bytes([i]) for i in range(256)), b" a", b"ab", b"b"]
    data = struct.pack("<i", 3) + b"".join(struct.pack("<fi", -i, len(piece)) + piece for i, piece in enumerate(pieces))
    (tmp_path / "pairs.bin").write_bytes(data)
    pairs = PairTokenizer(tmp_path / "pairs.bin")
    assert [pairs.pieces[token] for token in pairs.encode("ab")] == [b"<s>", b" a", b"b"]  # the best pair first
    (tmp_path / "text.json").write_text('["' + "ab" * 20 + '", "b"]')
    windows = text_windows(tmp_path / "text.json", letters, rows=8)
    assert windows.shape == (5, 9) and torch.equal(windows[0, 8], windows[1, 0])
