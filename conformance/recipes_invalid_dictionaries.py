"""Illegal dictionaries, continued from recipes_invalid.py."""

from hashlib import sha256

from recipes_dictionaries import Matched, dictionary_of
from recipes_invalid import ENTROPY, add
from recipes_references import from_reference
from recipes_valid import CENTRED, small_values
from writer import (
    DICTIONARY, MODEL, SYNC, chunk, coded_chunk, dictionary_payload, f32, lossless_model, lossy_model, match_part, section,
    static, tensor, uint, xxh64,
)

ROWS = small_values("illegal dictionary", 4, 2)
PLAIN = lossy_model(2, entropy=ENTROPY)
GOOD, LENGTHS = dictionary_of("good", 2, 2, 2)


def header_of(**options):
    return tensor(**{"shape": (4, 2), "view": (1, 4, 2), "strand_rows": 2, "unit": f32(0.5), **options})


def chunk_of(**options):
    return coded_chunk(header_of(), PLAIN, ROWS, strand_count=2, **options)[0]


def with_dictionary(payload, **options):
    """The file of a good dictionary with another one under the same digest as its model names."""
    file = Matched(GOOD, LENGTHS, stored=False)
    file.file.add(DICTIONARY, payload)
    return renamed(file.tensor("illegal", 2, **options).finish(), payload)


def renamed(data, payload):
    """Lets the model name a payload in place of the good dictionary."""
    old, new = sha256(GOOD).digest(), sha256(payload).digest()
    at = data.index(old)
    start = data.rindex(uint(SYNC, 4), 0, at)
    end = start + 24 + int.from_bytes(data[start + 8 : start + 16], "little")
    return data[:start] + section(MODEL, data[start + 24 : end].replace(old, new)) + data[end:]


def dictionary(name, rules, payload, note, families="corrupt"):
    add("dictionary_" + name, 2, families, rules, note, lambda: with_dictionary(payload))


def parts(header=None, model=PLAIN, chunk_payload=None, **options):
    return dictionary_payload(header or header_of(), model, chunk_payload or chunk_of(), **options)


dictionary("empty", "R-CONT-18", b"", "no bytes")
dictionary("tensor_cut", "R-CONT-18", parts(tensor_bytes=2**32 - 1), "a tensor longer than the payload")
dictionary("tensor_short", "R-CONT-18", parts(tensor_bytes=20), "a TENSOR payload cut short")
dictionary("tensor_long", "R-TENS-05", parts(header_of() + b"\0"), "a TENSOR payload with a byte too many")
dictionary("model_cut", "R-CONT-18", parts(model_bytes=2**32 - 1), "a model longer than the payload")
dictionary("model_long", "R-MODEL-09", parts(model=PLAIN + b"\0"), "a MODEL payload with a byte too many")
dictionary("chunk_cut", "R-CONT-18", parts()[: -len(chunk_of()) + 47], "47 bytes of a chunk's header")
dictionary("chunk_long", "R-CHNK-10", parts(chunk_payload=chunk_of() + b"\0"), "a chunk with a byte too many")
dictionary("digest", "R-CHNK-16", parts(chunk_payload=chunk_of(digest_xor=1)), "a chunk with another digest")
dictionary("of_f64", "R-DICT-01", parts(header_of(dtype="f64")), "elements of f64")
dictionary("with_reference", "R-DICT-01", parts(header_of(reference=0)), "a tensor with a reference")
dictionary("is_referenced", "R-DICT-01", parts(header_of(is_referenced=1)), "a tensor that others refer to")
dictionary("no_rows", "R-DICT-01", parts(tensor(shape=(0, 2), view=(1, 0, 2))), "a tensor without rows")
dictionary("lossless", "R-DICT-02", parts(model=lossless_model(2, 32, [(255, 0)], static([([4096],)], [0, 0]))),
           "a lossless model")
dictionary("model_reference", "R-DICT-02", parts(model=lossy_model(
    2, entropy=ENTROPY, reference=from_reference("dictionary", 2, 2))), "a model with a reference part")
dictionary("of_dictionary", "R-DICT-02", parts(model=lossy_model(
    2, entropy=ENTROPY, match=match_part([1, 1], [0, 0], [[1, 1]], dictionary=b"another"))), "a model that names a dictionary")
for field in ("tensor_index", "chunk_index", "model_index"):
    dictionary("chunk_" + field, "R-DICT-03", parts(chunk_payload=chunk_of(**{field: 1})), field + " 1")
dictionary("second_half", "R-DICT-03", parts(chunk_payload=coded_chunk(header_of(), PLAIN, ROWS[2:], 1, 1)[0]),
           "the second of two strands")
dictionary("first_half", "R-DICT-03", parts(chunk_payload=coded_chunk(header_of(), PLAIN, ROWS[:2], 0, 1)[0]),
           "the first of two strands")
dictionary("chunk_sources", "R-DICT-03", parts(chunk_payload=chunk_of(sources=[(0, 0)])), "a chunk with a source")
dictionary("too_many_strands", "R-CHNK-03", parts(header_of(strand_rows=4)), "two strands of one")
dictionary("model_channels", "R-CHNK-11", parts(model=lossy_model(3, entropy=static([CENTRED], [0] * 3))),
           "a model of 3 channels, a tensor of 2")
WIDER = parts(tensor(shape=(1, 3), view=(1, 1, 3)), lossy_model(3, entropy=static([CENTRED], [0] * 3)),
              chunk(bytes(12), xxh64(bytes(12)), coding=0))
add("dictionary_channels", 2, "corrupt", "R-DICT-04", "3 channels, for a model of 2 of which no row is matched",
    lambda: with_dictionary(WIDER, matches=[(0, None)] * 12))
add("dictionary_missing", 2, "unsupported", "R-DICT-05", "neither in the file nor in a profile",
    lambda: Matched(GOOD, LENGTHS, stored=False).tensor("missing", 2).finish())


def inside_tensor():
    file = Matched(GOOD, LENGTHS).tensor("outside", 2).file
    last = file.entries.pop()
    end = file.data[last[3] :]
    file.data = file.data[: last[3]]
    file.add(DICTIONARY, GOOD)
    file.entries.append(last[:3] + [len(file.data)] + last[4:])
    file.data += end
    return file.finish()


add("dictionary_inside_tensor", 2, "corrupt", "R-ARCH-01", "between a chunk and TENSOR_END", inside_tensor)


def skippable():
    file = Matched(GOOD, LENGTHS, stored=False)
    file.file.add(DICTIONARY, GOOD, flags=1)
    return file.tensor("skippable", 2).finish()


add("dictionary_skippable", 2, "corrupt", "R-CONT-16", "a DICTIONARY section marked skippable", skippable)
