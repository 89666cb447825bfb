"""torch tensors in and out, without a copy where they lie as files hold them."""

import actz
import numpy as np
import pytest

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "float64", "int8", "int64", "uint8", "bool"])
def test_types_come_back(dtype):
    tensor = (torch.arange(60).reshape(3, 4, 5) - 20).to(getattr(torch, dtype))
    out = actz.decode(actz.encode(tensor, lossless=True), framework="pt")["tensor"]
    assert out.dtype == tensor.dtype and torch.equal(out, tensor)


def test_layouts_and_gradients_are_taken():
    tensor = torch.arange(24, dtype=torch.float32).reshape(4, 6).requires_grad_()
    for given in (tensor, tensor.T, tensor[::2, 1:], tensor[0, 0], tensor[:0]):
        out = actz.decode(actz.encode(given, lossless=True), framework="pt")["tensor"]
        assert torch.equal(out, given.detach())
    negative = torch.view_as_complex(torch.ones(3, 2)).conj().imag  # a lazy view: its memory holds 1, not -1
    assert negative.is_neg()
    assert torch.equal(actz.decode(actz.encode(negative, lossless=True), framework="pt")["tensor"], -torch.ones(3))


def test_bfloat16_is_the_same_in_both_frameworks(tmp_path, hidden):
    path = tmp_path / "x.actz"
    tensor = torch.from_numpy(hidden).bfloat16()
    assert np.array_equal(actz.f32_to_bf16(hidden), tensor.view(torch.int16).numpy().view(np.uint16))
    actz.save_file({"x": tensor}, path, lossless=True)
    bits = actz.load_file(path)["x"]
    assert actz.dtype_name(bits) == actz.dtype_name(tensor) == "bf16"
    assert np.array_equal(actz.bf16_to_f32(bits), tensor.float().numpy())
    with actz.safe_open(path, framework="pt") as file:
        assert torch.equal(file.get_tensor("x"), tensor)
        assert torch.equal(file.get_slice("x")[1, 10:20, ::3], tensor[1, 10:20, ::3])
    with open(path, "rb") as file:
        assert torch.equal(actz.load_file(file, framework="pt")["x"], tensor)


def test_decoded_tensors_are_written_where_they_lie(hidden):
    out = actz.decode(actz.encode(hidden, lossless=True), framework="pt")["tensor"]
    out += 1  # its own memory
    assert torch.equal(out, torch.from_numpy(hidden) + 1)


def test_profile_of_torch_tensors(hidden):
    options = dict(nmse=(0.05,), no_transform=True)
    one = actz.Profile.fit(torch.from_numpy(hidden), **options)
    assert one.to_bytes() == actz.Profile.fit(hidden, **options).to_bytes()


def test_types_that_torch_lacks_are_refused():
    if hasattr(torch, "uint16"):
        pytest.skip("this torch has uint16")
    with pytest.raises(actz.BadArgumentError):
        actz.decode(actz.encode(np.zeros(3, np.uint16)), framework="pt")
