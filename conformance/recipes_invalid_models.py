"""Illegal models and coded chunks, continued from recipes_invalid.py."""

from recipes_invalid import ENTROPY, GOOD_MODEL, ROWS, add, file_of, header_of, recipe
from recipes_valid import CENTRED, matrix
from writer import (
    CHUNK, MODEL_REFERENCE, TENSOR, TENSOR_END, BitWriter, FileBuilder, block, chunk, coded_chunk, dense, dense_predictor,
    diagonal, f32, flat, lossless_model, lossy_model, low_rank_predictor, one_tensor_file, rice_array, static,
    tensor, tensor_end, uint,
)


def with_model(name, families, rules, note, stored, **options):
    add(name, 1, families, rules, note, lambda: file_of(stored_model=stored, **options))


def bad(**options):
    return lossy_model(2, **{"entropy": ENTROPY, **options})


LAG = dense_predictor([1], [0, 0], [0, 0], [[1, 0], [0, 1]])
with_model("model_match_kind", "unsupported", "R-MODEL-02", "match kind 3", bad(match=(3, b"")))
with_model("model_codec", "unsupported", "R-MODEL-02", "codec 3", b"\3" + GOOD_MODEL[1:])
with_model("model_predictor", "unsupported", "R-MODEL-02", "predictor 4", bad(predictor=(4, b"")))
with_model("model_synthesis", "unsupported", "R-MODEL-02", "synthesis 4", bad(synthesis=(4, b"")))
with_model("model_quantiser", "unsupported", "R-MODEL-02", "quantiser 255", bad(quantiser=255))
with_model("model_entropy", "unsupported", "R-MODEL-02", "entropy model 255", bad(entropy_kind=255))
with_model("model_lossless_quantiser", "unsupported", "R-MODEL-02", "a lossless model with a quantiser",
           lossless_model(2, 32, [(255, 0)], static([([4096],)], [0, 0]), quantiser=1))
with_model("model_cut", "corrupt", "R-CONT-18", "", GOOD_MODEL[:10])
with_model("model_channels_0", "corrupt", "R-MODEL-07", "", GOOD_MODEL[:8] + uint(0, 4) + GOOD_MODEL[12:])
with_model("model_unit", "corrupt", "R-MODEL-08", "infinite", bad(unit=0x7F800000))
with_model("model_extra", "corrupt", "R-MODEL-09", "", bad(extra=b"\0"))
with_model("array_cut", "corrupt", "R-MODEL-03", "the centre of 65536 channels in 5 bytes",
           GOOD_MODEL[:8] + uint(65536, 4) + GOOD_MODEL[12:21])
with_model("array_above_32_bits", "corrupt", "R-MODEL-04", "a code of 2^32 and more",
           bad(centre_bytes=(31 | 0b011 << 5).to_bytes(16, "little")))
with_model("array_range", "corrupt", "R-MODEL-04", "a matrix element of 32768",
           bad(synthesis=(1, uint(0, 1) + uint(2, 4) + rice_array([32768, 1]))))
with_model("array_padding", "corrupt", "R-MODEL-05", "", bad(centre_bytes=bytes((0x80,))))
with_model("array_too_large", "limit_exceeded", "R-MODEL-06", "a dense synthesis of 8193 x 8193",
           bytes((1, 0, 2, 1, 1, 0, 0, 0)) + uint(8193, 4) + uint(f32(1), 4) + rice_array([0] * 8193) + uint(0, 1) +
           uint(8193, 4))
with_model("lag_count_0", "corrupt", "R-MODEL-10", "", bad(predictor=(1, b"\0" + LAG[1][1:])))
with_model("lag_count_17", "corrupt", "R-MODEL-10", "",
           bad(predictor=dense_predictor(list(range(1, 18)), [0] * 2, [0] * 2, matrix("17", 2, 34, 2))))
with_model("lag_0", "corrupt", "R-MODEL-11", "", bad(predictor=dense_predictor([0], [0, 0], [0, 0], [[1, 0], [0, 1]])))
with_model("lag_4097", "corrupt", "R-MODEL-11", "",
           bad(predictor=dense_predictor([4097], [0] * 2, [0] * 2, [[1, 0], [0, 1]])))
with_model("lags_descend", "corrupt", "R-MODEL-11", "",
           bad(predictor=dense_predictor([2, 1], [0] * 2, [0] * 2, matrix("d", 2, 4, 2))))
with_model("shift_32", "corrupt", "R-MODEL-04", "an output_shift of 32",
           bad(predictor=dense_predictor([1], [0, 0], [32, 0], [[1, 0], [0, 1]])))
with_model("rank_0", "corrupt", "R-MODEL-12", "",
           bad(predictor=low_rank_predictor([1], [0, 0], [], [], [0, 0], [[], []])))
with_model("synthesis_shift_16", "corrupt", "R-MODEL-20", "", bad(synthesis=diagonal([1, 1], shift=16)))
with_model("coefficients_above_channels", "corrupt", "R-MODEL-20", "", bad(synthesis=dense([[1, 2, 3], [4, 5, 6]])))
with_model("diagonal_short", "corrupt", "R-MODEL-24", "", bad(synthesis=diagonal([1], coefficients=1)))
with_model("block_channels_0", "corrupt", "R-MODEL-21", "", bad(synthesis=block([[[1, 2], [3, 4]]], 0)))
with_model("block_channels_3", "corrupt", "R-MODEL-21", "", bad(synthesis=block([[[1, 2], [3, 4]]], 3)))
with_model("block_too_wide", "corrupt", "R-MODEL-22", "a last block of 1 channel with 2 coefficients",
           lossy_model(3, entropy=static([CENTRED], [0] * 3), synthesis=block([[[1], [2]], [[1, 2]]], 2)))
with_model("block_sum", "corrupt", "R-MODEL-23", "", bad(synthesis=block([[[1], [2]]], 2, coefficients=2)))
with_model("precision_7", "corrupt", "R-MODEL-40", "", bad(entropy=static([(-4, 0, flat(9, 7))], [0, 0], 7)))
with_model("precision_13", "corrupt", "R-MODEL-40", "", bad(entropy=static([(-4, 0, flat(9, 13))], [0, 0], 13)))
with_model("class_count_0", "corrupt", "R-MODEL-40", "", bad(entropy=static([], [0, 0])))
with_model("class_raw_bits", "corrupt", "R-MODEL-41", "15 raw bits", bad(entropy=static([(0, 15, flat(2))], [0, 0])))
with_model("class_lowest", "corrupt", "R-MODEL-41", "", bad(entropy=static([(-32769, 0, flat(9))], [0, 0])))
with_model("class_no_symbols", "corrupt", "R-MODEL-41", "", bad(entropy=static([(0, 0, [])], [0, 0])))
with_model("class_beyond_16_bits", "corrupt", "R-MODEL-42", "", bad(entropy=static([(3, 14, flat(2))], [0, 0])))
with_model("frequencies_sum", "corrupt", "R-MODEL-43", "", bad(entropy=static([(-4, 0, flat(9)[:-1] + [1])], [0, 0])))
with_model("class_of", "corrupt", "R-MODEL-44 R-MODEL-04", "", bad(entropy=static([CENTRED], [0, 1])))


def bins(name, rules, note, element_bits, table, low_zero_bits=0, families="corrupt", **options):
    model = lossless_model(2, element_bits, table, static([(flat(max(len(table), 1)),)], [0, 0]), low_zero_bits,
                           **options)
    with_model(name, families, rules, note, model)


bins("bins_width", "R-MODEL-30", "24 bits", 24, [(255, 0)])
bins("bins_all_bits_zero", "R-MODEL-30", "32 of 32", 32, [(255, 0)], 32)
bins("bins_none", "R-MODEL-31", "", 32, [], 0)
bins("bins_257", "R-MODEL-31", "", 32, [(0, i) for i in range(257)], 0)
bins("bins_escape_base", "R-MODEL-32", "", 32, [(255, 1)])
bins("bins_64_bits", "R-MODEL-33", "a bin of 64 bits", 64, [(64, 0)])
bins("bins_leave", "R-MODEL-33", "a bin that ends beyond the last pattern", 32, [(4, 2**32 - 15)])
bins("lossless_width", "R-CHNK-13", "a model of 16 bits on f32", 16, [(255, 0)])
with_model("chunk_model_channels", "corrupt", "R-CHNK-11", "a model of 3 channels",
           lossy_model(3, entropy=static([CENTRED], [0] * 3)))


def coded(name, rules, note, families="corrupt", **options):
    add(name, 1, families, rules, note, lambda: file_of(**options))


def after(offset, data):
    """The file of a chunk whose header bytes from offset on are replaced."""
    def make():
        payload, digest = coded_chunk(header_of(), GOOD_MODEL, ROWS, strand_count=2)
        payload = payload[:offset] + data + payload[offset + len(data):]
        return one_tensor_file(header_of(), GOOD_MODEL, [(payload, digest, 0, 2)]).finish()
    return make


add("chunk_coding", 1, "unsupported", "R-CHNK-01", "coding 3", after(22, b"\3"))
add("chunk_lanes", 1, "unsupported", "R-CHNK-02", "256 lanes", after(23, b"\x08"))
add("chunk_reserved", 1, "unsupported", "R-CHNK-02", "", after(46, b"\1"))
add("chunk_model_index", 1, "corrupt", "R-CHNK-17", "model 1 of 1", after(20, b"\1\0"))
add("chunk_states_cut", 1, "corrupt", "R-CONT-18", "128 lanes in a short payload", after(23, b"\x07"))
add("chunk_words_missing", 1, "corrupt", "R-CONT-18", "word_count beyond the payload", after(32, b"\xFF\xFF\xFF\xFF"))
coded("chunk_extra", "R-CHNK-10", "a byte after the patches", tail=b"\0")
coded("chunk_digest", "R-CHNK-16", "", digest_xor=1)
coded("state_low", "R-RANS-01", "a state of 65535", state_of_lane_0=65535)
coded("word_extra", "R-RANS-04", "a word that no symbol takes", word_extra=b"\0\0")
coded("state_final", "R-RANS-04 R-CHNK-16", "a state that does not end at 65536", state_of_lane_0=0x12345678)
coded("bypass_extra", "R-CHNK-20", "a byte that no symbol takes", bypass_extra=b"\0")
coded("patches_none", "R-CHNK-30", "a block of 0 patches", patch_bytes=uint(0, 4))
coded("patches_too_many", "R-CHNK-30", "13 of 12 elements", patch_bytes=uint(13, 4) + rice_array([0] * 13) + bytes(52))
coded("patch_outside", "R-CHNK-31", "element 12 of 12", patch_bytes=uint(1, 4) + rice_array([12]) + bytes(4))
coded("patch_value_cut", "R-CONT-18", "3 of 4 bytes", patch_bytes=uint(1, 4) + rice_array([1]) + bytes(3))
coded("patch_extra", "R-CHNK-32", "a byte after the values", patch_bytes=uint(1, 4) + rice_array([1]) + bytes(5))
coded("patch_gap_negative", "R-MODEL-04", "", patch_bytes=uint(2, 4) + rice_array([3, -1]) + bytes(8))


ESCAPING = lossy_model(2, entropy=static([(0, 0, [1, 4095])], [0, 0]))


def escaping(bits_of_one):
    """One element coded by an escape with these bypass bits, the rest by zeros in range of the class."""
    def make():
        writer = BitWriter()
        for value, width in bits_of_one:
            writer.bits(value, width)
        header = tensor(shape=(1, 2), view=(1, 1, 2), strand_rows=1)
        payload, digest = coded_chunk(header, ESCAPING, [[5, 0]])
        bypass = writer.bytes()
        payload = payload[:36] + uint(len(bypass), 4) + payload[40:payload_words_end(payload)] + bypass
        return one_tensor_file(header, ESCAPING, [(payload, digest, 0, 1)]).finish()
    return make


def payload_words_end(payload):
    return 48 + 4 * 2 ** payload[23] + 2 * int.from_bytes(payload[32:36], "little")


add("escape_above_16_bits", 1, "corrupt", "R-QUAN-03", "1 + 32767", escaping([(1, 1), (2**15, 16), (0, 15)]))
add("escape_below_16_bits", 1, "corrupt", "R-QUAN-03", "−1 − 32768", escaping([(0, 1), (2**15, 16), (1, 15)]))
add("exp_golomb_32_zeros", 1, "corrupt", "R-QUAN-02", "", escaping([(1, 1), (2**32, 33), (0, 32)]))
add("bypass_cut", 1, "corrupt", "R-CHNK-20", "the stream ends inside an escape", escaping([(1, 1), (0, 7)]))


@recipe(1, "corrupt", "R-CHNK-20")
def bypass_padding():
    """a one in the padding of the bypass stream"""
    return escaping([(1, 1), (0, 2), (1, 1), (5, 2), (1, 1), (1, 1)])()


@recipe(1, "corrupt", "R-RANS-03")
def words_run_out():
    """the last word is missing"""
    values = [[4 * (-1) ** (i + j) - 1 for j in range(2)] for i in range(60)]
    header = tensor(shape=(60, 2), view=(1, 60, 2), strand_rows=60)
    payload, digest = coded_chunk(header, GOOD_MODEL, [[max(min(v, 3), -4) for v in row] for row in values])
    words = int.from_bytes(payload[32:36], "little")
    payload = payload[:32] + uint(words - 1, 4) + payload[36:payload_words_end(payload) - 2]
    return one_tensor_file(header, GOOD_MODEL, [(payload, digest, 0, 1)]).finish()


@recipe(1, "corrupt", "R-CHNK-15")
def patches_in_lossless():
    """a patch in a chunk of a lossless model"""
    header = tensor(shape=(1, 2), view=(1, 1, 2), strand_rows=1)
    model = lossless_model(2, 32, [(255, 0)], static([([4096],)], [0, 0]))
    payload, digest = coded_chunk(header, model, [[1, 2]], patches={0: bytes(4)})
    return one_tensor_file(header, model, [(payload, digest, 0, 1)]).finish()


@recipe(1, "unsupported", "R-ARCH-21")
def reference_unresolved():
    """a chunk that needs a model which no profile at hand holds"""
    header = header_of()
    payload, digest = coded_chunk(header, GOOD_MODEL, ROWS, strand_count=2)
    file = FileBuilder().add(MODEL_REFERENCE, bytes(range(32))).add(TENSOR, header).add(CHUNK, payload, 0, 0, 2)
    return file.add(TENSOR_END, tensor_end(0, [digest])).finish()
