"""Reads and writes safetensors files with torch alone (no numpy, no safetensors package).

Layout: 8 bytes with the header's length, a JSON header padded with spaces to 8 bytes, then the values,
little-endian and row-major. https://github.com/huggingface/safetensors#format
"""
import ctypes
import json
import struct

import torch

TYPES = {"F64": torch.float64, "F32": torch.float32}
NAMES = {dtype: name for name, dtype in TYPES.items()}


def write(path, tensors, metadata):
    """Widest type first and then by name, so that every value lies at a multiple of its size."""
    order = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header, chunks, at = {"__metadata__": metadata}, [], 0
    for name in order:
        tensor = tensors[name].detach().cpu().contiguous()
        size = tensor.numel() * tensor.element_size()
        header[name] = {
            "dtype": NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [at, at + size],
        }
        chunks.append(ctypes.string_at(tensor.data_ptr(), size) if size else b"")
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def read(path):
    """Gives (tensors by name, metadata)."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] not in TYPES:
            raise ValueError(f"{path}: {name} is {entry['dtype']}; expected F32 or F64.")
        begin, end = entry["data_offsets"]
        values = bytearray(content[8 + length + begin : 8 + length + end])
        tensor = torch.frombuffer(values, dtype=TYPES[entry["dtype"]])
        tensors[name] = tensor.reshape(entry["shape"])
    return tensors, metadata
