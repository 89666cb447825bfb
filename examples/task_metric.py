#!/usr/bin/env python3
"""How much the loss of a small Llama minds errors of a hidden state: the metric for `actz fit --metric`.

  task_metric.py --weights MODEL.bin --tokens tokens.npy --layer K -o M.npy [--labels sampled] [--diagonal]

The weights are a llama2.c checkpoint (legacy format), the tokens int32 [sequences, length + 1]. The network runs to
"layer K", the hidden state h after K blocks, and on to the loss, the cross-entropy of the next token. The metric is the
mean over all tokens of g gᵀ, where g is the gradient of the sequence's summed loss with respect to h of the token: for a
small error e of h the loss moves by about g·e, so eᵀ M e tells how much errors in direction e matter.

With `--labels sampled` the labels are drawn from the network's own predictions, which gives the Fisher information
instead of its empirical form. Needs PyTorch (Debian: python3-torch) and NumPy.
"""
import argparse
import struct

import numpy as np
import torch
from torch.nn import functional


class Llama:
    """Forward pass from any layer on. Matrices are [outputs, inputs]."""

    def __init__(self, path):
        with open(path, "rb") as file:
            header = struct.unpack("<7i", file.read(28))
            numbers = torch.from_numpy(np.fromfile(file, np.float32))
        self.dim, hidden, self.layers, self.heads, self.kv_heads, vocabulary, length = header
        self.head_dim = self.dim // self.heads
        kv_dim = self.kv_heads * self.head_dim
        n, d, v, place = self.layers, self.dim, abs(vocabulary), 0

        def take(*shape):
            nonlocal place
            count = int(np.prod(shape))
            place += count
            return numbers[place - count : place].reshape(shape)

        self.embedding = take(v, d)
        self.attention_gain = take(n, d)
        self.wq, self.wk, self.wv, self.wo = take(n, d, d), take(n, kv_dim, d), take(n, kv_dim, d), take(n, d, d)
        self.feed_gain = take(n, d)
        self.w1, self.w2, self.w3 = take(n, hidden, d), take(n, d, hidden), take(n, hidden, d)
        self.final_gain = take(d)
        take(2, length, self.head_dim // 2)  # angles of the rotary embedding, computed below
        self.classifier = self.embedding if vocabulary > 0 else take(v, d)  # a negative size: a matrix of its own
        speed = 10000.0 ** (-torch.arange(0, self.head_dim, 2, dtype=torch.float64) / self.head_dim)
        angle = torch.arange(length, dtype=torch.float64)[:, None] * speed
        self.cos, self.sin = angle.cos().float(), angle.sin().float()

    @staticmethod
    def normalise(x, gain):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-5) * gain

    def rotate(self, x):
        """Rotary embedding of [batch, head, token, channel]: pairs of neighbouring channels turn together."""
        cos, sin = self.cos[: x.shape[2]], self.sin[: x.shape[2]]
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)

    def attend(self, x, layer):
        batch, tokens, _ = x.shape

        def heads(matrix, count):
            return functional.linear(x, matrix[layer]).view(batch, tokens, count, self.head_dim).transpose(1, 2)

        q, k = self.rotate(heads(self.wq, self.heads)), self.rotate(heads(self.wk, self.kv_heads))
        v = heads(self.wv, self.kv_heads)
        shared = self.heads // self.kv_heads
        k, v = k.repeat_interleave(shared, 1), v.repeat_interleave(shared, 1)
        score = q @ k.transpose(2, 3) / self.head_dim**0.5
        future = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)
        mixed = score.masked_fill(future, float("-inf")).softmax(-1) @ v
        return functional.linear(mixed.transpose(1, 2).flatten(2), self.wo[layer])

    def feed(self, x, layer):
        gate = functional.silu(functional.linear(x, self.w1[layer]))
        return functional.linear(gate * functional.linear(x, self.w3[layer]), self.w2[layer])

    def run(self, x, first, last):
        """The hidden state after block `last`, given that after block `first`."""
        for layer in range(first, last):
            x = x + self.attend(self.normalise(x, self.attention_gain[layer]), layer)
            x = x + self.feed(self.normalise(x, self.feed_gain[layer]), layer)
        return x

    def logits(self, x):
        return functional.linear(self.normalise(x, self.final_gain), self.classifier)


def mean_loss(model, tokens, batch):
    """Nats per token of the undisturbed network."""
    total = 0.0
    with torch.no_grad():
        for part in tokens.split(batch):
            logits = model.logits(model.run(model.embedding[part[:, :-1]], 0, model.layers))
            total += functional.cross_entropy(logits.flatten(0, 1), part[:, 1:].flatten(), reduction="sum").item()
    return total / tokens[:, 1:].numel()


def gradients(model, part, layer, sampled):
    """Gradient of the summed loss of each sequence with respect to each hidden state: [tokens, channels]."""
    with torch.no_grad():
        hidden = model.run(model.embedding[part[:, :-1]], 0, layer)
    hidden.requires_grad_(True)
    logits = model.logits(model.run(hidden, layer, model.layers)).flatten(0, 1)
    if sampled:
        labels = torch.multinomial(logits.detach().softmax(-1), 1)[:, 0]
    else:
        labels = part[:, 1:].flatten()
    loss = functional.cross_entropy(logits, labels, reduction="sum")
    return torch.autograd.grad(loss, hidden)[0].flatten(0, 1).double()


def task_metric(model, tokens, layer, batch, sampled):
    metric = torch.zeros(model.dim, model.dim, dtype=torch.float64)
    for part in tokens.split(batch):
        g = gradients(model, part, layer, sampled)
        metric += g.T @ g
    return metric / tokens[:, 1:].numel()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--tokens", required=True)
    parser.add_argument("--layer", type=int, required=True, help="the split is after so many blocks")
    parser.add_argument("-o", "--output", help="where the metric goes (.npy); without it only the loss is checked")
    parser.add_argument("--labels", choices=("true", "sampled"), default="true")
    parser.add_argument("--diagonal", action="store_true", help="a vector: the diagonal of the metric")
    parser.add_argument("--expect-loss", type=float, help="fail unless the loss is this, to 0.0005 nats per token")
    parser.add_argument("--batch", type=int, default=8, help="sequences at a time")
    parser.add_argument("--seed", type=int, default=1, help="of the sampled labels")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    model = Llama(args.weights)
    tokens = torch.from_numpy(np.load(args.tokens).astype(np.int64))
    loss = mean_loss(model, tokens, args.batch)
    print(f"loss {loss:.4f} nats per token over {tokens[:, 1:].numel()} tokens")
    if args.expect_loss is not None and abs(loss - args.expect_loss) > 0.0005:
        raise SystemExit(f"task_metric.py: the loss was to be {args.expect_loss}")
    if args.output:
        metric = task_metric(model, tokens, args.layer, args.batch, args.labels == "sampled").numpy()
        eigenvalues = np.linalg.eigvalsh(metric)[::-1]
        print(f"metric of layer {args.layer}: {metric.shape[0]} channels, "
              f"the largest tenth of the eigenvalues holds {eigenvalues[: len(metric) // 10].sum() / eigenvalues.sum():.2f} of the trace")
        np.save(args.output, np.diag(metric) if args.diagonal else metric)


if __name__ == "__main__":
    main()
