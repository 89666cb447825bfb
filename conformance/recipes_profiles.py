"""Legal and illegal profiles, each given beside the legal data file of needs_profile()."""

import hashlib
import struct

from recipes_dictionaries import dictionary_of
from recipes_invalid import GOOD_MODEL, ROWS, header_of
from recipes_valid import CENTRED
from writer import (
    CHUNK, DICTIONARY, END, METRIC, MODEL, MODEL_REFERENCE, PROFILE, TENSOR, TENSOR_END, FileBuilder, coded_chunk, file_header,
    lossless_model, lossy_model, match_part, section, static, tensor_end,
)

PROFILE_RECIPES = []  # (id, level, rules, families or None, bytes of the profile, note)


def profile(name, rules, note, *sections, families="corrupt", data=None, level=1):
    data = data or file_header(kind=2) + b"".join(section(*one) for one in sections)
    PROFILE_RECIPES.append((name, level, rules.split(), families.split(), data, note))


def needs_profile():
    """A tensor coded with GOOD_MODEL, which is named by digest."""
    payload, digest = coded_chunk(header_of(), GOOD_MODEL, ROWS, strand_count=2)
    file = FileBuilder().add(MODEL_REFERENCE, hashlib.sha256(GOOD_MODEL).digest())
    file.add(TENSOR, header_of()).add(CHUNK, payload, 0, 0, 2)
    return file.add(TENSOR_END, tensor_end(0, [digest])).finish()


RECORD, RUNG, CLOSE = (PROFILE, b'{"rungs": [{}]}'), (MODEL, GOOD_MODEL), (END, b"")
LOSSLESS_RUNG = (MODEL, lossless_model(2, 32, [(255, 0)], static([([4096],)], [0, 0])))
WIDER_RUNG = (MODEL, lossy_model(3, entropy=static([CENTRED], [0] * 3)))
PAYLOAD = dictionary_of("profile", 2)[0]
DICTIONARY_RUNG = (MODEL, lossy_model(2, entropy=static([CENTRED], [0] * 2), match=match_part(
    [1, 1], [0, 0], [[1, 1]], dictionary=PAYLOAD)))
TWO = (PROFILE, b'{"rungs": [{}, {}]}')

profile("profile_flags_and_unknown", "R-PROF-02", "skippable sections, flags of known ones, keys that mean nothing",
        (4, b"", 1),
        (PROFILE, b' {"rungs": [{"target_nmse": "x"}], "rows": -1e300, "lags": null, "more": {}} ', 1),
        (60000, b"?", 1),
        (MODEL, GOOD_MODEL, 1), (END, b"", 1), families="")
profile("profile_metric", "R-PROF-09 R-PROF-02", "METRIC with, without and with broken content; decoders do not look at it",
        RECORD, (METRIC, struct.pack("<2I2f", 2, 1, 1.5, 0.5), 1), RUNG, (METRIC, b"", 1), (METRIC, b"?", 0), CLOSE, families="")
profile("profile_version_minor", "R-CONT-04", "version 1.1, with nothing that 1.0 lacks", families="",
        data=file_header(kind=2, minor=1) + b"".join(section(*one) for one in (RECORD, RUNG, CLOSE)))
profile("profile_version_major", "R-CONT-04", "version 2.0", families="unsupported",
        data=file_header(kind=2, major=2) + b"".join(section(*one) for one in (RECORD, RUNG, CLOSE)))
profile("profile_is_data", "R-PROF-01", "a data file where a profile is wanted", families="bad_argument",
        data=needs_profile())
profile("profile_unknown_section", "R-PROF-02", "TENSOR in a profile", RECORD, RUNG, (TENSOR, b""), CLOSE,
        families="unsupported")
profile("profile_after_end", "R-PROF-03", "a section after END", RECORD, RUNG, CLOSE, (60000, b"", 1))
profile("profile_end_payload", "R-PROF-03", "END with a payload", RECORD, RUNG, (END, b"\0"))
profile("profile_no_end", "R-PROF-04", "", RECORD, RUNG, families="need_more_input")
profile("profile_no_models", "R-PROF-05", "", (PROFILE, b"{}"), CLOSE)
profile("profile_rungs_missing", "R-PROF-05", "two rungs, one model", TWO, RUNG, CLOSE)
profile("profile_lossless", "R-PROF-06", "a lossless model", TWO, RUNG, LOSSLESS_RUNG, CLOSE)
profile("profile_channels", "R-PROF-06", "models of 2 and 3 channels", TWO, RUNG, WIDER_RUNG, CLOSE)
profile("profile_dictionary", "R-PROF-11", "a dictionary after the model that names it, and a broken one that none names",
        TWO, RUNG, DICTIONARY_RUNG, (DICTIONARY, b"?"), (DICTIONARY, PAYLOAD), CLOSE, families="", level=2)
profile("profile_dictionary_missing", "R-PROF-11", "a model that names a dictionary, and another dictionary", TWO, RUNG,
        DICTIONARY_RUNG, (DICTIONARY, PAYLOAD + b"\0"), CLOSE, level=2)
profile("profile_not_json", "R-PROF-07", "", (PROFILE, b"{'rungs': [{}]}"), RUNG, CLOSE)
profile("profile_array", "R-PROF-07", "a JSON array", (PROFILE, b"[]"), RUNG, CLOSE)
profile("profile_rung_number", "R-PROF-07", "a rung that is no object", (PROFILE, b'{"rungs": [1]}'), RUNG, CLOSE)
profile("profile_record_late", "R-PROF-08", "MODEL before PROFILE", RUNG, RECORD, CLOSE)
profile("profile_record_twice", "R-PROF-08", "", RECORD, RECORD, RUNG, CLOSE)
profile("profile_model_broken", "R-MODEL-09", "a model with a byte too many", RECORD, (MODEL, GOOD_MODEL + b"\0"),
        CLOSE)
