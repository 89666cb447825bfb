"""An encoder of sessions and packets, apart from the reference decoder save for what the rows become."""

import hashlib

from chunks import decode_step
from encode_context import encode_step
from encode_matches import MatchWriter
from model import ENTROPY_CONTEXT, read_model
from packets import PacketDecoder
from profiles import Profile
from transforms import element_of
from writer import DTYPES, END, DICTIONARY, MODEL, PROFILE, BitWriter, Steps, crc32c, f32, file_header, patch_block, rans_encode
from writer import section, static_symbol, uint

SIGNATURE = b"\x89ACZP\r\n\x1a"


def count(value):
    """In as few bytes as it takes."""
    return bytes([value]) if value < 128 else bytes([value % 128 + 128]) + count(value // 128)


def profile_of(model, dictionary=None):
    sections = [(PROFILE, b'{"rungs": [{}]}'), (MODEL, model)] + ([(DICTIONARY, dictionary)] if dictionary else [])
    return file_header(kind=2) + b"".join(section(*one) for one in sections + [(END, b"")])


def session(model, dtype="f32", max_rows=100, unit=f32(0.25), centre_scale=65536, channels=None, version=1, reserved=0,
            signature=SIGNATURE, digest=None, checksum_xor=0, dtype_id=None):
    out = signature + uint(version, 1) + uint(DTYPES[dtype] if dtype_id is None else dtype_id, 1) + uint(reserved, 2)
    out += uint(read_model(model).channels if channels is None else channels, 4) + uint(max_rows, 4) + uint(unit, 4) + uint(centre_scale, 4)
    out += digest or hashlib.sha256(model).digest()
    return out + uint(crc32c(out) ^ checksum_xor, 4)


def unchanged(part):
    return part


class Packets:
    """The packets of a session, whose model is coded in levels (static) or indices (context).

    A packet that is broken on purpose has the check of the rows that it was made of: what a decoder finds that lacks but the
    rule in question."""

    def __init__(self, model, dictionary=None, stored=(), **fields):
        """stored: rows of each strand of the dictionary."""
        self.profile, self.session = profile_of(model, dictionary), session(model, **fields)
        self.decoder = PacketDecoder(self.session, [Profile(self.profile)])  # for its closed loop and its chain alone
        self.model = self.decoder.session.model
        self.matches = MatchWriter(self.model, [0], stored) if self.model.match else None
        self.next_row = 0

    def packet(self, rows, matches=None, lanes_log2=0, patches=None, check_xor=0, more_rows=0, more_bypass=0, more_patch=0,
               ends=None, low_lane=None, coded=unchanged, bypassed=unchanged, patched=unchanged, counts=count, length=count):
        """matches: (class, address) of each row. more_...: what the packet says beyond what there is. coded, bypassed, patched:
        what becomes of states and words, of the bypass stream and of the patches; counts, length: how numbers are written."""
        bypass, runs, patterns = BitWriter(), [], []
        for row, match in zip(rows, matches or [None] * len(rows)):
            step, levels = [(0, self.next_row)], row
            starts = self.matches.write_step(step, [match], bypass) if self.matches else None
            if self.model.entropy == ENTROPY_CONTEXT:
                of_row, (levels,) = encode_step(self.model, [row], bypass, starts)
            else:
                of_row = [[static_symbol(value, k, self.model, bypass) for k, value in enumerate(row)]]
            runs += of_row
            patterns.append(self.becomes(step, levels, match))
            self.next_row += 1
        lanes = 2**lanes_log2
        parts = [coded(rans_encode(runs, lanes, self.model.precision_bits, ends, low_lane)[0]), bypassed(bypass.bytes()),
                 patched(patch_block(patches))]
        bypass_bytes, patch_bytes = len(parts[1]) + more_bypass, len(parts[2]) + more_patch
        head = uint(min(bypass_bytes, 15) | lanes_log2 << 4 | (patch_bytes > 0) << 6 | (len(rows) > 1) << 7, 1)
        head += counts(len(rows) - 2 + more_rows) if len(rows) > 1 else b""
        head += counts(bypass_bytes - 15) if bypass_bytes >= 15 else b""
        head += counts(patch_bytes - 1) if patch_bytes > 0 else b""
        body = head + b"".join(parts)
        check = self.decoder.take(self.elements(patterns[: len(rows) + more_rows], patches or {})) ^ check_xor
        return length(2 + len(body)) + uint(check, 2) + body

    def becomes(self, step, levels, match):
        """The bit patterns of a row."""
        decoder, session_of = self.decoder, self.decoder.session
        (row,) = decode_step(self.model, decoder.history, step, Steps([[levels]]), None, Steps([[match]]))
        return [element_of(x, c, session_of.unit, session_of.dtype) for x, c in zip(row, decoder.centre)]

    def elements(self, patterns, patches):
        """Those of a packet, as bytes. A patch of none of them does nothing."""
        elements = [uint(pattern, self.decoder.session.element_bytes) for row in patterns for pattern in row]
        return b"".join(patches.get(i, element) for i, element in enumerate(elements))
