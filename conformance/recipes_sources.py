"""Legal files whose rows are matched with rows of other chunks, continued from recipes_dictionaries.py."""

import struct

from recipes_context import contexts, lags
from recipes_dictionaries import dictionary_of
from recipes_matches import matches_of, part
from recipes_references import from_reference
from recipes_refined import refined
from recipes_valid import CENTRED, recipe, small_values
from writer import (
    CHUNK, DICTIONARY, MODEL, TENSOR, TENSOR_END, FileBuilder, chunk, coded_chunk, f32, lossless_model, lossy_model, static,
    tensor, tensor_end, uint, xxh64,
)

from bitio import FormatError
from chunks import Chunk, DecodedChunk, row_range_of, rows_of_chunk
from tensor_header import Tensor


class Sourced:
    """A file of tensors in chunks, whose decoded elements are kept, since other chunks are matched with them."""

    def __init__(self, dictionary=None):
        self.file, self.decoded, self.tensors, self.models, self.done = FileBuilder(), {}, 0, 0, []
        self.dictionary, self.lengths = dictionary or (None, [])
        if dictionary:
            self.file.add(DICTIONARY, self.dictionary)

    def model(self, name, channels, classes=3, matched=True, **options):
        options.setdefault("entropy", static([CENTRED], [0] * channels))
        if matched:
            options["match"] = part(name, channels, classes, dictionary=self.dictionary)
        self.payload = lossy_model(channels, **options)
        return self.add_model(self.payload)

    def add_model(self, payload):
        self.file.add(MODEL, payload)
        self.models += 1
        return self

    def begin(self, name, channels, rows=10, strand_rows=5, dtype="f32", unit=f32(0.25), sequences=1, **header):
        self.name, shape = name, (sequences * rows, channels)
        self.header = tensor(name=name.encode(), dtype=dtype, shape=shape, view=(sequences, rows, channels),
                             strand_rows=strand_rows, unit=unit, **header)
        self.view, self.digests, self.strand = Tensor(self.header), [], 0
        self.view.elements, self.view.chunk_rows = b"", []
        self.file.add(TENSOR, self.header, self.tensors)
        return self

    def chunk(self, strands=2, sources=(), is_source=1, names=None, classes=3, share=0.8, going_on=0.5, lanes_log2=1,
              values=None, **options):
        """sources: names of those that it is made for; names: those that stand in the file."""
        known, kept = [self.decoded[name] for name in sources], []
        rows = rows_of_chunk(self.placed(strands), self.view)
        label = f"{self.name} {len(self.digests)}"
        if "matches" not in options:
            stored = self.lengths + [n for one in known for n in rows_of_chunk(one.chunk, one.tensor)]
            options["matches"] = matches_of(label, rows, classes, share, going_on, stored)
        payload, digest = coded_chunk(
            self.header, self.payload, values or small_values(label, sum(rows), self.view.channels), self.strand, strands, lanes_log2,
            decoded_sources=known, dictionary=self.dictionary, elements_to=kept.append, is_source=is_source,
            reference=self.done[self.view.reference] if self.view.reference < len(self.done) else None,
            sources=sources if names is None else names, **self.place(), **options)
        return self.keep(payload, digest, kept[0], strands)

    def raw(self, elements, strands=2, is_source=1, **options):
        payload = chunk(elements, xxh64(elements), first_strand=self.strand, strand_count=strands, coding=0,
                        is_source=is_source, **self.place(), **options)
        return self.keep(payload, xxh64(elements), elements, strands)

    def place(self):
        return {"tensor_index": self.tensors, "chunk_index": len(self.digests), "model_index": self.models - 1}

    def placed(self, strands):
        return Chunk(chunk(b"", 0, first_strand=self.strand, strand_count=strands))

    def keep(self, payload, digest, elements, strands):
        try:
            self.decoded[self.tensors, len(self.digests)] = DecodedChunk(Chunk(payload), self.view, elements)
        except FormatError:
            pass  # broken on purpose, and the source of nothing
        self.view.elements += elements
        self.view.chunk_rows.append(row_range_of(self.placed(strands), self.view))
        self.file.add(CHUNK, payload, self.tensors, self.strand, strands)
        self.digests.append(digest)
        self.strand += strands
        return self

    def end(self):
        self.file.add(TENSOR_END, tensor_end(self.tensors, self.digests), self.tensors)
        self.tensors += 1
        self.done.append(self.view)
        return self

    def finish(self):
        return self.file.finish()


def many_rows(rows):
    """A chunk of two rows, and so many of its source."""
    nothing = static([(0, 0, [4096, 0])], [0])  # takes no bits
    file = Sourced().model("many", 1, matched=False, entropy=nothing).begin("many", 1, rows=rows, strand_rows=rows)
    file.chunk(1, matches=None, values=[[0]] * rows).end()
    file.model("few", 1).begin("few", 1, rows=2, strand_rows=2)
    return file.chunk(1, names=[(0, 0)], matches=[(0, None)] * 2).end().finish()


@recipe(2, "R-SRCE-06")
def sources_of_most_rows():
    """16 rows of sources for each of its own and 65536 more, the most that there may be"""
    return many_rows(65536 + 16 * 2)


@recipe(2, "R-SRCE-01", "R-SRCE-02", "R-SRCE-03", "R-SRCE-04", "R-SRCE-05", "R-SRCE-06")
def sources_of_a_tensor():
    """three chunks, each matched with those before it; strands of 5 and 3 rows"""
    file = Sourced().model("sources", 4, predictor=lags("sources", 4)).begin("sources", 4, rows=23)
    return file.chunk(1).chunk(2, [(0, 0)]).chunk(2, [(0, 0), (0, 1)], is_source=0).end().finish()


@recipe(2)
def sources_of_tensors():
    """tensors of several types, units, scales of the centre and cuts, each matched with chunks of those before it"""
    file = Sourced().model("of tensors", 3, centre=[4, -700, 33], predictor=lags("of tensors", 3)).begin("a", 3).chunk().end()
    file.begin("b", 3, dtype="f16", unit=f32(0.37)).chunk(1, [(0, 0)]).chunk(1, [(0, 0), (1, 0)]).end()
    file.begin("c", 3, rows=7, strand_rows=2, dtype="f64", unit=f32(0.1), centre_scale=40000, sequences=2)
    file.chunk(3, [(0, 0), (1, 0), (1, 1)]).chunk(5, [(0, 0), (1, 0)]).end()
    file.begin("d", 3, dtype="bf16", unit=f32(3e38), centre_scale=131072)
    return file.chunk(2, [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1)], share=1.0).end().finish()


@recipe(2)
def sources_16():
    """sixteen chunks, each of one row and matched with all before it: the longest chain; and one that names them all"""
    file = Sourced().model("sixteen", 2, predictor=lags("sixteen", 2)).begin("sixteen", 2, rows=16, strand_rows=1)
    for number in range(16):
        file.chunk(1, [(0, before) for before in range(number)], share=1.0)
    return file.end().begin("last", 2).chunk(2, [(0, number) for number in range(16)], share=1.0).end().finish()


@recipe(2)
def sources_after_dictionary():
    """addresses of a dictionary, of source chunks and of rows of the chunk"""
    file = Sourced(dictionary_of("before sources", 4, rows=7)).model("after", 4, predictor=lags("after", 4))
    return file.begin("after", 4, rows=20).chunk(2).chunk(2, [(0, 0)]).end().finish()


@recipe(2)
def sources_context():
    """under context models, of 4 and 8 states, with lags"""
    file = Sourced().model("context 4", 4, predictor=lags("context 4", 4), **contexts(4, state_bits=2))
    file.begin("context 4", 4).chunk().end()
    file.model("context 8", 4, predictor=lags("context 8", 4), **contexts(4, state_bits=3))
    return file.begin("context 8", 4, rows=15).chunk(3, [(0, 0)], is_source=0, lanes_log2=3).end().finish()


@recipe(2)
def sources_exact():
    """sources that are raw, lossless, patched and refined: their exact elements count"""
    elements = struct.pack("<10f", float("nan"), float("inf"), -1e30, 2.5, -0.0, 1e-45, 7.125, 7.375, -7.125, -7.375)
    file = Sourced().begin("raw", 2, rows=5).raw(elements, 1).end()
    file.model("patched", 2).begin("patched", 2, rows=8, strand_rows=4)
    file.chunk(1, patches={0: struct.pack("<f", 77.0), 5: b"\0\0\xC0\x7F"})
    file.chunk(1, [(0, 0)], share=1.0, refined=refined("refined source", 32, [(-8, [256] * 16)], [0], [19])).end()
    whole = lossless_model(2, 16, [(255, 0)], entropy=static([([4096],)], [0, 0]))
    rows = [[0x3C00, 0xC500], [0x7BFF, 0x0001]]
    file.add_model(whole).begin("lossless", 2, rows=2, strand_rows=2, dtype="f16")
    payload, digest = coded_chunk(file.header, whole, rows, strand_count=1, is_source=1, **file.place())
    file.keep(payload, digest, b"".join(uint(x, 2) for row in rows for x in row), 1).end()
    file.model("all", 2, predictor=lags("all", 2)).begin("all", 2, rows=20)
    return file.chunk(4, [(0, 0), (1, 0), (1, 1), (2, 0)], share=1.0).end().finish()


@recipe(2)
def sources_and_reference():
    """a model with a reference part, lags and a source of bf16; the reference in another cut"""
    elements = b"".join(struct.pack("<f", (i % 7 - 3) * 0.5) for i in range(24))
    file = Sourced().begin("low", 2, rows=12, strand_rows=4, is_referenced=1).raw(elements, 3, is_source=0).end()
    file.model("source", 3).begin("source", 3, dtype="bf16", unit=f32(0.37)).chunk().end()
    file.model("both", 3, predictor=lags("both", 3), reference=from_reference("both", 3, 2, 2))
    file.begin("both", 3, rows=12, strand_rows=5, reference=0, reference_scale=f32(7.3))
    return file.chunk(3, [(1, 0)], is_source=0, share=1.0).end().finish()


@recipe(2)
def sources_unnamed():
    """is_source where no chunk names it, also of integers and of a model without matches; a source that needs none of its own"""
    file = Sourced().begin("integers", 2, rows=2, strand_rows=2, dtype="u8").raw(bytes(4), 1).end()
    file.model("plain", 2, matched=False).begin("plain", 2).chunk(matches=None).end()
    return file.model("matched", 2).begin("matched", 2, rows=20).chunk(2).chunk(2, [(1, 0)]).end().finish()
