"""Reads a GGUF's header, and takes nothing on trust: llama.cpp must not be the first to see a stranger's file.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Nothing is allocated from a size that the file claims
before that many bytes are known to be there. Needs neither numpy nor gguf, so that looking into a file is cheap.
"""

import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

from quant.errors import ModelFileError
from quant.tensor_types import TENSOR_TYPES, TensorType

_VERSIONS = (2, 3)
_MAX_KEYS = 65_536
_MAX_TENSORS = 100_000
_MAX_STRING = 16 << 20  # Bytes.
_MAX_HEADER = 64 << 20  # Bytes; the header of a Qwen3, with its vocabulary, has 6 MB.
_MAX_ALIGNMENT = 1 << 20
_MAX_NAME = 63  # Bytes of a tensor's name.
_MAX_INT64 = (1 << 63) - 1
_PIECE = 1 << 20  # Bytes read at a time.

_NUMBERS = {
    0: "u8",
    1: "i8",
    2: "u16",
    3: "i16",
    4: "u32",
    5: "i32",
    6: "f32",
    7: "bool",
    10: "u64",
    11: "i64",
    12: "f64",
}
_STRING, _ARRAY = 8, 9
_CODES = {
    **{"u8": "<B", "i8": "<b", "u16": "<H", "i16": "<h", "u32": "<I", "i32": "<i"},
    **{"f32": "<f", "bool": "<?", "u64": "<Q", "i64": "<q", "f64": "<d"},
}
_LENGTH = struct.Struct("<Q")

Number = bool | int | float


@dataclass(frozen=True)
class GgufArray:
    """A list in the metadata: `count` items of `item_type` ("string" or a number's type), decoded when iterated.

    Bytes of a string that are not UTF-8 come out as U+FFFD.
    """

    item_type: str
    count: int
    data: bytes

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Number | str]:
        if self.item_type != "string":
            for (number,) in struct.iter_unpack(_CODES[self.item_type], self.data):
                yield number
            return
        data, position, unpack = self.data, 0, _LENGTH.unpack_from
        for _ in range(self.count):
            begin = position + 8
            position = begin + unpack(data, position)[0]
            yield data[begin:position].decode("utf-8", "replace")


Value = Number | str | GgufArray


@dataclass(frozen=True)
class TensorInfo:
    """A tensor: dimensions in ggml's order (row length first), offset from the data's start and size in bytes."""

    name: str
    shape: tuple[int, ...]
    tensor_type: TensorType
    offset: int
    size: int


@dataclass(frozen=True)
class GgufFile:
    """The header of a GGUF. `types` has each key's type: "u32", "string", "array", ...; offsets and sizes are bytes."""

    path: Path
    version: int
    metadata: Mapping[str, Value]
    types: Mapping[str, str]
    tensors: tuple[TensorInfo, ...]
    alignment: int
    data_offset: int


def read_gguf(path: Path) -> GgufFile:
    """Read the header of the GGUF at `path`.

    Raises ModelFileError if there is no such file, it cannot be read, is no GGUF of version 2 or 3, or breaks a rule of
    the format.
    """
    try:
        if path.is_dir():
            raise ModelFileError(f"{path} is a folder: name a .gguf file in it.")
        if not path.is_file():  # Nor may it be a pipe or a device, which could make us wait for ever.
            raise ModelFileError(f"There is no file {path}: check the name.")
        with path.open("rb") as file:
            return _read(path, _Reader(file, os.fstat(file.fileno()).st_size))
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read ({error.strerror or error}): check its permissions.") from error
    except ValueError as error:
        raise ModelFileError(f"{path} {error}.") from error


class _Reader:
    """Takes values off the front of a file, reading on as needed. Raises ValueError where the file breaks a rule."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self.position = 0
        self._file = file
        self._data = bytearray()

    def take(self, count: int) -> bytes:
        begin = self._advance(count)
        with memoryview(self._data) as data:
            return bytes(data[begin : self.position])

    def number(self, kind: str) -> Number:
        code = _CODES[kind]
        begin = self._advance(struct.calcsize(code))
        value: Number = struct.unpack_from(code, self._data, begin)[0]
        return value

    def count(self, kind: str) -> int:
        return int(self.number(kind))

    def string(self, limit: int = _MAX_STRING) -> bytes:
        length = self.count("u64")
        if length > limit:
            raise ValueError(f"claims a text of {length} bytes where {limit} are the most: it is damaged")
        return self.take(length)

    def name(self, limit: int = _MAX_STRING) -> str:
        try:
            return self.string(limit).decode()
        except UnicodeDecodeError as error:
            raise ValueError("has a name that is not UTF-8: it is damaged") from error

    def strings(self, count: int) -> bytes:
        """The bytes of so many strings, each with its length before it; walked only to find where they end."""
        begin = position = self.position
        unpack = _LENGTH.unpack_from
        for _ in range(count):
            if position + 8 > len(self._data):
                self._fill(position + 8)
            (length,) = unpack(self._data, position)
            if length > _MAX_STRING:
                raise ValueError(f"claims a text of {length} bytes where {_MAX_STRING} are the most: it is damaged")
            position += 8 + length
        return self.take(position - begin)

    def _advance(self, count: int) -> int:
        """Move past `count` bytes, which are then at hand, and return where they begin."""
        begin = self.position
        self._fill(begin + count)
        self.position = begin + count
        return begin

    def _fill(self, end: int) -> None:
        if end > self.size:
            raise ValueError("is cut short: download it again")
        if end > _MAX_HEADER:
            raise ValueError(f"has a header of more than {_MAX_HEADER >> 20} MiB: it is damaged or no language model")
        while len(self._data) < end:
            piece = self._file.read(_PIECE)
            if not piece:
                raise ValueError("is cut short: download it again")
            self._data += piece


def _read(path: Path, reader: _Reader) -> GgufFile:
    version = _version(reader)
    tensor_count, key_count = reader.count("u64"), reader.count("u64")
    if tensor_count > _MAX_TENSORS or key_count > _MAX_KEYS:
        raise ValueError(f"claims {tensor_count} tensors and {key_count} metadata keys: it is damaged")
    metadata: dict[str, Value] = {}
    types: dict[str, str] = {}
    for _ in range(key_count):
        key = reader.name()
        if not key or key in metadata:
            raise ValueError(f"has the metadata key {key[:80]!r} twice or without a name: it is damaged")
        types[key], metadata[key] = _value(reader)
    alignment = _alignment(metadata, types)
    infos = [_tensor(reader) for _ in range(tensor_count)]
    data_offset = _padded(reader.position, alignment)
    tensors = tuple(_placed(infos, alignment, reader.size - data_offset))
    return GgufFile(path, version, metadata, types, tensors, alignment, data_offset)


def _version(reader: _Reader) -> int:
    if reader.size == 0:
        raise ValueError("is empty: download it again")
    if reader.size < 4 or reader.take(4) != b"GGUF":
        raise ValueError("is not a GGUF file: name a model in GGUF format")
    version = reader.count("u32")
    if version & 0xFFFF == 0:
        raise ValueError("is written for big-endian machines: get the usual, little-endian file")
    if version not in _VERSIONS:
        raise ValueError(f"has GGUF version {version}, and only 2 and 3 are known: get a current file")
    return version


def _value(reader: _Reader) -> tuple[str, Value]:
    kind = reader.count("u32")
    if kind in _NUMBERS:
        return _NUMBERS[kind], reader.number(_NUMBERS[kind])
    if kind == _STRING:
        return "string", reader.string().decode(errors="replace")
    if kind != _ARRAY:
        raise ValueError(f"has a metadata value of unknown type {kind}: it is damaged")
    item_kind, count = reader.count("u32"), reader.count("u64")
    if item_kind == _STRING:
        return "array", GgufArray("string", count, reader.strings(count))
    if item_kind not in _NUMBERS:
        raise ValueError(f"has a metadata list of unknown type {item_kind}: it is damaged")
    item_type = _NUMBERS[item_kind]
    return "array", GgufArray(item_type, count, reader.take(count * struct.calcsize(_CODES[item_type])))


def _alignment(metadata: Mapping[str, Value], types: Mapping[str, str]) -> int:
    alignment = metadata.get("general.alignment", 32)
    if types.get("general.alignment", "u32") != "u32" or not isinstance(alignment, int):
        raise ValueError("has an alignment that is no u32: it is damaged")
    if not 0 < alignment <= _MAX_ALIGNMENT or alignment & (alignment - 1):
        raise ValueError("has an alignment that is no power of two up to 1 MiB: it is damaged")
    return alignment


def _tensor(reader: _Reader) -> TensorInfo:
    name = reader.name(_MAX_NAME)
    dimensions = reader.count("u32")
    if not 1 <= dimensions <= 4:
        raise ValueError(f"has a tensor {name!r} with {dimensions} dimensions: it is damaged")
    shape = tuple(reader.count("u64") for _ in range(dimensions))
    tensor_type = TENSOR_TYPES.get(reader.count("u32"))
    offset = reader.count("u64")
    if tensor_type is None:
        raise ValueError(f"has a tensor {name!r} of a type that is not known: get another file of this model")
    if 0 in shape or prod(shape) > _MAX_INT64 or shape[0] % tensor_type.block_length:
        raise ValueError(f"has a tensor {name!r} with the impossible shape {list(shape)}: it is damaged")
    return TensorInfo(name, shape, tensor_type, offset, tensor_type.size(prod(shape)))


def _placed(tensors: list[TensorInfo], alignment: int, space: int) -> Iterator[TensorInfo]:
    """The tensors, once each is seen to lie where llama.cpp wants it: aligned, in order, in `space` bytes of data."""
    names: set[str] = set()
    position = 0
    for tensor in tensors:
        if tensor.name in names:
            raise ValueError(f"has two tensors named {tensor.name!r}: it is damaged")
        if tensor.offset != position:
            raise ValueError(f"has its tensor {tensor.name!r} in the wrong place: it is damaged")
        if tensor.offset + tensor.size > space:
            raise ValueError("is cut short: download it again")
        names.add(tensor.name)
        position = _padded(tensor.offset + tensor.size, alignment)
        yield tensor


def _padded(position: int, alignment: int) -> int:
    return (position + alignment - 1) // alignment * alignment
