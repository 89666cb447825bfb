"""Files that break exactly one rule; all checksums fit, save where a checksum is the rule."""

from recipes_valid import CENTRED, raw_tensor, small_values
from writer import (
    CHUNK, END, INDEX, MODEL, MODEL_REFERENCE, METADATA, PROFILE, TENSOR, TENSOR_END, FileBuilder, chunk,
    coded_chunk, f32, file_header, lossy_model, one_tensor_file, section, static, tensor, tensor_end, uint, xxh64,
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
container("version_major", "unsupported", "R-CONT-04", "version 2.0", with_header(major=2))
container("version_newer", "unsupported", "R-CONT-05", "version 1.1, whose feature 0 this one lacks", with_header(minor=1, required=1))
container("version_draft", "unsupported", "R-CONT-04", "version 0.1, of drafts", with_header(major=0, minor=1))
container("required_feature", "unsupported", "R-CONT-05", "bit 31", with_header(required=2**31))
container("file_kind", "unsupported", "R-CONT-06", "kind 3", with_header(kind=3))
container("kind_profile", "bad_argument", "R-CONT-07", "a profile where tensors are wanted",
          lambda: file_header(kind=2) + section(PROFILE, b'{"rungs": [{}]}') + section(MODEL, GOOD_MODEL) +
          section(END, b""))
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
container("unknown_section", "unsupported", "R-CONT-15", "type 60000 without the skippable flag",
          with_section(60000, b"", False))
container("profile_section_in_data", "unsupported", "R-CONT-15", "type 9", with_section(PROFILE, b"{}"))
container("type_0_section", "unsupported", "R-CONT-15", "type 0", with_section(0, tensor_end(0, [])))
container("model_skippable", "corrupt", "R-CONT-16", "", with_section(MODEL, GOOD_MODEL, flags=1))
container("index_skippable", "corrupt", "R-CONT-16", "", with_finish(index_flags=1))
container("end_skippable", "corrupt", "R-CONT-16", "", with_finish(end_flags=1))
container("end_flags", "unsupported", "R-CONT-13", "flag bit 1 of the END section", with_finish(end_flags=2))
container("metadata_late", "corrupt", "R-ARCH-02", "after a tensor", with_section(METADATA, b"{}", False))
container("reference_length", "corrupt", "R-ARCH-20", "33 bytes", with_section(MODEL_REFERENCE, bytes(33)))
container("chunk_outside", "corrupt", "R-ARCH-01", "a chunk before any tensor",
          with_section(CHUNK, chunk(b"", 0, coding=0)))
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
        place = {"first_strand": chunk_options.get("first_strand", 0),
                 "strand_count": chunk_options.get("strand_count", 1)}
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
container("index_strands", "corrupt", "R-ARCH-10 R-INDX-05", "strand_count of a chunk",
          raw_with(listed={"strand_count": 2}))


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
container("index_type_0", "corrupt unsupported", "R-ARCH-10 R-INDX-05", "TENSOR_END listed as type 0",
          index_entry(2, 0, lambda _: 0))
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
container("section_after_index", "corrupt", "R-ARCH-11 R-ARCH-13", "a skippable section",
          with_finish(before_end=section(60000, b"", 1)))
container("second_index", "corrupt", "R-ARCH-11 R-ARCH-13", "", with_finish(before_end=section(INDEX, uint(0, 4))))
container("end_offset", "corrupt", "R-ARCH-13", "index_offset_bytes is that of a TENSOR", with_finish(index_offset=24))
container("end_file_bytes", "corrupt", "R-ARCH-13", "", with_finish(file_bytes=1000))
container("end_extra", "corrupt need_more_input", "R-CONT-19", "END payload of 17 bytes", with_finish(end_extra=b"\0"))
container("bytes_after_end", "corrupt need_more_input", "R-ARCH-12", "", with_finish(trailing=b"\0"))
container("end_without_index", "corrupt", "R-ARCH-13", "",
          lambda: FileBuilder().data + section(END, uint(24, 8) + uint(64, 8)))


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
