"""Chunks whose largest step has as many values as it may (R-CHNK-21), or more. The values take no bits, and all of them are 0: a
decoder without the rule gets the right digest."""

import functools

from recipes_context import contexts
from recipes_invalid import add
from recipes_valid import CENTRED, recipe
from writer import (
    chunk, dense, lossless_model, lossy_model, low_rank_predictor, match_part, one_tensor_file, static, tensor, uint, xxh64,
)

MOST = 2**22
NO_BITS = static([([4096],)], [0] * 64)


@functools.cache
def digest_of_zeros(byte_count):
    return xxh64(bytes(byte_count))


def coefficientless(channels, **options):
    options = {"entropy": static([CENTRED], []), **options}
    return lossy_model(channels, synthesis=dense([[]] * channels), **options)


def step_file(model, rows, channels, strand_rows, dtype="f16", bypass=b""):
    """One chunk of all strands, of elements 0."""
    strands = -(-rows // strand_rows)
    header = tensor(dtype=dtype, shape=(rows, channels), view=(1, rows, channels), strand_rows=strand_rows)
    digest = digest_of_zeros(rows * channels * (2 if dtype == "f16" else 1))
    payload = chunk(uint(65536, 4) + bypass, digest, strand_count=strands, bypass_bytes=len(bypass))
    return one_tensor_file(header, model, [(payload, digest, 0, strands)]).finish()


def lag_1(channels):
    return low_rank_predictor([1], [0] * channels, [0], [[0] * channels], [0] * channels, [[0]] * channels)


@recipe(1, "R-CHNK-21", "R-CHNK-03")
def step_of_most_strands():
    """65536 strands of a row of 64 channels each, which advance together: a step of 4194304 values"""
    return step_file(coefficientless(64, predictor=lag_1(64)), 65536, 64, 1)


@recipe(1, "R-CHNK-21")
def step_of_most_rows():
    """a lossless step of 4194304 values, the rows of one strand"""
    return step_file(lossless_model(64, 8, [(0, 0)], NO_BITS), MOST // 64, 64, MOST // 64, "u8")


@recipe(1, "R-CHNK-21")
def step_of_short_strand():
    """strand_rows of 2^32 - 1, of which there are 3"""
    return step_file(coefficientless(64), 3, 64, 2**32 - 1)


def beyond(name, note, *arguments, level=1, **options):
    add(name, level, "corrupt", "R-CHNK-21", note, lambda: step_file(*arguments, **options))


ONE_MORE = MOST // 64 + 1
beyond("step_of_one_strand", "65537 rows of 64 channels in one strand, without lags", coefficientless(64), ONE_MORE, 64, ONE_MORE)
beyond("step_of_many_strands", "65536 strands of a row of 65 channels, with a lag", coefficientless(65, predictor=lag_1(65)), 65536, 65, 1)
beyond("step_of_many_strands_matched", "the same without lags, with a match part", coefficientless(
    65, match=match_part([1, 1], [0, 0], [[1] * 65])), 65536, 65, 1, bypass=bytes(8192), level=2)
beyond("step_lossless", "a lossless one of 65537 rows", lossless_model(64, 8, [(0, 0)], NO_BITS), ONE_MORE, 64, ONE_MORE, "u8")
beyond("step_of_context", "of a context model", coefficientless(64, **contexts(0)), ONE_MORE, 64, ONE_MORE, level=2)
