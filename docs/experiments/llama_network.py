"""Small Llama networks in PyTorch, read from checkpoints of llama2.c's legacy format, and the texts they are trained
on."""
import json
import math
import re
import struct

import numpy as np
import torch
from torch import nn
from torch.nn import functional

EPSILON = 1e-5


class RootMeanSquareNorm(nn.Module):
    def __init__(self, gain):
        super().__init__()
        self.gain = nn.Parameter(gain)

    def forward(self, rows):
        return rows * torch.rsqrt(rows.square().mean(-1, keepdim=True) + EPSILON) * self.gain


class Embedding(nn.Module):
    def __init__(self, table):
        super().__init__()
        self.table = nn.Parameter(table)

    def forward(self, tokens):
        return functional.embedding(tokens, self.table)


class Head(nn.Module):
    """Rows to logits."""

    def __init__(self, gain, classifier):
        super().__init__()
        self.norm, self.classifier = RootMeanSquareNorm(gain), nn.Parameter(classifier)

    def forward(self, rows):
        return self.norm(rows) @ self.classifier.t()


def rotated(heads, cosine, sine):
    """Rotary embedding of [batch, heads, rows, head size]: pairs of neighbours are turned."""
    rows = heads.shape[2]
    even, odd, c, s = heads[..., 0::2], heads[..., 1::2], cosine[:rows], sine[:rows]
    return torch.stack([even * c - odd * s, even * s + odd * c], -1).flatten(-2)


class Block(nn.Module):
    """Attention and feed-forward part, each added to its input. Matrices: [outputs, inputs]."""

    def __init__(self, weights, layer, heads, key_heads, cosine, sine):
        super().__init__()
        self.heads, self.key_heads = heads, key_heads
        self.attention_norm = RootMeanSquareNorm(weights["rms_attention"][layer])
        self.forward_norm = RootMeanSquareNorm(weights["rms_forward"][layer])
        for name in ("wq", "wk", "wv", "wo", "w1", "w2", "w3"):
            setattr(self, name, nn.Parameter(weights[name][layer]))
        self.register_buffer("cosine", cosine, persistent=False)
        self.register_buffer("sine", sine, persistent=False)

    def _split(self, rows, heads):
        return rows.unflatten(-1, (heads, -1)).transpose(1, 2)

    def _attention(self, rows):
        query = rotated(self._split(rows @ self.wq.t(), self.heads), self.cosine, self.sine)
        key = rotated(self._split(rows @ self.wk.t(), self.key_heads), self.cosine, self.sine)
        value = self._split(rows @ self.wv.t(), self.key_heads)
        repeats = self.heads // self.key_heads
        if repeats > 1:
            key, value = key.repeat_interleave(repeats, 1), value.repeat_interleave(repeats, 1)
        scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
        later = torch.full(scores.shape[-2:], -1e9).triu(1)
        weights = (scores + later).softmax(-1)
        return (weights @ value).transpose(1, 2).flatten(-2) @ self.wo.t()

    def forward(self, rows):
        rows = rows + self._attention(self.attention_norm(rows))
        hidden = self.forward_norm(rows)
        return rows + (functional.silu(hidden @ self.w1.t()) * (hidden @ self.w3.t())) @ self.w2.t()


def read_llama(path):
    """The modules of a network, one after the other: embedding, blocks, head."""
    with open(path, "rb") as file:
        data = file.read()
    width, hidden, layers, heads, key_heads, words, length = struct.unpack("<7i", data[:28])
    shared, words, size = words > 0, abs(words), width // heads
    values, position = torch.from_numpy(np.frombuffer(data, np.float32, offset=28).copy()), 0

    def take(*shape):
        nonlocal position
        count = math.prod(shape)
        position += count
        return values[position - count : position].reshape(shape).clone()

    weights = {
        "embedding": take(words, width),
        "rms_attention": take(layers, width),
        "wq": take(layers, width, width),
        "wk": take(layers, key_heads * size, width),
        "wv": take(layers, key_heads * size, width),
        "wo": take(layers, width, width),
        "rms_forward": take(layers, width),
        "w1": take(layers, hidden, width),
        "w2": take(layers, width, hidden),
        "w3": take(layers, hidden, width),
        "rms_final": take(width),
    }
    take(2 * length, size // 2)  # tables of angles, which are computed here
    classifier = weights["embedding"].clone() if shared else take(words, width)
    if position != len(values):
        raise ValueError(f"{path} holds {len(values)} weights, its header says {position}")
    angles = torch.arange(length)[:, None] * 10000.0 ** (-torch.arange(0, size, 2) / size)
    blocks = [Block(weights, layer, heads, key_heads, angles.cos(), angles.sin()) for layer in range(layers)]
    return [Embedding(weights["embedding"]), *blocks, Head(weights["rms_final"], classifier)]


class CharacterTokenizer:
    """A vocabulary of single characters, one a line; runs of unknown ones are one token 0."""

    def __init__(self, path):
        with open(path, encoding="utf-8", newline="\n") as lines:
            pieces = [line.rstrip("\n").split("\t")[0] for line in lines]
        self.number = {piece: i for i, piece in enumerate(pieces) if len(piece) == 1}

    def encode(self, text):
        tokens = [1]
        for character in "\u2581" + re.sub(" +", " ", text.strip()).replace(" ", "\u2581"):
            token = self.number.get(character, 0)
            if token or tokens[-1] != 0:
                tokens.append(token)
        return tokens


class PairTokenizer:
    """llama2.c's tokenizer.bin: of neighbours whose union is in the vocabulary, those of the best score are joined
    first."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        position, self.pieces, self.score = 4, [], []
        while position < len(data):
            score, length = struct.unpack_from("<fi", data, position)
            position += 8 + length
            self.pieces.append(data[position - length : position])
            self.score.append(score)
        self.number = {}
        for i, piece in enumerate(self.pieces):
            self.number.setdefault(piece, i)
        self.known_words = {}

    def _word(self, word):
        if word in self.known_words:
            return self.known_words[word]
        tokens = []
        for character in word:
            data = character.encode()
            tokens += [self.number[data]] if data in self.number else [3 + byte for byte in data]
        while pairs := [
            (self.score[joined], -i, joined)
            for i, pair in enumerate(zip(tokens, tokens[1:]))
            if (joined := self.number.get(self.pieces[pair[0]] + self.pieces[pair[1]])) is not None
        ]:
            _, minus_i, joined = max(pairs)
            tokens[-minus_i : 2 - minus_i] = [joined]
        self.known_words[word] = tokens
        return tokens

    def encode(self, text):
        return [1] + [token for word in re.findall(r" ?[^ ]+| +", " " + text.strip()) for token in self._word(word)]


def text_windows(path, tokenizer, rows=256):
    """All windows of rows + 1 tokens of the stories of a JSON list, int64 [windows, rows + 1]; neighbours share a
    token."""
    with open(path, encoding="utf-8") as file:
        stream = [token for story in json.load(file) for token in tokenizer.encode(story)]
    count = (len(stream) - 1) // rows
    return torch.tensor([stream[i * rows : (i + 1) * rows + 1] for i in range(count)])
