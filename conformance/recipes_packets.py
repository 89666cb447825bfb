"""Sessions and packets of chapter 12, each with its profile in front (coder_file.py)."""

from coder_file import packets_file
from encode_packets import Packets, count, profile_of
from encode_packets import session as session_of
from recipes_context import contexts, lags
from recipes_dictionaries import dictionary_of
from recipes_matches import matches_of, part
from recipes_networks import network
from recipes_valid import CENTRED, matrix, small_values
from writer import dense, f32, lossy_model, static, uint

PACKET_RECIPES = []  # (id, level, rules, families, bytes, note)
CHANNELS = 5
ROWS = [1, 1, 4, 2, 1, 3]  # of each packet


def add(name, rules, note, profile, session, packets, families="", level=2):
    data = packets_file(profile, session, b"".join(packets))
    PACKET_RECIPES.append(("packets_" + name, level, rules.split(), families.split(), data, note))


def plain(**options):
    return lossy_model(CHANNELS, entropy=static([CENTRED], [0] * CHANNELS), **options)


def sequence(name, model, note="", rules="", counts=ROWS, values=None, level=2, dictionary=None, stored=(), classes=0,
             packet_options=None, **fields):
    """A legal session of so many rows a packet."""
    rows = values or small_values("packets " + name, sum(counts), CHANNELS)
    matches = matches_of("packets " + name, [sum(counts)], classes, dictionary=stored) if classes else None
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
for name, more in (("f16", {}), ("bf16", {}), ("f64", {}), ("f32", {"centre_scale": 100000, "unit": f32(1e-40)})):
    sequence("dtype_" + name, plain(centre=[9, -9, 1000, 0, 3], predictor=lags("packets", CHANNELS)), "", level=1, dtype=name, **more)
for states in (0, 2, 3):
    sequence(f"context_{2 ** states}", lossy_model(CHANNELS, **contexts(CHANNELS, state_bits=states),
                                                   predictor=lags("packets", CHANNELS), synthesis=dense(
                                                       matrix("packets s", CHANNELS, CHANNELS, 40), shift=3)))
sequence("matched", plain(**MATCHED), "matches reach over packets, and go on in the next one", "R-MTCH-01", classes=3)
sequence("matched_context", lossy_model(CHANNELS, **contexts(CHANNELS, state_bits=3), **MATCHED), classes=3)
DICTIONARY, STORED = dictionary_of("packets", CHANNELS, 3, 4)
WITH_DICTIONARY = {"predictor": lags("packets", CHANNELS), "match": part("packets", CHANNELS, 3, dictionary=DICTIONARY)}
sequence("dictionary", plain(**WITH_DICTIONARY), "addresses of the dictionary come first", dictionary=DICTIONARY, stored=STORED,
         classes=3, unit=f32(0.2))
sequence("network", plain(predictor=network("packets", CHANNELS, [1, 3], [9])), level=3)
sequence("escapes", plain(), "a bypass stream of 15 bytes and more", "R-PACK-07", counts=[2, 6],
         values=[[400 * (k + 1) for k in range(CHANNELS)] for _ in range(8)], level=1)
sequence("patches", plain(), "the last value of each packet comes exactly", "R-CHNK-30", counts=[1, 1], level=1,
         packet_options={"patches": {CHANNELS - 1: b"\x00\x00\xC0\x7F"}})
sequence("many_rows", plain(), "a count and a length of two bytes", "R-PACK-07 R-PACK-05", counts=[200], max_rows=200, level=1)
sequence("full", plain(), "as many rows as the session has", "R-PACK-08", max_rows=sum(ROWS), level=1)
sequence("no_packet", plain(), "a session alone", counts=[], values=[[0] * CHANNELS], level=1)

BROKEN = "corrupt"
WIDE = lossy_model(65, entropy=static([CENTRED], [0] * 65))
ROW = [[1, -2, 0, 3, 1]]


def bad_session(name, rules, families=BROKEN, model=None, change=None, note="", **fields):
    model = model or plain()
    made = session_of(model, **fields)
    add(name, rules, note, profile_of(model), change(made) if change else made, [], families)


def bad_packet(name, rules, families=BROKEN, before=1, rows=ROW, note="", change=None, after=(), max_rows=100, **options):
    """A broken packet after some sound ones."""
    made = Packets(plain(predictor=lags("packets", CHANNELS)), max_rows=max_rows)
    packets = [made.packet(ROW) for _ in range(before)]
    packet = made.packet(rows, **options)
    packets.append(change(packet) if change else packet)
    add(name, rules, note, made.profile, made.session, packets + list(after), families)


bad_session("session_cut", "R-CONT-18", change=lambda session: session[:-1])
bad_session("session_signature", "R-PACK-01", signature=b"\x89ACZ\r\n\x1a\n", note="that of a file")
bad_session("session_checksum", "R-PACK-01", checksum_xor=1)
bad_session("session_version", "R-PACK-02", "unsupported", version=2)
bad_session("session_reserved", "R-PACK-02", "unsupported", reserved=1)
bad_session("session_dtype", "R-PACK-03", dtype="i32")
bad_session("session_no_dtype", "R-PACK-03", dtype_id=99)
bad_session("session_many_channels", "R-PACK-03", channels=65537)
bad_session("session_no_rows", "R-PACK-03", max_rows=0)
bad_session("session_many_rows", "R-PACK-03", max_rows=2**20 + 1)
bad_session("session_unit", "R-PACK-03", unit=f32(-1.0))
bad_session("session_unit_infinite", "R-PACK-03", unit=0x7F800000)
bad_session("session_limit", "R-PACK-06 R-PACK-05", "limit_exceeded corrupt", model=WIDE, max_rows=2**20,
            change=lambda session: session + b"\x80" * 3, note="2^28 + 2^22 bytes of rows, and a packet that is none")
bad_session("session_model", "R-ARCH-21", "unsupported", digest=bytes(32))
bad_session("session_channels", "R-PACK-04", channels=CHANNELS + 1)
bad_packet("length_long", "R-PACK-05", length=b"\x80\x80\x80\x01")
bad_packet("length_padded", "R-PACK-05", length=b"\x94\x00", note="a byte more than it takes")
bad_packet("length_cut", "R-PACK-10", "need_more_input", length=b"\xFF", change=lambda packet: packet[:1])
bad_packet("cut", "R-PACK-10", "need_more_input", change=lambda packet: packet[:-1])
bad_packet("empty", "R-CONT-18", change=lambda packet: b"\0", note="a packet of no byte")
bad_packet("state_cut", "R-PACK-07", change=lambda packet: count(6) + packet[1:7])
bad_packet("half_word", "R-PACK-07", body_extra=b"\0")
bad_packet("bypass_too_long", "R-PACK-07", head_xor=8)
bad_packet("count_long", "R-PACK-07", rows=ROW * 2, counts=lambda value: b"\x80\x80\x80")
bad_packet("count_padded", "R-PACK-07", rows=ROW * 2, counts=lambda value: b"\x80\x00")
bad_packet("rows_beyond", "R-PACK-08", before=2, rows=ROW * 2, max_rows=3)
bad_packet("more_rows", "R-RANS-03 R-RANS-04", rows=ROW * 2, more_rows=1)
bad_packet("state_low", "R-RANS-01", state_of_lane_0=65535)
bad_packet("word_extra", "R-RANS-04", body_extra=b"\0\0")
bad_packet("bypass_extra", "R-CHNK-20", bypass_extra=b"\0")
bad_packet("patch_beyond", "R-CHNK-31", patches={CHANNELS: b"\0\0\0\0"})
bad_packet("patch_none", "R-CHNK-30", patch_bytes=uint(0, 4))
bad_packet("check", "R-PACK-09", check_xor=1)
bad_packet("check_high", "R-PACK-09", check_xor=0x8000)
bad_packet("after_error", "R-PACK-09 R-PACK-11", check_xor=1, after=[b"\x80"], note="what comes after is not looked at")


def disordered(name, order, note):
    made = Packets(plain(predictor=lags("packets", CHANNELS)))
    packets = [made.packet(ROW) for _ in range(4)]
    add(name, "R-PACK-09", note, made.profile, made.session, [packets[i] for i in order], BROKEN)


disordered("lost", [0, 2], "a packet is missing")
disordered("repeated", [0, 0], "a packet comes twice")
disordered("order", [1, 0], "two packets in the wrong order")
