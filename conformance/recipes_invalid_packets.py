"""Sessions and packets that break one rule each, continued from recipes_packets.py.

A packet has the check that a decoder without that rule finds, wherever such a decoder finds one (encode_packets.Packets)."""

from encode_packets import Packets, count, profile_of
from encode_packets import session as session_of
from recipes_context import contexts, lags
from recipes_dictionaries import dictionary_of
from recipes_matches import part
from recipes_packets import CHANNELS, add, plain
from recipes_references import from_reference
from recipes_valid import CENTRED
from writer import f32, lossy_model, static, uint

BROKEN = "corrupt"
WIDE = lossy_model(65, entropy=static([CENTRED], [0] * 65))
NARROW = dictionary_of("packets narrow", CHANNELS - 1)[0]
ROW = [[1, -2, 0, 3, 1]]


def bad_session(name, rules, families=BROKEN, model=None, change=None, note="", dictionary=None, **fields):
    model = model or plain()
    made = session_of(model, **fields)
    add(name, rules, note, profile_of(model, dictionary), change(made) if change else made, [], families)


def bad_packet(name, rules, families=BROKEN, before=1, rows=ROW, note="", change=None, max_rows=100, model=None, **options):
    """A broken packet after some sound ones."""
    made = Packets(model or plain(predictor=lags("packets", CHANNELS)), max_rows=max_rows)
    packets = [made.packet(ROW) for _ in range(before)]
    packet = made.packet(rows, **options)
    add(name, rules, note, made.profile, made.session, packets + [change(packet) if change else packet], families)


bad_session("session_cut", "R-PACK-01", change=lambda session: session[:-1])
bad_session("session_signature", "R-PACK-01", signature=b"\x89ACZ\r\n\x1a\n", note="that of a file")
bad_session("session_signature_end", "R-PACK-01", signature=b"\x89ACZP\r\n\x1b")
bad_session("session_checksum", "R-PACK-01", checksum_xor=1)
bad_session("session_version", "R-PACK-02", "unsupported", version=2)
bad_session("session_reserved", "R-PACK-02", "unsupported", reserved=1)
bad_session("session_dtype", "R-PACK-03", dtype="i32")
bad_session("session_no_dtype", "R-PACK-03", dtype_id=99)
bad_session("session_many_channels", "R-PACK-03", channels=65537, digest=bytes(32), note="of a model that is not at hand")
bad_session("session_no_channels", "R-PACK-03", channels=0, digest=bytes(32), note="of a model that is not at hand")
bad_session("session_no_rows", "R-PACK-03", max_rows=0)
bad_session("session_many_rows", "R-PACK-03", max_rows=2**20 + 1)
bad_session("session_unit", "R-PACK-03", unit=f32(-1.0))
bad_session("session_unit_zero", "R-PACK-03", unit=0)
bad_session("session_unit_infinite", "R-PACK-03", unit=0x7F800000)
bad_session("session_unit_nan", "R-PACK-03", unit=0x7FC00000)
bad_session("session_limit", "R-PACK-06 R-PACK-05", "limit_exceeded corrupt", model=WIDE, max_rows=2**20,
            change=lambda session: session + b"\x80" * 3, note="2^28 + 2^22 bytes of rows, and a packet that is none")
bad_session("session_model", "R-ARCH-21", "unsupported", digest=bytes(32))
bad_session("session_channels", "R-PACK-04", channels=CHANNELS + 1)
bad_session("session_reference", "R-PACK-04", model=plain(reference=from_reference("packets", CHANNELS, 3)))
bad_session("session_dictionary", "R-DICT-04", dictionary=NARROW, note="of fewer channels; no row asks for it", model=plain(
    match=part("packets", CHANNELS, dictionary=NARROW)))
bad_session("session_checksum_and_version", "R-PACK-01", checksum_xor=1, version=2, note="two faults: the checksum comes first")
bad_session("session_version_and_dtype", "R-PACK-02", "unsupported", version=2, dtype_id=99,
            note="two faults: the version comes first")
bad_session("session_dtype_and_model", "R-PACK-03", dtype_id=99, digest=bytes(32), note="two faults: the dtype comes first")
bad_session("session_channels_and_limit", "R-PACK-04", model=WIDE, channels=66, max_rows=2**20,
            note="two faults: the channels come first")


def padded(value):
    return bytes([value | 128, 0])


def of_4_bytes(value):
    return bytes([value | 128, 128, 128, 0])


ESCAPED = [[259, -4, -4, -4, -4]]  # a bypass stream of 18 bits, of which the last ten are zero, and no word
ESCAPES = [[30000, -30000, 30001, -30001, 30002]]  # a bypass stream of more than 15 bytes
CHEAP = [[-4] * CHANNELS]  # no word, and no bypass stream
TWO = uint(f32(2.0), 4)
bad_packet("length_long", "R-PACK-05", length=lambda _: b"\x80\x80\x80\x01")
bad_packet("length_of_4_bytes", "R-PACK-05", length=of_4_bytes)
bad_packet("length_padded", "R-PACK-05", length=padded, note="a byte more than it takes")
bad_packet("length_padded_cut", "R-PACK-05", length=padded, change=lambda packet: packet[:2], note="known before the rest is there")
bad_packet("length_long_cut", "R-PACK-05", length=lambda _: b"\x80\x80\x80", change=lambda packet: packet[:3],
           note="known before the rest is there")
bad_packet("length_cut", "R-PACK-10", "need_more_input", length=lambda _: b"\xFF", change=lambda packet: packet[:1])
bad_packet("length_cut_later", "R-PACK-10", "need_more_input", length=lambda _: b"\xFF\x80", change=lambda packet: packet[:2])
bad_packet("cut", "R-PACK-10", "need_more_input", change=lambda packet: packet[:-1])
bad_packet("cut_and_check", "R-PACK-10", "need_more_input", check_xor=1, change=lambda packet: packet[:-1],
           note="nothing is decoded before all is there")
bad_packet("empty", "R-CONT-18", change=lambda packet: b"\0", note="a packet of no byte")
bad_packet("head_cut", "R-CONT-18", change=lambda packet: count(2) + packet[1:3])
bad_packet("count_cut", "R-CONT-18", rows=ROW * 2, change=lambda packet: count(3) + packet[1:4])
bad_packet("state_cut", "R-PACK-07", change=lambda packet: count(6) + packet[1:7])
bad_packet("half_word", "R-PACK-07", coded=lambda body: body + b"\0")
bad_packet("bypass_too_long", "R-PACK-07", rows=ESCAPED, more_bypass=2, note="by two bytes, where there are no words")
bad_packet("patches_too_long", "R-PACK-07", rows=CHEAP, patches={0: TWO}, more_patch=2,
           note="by two bytes, where there are no words")
bad_packet("count_long", "R-PACK-07", rows=ROW * 2, counts=lambda _: b"\x80\x80\x80")
bad_packet("count_of_4_bytes", "R-PACK-07", rows=ROW * 4, counts=of_4_bytes)
bad_packet("count_padded", "R-PACK-07", rows=ROW * 2, counts=padded)
bad_packet("bypass_count_padded", "R-PACK-07", rows=ESCAPES, counts=padded)
bad_packet("patch_count_padded", "R-PACK-07", patches={0: TWO}, counts=padded)
bad_packet("rows_beyond", "R-PACK-08", before=2, rows=ROW * 2, max_rows=3, note="a row more than the session has")
bad_packet("row_beyond", "R-PACK-08", before=3, max_rows=3)
bad_packet("more_rows", "R-RANS-03", rows=ROW * 2, more_rows=1, note="a row more than is coded")
bad_packet("fewer_rows", "R-RANS-04", rows=ROW * 3, more_rows=-1, note="a row fewer than is coded")
bad_packet("word_missing", "R-RANS-03", before=0, rows=[[1, -2, -8, -8, -8]], coded=lambda body: body[:-2], note="a zero",
           model=lossy_model(CHANNELS, entropy=static([(-8, 0, [256] * 16)], [0] * CHANNELS)))
bad_packet("word_extra", "R-RANS-04", coded=lambda body: body + b"\0\0")
for lane in range(2):
    bad_packet("state_low" + ("_of_lane_1" if lane else ""), "R-RANS-01", rows=CHEAP, lanes_log2=lane, low_lane=lane,
               note="its first symbol takes a word at once, and all is well after it")
    bad_packet(f"end_of_lane_{lane}", "R-RANS-04", lanes_log2=1, ends={lane: (65537, 2**17)[lane]})
bad_packet("end_of_unused_lane", "R-RANS-04", before=0, lanes_log2=1, ends={1: 65537},
           model=lossy_model(CHANNELS, **contexts(CHANNELS)), note="all symbols of a context model take lane 0")
bad_packet("bypass_missing", "R-CHNK-20", rows=ESCAPED, bypassed=lambda stream: stream[:-1], note="a byte that is zero")
bad_packet("bypass_extra", "R-CHNK-20", bypassed=lambda stream: stream + b"\0")
bad_packet("bypass_padding", "R-CHNK-20", rows=ESCAPED, bypassed=lambda stream: stream[:-1] + bytes([stream[-1] | 128]))
bad_packet("patch_beyond", "R-CHNK-31", patches={CHANNELS: TWO})
bad_packet("patch_none", "R-CHNK-30", patched=lambda _: uint(0, 4))
bad_packet("patch_extra", "R-CHNK-32", patches={0: TWO}, patched=lambda block: block + b"\0")
bad_packet("check", "R-PACK-09", check_xor=1)
bad_packet("check_high", "R-PACK-09", check_xor=0x8000)
bad_packet("after_error", "R-PACK-09 R-PACK-11", check_xor=1, note="the packet once more, with the right check",
           change=lambda packet: packet + packet[:1] + bytes([packet[1] ^ 1]) + packet[2:])


def disordered(name, order, note):
    made = Packets(plain(predictor=lags("packets", CHANNELS)))
    packets = [made.packet(ROW) for _ in range(4)]
    add(name, "R-PACK-09", note, made.profile, made.session, [packets[i] for i in order], BROKEN)


disordered("lost", [0, 2], "a packet is missing")
disordered("repeated", [0, 0], "a packet comes twice")
disordered("order", [1, 0], "two packets in the wrong order")
