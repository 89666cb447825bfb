"""Rows read at random: of sound files, and of damaged ones whose other chunks are whole. Of each file the manifest says how many
chunks can be recovered (2.7)."""

from archive import Archive
from container import T_CHUNK
from recipes_invalid import GOOD_MODEL
from recipes_sources import sources_of_a_tensor
from recipes_valid import small_values
from writer import MODEL, CHUNK, FileBuilder, TENSOR, TENSOR_END, coded_chunk, f32, tensor, tensor_end, uint

READ_RECIPES = []  # (id, file, rows, rules, families, note)
READ_FILES = {}    # name of the file -> (bytes, the sound file that it was, chunks that can be recovered)
STRAND_ROWS, CHUNKS = 4, 3


def three_chunks():
    """12 rows of 2 channels in three chunks of a strand each."""
    header = tensor(shape=(12, 2), view=(1, 12, 2), strand_rows=STRAND_ROWS, unit=f32(0.5))
    values, file, digests = small_values("reads", 12, 2), FileBuilder(), []
    file.add(MODEL, GOOD_MODEL).add(TENSOR, header)
    for i in range(CHUNKS):
        rows = values[STRAND_ROWS * i : STRAND_ROWS * (i + 1)]
        payload, digest = coded_chunk(header, GOOD_MODEL, rows, first_strand=i, chunk_index=i)
        file.add(CHUNK, payload, first_strand=i, strand_count=1)
        digests.append(digest)
    return file.add(TENSOR_END, tensor_end(0, digests)).finish()


def places_of(data, section_type):
    """(first byte, the one after the last) of each section of a type."""
    return [(entry[2], entry[2] + entry[3]) for entry in Archive(data).seen if entry[0] == section_type]


def flipped(data, at):
    return data[:at] + uint(data[at] ^ 1, 1) + data[at + 1 :]


def read(name, file, rows, rules, note, families=""):
    READ_RECIPES.append((name, file, rows, rules.split(), families.split(), note))


SOUND = three_chunks()
(MODEL_PLACE,), (TENSOR_PLACE,) = places_of(SOUND, MODEL), places_of(SOUND, TENSOR)
FIRST, SECOND, THIRD = places_of(SOUND, T_CHUNK)
INDEX_AT = int.from_bytes(SOUND[-16:-8], "little")
READ_FILES["three_chunks"] = SOUND, SOUND, 3
READ_FILES["chunk_payload_flipped"] = flipped(SOUND, SECOND[1] - 1), SOUND, 2
READ_FILES["chunk_header_flipped"] = flipped(SOUND, SECOND[0]), SOUND, 2
READ_FILES["chunk_of_zeros"] = SOUND[: SECOND[0]] + bytes(SECOND[1] - SECOND[0]) + SOUND[SECOND[1] :], SOUND, 2
READ_FILES["chunk_lost"] = SOUND[: SECOND[0]] + SOUND[SECOND[1] :], SOUND, 2
READ_FILES["end_lost"] = SOUND[: THIRD[0] + 30], SOUND, 2
READ_FILES["signature_flipped"] = flipped(SOUND, 3), SOUND, 3
READ_FILES["index_flipped"] = flipped(SOUND, INDEX_AT + 30), SOUND, 3
READ_FILES["model_flipped"] = flipped(SOUND, MODEL_PLACE[1] - 1), SOUND, 0
READ_FILES["tensor_flipped"] = flipped(SOUND, TENSOR_PLACE[1] - 1), SOUND, 0
SOURCED = sources_of_a_tensor()
READ_FILES["source_flipped"] = flipped(SOURCED, places_of(SOURCED, T_CHUNK)[1][1] - 1), SOURCED, 1

read("rows_all", "three_chunks", (0, 12), "", "every row")
read("rows_none", "three_chunks", (5, 5), "", "no row")
read("rows_within_chunk", "three_chunks", (5, 7), "", "rows inside a chunk")
read("rows_across_chunks", "three_chunks", (3, 9), "", "the end of a chunk, a whole one, the beginning of a third")
read("rows_last", "three_chunks", (11, 12), "", "the last row")
for damage, rule in (("chunk_payload_flipped", "R-CONT-14"), ("chunk_header_flipped", "R-CONT-11"),
                     ("chunk_of_zeros", "R-CONT-11")):
    read(f"{damage}_rows_before", damage, (0, 4), "", "rows before the damaged chunk")
    read(f"{damage}_rows_after", damage, (8, 12), "", "rows after the damaged chunk")
    read(f"{damage}_rows_inside", damage, (4, 8), rule, "rows of the damaged chunk", "corrupt")
    read(f"{damage}_rows_over", damage, (0, 12), rule, "all rows, those of the damaged chunk among them", "corrupt")

read("chunk_lost_rows", "chunk_lost", (0, 4), "R-ARCH-04", "a chunk is cut out, so that every offset behind it is wrong", "corrupt")
read("end_lost_rows", "end_lost", (0, 4), "R-CONT-17", "cut inside the last chunk", "need_more_input")
read("signature_flipped_rows", "signature_flipped", (0, 4), "R-CONT-01", "", "corrupt")
read("index_flipped_rows", "index_flipped", (0, 4), "R-CONT-14", "", "corrupt")
read("model_flipped_rows", "model_flipped", (0, 4), "R-CONT-14", "", "corrupt")
read("tensor_flipped_rows", "tensor_flipped", (0, 4), "R-CONT-14", "", "corrupt")
read("source_flipped_rows_before", "source_flipped", (0, 5), "", "rows of a chunk that takes no source")
read("source_flipped_rows_inside", "source_flipped", (5, 15), "R-CONT-14", "rows of the damaged chunk", "corrupt")
read("source_flipped_rows_after", "source_flipped", (15, 23), "R-CONT-14", "rows of a chunk that takes the damaged one", "corrupt")
