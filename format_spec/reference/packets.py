"""Chapter 12: packets of rows."""

from bitio import BitReader, ByteReader, FormatError, require
from checksums import crc32c, sha256, xxh64
from chunks import READER_MAX_CHUNK_BYTES, Dictionary, apply_patches, decode_step, rows_of_dictionary
from model import LOSSY, read_model
from rans import RansDecoder
from symbols import VALUES_OF, MatchCodes
from tensor_header import BF16, ELEMENT_BYTES, F16, F32, F64, is_positive_finite_f32
from transforms import History, element_of, scaled_centre


# spec: session
SESSION_BYTES = 64
SESSION_SIGNATURE = bytes.fromhex("8941435A500D0A1A")
MAX_SESSION_ROWS = 2**20


class Session:
    """What a session fixes. Fields that rows are decoded with have the names that they have in a Tensor."""

    def __init__(self, data, profiles):
        require(len(data) == SESSION_BYTES and data[:8] == SESSION_SIGNATURE, "corrupt", "R-PACK-01")
        require(crc32c(data[:60]) == int.from_bytes(data[60:], "little"), "corrupt", "R-PACK-01")
        reader = ByteReader(data[8:60])
        version, self.dtype, reserved = reader.uint(1), reader.uint(1), reader.uint(2)
        self.channels, self.max_rows = reader.uint(4), reader.uint(4)
        self.unit, self.centre_scale = reader.uint(4), reader.uint(4)  # unit: bit pattern of an f32
        require(version == 1 and reserved == 0, "unsupported", "R-PACK-02")
        require(self.dtype in (F16, BF16, F32, F64), "corrupt", "R-PACK-03")
        require(1 <= self.channels <= 65536 and 1 <= self.max_rows <= MAX_SESSION_ROWS, "corrupt", "R-PACK-03")
        require(is_positive_finite_f32(self.unit), "corrupt", "R-PACK-03")
        self.element_bytes = ELEMENT_BYTES[self.dtype]
        self.model = model_of_profiles(reader.bytes(32), profiles)
        require(self.model.codec == LOSSY and self.model.channels == self.channels, "corrupt", "R-PACK-04")
        require(not self.model.reference, "corrupt", "R-PACK-04")
        bytes_of_row = self.channels * max(4, self.element_bytes)
        require(self.max_rows * bytes_of_row <= READER_MAX_CHUNK_BYTES, "limit_exceeded", "R-PACK-06")


def model_of_profiles(digest, profiles):
    models, dictionaries = {}, {}
    for profile in profiles:
        models.update(profile.models)
        dictionaries.update(profile.dictionaries)
    require(digest in models, "unsupported", "R-ARCH-21", "needs model " + digest.hex())
    model = read_model(models[digest])
    if model.match == 2:
        require(model.dictionary_digest in dictionaries, "unsupported", "R-DICT-05")
        model.find_dictionary = lambda: Dictionary(dictionaries[model.dictionary_digest])
    return model
# end


# spec: packet
def read_count(reader, rule):
    """A number below 2^21: 7 bits in each byte, the lowest first; a byte of 128 or more says that another follows."""
    value = 0
    for place in range(3):
        byte = reader.uint(1)
        value += byte % 128 << 7 * place
        if byte < 128:
            require(place == 0 or byte > 0, "corrupt", rule)
            return value
    raise FormatError("corrupt", rule)


def read_packet(reader):
    """The next packet of what was received so far, without its length."""
    length = reader.data[reader.at : reader.at + 3]
    require(len(length) == 3 or any(byte < 128 for byte in length), "need_more_input", "R-PACK-10")
    body_bytes = read_count(reader, "R-PACK-05")
    require(body_bytes <= reader.remaining(), "need_more_input", "R-PACK-10")
    return reader.bytes(body_bytes)


class PacketDecoder:
    """Decodes the packets of a session in their order. After an error there is nothing more to decode."""

    def __init__(self, session, profiles):
        self.session = Session(session, profiles)
        self.chain = xxh64(session)
        self.row_count = 0
        model = self.session.model
        self.centre = scaled_centre(model, self.session.centre_scale)
        self.history = History(1, rows_of_dictionary(model, self.session, self.centre) if model.match == 2 else [])
        self.codes = MatchCodes(model, None) if model.match else None

    def decode(self, packet):
        """The elements of its rows in C order, little-endian."""
        check, elements = self.decode_unchecked(packet)
        require(self.take(elements) == check, "corrupt", "R-PACK-09")
        return elements

    def take(self, elements):
        """The check that goes with the elements of the next packet."""
        self.chain = xxh64(self.chain.to_bytes(8, "little") + elements)
        return self.chain % 2**16

    def decode_unchecked(self, packet):
        reader, model = ByteReader(packet), self.session.model
        check, head = reader.uint(2), reader.uint(1)
        row_count = 2 + read_count(reader, "R-PACK-07") if head & 128 else 1
        bypass_bytes = head % 16
        if bypass_bytes == 15:
            bypass_bytes += read_count(reader, "R-PACK-07")
        patch_bytes = 1 + read_count(reader, "R-PACK-07") if head & 64 else 0
        lanes = 2 ** (head >> 4 & 3)
        word_bytes = reader.remaining() - 4 * lanes - bypass_bytes - patch_bytes
        require(word_bytes >= 0 and word_bytes % 2 == 0, "corrupt", "R-PACK-07")
        require(row_count <= self.session.max_rows - self.row_count, "corrupt", "R-PACK-08")
        states = [reader.uint(4) for _ in range(lanes)]
        coder = RansDecoder(states, reader.bytes(word_bytes), model.precision_bits)
        bypass = BitReader(reader.bytes(bypass_bytes), "R-CHNK-20")
        rows = self.decode_rows(row_count, coder, bypass)
        coder.end()
        require(bypass.at_end(), "corrupt", "R-CHNK-20")
        width = self.session.element_bytes
        elements = bytearray(b"".join(pattern.to_bytes(width, "little") for row in rows for pattern in row))
        apply_patches(reader.bytes(patch_bytes), elements, width)
        return check, bytes(elements)

    def decode_rows(self, row_count, coder, bypass):
        """Rows of bit patterns. Each row is a step of its own, whatever the model."""
        session, rows = self.session, []
        values = VALUES_OF[session.model.entropy](session.model, coder, bypass)
        if self.codes:
            self.codes.bypass = bypass
        for _ in range(row_count):
            for row in decode_step(session.model, self.history, [(0, self.row_count)], values, None, self.codes):
                rows.append([element_of(x, c, session.unit, session.dtype) for x, c in zip(row, self.centre)])
            self.row_count += 1
        return rows


def decode_packets(received, profiles):
    """The elements of all rows of a session, which stands first, and of its packets, one after the other."""
    reader = ByteReader(received)
    decoder, out = PacketDecoder(reader.bytes(min(SESSION_BYTES, len(received))), profiles), b""
    while reader.remaining() > 0:
        out += decoder.decode(read_packet(reader))
    return out
# end


# spec: test_values
def check_packet_test_values():
    model = bytes.fromhex("0101010101000000020000000000803F00010100002367E501A0000F00000200000060030C0100FFFFFFFF"
                          "0004006A003C00821E0C00")
    session = bytes.fromhex("8941435A500D0A1A0112000002000000030000000000803E00000100B67F3EA7DC067CB7B496E5A43BC13A0F"
                            "145715AA277D72E3642AEC3758A4FDA072C4E2CA")
    packets = "070BEF00906C1000" "0973208100F81B7F1605"  # of one row, and of two with bypass bits
    profile = type("", (), {"models": {sha256(model): model}, "dictionaries": {}})
    elements = decode_packets(session + bytes.fromhex(packets), [profile])
    assert elements == bytes.fromhex("0000803E000080BE" "0000803E0000403F" "0000003F0000403F")  # 0.25, -0.25 ...
# end
