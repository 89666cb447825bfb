#!/usr/bin/env python3
"""The loss of a small Llama that goes on from hidden states, in NumPy: the task of choose_quality.py.

`loss(hidden, first)` is what choose_quality.py wants of a task. This one runs the upper blocks of stories260K, from
examples/data/stories260K_after_layer3.npz, on hidden states after block 3, and gives the cross-entropy of the next
token. The same for other llama2.c checkpoints (legacy format), in a copy of this file that names the new paths:

  next_token_loss.py --extract MODEL.bin LAYER AFTER.npz
"""
import struct
import sys
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parent / "data"
NETWORK = DATA / "stories260K_after_layer3.npz"
TOKENS = DATA / "stories260K_tokens_4x257.npy"


def loss(hidden, first):
    """Nats a token, mean. hidden: (sequences, tokens, channels); first: number of the first sequence in TOKENS."""
    w = {name: array.astype(np.float32) for name, array in np.load(NETWORK).items()}
    tokens = np.load(TOKENS)[first : first + len(hidden)]
    x = np.asarray(hidden, np.float32)
    for block in range(len(w["wq"])):
        x = run_block({name: w[name][block] for name in PER_BLOCK}, x, int(w["heads"]))
    logits = norm(x, w["norm_last"]) @ w["vocabulary"].T
    logits -= logits.max(-1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return float(-np.take_along_axis(log_p, tokens[:, 1:, None], -1).mean())


PER_BLOCK = ("norm_attention", "wq", "wk", "wv", "wo", "norm_mlp", "w1", "w2", "w3")


def norm(x, gain):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * gain


def rotate(x):
    """Rotary embedding; x: (sequences, heads, tokens, head channels)."""
    half = x.shape[-1] // 2
    angle = np.arange(x.shape[2])[:, None] / 10000.0 ** (np.arange(half) / half)
    c, s = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
    even, odd = x[..., 0::2], x[..., 1::2]
    return np.stack([even * c - odd * s, even * s + odd * c], -1).reshape(x.shape)


def run_block(w, x, heads):
    sequences, count, channels = x.shape
    head = channels // heads
    h = norm(x, w["norm_attention"])
    q, k, v = ((h @ w[name].T).reshape(sequences, count, -1, head).swapaxes(1, 2) for name in ("wq", "wk", "wv"))
    shared = heads // k.shape[1]  # query heads of a K/V head
    q, k, v = rotate(q), np.repeat(rotate(k), shared, 1), np.repeat(v, shared, 1)
    score = q @ k.swapaxes(2, 3) / np.sqrt(np.float32(head)) + np.triu(np.full((count, count), -1e9, np.float32), 1)
    score = np.exp(score - score.max(-1, keepdims=True))
    mixed = (score / score.sum(-1, keepdims=True)) @ v
    x = x + mixed.swapaxes(1, 2).reshape(x.shape) @ w["wo"].T
    h = norm(x, w["norm_mlp"])
    gate = h @ w["w1"].T
    return x + (gate / (1 + np.exp(-gate)) * (h @ w["w3"].T)) @ w["w2"].T


def extract(model, layer, out):
    """What comes after block `layer` of a checkpoint, rounded to half precision."""
    data = Path(model).read_bytes()
    channels, hidden, blocks, heads, kv_heads, vocabulary, length = struct.unpack("<7i", data[:28])
    numbers, at = np.frombuffer(data, np.float32, offset=28), 0

    def take(*shape):
        nonlocal at
        at += int(np.prod(shape))
        return numbers[at - int(np.prod(shape)) : at].reshape(shape)

    kv = channels // heads * kv_heads
    embedding = take(abs(vocabulary), channels)
    shapes = {"norm_attention": (channels,), "wq": (channels, channels), "wk": (kv, channels), "wv": (kv, channels),
              "wo": (channels, channels), "norm_mlp": (channels,), "w1": (hidden, channels), "w2": (channels, hidden),
              "w3": (hidden, channels)}  # fmt: skip
    w = {name: take(blocks, *shape)[layer:] for name, shape in shapes.items()}
    w["norm_last"] = take(channels)
    take(length, channels // heads)  # tables of the rotary embedding
    w["vocabulary"] = embedding if vocabulary > 0 else take(-vocabulary, channels)
    w = {name: array.astype(np.float16) for name, array in w.items()}
    np.savez_compressed(out, heads=np.int32(heads), **w)


if __name__ == "__main__":
    if len(sys.argv) != 5 or sys.argv[1] != "--extract":
        sys.exit(__doc__)
    extract(sys.argv[2], int(sys.argv[3]), sys.argv[4])
