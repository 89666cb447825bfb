"""Illegal context models and chunks of them, continued from recipes_invalid.py."""

from recipes_context import contexts
from recipes_invalid import ENTROPY, add, file_of, recipe
from recipes_invalid_models import payload_words_end
from writer import (
    BitWriter, coded_chunk, context, flat, lossless_model, lossy_model, one_tensor_file, static, tensor, uint,
)

GOOD = {"tables": [flat(5), flat(3)], "weight": [256, 300], "raw_bits": [0, 1], "table_of": [[0, 1], [1, 1]],
        "thresholds": [8000]}


def model_of(state_bits=0, quantiser=None, entropy_kind=2, model_extra=b"", entropy=None, **changes):
    quantiser = (2 if state_bits else 1) if quantiser is None else quantiser
    return lossy_model(2, entropy=entropy or context(**{**GOOD, **changes}), quantiser=quantiser,
                       entropy_kind=entropy_kind, state_bits=state_bits, extra=model_extra)


def with_model(name, families, rules, note, stored):
    add(name, 2, families, rules, note, lambda: file_of(stored_model=stored))


def broken(name, rules, note, families="corrupt", **changes):
    with_model(name, families, rules, note, model_of(**changes))


TWO_OF_BOTH = [[0, 1, 1, 0], [1, 1, 0, 0]]
broken("dependent_with_static", "R-MODEL-02", "the dependent quantiser without a context model", "unsupported",
       state_bits=3, entropy_kind=1, entropy=ENTROPY)
for bits in (0, 1, 4):
    broken(f"dependent_state_bits_{bits}", "R-MODEL-02", "", "unsupported", quantiser=2, state_bits=bits,
           table_of=TWO_OF_BOTH)
broken("uniform_state_bits", "R-MODEL-02", "2 state bits of the uniform quantiser", "unsupported", quantiser=1,
       state_bits=2)
broken("static_state_bits", "R-MODEL-02", "3 state bits beside a static model", "unsupported", quantiser=1,
       state_bits=3, entropy_kind=1, entropy=ENTROPY)
LOSSLESS = (2, 32, [(255, 0)], static([([4096],)], [0, 0]))
with_model("lossless_context", "unsupported", "R-MODEL-02", "a lossless model with entropy model 2",
           lossless_model(*LOSSLESS, entropy_kind=2))
with_model("lossless_state_bits", "unsupported", "R-MODEL-02", "", lossless_model(*LOSSLESS, state_bits=2))
broken("context_precision_7", "R-MODEL-50", "", tables=[flat(5, 7), flat(3, 7)], precision_bits=7)
broken("context_precision_13", "R-MODEL-50", "", tables=[flat(5, 13), flat(3, 13)], precision_bits=13)
broken("context_no_tables", "R-MODEL-50", "", tables=[])
broken("context_257_tables", "R-MODEL-50", "", tables=[flat(2)] * 257)
broken("context_frequency_0", "R-MODEL-51 R-MODEL-04", "", tables=[[4000, 0, 96], flat(3)])
broken("context_frequency_large", "R-MODEL-51 R-MODEL-04", "4097 of 4096", tables=[[4097, 1, 1], flat(3)])
broken("context_frequencies_sum", "R-MODEL-43", "4097 in all", tables=[flat(5), [4095, 1, 1]])
broken("context_code_count", "R-MODEL-43", "a code less than the table has",
       tables=[flat(5), [4000, 90, 6]], code_counts=[4, 1])
broken("context_bins_0", "R-MODEL-52", "", bins=0)
broken("context_bins_9", "R-MODEL-52", "", thresholds=list(range(8)), table_of=[[0] * 9, [1] * 9])
broken("context_thresholds_descend", "R-MODEL-53", "", thresholds=[8000, 7999], table_of=[[0] * 3, [1] * 3])
broken("context_weight", "R-MODEL-04", "65536", weight=[256, 65536])
broken("context_raw_bits_15", "R-MODEL-04", "", raw_bits=[15, 0])
broken("context_table_beyond", "R-MODEL-54", "table 2 of 2, by the sum of two differences",
       differences=[0, 1, 1, 1])
broken("context_table_negative", "R-MODEL-54", "table −1", differences=[0, 1, -1, 0])
broken("context_difference_256", "R-MODEL-04", "", differences=[0, 1, 256, 0])
broken("context_extra", "R-MODEL-09", "", model_extra=b"\0")
with_model("context_cut", "corrupt", "R-CONT-18", "ends in the thresholds",
           model_of(entropy=uint(12, 1) + uint(1, 2) + uint(8, 1) + bytes(13)))
with_model("context_table_cut", "corrupt", "R-MODEL-03", "a table of 256 frequencies in 3 bytes",
           model_of(entropy=uint(12, 1) + uint(1, 2) + uint(1, 1) + uint(255, 1) + bytes(3)))
broken("context_padding", "R-MODEL-05", "in the last array", entropy=context(**GOOD)[:-1] + b"\x80")

UNIFORM, DEPENDENT = lossy_model(2, **contexts(2)), lossy_model(2, **contexts(2, state_bits=2))
RAW = lossy_model(2, **contexts(2, raw_bits=[1, 0]))
DEPENDENT_RAW = lossy_model(2, **contexts(2, state_bits=3, raw_bits=[13, 0]))


def index_of(name, note, model, index):
    def make():
        header = tensor(shape=(1, 2), view=(1, 1, 2), strand_rows=1)
        payload, digest = coded_chunk(header, model, [[index, 0]])
        return one_tensor_file(header, model, [(payload, digest, 0, 1)]).finish()
    add(name, 2, "corrupt", "R-QUAN-04", note, make)


index_of("index_32768", "", UNIFORM, 32768)
index_of("index_minus_32768", "", UNIFORM, -32768)
index_of("index_minus_32768_raw", "with a raw bit", RAW, -32768)
index_of("index_excess_65536", "code 65536 and more", UNIFORM, 65536)
index_of("index_excess_largest", "the largest Exp-Golomb code", UNIFORM, 2**31 - 1)
index_of("index_dependent_16384", "", DEPENDENT, 16384)
index_of("index_dependent_minus_16384", "", DEPENDENT, -16384)
index_of("index_dependent_raw", "13 raw bits: no escape", DEPENDENT_RAW, 16384)

ESCAPES = lossy_model(2, **contexts(2, codes=(0,), table_count=1))


def with_bypass(bits, model=ESCAPES):
    """One row of two escapes, whose bypass stream is replaced by these (value, width)."""
    def make():
        writer = BitWriter()
        for value, width in bits:
            writer.bits(value, width)
        header = tensor(shape=(1, 2), view=(1, 1, 2), strand_rows=1)
        payload, digest = coded_chunk(header, model, [[0, 0]])
        bypass = writer.bytes()
        payload = payload[:36] + uint(len(bypass), 4) + payload[40:payload_words_end(payload)] + bypass
        return one_tensor_file(header, model, [(payload, digest, 0, 1)]).finish()
    return make


add("context_exp_golomb_32_zeros", 2, "corrupt", "R-QUAN-02", "", with_bypass([(2**32, 33), (0, 32)]))
add("context_bypass_cut", 2, "corrupt", "R-CHNK-20", "ends inside an escape", with_bypass([(1, 1), (0, 7)]))
add("context_raw_cut", 2, "corrupt", "R-CHNK-20", "ends inside raw bits",
    with_bypass([(1, 1), (1, 7)], lossy_model(2, **contexts(2, codes=(0,), table_count=1, raw_bits=[14, 0]))))
add("context_bypass_padding", 2, "corrupt", "R-CHNK-20", "a one in the padding", with_bypass([(1, 1), (1, 1), (1, 6)]))
add("context_bypass_extra", 2, "corrupt", "R-CHNK-20", "a byte that no symbol takes", with_bypass([(3, 2), (0, 14)]))


@recipe(2, "corrupt", "R-RANS-03")
def context_words_run_out():
    """the last word is missing"""
    header = tensor(shape=(60, 2), view=(1, 60, 2), strand_rows=60)
    payload, digest = coded_chunk(header, UNIFORM, [[(-1) ** (i + j) * (i % 4) for j in range(2)] for i in range(60)],
                                  lanes_log2=2)
    words = int.from_bytes(payload[32:36], "little")
    end = payload_words_end(payload)
    payload = payload[:32] + uint(words - 1, 4) + payload[36:end - 2] + payload[end:]
    return one_tensor_file(header, UNIFORM, [(payload, digest, 0, 1)]).finish()


def coded(name, rules, note, **options):
    add(name, 2, "corrupt", rules, note, lambda: file_of(model=DEPENDENT, **options))


coded("context_word_extra", "R-RANS-04", "a word that no symbol takes", word_extra=b"\0\0")
coded("context_state_final", "R-RANS-04 R-RANS-03 R-CHNK-16", "", state_of_lane_0=0x12345678)
coded("context_digest", "R-CHNK-16", "", digest_xor=1)
