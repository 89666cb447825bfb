"""Rows read at random: of sound files, and of damaged ones whose other chunks are whole."""

from recipes_invalid import GOOD_MODEL
from recipes_valid import small_values
from writer import MODEL, CHUNK, FileBuilder, TENSOR, TENSOR_END, coded_chunk, f32, tensor, tensor_end, uint

READ_RECIPES = []  # (id, file, rows, rules, families, note)
READ_FILES = {}    # name of the file -> (bytes, the sound file that it was)
STRAND_ROWS, CHUNKS = 4, 3


def three_chunks():
    """12 rows of 2 channels in three chunks of a strand each, and where the chunks begin and end."""
    header = tensor(shape=(12, 2), view=(1, 12, 2), strand_rows=STRAND_ROWS, unit=f32(0.5))
    values, file, digests = small_values("reads", 12, 2), FileBuilder(), []
    file.add(MODEL, GOOD_MODEL).add(TENSOR, header)
    places = []
    for i in range(CHUNKS):
        rows = values[STRAND_ROWS * i : STRAND_ROWS * (i + 1)]
        payload, digest = coded_chunk(header, GOOD_MODEL, rows, first_strand=i, chunk_index=i)
        begin = len(file.data)
        file.add(CHUNK, payload, first_strand=i, strand_count=1)
        places.append((begin, len(file.data)))
        digests.append(digest)
    file.add(TENSOR_END, tensor_end(0, digests))
    return file.finish(), places


def flipped(data, at):
    return data[:at] + uint(data[at] ^ 1, 1) + data[at + 1 :]


def read(name, file, rows, rules, note, families=""):
    READ_RECIPES.append((name, file, rows, rules.split(), families.split(), note))


SOUND, PLACES = three_chunks()
READ_FILES["three_chunks"] = SOUND, SOUND
READ_FILES["chunk_payload_flipped"] = flipped(SOUND, PLACES[1][1] - 1), SOUND
READ_FILES["chunk_header_flipped"] = flipped(SOUND, PLACES[1][0]), SOUND

read("rows_all", "three_chunks", (0, 12), "", "every row")
read("rows_none", "three_chunks", (5, 5), "", "no row")
read("rows_within_chunk", "three_chunks", (5, 7), "", "rows inside a chunk")
read("rows_across_chunks", "three_chunks", (3, 9), "", "the end of a chunk, a whole one, the beginning of a third")
read("rows_last", "three_chunks", (11, 12), "", "the last row")
for damage, rule in (("chunk_payload_flipped", "R-CONT-14"), ("chunk_header_flipped", "R-CONT-11")):
    read(f"{damage}_rows_before", damage, (0, 4), "", "rows before the damaged chunk")
    read(f"{damage}_rows_after", damage, (8, 12), "", "rows after the damaged chunk")
    read(f"{damage}_rows_inside", damage, (4, 8), rule, "rows of the damaged chunk", "corrupt")
    read(f"{damage}_rows_over", damage, (0, 12), rule, "all rows, those of the damaged chunk among them", "corrupt")
