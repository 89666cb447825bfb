"""Chapter 8: a whole data file, from front to back."""

from bitio import require
from checksums import sha256, xxh64
from chunks import Chunk, DecodedChunk, Dictionary, check_chunk_range, decode_chunk, row_range_of, strand_count
from container import (
    DATA, FILE_HEADER_BYTES, SKIPPABLE, Section, TensorEnd, T_CHUNK, T_DICTIONARY, T_END, T_INDEX,
    T_METADATA, T_MODEL, T_MODEL_REFERENCE, T_TENSOR, T_TENSOR_END, read_end_mark, read_file_header, read_index,
)
from model import read_model
from tensor_header import F16, F64, NO_REFERENCE, Tensor


# spec: archive
READER_MAX_TENSORS = 65536
READER_MAX_HEADER_BYTES = 2**24
REFERENCE_DEPTH = 4


class Archive:
    """Decodes a data file. tensors: Tensor objects, each with its decoded bytes in `elements`."""

    def __init__(self, file, profiles=()):
        """file: bytes. profiles: Profile objects."""
        self.file = file
        self.profile_models = {digest: payload for p in profiles for digest, payload in p.models.items()}
        self.dictionaries = {digest: payload for p in profiles for digest, payload in p.dictionaries.items()}
        self.decoded = {}    # dictionaries that a chunk needed
        self.chunks = {}     # those decoded so far, by tensor_index and chunk_index
        self.metadata = None
        self.tensors = []
        self.models = []     # payload of a MODEL section, or digest of a MODEL_REFERENCE, with its type
        self.parsed = {}     # models that a chunk needed
        self.tensor = None   # the one whose sections are being read
        self.seen = []       # what the INDEX must list
        self.index_offset = None
        self.header_bytes = 0  # of METADATA and TENSOR sections
        require(read_file_header(file) == DATA, "bad_argument", "R-CONT-07")
        offset, ended = FILE_HEADER_BYTES, False
        while not ended:
            section = Section(file, offset)
            self.take(section)
            offset, ended = section.end, section.type == T_END
        require(offset == len(file), "corrupt", "R-ARCH-12")

    def take(self, section):
        require(self.index_offset is None or section.type == T_END, "corrupt", "R-ARCH-11")
        entry = [section.type, 0, section.offset, section.end - section.offset, 0, 0]
        if section.type not in self.TAKE:
            require(section.flags & SKIPPABLE, "unsupported", "R-CONT-15")
        else:
            if section.type in (T_METADATA, T_TENSOR):
                self.header_bytes += len(section.payload)
            require(self.header_bytes <= READER_MAX_HEADER_BYTES, "limit_exceeded", "R-LIMIT-05")
            require(section.type == T_METADATA or section.flags & SKIPPABLE == 0, "corrupt", "R-CONT-16")
            inside = section.type in (T_CHUNK, T_TENSOR_END)
            require(inside == (self.tensor is not None), "corrupt", "R-ARCH-01")
            self.TAKE[section.type](self, section, entry)
        self.seen.append(tuple(entry))

    def take_metadata(self, section, entry):
        require(self.seen == [], "corrupt", "R-ARCH-02")
        self.metadata = section.payload

    def take_model(self, section, entry):
        if section.type == T_MODEL_REFERENCE:
            require(len(section.payload) == 32, "corrupt", "R-ARCH-20")
        self.models.append((section.type, section.payload))
        require(len(self.models) <= 65536, "corrupt", "R-ARCH-22")

    def take_dictionary(self, section, entry):
        self.dictionaries[sha256(section.payload)] = section.payload

    def find_model(self, index):
        require(index < len(self.models), "corrupt", "R-CHNK-17")
        if index not in self.parsed:
            section_type, payload = self.models[index]
            if section_type == T_MODEL_REFERENCE:
                require(payload in self.profile_models, "unsupported", "R-ARCH-21", "needs model " + payload.hex())
                payload = self.profile_models[payload]
            self.parsed[index] = read_model(payload)
        model = self.parsed[index]
        if model.match == 2:
            digest = model.dictionary_digest
            require(digest in self.dictionaries, "unsupported", "R-DICT-05", "needs dictionary " + digest.hex())
            model.find_dictionary = lambda: self.find_dictionary(digest)
        return model

    def find_dictionary(self, digest):
        if digest not in self.decoded:
            self.decoded[digest] = Dictionary(self.dictionaries[digest])
        return self.decoded[digest]

    def take_tensor(self, section, entry):
        self.tensor = Tensor(section.payload)
        require(self.tensor.name not in [other.name for other in self.tensors], "corrupt", "R-ARCH-03")
        require(len(self.tensors) < READER_MAX_TENSORS, "limit_exceeded", "R-LIMIT-04")
        entry[1] = len(self.tensors)
        self.find_reference(self.tensor)
        self.tensors.append(self.tensor)
        self.tensor.elements, self.tensor.chunk_rows = b"", []
        self.next_strand, self.chunk_digests = 0, []

    def find_reference(self, tensor):
        """depth: the tensors in the chain of references below a tensor."""
        tensor.source, tensor.depth = None, 0
        if tensor.reference == NO_REFERENCE:
            return
        require(tensor.reference < len(self.tensors), "corrupt", "R-ARCH-30")
        tensor.source = self.tensors[tensor.reference]
        rows = tensor.source.sequences * tensor.source.rows
        require(tensor.source.is_referenced and F16 <= tensor.source.dtype <= F64, "corrupt", "R-ARCH-31")
        require(rows == tensor.sequences * tensor.rows, "corrupt", "R-ARCH-31")
        tensor.depth = tensor.source.depth + 1
        require(tensor.depth <= REFERENCE_DEPTH, "corrupt", "R-ARCH-32")

    def take_chunk(self, section, entry):
        chunk, tensor = Chunk(section.payload), self.tensor
        place = (chunk.tensor_index, chunk.chunk_index, chunk.first_strand)
        require(place == (len(self.tensors) - 1, len(self.chunk_digests), self.next_strand), "corrupt", "R-ARCH-04")
        check_chunk_range(chunk, tensor)
        elements = decode_chunk(chunk, tensor, self.find_model, tensor.source, self.chunks)
        self.chunks[chunk.tensor_index, chunk.chunk_index] = DecodedChunk(chunk, tensor, elements)
        tensor.elements += elements
        tensor.chunk_rows.append(row_range_of(chunk, tensor))
        self.next_strand += chunk.strand_count
        self.chunk_digests.append(chunk.digest)
        entry[1], entry[4], entry[5] = chunk.tensor_index, chunk.first_strand, chunk.strand_count

    def take_tensor_end(self, section, entry):
        end = TensorEnd(section.payload)
        require((end.tensor_index, end.chunk_count) == (len(self.tensors) - 1, len(self.chunk_digests)),
                "corrupt", "R-ARCH-05")
        require(self.next_strand == strand_count(self.tensor), "corrupt", "R-ARCH-05")
        digests = b"".join(digest.to_bytes(8, "little") for digest in self.chunk_digests)
        require(end.digest == xxh64(digests), "corrupt", "R-ARCH-06")
        entry[1] = end.tensor_index
        self.tensor = None

    def take_index(self, section, entry):
        require(read_index(section.payload) == self.seen, "corrupt", "R-ARCH-10")
        self.index_offset = section.offset

    def take_end(self, section, entry):
        index_offset_bytes, file_bytes = read_end_mark(section.payload)
        require(self.index_offset is not None and index_offset_bytes == self.index_offset, "corrupt", "R-ARCH-13")
        require(file_bytes == section.end, "corrupt", "R-ARCH-13")

    TAKE = {
        T_METADATA: take_metadata, T_MODEL: take_model, T_MODEL_REFERENCE: take_model, T_TENSOR: take_tensor,
        T_CHUNK: take_chunk, T_TENSOR_END: take_tensor_end, T_INDEX: take_index, T_END: take_end,
        T_DICTIONARY: take_dictionary,
    }
# end
