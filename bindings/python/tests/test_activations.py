"""Activations written by hooks of a torch model, and read as shuffled rows."""

import threading
import time

import actz
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="actz.torch needs PyTorch")
from actz.torch import ActivationRows, ActivationWriter  # noqa: E402

VOCABULARY, CHANNELS = 50, 16


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(CHANNELS, CHANNELS)

    def forward(self, x):
        return x + torch.tanh(self.linear(x)), "state"


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(VOCABULARY, CHANNELS)
        self.blocks = torch.nn.ModuleList([Block(), Block()])
        self.fail = False

    def forward(self, ids):
        x = self.embed(ids)
        for number, block in enumerate(self.blocks):
            if self.fail and number == 1:
                raise RuntimeError("out of memory")
            x, _ = block(x)
        return x.add_(1)  # writes into what the last block gave


@pytest.fixture
def model():
    torch.manual_seed(7)
    return Model().eval()


def batches(count, shape=(4, 10), seed=3):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(0, VOCABULARY, shape, generator=generator) for _ in range(count)]


def rows_of(model, passes):
    """What both blocks give, without hooks."""
    out = {"blocks.0": [], "blocks.1": []}
    with torch.no_grad():
        for ids in passes:
            x = model.embed(ids)
            for number, block in enumerate(model.blocks):
                x, _ = block(x)
                out[f"blocks.{number}"].append(x.reshape(-1, CHANNELS).clone())
    return {name: torch.cat(rows).numpy() for name, rows in out.items()}


def rows_in(path, name):
    with actz.Reader(path) as reader:
        return np.concatenate([reader[key] for key in reader.keys() if key.startswith(name + "/")])


def write(model, path, passes, modules=("blocks.0", "blocks.1"), **options):
    with torch.no_grad(), ActivationWriter(model, modules, path, **options) as writer:
        for ids in passes:
            model(ids)
    return writer


def hook_count(model):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())


def test_rows_tokens_and_sequence_starts_are_those_of_the_run(model, tmp_path):
    passes = batches(5) + batches(2, (1, 7))
    path = tmp_path / "x.actz"
    write(model, path, passes, tokens="embed", block_rows=32, lossless=True)
    expected = rows_of(model, passes)
    for name, rows in expected.items():
        assert np.array_equal(rows_in(path, name), rows)
    assert np.array_equal(rows_in(path, "tokens"), torch.cat([ids.flatten() for ids in passes]).numpy())
    with actz.Reader(path) as reader:
        assert reader["tokens/000000"].dtype == np.int32
        assert reader["blocks.0/000001"].shape == (32, CHANNELS)
        starts = [int(s) + 32 * i for i in range(7) for s in reader[f"sequence_starts/{i:06d}"]]
    assert starts == [*range(0, 200, 10), 200, 207]
    assert hook_count(model) == 0


def test_each_module_has_its_options_and_is_learned_from_its_first_rows(model, tmp_path):
    passes = batches(60)
    path = tmp_path / "x.actz"
    modules = {"blocks.0": {"max_error": 0.01}, "blocks.1": {}}
    writer = write(model, path, passes, modules, block_rows=800, nmse=0.05, fit={"no_matches": True, "nmse": (0.05,)})
    expected = rows_of(model, passes)
    assert np.abs(rows_in(path, "blocks.0") - expected["blocks.0"]).max() <= 0.01
    rows = expected["blocks.1"].astype(np.float64)
    error = ((rows_in(path, "blocks.1") - rows) ** 2).sum() / ((rows - rows.mean(axis=0)) ** 2).sum()
    assert 0.02 < error < 0.08
    models = {r.name: r.embedded_model_bytes for r in writer.reports}
    assert models["blocks.1/000000"] > 0 and models["blocks.1/000001"] == 0  # one model for all blocks


def test_a_given_profile_is_used(model, tmp_path):
    passes = batches(5)
    profile = actz.Profile.fit(rows_of(model, passes)["blocks.1"], nmse=(0.05,))
    path = tmp_path / "x.actz"
    write(model, path, passes, ["blocks.1"], nmse=0.05, profile={"blocks.1": profile}, name_profile=True)
    assert actz.info(path).required_models == (profile.rungs[0].digest,)


def test_provenance_is_kept(model, tmp_path):
    path = tmp_path / "x.actz"
    write(model, path, batches(1), model_id="tiny", revision="abc", metadata={"corpus": "random"}, nmse=0.1)
    kept = actz.info(path).metadata
    assert (kept["model"], kept["revision"], kept["corpus"]) == ("tiny", "abc", "random")
    with pytest.raises(actz.BadArgumentError, match="revision is 'abc' in the file, required is 'abd'"):
        actz.safe_open(path, require={"model": "tiny", "revision": "abd"})
    assert kept["actz_activations"]["modules"]["blocks.1"] == {"nmse": 0.1, "no_sources": True}


def test_half_precision_stays_what_it_is(model, tmp_path):
    path = tmp_path / "x.actz"
    passes = batches(2)
    write(model.bfloat16(), path, passes, lossless=True)
    with actz.Reader(path, framework="pt") as reader:
        assert reader["blocks.1/000000"].dtype == torch.bfloat16
        kept = reader["blocks.1/000000"].float()
    for framework in ("np", "pt"):
        batch = next(iter(ActivationRows(path, "blocks.1", 80, framework=framework)))
        values = batch if framework == "np" else batch.float().numpy()
        assert np.array_equal(np.sort(values, axis=0), np.sort(kept.numpy(), axis=0))


def test_masked_rows_are_left_out(model, tmp_path):
    ids = batches(1)[0]
    mask = torch.ones_like(ids, dtype=torch.bool)
    mask[0, 6:] = mask[2, :] = False
    path = tmp_path / "x.actz"
    with torch.no_grad(), ActivationWriter(model, ["blocks.1"], path, lossless=True) as writer:
        writer.add_tokens(ids, mask)
        model(ids)
    kept = mask.flatten().numpy()
    assert np.array_equal(rows_in(path, "blocks.1"), rows_of(model, [ids])["blocks.1"][kept])
    assert np.array_equal(rows_in(path, "tokens"), ids.flatten().numpy()[kept])
    assert rows_in(path, "sequence_starts").tolist() == [0, 6, 16]


def test_a_pass_that_raises_is_dropped_and_may_be_repeated(model, tmp_path):
    passes = batches(2)
    path = tmp_path / "x.actz"
    with torch.no_grad(), ActivationWriter(model, ["blocks.0", "blocks.1"], path, tokens="embed", lossless=True) as w:
        model(passes[0])
        model.fail = True
        with pytest.raises(RuntimeError):
            model(passes[1])  # block 0 has run
        model.fail = False
        model(passes[1])
        assert w.rows == {"blocks.0": 80, "blocks.1": 80}
    for name, rows in rows_of(model, passes).items():
        assert np.array_equal(rows_in(path, name), rows)


def test_after_an_exception_no_file_appears_and_hooks_are_gone(model, tmp_path):
    path = tmp_path / "x.actz"
    with pytest.raises(KeyError):
        with ActivationWriter(model, ["blocks.0"], path, block_rows=16, lossless=True):
            model(batches(1)[0])
            raise KeyError
    assert list(tmp_path.iterdir()) == [] and hook_count(model) == 0


def test_an_error_of_a_hook_leaves_no_file_even_if_it_is_caught(model, tmp_path):
    path = tmp_path / "x.actz"
    path.write_bytes(b"what was there")
    with pytest.raises(actz.BadArgumentError, match="rows are missing"):
        with ActivationWriter(model, ["blocks.0"], path, block_rows=16, lossless=True) as writer:
            model(batches(1)[0])
            with pytest.raises(actz.BadArgumentError):
                model.blocks[0](torch.zeros(3, CHANNELS))  # not the model itself
        assert writer.rows
    assert path.read_bytes() == b"what was there"
    assert list(tmp_path.iterdir()) == [path] and hook_count(model) == 0


def test_tokens_that_do_not_match_the_rows_are_refused(model, tmp_path):
    ids = batches(1)[0]
    with pytest.raises(actz.BadArgumentError):
        with ActivationWriter(model, ["blocks.0"], tmp_path / "x.actz", lossless=True) as writer:
            writer.add_tokens(ids[:3])
            model(ids)
    assert list(tmp_path.iterdir()) == []


def test_blocks_are_written_while_the_model_runs(model, tmp_path):
    with torch.no_grad(), ActivationWriter(model, ["blocks.1"], tmp_path / "x.actz", block_rows=64, lossless=True) as w:
        for number, ids in enumerate(batches(8), 1):
            model(ids)
            deadline = time.monotonic() + 60
            while len(w.reports) < 40 * number // 64 and time.monotonic() < deadline:
                time.sleep(0.001)
            assert len(w.reports) == 40 * number // 64
            assert not (tmp_path / "x.actz").exists()
    assert [actz.info(tmp_path / "x.actz").tensors[i].rows for i in range(5)] == [64] * 5


def test_an_error_of_encoding_ends_the_run(model, tmp_path):
    bad = dict(modules={"blocks.0": {}, "blocks.1": {"nmse": -1.0}}, path=tmp_path / "x.actz", block_rows=40)
    with pytest.raises(actz.BadArgumentError):
        with torch.no_grad(), ActivationWriter(model, **bad):
            for ids in batches(50):
                model(ids)
    assert list(tmp_path.iterdir()) == [] and hook_count(model) == 0
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("actz_encode")]


def test_the_model_waits_while_two_blocks_wait(model, tmp_path):
    go_on, most = threading.Event(), []
    with torch.no_grad(), ActivationWriter(model, ["blocks.0"], tmp_path / "x.actz", block_rows=40, lossless=True) as w:
        w._encoder.submit(go_on.wait)  # takes the encoder's thread

        def run():
            for ids in batches(6):
                model(ids)
                most.append(w.rows["blocks.0"] // 40)

        thread = threading.Thread(target=run)
        thread.start()
        deadline = time.monotonic() + 60
        while len(most) < 2 and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(0.2)
        held = list(most)
        go_on.set()
        thread.join()
    assert held == [1, 2] and most == [1, 2, 3, 4, 5, 6]  # the third pass waits


def test_a_module_that_does_not_run_is_warned_of(model, tmp_path):
    model.unused = torch.nn.Linear(2, 2)
    with pytest.warns(UserWarning, match="did not run in the first pass: unused"):
        write(model, tmp_path / "x.actz", batches(2), ["blocks.0", "unused"], lossless=True)
    assert [t.name for t in actz.info(tmp_path / "x.actz").tensors] == ["blocks.0/000000"]


def test_passes_may_be_of_any_mode_of_torch(model, tmp_path):
    passes = batches(3)
    path = tmp_path / "x.actz"
    model.forward = lambda ids: model.blocks[1](model.blocks[0](model.embed(ids))[0])[0]  # adds nothing in place
    with ActivationWriter(model, ["blocks.0", "blocks.1"], path, tokens="embed", lossless=True):
        with torch.inference_mode():
            model(passes[0])
        with torch.no_grad():
            model(passes[1])
        model(passes[2]).sum().backward()
    for name, rows in rows_of(model, passes).items():
        assert np.array_equal(rows_in(path, name), rows)


@pytest.mark.parametrize("bad", [dict(modules=["nothing"]), dict(modules=[]), dict(tokens="nothing"),
                                 dict(block_rows=0)])
def test_bad_arguments_leave_no_hooks(model, tmp_path, bad):
    with pytest.raises(actz.BadArgumentError):
        ActivationWriter(model, **{"modules": ["blocks.0"], "path": tmp_path / "x.actz", **bad})
    assert hook_count(model) == 0 and list(tmp_path.iterdir()) == []
