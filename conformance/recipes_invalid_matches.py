"""Illegal match parts and matches, continued from recipes_invalid.py."""

from recipes_invalid import ENTROPY, add, file_of
from recipes_matches import matches_of
from writer import coded_chunk, lossless_model, lossy_model, match_part, one_tensor_file, static, tensor, uint

PART = {"code_bits": [1, 2, 2], "starts": [8192, 100, 200], "gains": [[128, 100], [64, 0]]}


def with_part(name, rules, note="", families="corrupt", **changes):
    model = lossy_model(2, entropy=ENTROPY, match=match_part(**{**PART, **changes}))
    add(name, 2, families, rules, note, lambda: file_of(stored_model=model))


with_part("match_classes_0", "R-MODEL-70", "0 classes", classes=0)
with_part("match_classes_9", "R-MODEL-70", "9 classes", code_bits=[1, 2, 3, 4, 5, 6, 7, 8, 8, 8], starts=[0] * 10,
          gains=[[1, 1]] * 9)
with_part("match_code_of_0_bits", "R-MODEL-71", code_bits=[0, 1, 1])
with_part("match_code_of_9_bits", "R-MODEL-71", "9 bits, in a sum that would be right", code_bits=[1, 2, 9])
with_part("match_code_incomplete", "R-MODEL-71", code_bits=[1, 2, 3])
with_part("match_code_overfull", "R-MODEL-71", code_bits=[1, 1, 1])
with_part("match_gain_256", "R-MODEL-04", gains=[[128, 256], [0, 0]])
with_part("match_gain_negative", "R-MODEL-04", gains=[[128, -1], [0, 0]])
HEAD = lossy_model(2, entropy=ENTROPY, match=(1, b""))[:17]  # up to the match part: 1 byte of centre
add("match_dictionary_cut", 2, "corrupt", "R-CONT-18", "31 bytes of the digest of a dictionary",
    lambda: file_of(stored_model=HEAD[:7] + b"\2" + HEAD[8:] + bytes(31)))
add("match_starts_cut", 2, "corrupt", "R-CONT-18", "",
    lambda: file_of(stored_model=HEAD + bytes((2, 1, 2, 2)) + bytes(5)))
add("match_gains_cut", 2, "corrupt", "R-MODEL-03", "", lambda: file_of(
    stored_model=lossy_model(65536, match=(1, bytes((1, 1, 1)) + bytes(4)), synthesis=(1, b""))))
add("lossless_match", 2, "unsupported", "R-MODEL-02", "a lossless model with a match part", lambda: file_of(
    stored_model=lossless_model(2, 32, [(255, 0)], static([([4096],)], [0, 0]), match_kind=1)))

HEADER = tensor(shape=(6, 2), view=(1, 6, 2), strand_rows=3)
MODEL = lossy_model(2, entropy=ENTROPY, match=match_part(**PART))
ROWS = [[0, 1], [1, -1], [2, 0], [0, 0], [1, 1], [-1, 0]]


def chunk_of(matches, **options):
    payload, digest = coded_chunk(HEADER, MODEL, ROWS, strand_count=2, matches=matches, **options)
    return one_tensor_file(HEADER, MODEL, [(payload, digest, 0, 2)]).finish()


def match_in_first_step():
    """the second row of the first step has class 1, as its code says, and nothing to be matched with"""
    legal = matches_of("first step", [3, 3], 2, 1.0)
    payload, digest = coded_chunk(HEADER, MODEL, ROWS, strand_count=2, matches=legal)
    words_end = 48 + 4 + 2 * int.from_bytes(payload[32:36], "little")
    bypass = payload[words_end] | 0b10  # bits 0 and 1 are the codes of the first step, each of class 0
    payload = payload[:words_end] + uint(bypass, 1) + payload[words_end + 1 :]
    return one_tensor_file(HEADER, MODEL, [(payload, digest, 0, 2)]).finish()


add("match_in_first_step", 2, "corrupt", "R-MTCH-01", match_in_first_step.__doc__, match_in_first_step)
add("match_bypass_cut", 2, "corrupt", "R-CHNK-20", "the matches end in the middle", lambda: cut_bypass())


def cut_bypass():
    payload, digest = coded_chunk(HEADER, MODEL, ROWS, strand_count=2, matches=matches_of("cut", [3, 3], 2, 1.0))
    bypass_bytes = int.from_bytes(payload[36:40], "little")
    payload = payload[:36] + uint(bypass_bytes - 1, 4) + payload[40:-1]
    return one_tensor_file(HEADER, MODEL, [(payload, digest, 0, 2)]).finish()
