"""Files that break exactly one rule; all checksums fit, save where a checksum is the rule."""

import hashlib

from recipes_valid import CENTRED, matrix, raw_tensor, small_values
from writer import (
    CHUNK, END, INDEX, MODEL, MODEL_REFERENCE, METADATA, PROFILE, TENSOR, TENSOR_END, BitWriter, FileBuilder, block,
    chunk, coded_chunk, dense, dense_predictor, diagonal, f32, file_header, flat, lossless_model, lossy_model,
    low_rank_predictor, one_tensor_file, rice_array, section, static, tensor, tensor_end, uint, xxh64,
)

RECIPES = []  # (id, level, rules, function, families)


def recipe(level, families, *rules):
    def register(function):
        RECIPES.append((function.__name__, level, rules, function, families.split()))
        return function
    return register


def add(name, level, families, rules, note, make):
    make.__name__, make.__doc__ = name, note
    recipe(level, families, *rules.split())(make)


ENTROPY = static([CENTRED], [0, 0])
GOOD_MODEL = lossy_model(2, entropy=ENTROPY)
ROWS = small_values("invalid", 6, 2)


def header_of(**options):
    return tensor(**{"shape": (6, 2), "view": (1, 6, 2), "strand_rows": 3, "unit": f32(0.5), **options})


def file_of(header=None, model=GOOD_MODEL, finish=None, stored_model=None, **chunk_options):
    """A lossy tensor in one chunk of two strands. stored_model: what stands in the file instead of the model."""
    header = header or header_of()
    payload, digest = coded_chunk(header_of(), model, ROWS, strand_count=2, **chunk_options)
    strands = payload[16] + 256 * payload[17]  # as the chunk says
    file = one_tensor_file(header, stored_model or model, [(payload, digest, 0, strands)])
    return file.finish(**(finish or {}))


def container(name, families, rules, note, make):
    add(name, 0, families, rules, note, make)


def with_header(**options):
    return lambda: raw_tensor(FileBuilder(**options)).finish()


def with_finish(**options):
    return lambda: raw_tensor(FileBuilder()).finish(**options)


container("empty_file", "need_more_input", "R-CONT-02", "no bytes at all", lambda: b"")
container("signature_text_mode", "corrupt", "R-CONT-01", "CR LF became LF",
          lambda: with_header()().replace(b"\r\n", b"\n"))
container("header_cut", "need_more_input", "R-CONT-02", "23 bytes", lambda: with_header()()[:23])
container("header_checksum", "corrupt", "R-CONT-03", "", with_header(crc_xor=1))
container("version_major", "unsupported", "R-CONT-04", "version 1.0", with_header(major=1, minor=0))
container("version_minor", "unsupported", "R-CONT-04", "version 0.2", with_header(minor=2))
container("required_feature", "unsupported", "R-CONT-05", "bit 31", with_header(required=2**31))
container("file_kind", "unsupported", "R-CONT-06", "kind 3", with_header(kind=3))
container("kind_profile", "bad_argument", "R-CONT-07", "a profile where tensors are wanted",
          lambda: file_header(kind=2) + section(PROFILE, b'{"rungs": [{}]}') + section(MODEL, GOOD_MODEL) + section(END, b""))
container("sections_cut", "need_more_input", "R-CONT-10", "ends inside a section header", lambda: with_header()()[:30])
container("payload_cut", "need_more_input", "R-CONT-17", "ends inside a payload", lambda: with_header()()[:60])
container("end_cut", "need_more_input", "R-CONT-10", "ends before the END section", lambda: with_header()()[:-40])


def with_section(section_type, payload, at_start=True, **options):
    def make():
        file = FileBuilder()
        if at_start:
            file.add(section_type, payload, **options)
        raw_tensor(file)
        if not at_start:
            file.add(section_type, payload, **options)
        return file.finish()
    return make


container("section_sync", "corrupt", "R-CONT-11", "", with_section(METADATA, b"{}", sync=0x5AC7E59C))
container("section_header_checksum", "corrupt", "R-CONT-12", "", with_section(METADATA, b"{}", header_crc_xor=1))
container("section_flags", "unsupported", "R-CONT-13", "flag bit 1", with_section(METADATA, b"{}", flags=2))
container("payload_checksum", "corrupt", "R-CONT-14", "", with_section(METADATA, b"{}", payload_crc_xor=1))
container("unknown_section", "unsupported", "R-CONT-15", "type 60000 without the skippable flag", with_section(60000, b"", False))
container("profile_section_in_data", "unsupported", "R-CONT-15", "type 9", with_section(PROFILE, b"{}"))
container("type_0_section", "unsupported", "R-CONT-15", "type 0", with_section(0, tensor_end(0, [])))
container("model_skippable", "corrupt", "R-CONT-16", "", with_section(MODEL, GOOD_MODEL, flags=1))
container("index_skippable", "corrupt", "R-CONT-16", "", with_finish(index_flags=1))
container("end_skippable", "corrupt", "R-CONT-16", "", with_finish(end_flags=1))
container("end_flags", "unsupported", "R-CONT-13", "flag bit 1 of the END section", with_finish(end_flags=2))
container("metadata_late", "corrupt", "R-ARCH-02", "after a tensor", with_section(METADATA, b"{}", False))
container("reference_length", "corrupt", "R-ARCH-20", "33 bytes", with_section(MODEL_REFERENCE, bytes(33)))
container("chunk_outside", "corrupt", "R-ARCH-01", "a chunk before any tensor", with_section(CHUNK, chunk(b"", 0, coding=0)))
container("tensor_end_twice", "corrupt", "R-ARCH-01", "", with_section(TENSOR_END, tensor_end(0, []), False))


@recipe(0, "corrupt", "R-ARCH-01")
def model_inside_tensor():
    """a MODEL between a TENSOR and its chunk"""
    body = b"\1\2"
    file = FileBuilder().add(TENSOR, tensor(dtype="u8", shape=(2,), view=(1, 1, 2))).add(MODEL, GOOD_MODEL)
    file.add(CHUNK, chunk(body, xxh64(body), coding=0), 0, 0, 1)
    return file.add(TENSOR_END, tensor_end(0, [xxh64(body)])).finish()


@recipe(0, "corrupt", "R-ARCH-03")
def name_twice():
    """two tensors named x"""
    return raw_tensor(raw_tensor(FileBuilder()), 1).finish()


@recipe(0, "corrupt", "R-ARCH-01", "R-ARCH-05")
def tensor_without_end():
    """INDEX follows a TENSOR"""
    return FileBuilder().add(TENSOR, tensor(dtype="u8", shape=(0,), view=(0, 0, 1))).finish()


@recipe(0, "corrupt", "R-ARCH-05")
def strand_missing():
    """the chunks leave the last strand out"""
    body = b"\1\2"
    file = FileBuilder().add(TENSOR, tensor(dtype="u8", shape=(4,), view=(2, 1, 2)))
    file.add(CHUNK, chunk(body, xxh64(body), coding=0), 0, 0, 1)
    return file.add(TENSOR_END, tensor_end(0, [xxh64(body)])).finish()


def raw_with(end_options=None, listed=None, **chunk_options):
    def make():
        body = b"\1\2"
        file = FileBuilder().add(TENSOR, tensor(dtype="u8", shape=(2,), view=(1, 1, 2)))
        payload = chunk(body, xxh64(body), coding=0, **chunk_options)
        place = {"first_strand": chunk_options.get("first_strand", 0), "strand_count": chunk_options.get("strand_count", 1)}
        file.add(CHUNK, payload, **{**place, **(listed or {})})
        options = dict(end_options or {})
        return file.add(TENSOR_END, tensor_end(options.pop("tensor_index", 0), [xxh64(body)], **options)).finish()
    return make


container("chunk_tensor_index", "corrupt", "R-ARCH-04", "", raw_with(tensor_index=1))
container("chunk_chunk_index", "corrupt", "R-ARCH-04", "", raw_with(chunk_index=1))
container("chunk_first_strand", "corrupt", "R-ARCH-04", "", raw_with(first_strand=1))
container("chunk_no_strands", "corrupt", "R-CHNK-03", "strand_count 0", raw_with(strand_count=0))
container("chunk_too_many_strands", "corrupt", "R-CHNK-03", "", raw_with(strand_count=2))
container("end_tensor_index", "corrupt", "R-ARCH-05", "", raw_with({"tensor_index": 7}))
container("end_chunk_count", "corrupt", "R-ARCH-05", "", raw_with({"chunk_count": 2}))
container("end_digest", "corrupt", "R-ARCH-06", "", raw_with({"digest_xor": 2**63}))
container("end_too_long", "corrupt", "R-CONT-19", "", raw_with({"extra": b"\0"}))
container("raw_lengths", "corrupt", "R-CHNK-14", "patch_bytes 1 in a raw chunk", raw_with(patch_bytes=1))
container("index_strands", "corrupt", "R-ARCH-10 R-INDX-05", "strand_count of a chunk", raw_with(listed={"strand_count": 2}))


@recipe(0, "corrupt", "R-CHNK-14")
def raw_too_short():
    """a raw chunk of one element too few"""
    body = b"\1\2"
    file = FileBuilder().add(TENSOR, tensor(dtype="u8", shape=(3,), view=(1, 1, 3)))
    file.add(CHUNK, chunk(body, xxh64(body), coding=0), 0, 0, 1)
    return file.add(TENSOR_END, tensor_end(0, [xxh64(body)])).finish()


@recipe(0, "corrupt", "R-CHNK-16")
def raw_digest():
    """the digest of a raw chunk"""
    body = b"\1\2"
    file = FileBuilder().add(TENSOR, tensor(dtype="u8", shape=(2,), view=(1, 1, 2)))
    file.add(CHUNK, chunk(body, 5, coding=0), 0, 0, 1)
    return file.add(TENSOR_END, tensor_end(0, [5])).finish()


@recipe(0, "corrupt", "R-CONT-18")
def chunk_header_cut():
    """a CHUNK payload of 47 bytes"""
    file = FileBuilder().add(TENSOR, tensor(dtype="u8", shape=(2,), view=(1, 1, 2)))
    file.add(CHUNK, chunk(b"", 0, coding=0)[:47], 0, 0, 1)
    return file.add(TENSOR_END, tensor_end(0, [0])).finish()


def index_entry(entry, field, value):
    def make():
        file = raw_tensor(FileBuilder())
        entries = [list(one) for one in file.entries]
        entries[entry][field] = value(entries[entry][field])
        return file.finish(entries)
    return make


container("index_type", "corrupt", "R-ARCH-10 R-INDX-05", "TENSOR_END listed as type 2", index_entry(2, 0, lambda _: 2))
container("index_type_0", "corrupt unsupported", "R-ARCH-10 R-INDX-05", "TENSOR_END listed as type 0", index_entry(2, 0, lambda _: 0))
container("index_reserved", "corrupt", "R-INDX-02", "", index_entry(0, 1, lambda _: 1))
container("index_tensor_index", "corrupt", "R-ARCH-10 R-INDX-05", "", index_entry(0, 2, lambda _: 1))
container("index_offset", "corrupt", "R-ARCH-10 R-INDX-04", "", index_entry(1, 3, lambda old: old + 1))
container("index_offset_wraps", "corrupt", "R-ARCH-10 R-INDX-04", "offset + length wraps past 2^64",
          index_entry(1, 4, lambda _: 2**64 - 24))
container("index_length", "corrupt", "R-ARCH-10 R-INDX-03 R-INDX-04", "", index_entry(0, 4, lambda old: old - 1))
container("index_first_strand", "corrupt", "R-ARCH-10 R-INDX-05", "of a TENSOR", index_entry(0, 5, lambda _: 1))


@recipe(0, "corrupt", "R-ARCH-10", "R-INDX-04")
def index_entry_missing():
    """the last section is not listed"""
    file = raw_tensor(FileBuilder())
    return file.finish(file.entries[:-1])


container("index_count", "corrupt", "R-INDX-01", "section_count says one more", with_finish(count=4))
container("index_too_long", "corrupt", "R-INDX-01", "", with_finish(index_extra=b"\0"))
container("section_after_index", "corrupt", "R-ARCH-11 R-ARCH-13", "a skippable section", with_finish(before_end=section(60000, b"", 1)))
container("second_index", "corrupt", "R-ARCH-11 R-ARCH-13", "", with_finish(before_end=section(INDEX, uint(0, 4))))
container("end_offset", "corrupt", "R-ARCH-13", "index_offset_bytes is that of a TENSOR", with_finish(index_offset=24))
container("end_file_bytes", "corrupt", "R-ARCH-13", "", with_finish(file_bytes=1000))
container("end_extra", "corrupt need_more_input", "R-CONT-19", "END payload of 17 bytes", with_finish(end_extra=b"\0"))
container("bytes_after_end", "corrupt need_more_input", "R-ARCH-12", "", with_finish(trailing=b"\0"))
container("end_without_index", "corrupt", "R-ARCH-13", "", lambda: FileBuilder().data + section(END, uint(24, 8) + uint(64, 8)))


def with_tensor(families, rules, vector, note, **options):
    container(vector, families, rules, note, lambda: file_of(header_of(**options)))


with_tensor("corrupt", "R-TENS-01", "name_too_long", "1025 bytes", name=b"n" * 1025)
with_tensor("corrupt", "R-TENS-02", "name_overlong_utf8", "an overlong form", name=b"\xC0\x80")
with_tensor("corrupt", "R-TENS-02", "name_surrogate", "a surrogate", name=b"\xED\xA0\x80")
with_tensor("corrupt", "R-TENS-02", "name_beyond_unicode", "above U+10FFFF", name=b"\xF4\x90\x80\x80")
with_tensor("corrupt", "R-TENS-02", "name_zero_byte", "", name=b"a\0b")
with_tensor("corrupt", "R-CONT-18", "name_past_payload", "name_bytes beyond the payload", name_bytes=1000)
with_tensor("unsupported", "R-TENS-03", "dtype_unknown", "dtype 10", dtype=10)
with_tensor("corrupt", "R-TENS-04", "rank_17", "", shape=(1,) * 15 + (6, 2))
with_tensor("corrupt", "R-TENS-05", "tensor_extra", "a byte after the fields", extra=b"\0")
with_tensor("corrupt", "R-TENS-06", "shape_too_large", "2^61 elements of 4 bytes", shape=(2**60, 2), view=(1, 2**60, 2))
with_tensor("corrupt", "R-TENS-06", "shape_wraps", "a product of 2^64 · 12", shape=(2**32, 2**32, 12))
with_tensor("corrupt", "R-TENS-07", "channels_0", "", view=(1, 12, 0))
with_tensor("corrupt", "R-TENS-07", "channels_65537", "", shape=(1, 65537), view=(1, 1, 65537))
with_tensor("corrupt", "R-TENS-07", "strand_rows_0", "", strand_rows=0)
with_tensor("corrupt", "R-TENS-08", "view_differs", "7 rows of 2 channels for 12 elements", view=(1, 7, 2))
with_tensor("corrupt", "R-TENS-08", "view_wraps", "sequences · rows wraps to 6", view=(2**63 + 3, 2, 2))
with_tensor("corrupt", "R-TENS-09", "unit_zero", "", unit=0)
with_tensor("corrupt", "R-TENS-09", "unit_nan", "", unit=0x7FC00000)
with_tensor("corrupt", "R-TENS-09", "unit_negative", "", unit=f32(-1))
with_tensor("corrupt", "R-CHNK-12", "lossy_integers", "a lossy model on i32", dtype="i32")


def with_model(name, families, rules, note, stored, **options):
    add(name, 1, families, rules, note, lambda: file_of(stored_model=stored, **options))


def bad(**options):
    return lossy_model(2, **{"entropy": ENTROPY, **options})


LAG = dense_predictor([1], [0, 0], [0, 0], [[1, 0], [0, 1]])
with_model("model_reserved", "unsupported", "R-MODEL-01", "", bad(reserved=b"\0\1\0"))
with_model("model_codec", "unsupported", "R-MODEL-02", "codec 3", b"\3" + GOOD_MODEL[1:])
with_model("model_predictor", "unsupported", "R-MODEL-02", "predictor 3", bad(predictor=(3, b"")))
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
with_model("lag_4097", "corrupt", "R-MODEL-11", "", bad(predictor=dense_predictor([4097], [0] * 2, [0] * 2, [[1, 0], [0, 1]])))
with_model("lags_descend", "corrupt", "R-MODEL-11", "", bad(predictor=dense_predictor([2, 1], [0] * 2, [0] * 2, matrix("d", 2, 4, 2))))
with_model("shift_32", "corrupt", "R-MODEL-04", "an output_shift of 32",
           bad(predictor=dense_predictor([1], [0, 0], [32, 0], [[1, 0], [0, 1]])))
with_model("rank_0", "corrupt", "R-MODEL-12", "", bad(predictor=low_rank_predictor([1], [0, 0], [], [], [0, 0], [[], []])))
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
    model = lossless_model(2, element_bits, table, static([(flat(max(len(table), 1)),)], [0, 0]), low_zero_bits, **options)
    with_model(name, families, rules, note, model)


bins("bins_width", "R-MODEL-30", "24 bits", 24, [(255, 0)])
bins("bins_all_bits_zero", "R-MODEL-30", "32 of 32", 32, [(255, 0)], 32)
bins("bins_none", "R-MODEL-31", "", 32, [], 0)
bins("bins_257", "R-MODEL-31", "", 32, [(0, i) for i in range(257)], 0)
bins("bins_escape_base", "R-MODEL-32", "", 32, [(255, 1)])
bins("bins_64_bits", "R-MODEL-33", "a bin of 64 bits", 64, [(64, 0)])
bins("bins_leave", "R-MODEL-33", "a bin that ends beyond the last pattern", 32, [(4, 2**32 - 15)])
bins("lossless_width", "R-CHNK-13", "a model of 16 bits on f32", 16, [(255, 0)])
with_model("chunk_model_channels", "corrupt", "R-CHNK-11", "a model of 3 channels", lossy_model(3, entropy=static([CENTRED], [0] * 3)))


def coded(name, rules, note, families="corrupt", **options):
    add(name, 1, families, rules, note, lambda: file_of(**options))


def after(offset, data):
    """The file of a chunk whose header bytes from offset on are replaced."""
    def make():
        payload, digest = coded_chunk(header_of(), GOOD_MODEL, ROWS, strand_count=2)
        payload = payload[:offset] + data + payload[offset + len(data):]
        return one_tensor_file(header_of(), GOOD_MODEL, [(payload, digest, 0, 2)]).finish()
    return make


add("chunk_coding", 1, "unsupported", "R-CHNK-01", "coding 2", after(22, b"\2"))
add("chunk_lanes", 1, "unsupported", "R-CHNK-02", "256 lanes", after(23, b"\x08"))
add("chunk_reserved", 1, "unsupported", "R-CHNK-02", "", after(44, b"\1"))
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


# Profiles. Each is given beside NEEDS_PROFILE, a legal file that names the model of a legal profile.
PROFILE_RECIPES = []  # (id, rules, families or None, bytes of the profile, note)


def profile(name, rules, note, *sections, families="corrupt", data=None):
    data = data or file_header(kind=2) + b"".join(section(*one) for one in sections)
    PROFILE_RECIPES.append((name, rules.split(), families.split(), data, note))


def needs_profile():
    """A tensor coded with GOOD_MODEL, which is named by digest."""
    payload, digest = coded_chunk(header_of(), GOOD_MODEL, ROWS, strand_count=2)
    file = FileBuilder().add(MODEL_REFERENCE, hashlib.sha256(GOOD_MODEL).digest())
    file.add(TENSOR, header_of()).add(CHUNK, payload, 0, 0, 2)
    return file.add(TENSOR_END, tensor_end(0, [digest])).finish()


RECORD, RUNG, CLOSE = (PROFILE, b'{"rungs": [{}]}'), (MODEL, GOOD_MODEL), (END, b"")
LOSSLESS_RUNG = (MODEL, lossless_model(2, 32, [(255, 0)], static([([4096],)], [0, 0])))
WIDER_RUNG = (MODEL, lossy_model(3, entropy=static([CENTRED], [0] * 3)))
TWO = (PROFILE, b'{"rungs": [{}, {}]}')

profile("profile_flags_and_unknown", "R-PROF-02", "skippable sections, flags of known ones, keys that mean nothing", (4, b"", 1),
        (PROFILE, b' {"rungs": [{"target_nmse": "x"}], "rows": -1e300, "lags": null, "more": {}} ', 1), (60000, b"?", 1),
        (MODEL, GOOD_MODEL, 1), (END, b"", 1), families="")
profile("profile_is_data", "R-PROF-01", "a data file where a profile is wanted", families="bad_argument", data=needs_profile())
profile("profile_unknown_section", "R-PROF-02", "TENSOR in a profile", RECORD, RUNG, (TENSOR, b""), CLOSE, families="unsupported")
profile("profile_after_end", "R-PROF-03", "a section after END", RECORD, RUNG, CLOSE, (60000, b"", 1))
profile("profile_end_payload", "R-PROF-03", "END with a payload", RECORD, RUNG, (END, b"\0"))
profile("profile_no_end", "R-PROF-04", "", RECORD, RUNG, families="need_more_input")
profile("profile_no_models", "R-PROF-05", "", (PROFILE, b"{}"), CLOSE)
profile("profile_rungs_missing", "R-PROF-05", "two rungs, one model", TWO, RUNG, CLOSE)
profile("profile_lossless", "R-PROF-06", "a lossless model", TWO, RUNG, LOSSLESS_RUNG, CLOSE)
profile("profile_channels", "R-PROF-06", "models of 2 and 3 channels", TWO, RUNG, WIDER_RUNG, CLOSE)
profile("profile_not_json", "R-PROF-07", "", (PROFILE, b"{'rungs': [{}]}"), RUNG, CLOSE)
profile("profile_array", "R-PROF-07", "a JSON array", (PROFILE, b"[]"), RUNG, CLOSE)
profile("profile_rung_number", "R-PROF-07", "a rung that is no object", (PROFILE, b'{"rungs": [1]}'), RUNG, CLOSE)
profile("profile_record_late", "R-PROF-08", "MODEL before PROFILE", RUNG, RECORD, CLOSE)
profile("profile_record_twice", "R-PROF-08", "", RECORD, RECORD, RUNG, CLOSE)
profile("profile_model_broken", "R-MODEL-09", "a model with a byte too many", RECORD, (MODEL, GOOD_MODEL + b"\0"), CLOSE)


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
