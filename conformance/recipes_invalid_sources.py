"""Illegal source chunks, continued from recipes_invalid.py."""

from recipes_context import lags
from recipes_invalid import add
from recipes_sources import Sourced, many_rows


def invalid(name, rules, note, make, families="corrupt"):
    add(name, 2, families, rules, note, make)


def matched(**header):
    file = Sourced().model("illegal sources", 2, predictor=lags("illegal sources", 2))
    return file.begin("first", 2, **header)


def named(sources, names, **first):
    """A chunk made for some sources and naming others, after two chunks of another tensor."""
    def make():
        file = matched().chunk(1, **first).chunk(1, [(0, 0)] if first.get("is_source", 1) else []).end()
        return file.begin("second", 2, rows=15).chunk(1, sources, names=names).chunk(2, is_source=0).end().finish()
    return make


def counted(**header):
    """A chunk without sources whose header says otherwise."""
    def make():
        return matched().chunk(2, **header).end().finish()
    return make


invalid("source_count_17", "R-SRCE-01", "", counted(source_count=17))
invalid("is_source_2", "R-SRCE-01", "", counted(is_source=2))
invalid("sources_cut", "R-CONT-18", "16 names said to be there, and fewer bytes", counted(source_count=16))


def raw_with_sources():
    """a raw chunk that names another one"""
    file = matched().chunk(2).end().begin("raw", 2)
    return file.raw(bytes(80), sources=[(0, 0)]).end().finish()


def raw_with_count():
    """a raw chunk with a source_count of 1, and 8 bytes less of elements in its body"""
    file = matched().chunk(2).end().begin("raw", 2)
    return file.raw(bytes(80), source_count=1).end().finish()


def without_matches():
    """a chunk whose model has no match part, and that names another one"""
    file = matched().chunk(2).end().model("plain", 2, matched=False).begin("plain", 2)
    return file.chunk(2, names=[(0, 0)], matches=None).end().finish()


invalid("sources_of_raw", "R-SRCE-02", raw_with_sources.__doc__, raw_with_sources)
invalid("sources_of_raw_count", "R-SRCE-02", raw_with_count.__doc__, raw_with_count)
invalid("sources_without_matches", "R-SRCE-02", without_matches.__doc__, without_matches)
invalid("source_itself", "R-SRCE-03", "a chunk names itself", named([(0, 0)], [(1, 0)]))
invalid("source_later", "R-SRCE-03", "a chunk names the one after it", named([(0, 0)], [(1, 1)]))
invalid("source_of_no_tensor", "R-SRCE-03", "tensor 2^32 − 1", named([(0, 0)], [(2**32 - 1, 0)]))
invalid("source_of_no_chunk", "R-SRCE-03", "chunk 2 of a tensor of two", named([(0, 0)], [(0, 2)]))
invalid("source_not_marked", "R-SRCE-03", "its is_source is 0", named([(0, 0)], [(0, 0)], is_source=0))
invalid("source_twice", "R-SRCE-03", "", named([(0, 0), (0, 0)], [(0, 0), (0, 0)]))
invalid("sources_out_of_order", "R-SRCE-03", "", named([(0, 1), (0, 0)], [(0, 1), (0, 0)]))
invalid("source_of_source", "R-SRCE-04", "the source of a source is not named", named([(0, 1)], [(0, 1)]))


def other_tensor(make_first, rules, note):
    def make():
        file = make_first(Sourced())
        file.model("second", 2).begin("second", 2).chunk(2, [], names=[(0, 0)], matches=[(0, None)] * 10).end()
        return file.finish()
    invalid(note.replace(" ", "_"), rules, note, make)


other_tensor(lambda file: file.model("wide", 3).begin("wide", 3).chunk(2).end(), "R-SRCE-05", "source of other channels")
other_tensor(lambda file: file.begin("u32", 2, dtype="u32").raw(bytes(80)).end(), "R-SRCE-05", "source of integers")


def source_with_reference():
    """the tensor of a source has a reference, which its model does not use"""
    file = matched(is_referenced=1).chunk(2).end().begin("second", 2, reference=0).chunk(2).end()
    return file.begin("third", 2).chunk(2, [(1, 0)]).end().finish()


def sources_of_reference():
    """a chunk of a tensor that others may refer to names another one"""
    file = matched().chunk(2).end().begin("second", 2, is_referenced=1)
    return file.chunk(2, [(0, 0)]).end().finish()


invalid("source_with_reference", "R-SRCE-05", source_with_reference.__doc__, source_with_reference)
invalid("sources_of_reference", "R-SRCE-02", sources_of_reference.__doc__, sources_of_reference)
invalid("sources_too_many_rows", "R-SRCE-06", "16 rows of sources for each of its own and 65536 more, and one",
        lambda: many_rows(65536 + 16 * 2 + 1))


def changed_source():
    """a source whose digest does not match, skipped or not"""
    file = matched().chunk(2, digest_xor=1).end().begin("second", 2)
    return file.chunk(2, [(0, 0)], is_source=0).end().finish()


invalid("source_digest", "R-CHNK-16", changed_source.__doc__, changed_source)
