"""Writes decoded tensors in formats of other programs: .npy, .npz, .safetensors. No part of the format."""

import json
import struct
import zipfile

# Our dtype id -> (word, numpy type string, safetensors word). numpy has no bfloat16; its bits are written as u2.
DTYPES = {
    1: ("bool", "|b1", "BOOL"), 2: ("u8", "|u1", "U8"), 3: ("i8", "|i1", "I8"),
    4: ("u16", "<u2", "U16"), 5: ("i16", "<i2", "I16"), 6: ("u32", "<u4", "U32"), 7: ("i32", "<i4", "I32"),
    8: ("u64", "<u8", "U64"), 9: ("i64", "<i8", "I64"),
    16: ("f16", "<f2", "F16"), 17: ("bf16", "<u2", "BF16"), 18: ("f32", "<f4", "F32"), 19: ("f64", "<f8", "F64"),
}


def npy_bytes(tensor):
    shape = "(" + "".join(f"{extent}, " for extent in tensor.shape) + ")"
    header = f"{{'descr': '{DTYPES[tensor.dtype][1]}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode("ascii") + tensor.elements


def safetensors_bytes(tensors):
    header, at = {}, 0
    for tensor in tensors:
        header[tensor.name.decode("utf-8")] = {"dtype": DTYPES[tensor.dtype][2], "shape": tensor.shape,
                                               "data_offsets": [at, at + len(tensor.elements)]}
        at += len(tensor.elements)
    text = json.dumps(header).encode("utf-8")
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(tensor.elements for tensor in tensors)


def write_tensors(path, tensors):
    if path.endswith(".npz"):
        with zipfile.ZipFile(path, "w") as archive:
            for tensor in tensors:
                archive.writestr(tensor.name.decode("utf-8") + ".npy", npy_bytes(tensor))
        return
    data = safetensors_bytes(tensors) if path.endswith(".safetensors") else npy_bytes(tensors[0])
    with open(path, "wb") as file:
        file.write(data)
