"""Chapter 2.8: profiles."""

from bitio import require
from checksums import sha256
from container import (
    FILE_HEADER_BYTES, PROFILE, SKIPPABLE, Section, T_DICTIONARY, T_END, T_METRIC, T_MODEL, T_PROFILE,
    read_file_header,
)
from model import LOSSY, read_model


# spec: profile
import json


class Profile:
    """models, dictionaries: SHA-256 of each payload of that type -> the payload."""

    def __init__(self, file):
        require(read_file_header(file) == PROFILE, "bad_argument", "R-PROF-01")
        offset, rungs, models, ended = FILE_HEADER_BYTES, None, [], False
        self.models, self.dictionaries = {}, {}
        while offset < len(file) and not ended:
            section = Section(file, offset)
            offset = section.end
            if section.type == T_PROFILE:
                require(rungs is None, "corrupt", "R-PROF-08")
                rungs = read_training_record(section.payload)
            elif section.type == T_MODEL:
                require(rungs is not None, "corrupt", "R-PROF-08")
                models.append(read_model(section.payload))
                self.models[sha256(section.payload)] = section.payload
            elif section.type == T_DICTIONARY:
                self.dictionaries[sha256(section.payload)] = section.payload
            elif section.type == T_END:
                require(offset == len(file) and section.payload == b"", "corrupt", "R-PROF-03")
                ended = True
            elif section.type != T_METRIC:
                require(section.flags & SKIPPABLE, "unsupported", "R-PROF-02")
        require(ended, "need_more_input", "R-PROF-04")
        require(models and len(models) == rungs, "corrupt", "R-PROF-05")
        for model in models:
            named = model.dictionary_digest if model.match == 2 else None
            require(named is None or named in self.dictionaries, "corrupt", "R-PROF-11")
            require(model.codec == LOSSY and model.channels == models[0].channels, "corrupt", "R-PROF-06")


def no_such_number(word):
    raise ValueError(word + " is not JSON")


def read_training_record(payload):
    """The number of rungs."""
    try:
        record = json.loads(payload.decode("utf-8"), parse_constant=no_such_number)
    except (ValueError, RecursionError):
        record = None
    require(isinstance(record, dict), "corrupt", "R-PROF-07")
    rungs = record.get("rungs")
    if not isinstance(rungs, list):
        return 0
    require(all(isinstance(rung, dict) for rung in rungs), "corrupt", "R-PROF-07")
    return len(rungs)
# end
