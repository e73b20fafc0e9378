"""Writes checkpoints: .safetensors files (whole, sharded, or wrong on purpose) with a config.json beside them.

The format is written by hand here, not by the safetensors package, because half of the tests need headers that no
well-behaved writer makes. Layout: 8 bytes little-endian header length, JSON header, then the tensors' bytes.
"""
import json
import struct

import numpy as np

NAMES = {np.dtype(np.float32): "F32", np.dtype(np.float64): "F64", np.dtype(np.float16): "F16",
         np.dtype(np.int64): "I64", np.dtype(np.int32): "I32", np.dtype(np.uint8): "U8", np.dtype(bool): "BOOL"}


def to_bf16(array):
    """The nearest bf16 of each f32 value (ties to even), as its 16 bits."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def from_bf16(bits):
    """The f32 values of bf16 bits."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


def header_of(tensors):
    """The header of {name: array}; arrays of uint16 are taken as bf16."""
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, array in tensors.items():
        dtype = "BF16" if array.dtype == np.uint16 else NAMES[array.dtype]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    return header


def raw_safetensors(path, header, data=b"", length=None):
    """Writes a header (a dict, or bytes as they are) and data; LENGTH lies about the header's length."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def save_safetensors(path, tensors):
    """Writes {name: array} as a well-formed file."""
    text = json.dumps(header_of(tensors)).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(np.ascontiguousarray(array).tobytes())
    return path


def save_checkpoint(folder, config, tensors, shards=1):
    """Writes config.json and model.safetensors (or SHARDS of them with their index) into FOLDER and returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    if shards == 1:
        save_safetensors(folder / "model.safetensors", tensors)
        return folder
    names, weight_map = list(tensors), {}
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        part = {name: tensors[name] for name in names[shard::shards]}
        weight_map.update(dict.fromkeys(part, file))
        save_safetensors(folder / file, part)
    index = {"metadata": {"total_size": sum(a.nbytes for a in tensors.values())}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def load_safetensors(path):
    """Reads a file of f32, f16, bf16 or integer tensors into {name: array}; floats are widened to f32."""
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(data[8:8 + size]), memoryview(data)[8 + size:]
    types = {name: dtype for dtype, name in NAMES.items()} | {"BF16": np.dtype(np.uint16)}
    result = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        array = np.frombuffer(body[begin:end], types[entry["dtype"]]).reshape(entry["shape"])
        result[name] = from_bf16(array) if entry["dtype"] == "BF16" else array
    return result


class Random:
    """Draws tensors of a named seed and remembers them: the checkpoint and the reference see the same values."""

    def __init__(self, seed):
        self.generator = np.random.default_rng(seed)
        self.tensors = {}

    def tensor(self, name, *shape, scale=None, centre=0.0):
        """f32 normal values; the scale keeps a contraction's result near the size of its input unless given."""
        scale = shape[-1] ** -0.5 if scale is None else scale
        values = self.generator.standard_normal(shape, np.float32)
        self.tensors[name] = (values * np.float32(scale) + np.float32(centre)).astype(np.float32)

    def linear(self, name, out, width, bias=True, transposed=False, gain=1.0):
        """`name.weight` [out, width] (or [width, out]) and `name.bias` [out]."""
        shape = (width, out) if transposed else (out, width)
        self.tensor(f"{name}.weight", *shape, scale=gain * width ** -0.5)
        if bias:
            self.tensor(f"{name}.bias", out, scale=0.1)

    def norm(self, name, width, bias=True):
        """`name.weight` near 1 and `name.bias` near 0, both [width]."""
        self.tensor(f"{name}.weight", width, scale=0.1, centre=1.0)
        if bias:
            self.tensor(f"{name}.bias", width, scale=0.1)
