"""Sessions and packets of chapter 12, each with its profile in front (coder_file.py)."""

import random

from coder_file import packets_file
from encode_packets import Packets
from recipes_context import contexts, lags
from recipes_dictionaries import dictionary_of
from recipes_matches import matches_of, part
from recipes_networks import network
from recipes_valid import CENTRED, matrix, small_values
from writer import dense, f32, lossy_model, static, uint

PACKET_RECIPES = []  # (id, level, rules, families, bytes, note, module that says so)
CHANNELS = 5
ROWS = [1, 1, 4, 2, 1, 3]  # of each packet


def add(name, rules, note, profile, session, packets, families="", level=2):
    data = packets_file(profile, session, b"".join(packets))
    made_by = "recipes_invalid_packets.py" if families else "recipes_packets.py"
    PACKET_RECIPES.append(("packets_" + name, level, rules.split(), families.split(), data, note, made_by))


def plain(**options):
    return lossy_model(CHANNELS, entropy=static([CENTRED], [0] * CHANNELS), **options)


def sequence(name, model, note="", rules="", counts=ROWS, values=None, level=2, dictionary=None, stored=(), classes=0,
             matches=None, packet_options=None, **fields):
    """A legal session of so many rows a packet."""
    rows = values or small_values("packets " + name, sum(counts), CHANNELS)
    if classes:
        matches = matches_of("packets " + name, [sum(counts)], classes, dictionary=stored)
    session, packets, first = Packets(model, dictionary, stored, **fields), [], 0
    for one in counts:
        of_packet = matches[first : first + one] if matches else None
        packets.append(session.packet(rows[first : first + one], of_packet, **(packet_options or {})))
        first += one
    add(name, rules, note, session.profile, session.session, packets, level=level)


MATCHED = {"predictor": lags("packets", CHANNELS), "match": part("packets", CHANNELS, 3)}
sequence("static", plain(), "a static model without lags: every row is a step all the same", level=1)
sequence("lags", plain(predictor=lags("packets", CHANNELS)), "lags 1 and 3 reach over packets", "R-PACK-09", level=1)
for lanes in range(4):
    sequence(f"lanes_{2 ** lanes}", plain(predictor=lags("packets", CHANNELS)), "each row begins at lane 0", level=1,
             packet_options={"lanes_log2": lanes})
for lanes in range(1, 4):
    sequence(f"static_lanes_{2 ** lanes}", plain(), "each row begins at lane 0 without lags, too", level=1,
             packet_options={"lanes_log2": lanes})
for name, more in (("f16", {}), ("bf16", {}), ("f64", {}), ("f32", {"centre_scale": 100000, "unit": f32(1e-40)})):
    sequence("dtype_" + name, plain(centre=[9, -9, 1000, 0, 3], predictor=lags("packets", CHANNELS)), "", level=1, dtype=name, **more)
for states in (0, 2, 3):
    sequence(f"context_{2 ** states}", lossy_model(CHANNELS, **contexts(CHANNELS, state_bits=states),
                                                   predictor=lags("packets", CHANNELS), synthesis=dense(
                                                       matrix("packets s", CHANNELS, CHANNELS, 40), shift=3)))
for lanes in (0, 1, 3):
    sequence(f"context_rows_{2 ** lanes}", lossy_model(CHANNELS, **contexts(CHANNELS, state_bits=3)), "no lags: rows come one by "
             "one all the same, and every symbol takes lane 0", packet_options={"lanes_log2": lanes})
sequence("matched", plain(**MATCHED), "matches reach over packets, and go on in the next one", "R-MTCH-01", classes=3)
sequence("matched_context", lossy_model(CHANNELS, **contexts(CHANNELS, state_bits=3), **MATCHED), classes=3)
DICTIONARY, STORED = dictionary_of("packets", CHANNELS, 3, 4)
WITH_DICTIONARY = {"predictor": lags("packets", CHANNELS), "match": part("packets", CHANNELS, 3, dictionary=DICTIONARY)}
sequence("dictionary", plain(**WITH_DICTIONARY), "addresses of the dictionary come first", dictionary=DICTIONARY, stored=STORED,
         classes=3, unit=f32(0.2))
sequence("dictionary_centre", plain(centre=[9, -9, 1000, 0, 3], **WITH_DICTIONARY), "rows of the dictionary are taken without the "
         "scaled centre", dictionary=DICTIONARY, stored=STORED, classes=3, unit=f32(0.2), centre_scale=100000)
sequence("dictionary_ends", plain(**WITH_DICTIONARY), "no match goes on after the last row of a strand of the "
         "dictionary; one after the newest row of the session does", dictionary=DICTIONARY, stored=STORED,
         matches=[(1, 3), (1, 12), (2, 13), (2, 7), (3, 11), (3, 12), (1, 13), (0, None), (1, 19), (2, 20), (2, 0), (2, 1)])
sequence("network", plain(predictor=network("packets", CHANNELS, [1, 3], [9])), level=3)
sequence("escapes", plain(), "a bypass stream of 15 bytes and more", "R-PACK-07", counts=[2, 6],
         values=[[400 * (k + 1) for k in range(CHANNELS)] for _ in range(8)], level=1)
sequence("patches", plain(), "the last value of each packet comes exactly", "R-CHNK-30", counts=[1, 1], level=1,
         packet_options={"patches": {CHANNELS - 1: b"\x00\x00\xC0\x7F"}})
PATCHES = {0: uint(f32(100.0), 4), 3: b"\x00\x00\xC0\x7F"}
sequence("patches_lags", plain(predictor=lags("packets", CHANNELS)), "rows are predicted from what they were before patches",
         level=1, packet_options={"patches": PATCHES})
sequence("patches_matched", plain(**MATCHED), "and matched with it", classes=3, packet_options={"patches": PATCHES})
sequence("escapes_patches", plain(predictor=lags("packets", CHANNELS)), "all three counts, each of another value", counts=[2, 6],
         values=[[500 * (k + 1) for k in range(CHANNELS)] for _ in range(8)], level=1, packet_options={"patches": PATCHES})
sequence("many_rows", plain(), "a count and a length of two bytes", "R-PACK-07 R-PACK-05", counts=[200], max_rows=200, level=1)
sequence("full", plain(), "as many rows as the session has", "R-PACK-08", max_rows=sum(ROWS), level=1)
sequence("longest", plain(predictor=lags("packets", CHANNELS)), "a session of as many rows as one can have", "R-PACK-03",
         max_rows=2**20, level=1)
sequence("no_packet", plain(), "a session alone", counts=[], values=[[0] * CHANNELS], level=1)


def bare(channels, raw_bits, name, rows):
    """A model whose symbols take no bits, and rows of values of so many raw bits."""
    source = random.Random("packets " + name)
    values = [[source.randrange(2**raw_bits) for _ in range(channels)] for _ in range(rows)]
    return {"model": lossy_model(channels, entropy=static([(0, raw_bits, [4096, 0])], [0] * channels)), "values": values,
            "level": 1}


def every_element(count, width):
    """Patches of all of them."""
    source = random.Random("packets patches")
    return {i: bytes(source.randrange(256) for _ in range(width)) for i in range(count)}


LENGTHS = [13, 14, 15, 16, 118, 119, 129, 130, 142, 143]
sequence("lengths", note="bypass streams, rows and bodies on both sides of what a count holds in one byte, and in the head",
         rules="R-PACK-05 R-PACK-07", counts=LENGTHS, max_rows=sum(LENGTHS), **bare(1, 8, "lengths", sum(LENGTHS)))
sequence("rows_16775", note="a row count of three bytes", rules="R-PACK-07", counts=[16775], max_rows=16775,
         **bare(1, 0, "rows", 16775))
sequence("bypass_16800", note="a bypass stream and a body with lengths of three bytes", rules="R-PACK-05 R-PACK-07",
         counts=[3, 150], max_rows=153, **bare(64, 14, "bypass", 153))
sequence("patches_17164", note="patches and a body with lengths of three bytes", rules="R-PACK-05 R-PACK-07", counts=[33],
         packet_options={"patches": every_element(33 * 64, 8)}, dtype="f64", **bare(64, 0, "patches", 33))
