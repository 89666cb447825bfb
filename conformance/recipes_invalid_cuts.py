"""Sections that end inside a field, with all lengths and checksums of the container right."""

import recipes_context  # noqa: F401 - these fill recipes_valid.RECIPES
import recipes_matches  # noqa: F401
import recipes_networks  # noqa: F401
import recipes_valid
from archive import Archive
from container import FILE_HEADER_BYTES, Section, T_END, T_INDEX
from recipes_invalid import add, with_header
from writer import CHUNK, END, INDEX, MODEL, TENSOR, TENSOR_END, FileBuilder, section, uint

# Widths of the fields, as chapters 2, 3 and 5 have them.
FIELDS = {TENSOR: ("tensor", (2, 1, 1, 1, 8, 8, 8, 4, 4, 4, 4, 4, 4, 1)),
          CHUNK: ("chunk", (4, 4, 8, 4, 2, 1, 1, 8, 4, 4, 4, 1, 1, 2)),
          TENSOR_END: ("tensor_end", (4, 4, 8, 8, 8, 8)),
          INDEX: ("index", (4, 2, 2, 4, 8, 8, 8, 4)),
          END: ("end", (8, 8))}
# Legal files whose first section is a model, with their level: every kind of each part.
MODELS = (("predictor_dense", 1), ("predictor_low_rank", 1), ("synthesis_block", 1), ("escapes", 1), ("context_uniform", 2),
          ("dependent_4_states", 2), ("match_classes_1", 2), ("match_dependent_8_states", 2), ("network_context", 3))
CUTS_OF_A_MODEL = 10


def with_cut(data, section_type, payload_bytes):
    """The file with the first section of this type cut to so many bytes of payload, and an index that fits."""
    places = {entry[2]: entry for entry in Archive(data).seen}
    file, offset, done = FileBuilder(), FILE_HEADER_BYTES, False
    while offset < len(data):
        part = Section(data, offset)
        if part.type in (T_INDEX, T_END):
            break
        payload = part.payload
        if part.type == section_type and not done:
            payload, done = payload[:payload_bytes], True
        _type, tensor_index, _offset, _bytes, first_strand, strand_count = places[offset]
        file.add(part.type, payload, tensor_index, first_strand, strand_count, flags=part.flags)
        offset = part.end
    out = file.finish()
    index = Section(out, len(file.data))
    index_payload = index.payload[:payload_bytes] if section_type == INDEX else index.payload
    out = file.data + section(INDEX, index_payload)
    total = len(out) + (24 + payload_bytes if section_type == END else 40)
    end = uint(len(file.data), 8) + uint(total, 8)
    return out + section(END, end[:payload_bytes] if section_type == END else end)


def cuts_of_fields():
    sound = with_header()()
    for section_type, (name, widths) in FIELDS.items():
        for number in range(len(widths)):
            at = sum(widths[:number]) + (widths[number] > 1)  # inside a field, if it has an inside
            rule = "R-INDX-01" if section_type == INDEX and number else "R-CONT-18"
            family = "corrupt need_more_input" if section_type == END else "corrupt"
            add(f"cut_{name}_{number:02}", 0, family, rule,
                f"{at} bytes of payload", lambda kind=section_type, size=at: with_cut(sound, kind, size))


def cuts_of_models():
    made = {name: function for name, _level, _rules, function in recipes_valid.RECIPES}
    for name, level in MODELS:
        data = made[name]()
        size = len(Section(data, FILE_HEADER_BYTES).payload)
        for at in range(0, size, -(-size // CUTS_OF_A_MODEL)):
            add(f"cut_model_{name}_{at:03}", level, "corrupt", "R-CONT-18 R-MODEL-03", f"the model of {name}, {at} of {size} bytes",
                lambda file=data, bytes_=at: with_cut(file, MODEL, bytes_))


cuts_of_fields()
cuts_of_models()
