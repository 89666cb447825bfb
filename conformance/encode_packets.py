"""An encoder of sessions and packets, apart from the reference decoder save for what the rows become."""

import hashlib

from encode_context import encode_step
from encode_matches import MatchWriter
from model import ENTROPY_CONTEXT, read_model
from packets import PacketDecoder
from profiles import Profile
from writer import DTYPES, END, DICTIONARY, MODEL, PROFILE, BitWriter, crc32c, f32, file_header, patch_block, rans_encode, section
from writer import static_symbol, uint

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
    out += uint(channels or read_model(model).channels, 4) + uint(max_rows, 4) + uint(unit, 4) + uint(centre_scale, 4)
    out += digest or hashlib.sha256(model).digest()
    return out + uint(crc32c(out) ^ checksum_xor, 4)


class Packets:
    """The packets of a session, whose model is coded in levels (static) or indices (context)."""

    def __init__(self, model, dictionary=None, stored=(), **fields):
        """stored: rows of each strand of the dictionary."""
        self.profile, self.session = profile_of(model, dictionary), session(model, **fields)
        self.decoder = PacketDecoder(self.session, [Profile(self.profile)])
        self.model = self.decoder.session.model
        self.matches = MatchWriter(self.model, [0], stored) if self.model.match else None
        self.next_row = 0

    def packet(self, rows, matches=None, lanes_log2=0, patches=None, check_xor=0, more_rows=0, body_extra=b"", bypass_extra=b"",
               patch_bytes=None, head_xor=0, length=None, state_of_lane_0=None, counts=count):
        """matches: (class, address) of each row."""
        bypass, runs = BitWriter(), []
        for i, row in enumerate(rows):
            step, starts = [(0, self.next_row)], None
            if self.matches:
                starts = self.matches.write_step(step, [matches[i]], bypass)
            if self.model.entropy == ENTROPY_CONTEXT:
                runs += encode_step(self.model, [row], bypass, starts)[0]
            else:
                runs.append([static_symbol(value, k, self.model, bypass) for k, value in enumerate(row)])
            self.next_row += 1
        body, _words = rans_encode(runs, 2**lanes_log2, self.model.precision_bits)
        if state_of_lane_0 is not None:
            body = uint(state_of_lane_0, 4) + body[4:]
        bypass_data = bypass.bytes() + bypass_extra
        patch_data = patch_block(patches) if patch_bytes is None else patch_bytes
        head = min(len(bypass_data), 15) | lanes_log2 << 4 | (64 if patch_data else 0) | (128 if len(rows) > 1 else 0)
        head = uint(head ^ head_xor, 1)
        if len(rows) > 1:
            head += counts(len(rows) - 2 + more_rows)
        if len(bypass_data) >= 15:
            head += counts(len(bypass_data) - 15)
        if patch_data:
            head += counts(len(patch_data) - 1)
        behind = body + body_extra + bypass_data + patch_data
        return (length or count(2 + len(head + behind))) + self.checked(head, behind, check_xor) + head + behind

    def checked(self, head, behind, check_xor):
        """The check, as far as the packet can be decoded."""
        try:
            check = self.decoder.take(self.decoder.decode_unchecked(b"\0\0" + head + behind)[1])
        except Exception:  # pylint: disable=broad-except
            check = 0
        return uint(check ^ check_xor, 2)
