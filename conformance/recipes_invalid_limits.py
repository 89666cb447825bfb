"""Files beyond the limits of section 9.1 that decoders take by default. Whoever takes more meets another fault."""

from recipes_invalid import container
from writer import CHUNK, METADATA, MODEL, TENSOR, TENSOR_END, FileBuilder, chunk, tensor, tensor_end


def tensor_of(rows, *chunks):
    """u8, one strand of rows of 65536 channels."""
    file = FileBuilder().add(TENSOR, tensor(dtype="u8", shape=(rows, 65536), view=(1, rows, 65536), strand_rows=min(rows, 65535)))
    for payload in chunks:
        file.add(CHUNK, payload, 0, 0, 1)
    return file.add(TENSOR_END, tensor_end(0, [5 for _ in chunks])).finish()


def claiming(section_type, payload_bytes):
    return lambda: FileBuilder().add(section_type, b"", payload_bytes=payload_bytes).data


container("limit_section_bytes", "limit_exceeded need_more_input", "R-LIMIT-03 R-CONT-17",
          "a MODEL of 2^30 + 1 bytes, none of which follow", claiming(MODEL, 2**30 + 1))
container("limit_header_bytes", "limit_exceeded need_more_input", "R-LIMIT-05 R-CONT-17",
          "METADATA of 2^24 + 1 bytes, none of which follow", claiming(METADATA, 2**24 + 1))
container("limit_tensor_bytes", "limit_exceeded corrupt", "R-LIMIT-01 R-ARCH-05", "2^46 + 2^16 bytes, no chunks",
          lambda: tensor_of(2**30 + 1))
container("limit_chunk_bytes", "limit_exceeded corrupt", "R-LIMIT-02 R-CHNK-14",
          "a raw chunk of 2^28 + 2^16 bytes, none of which follow", lambda: tensor_of(4097, chunk(b"", 5, coding=0)))
