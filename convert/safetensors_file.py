"""Reads safetensors files, memory mapped, and takes nothing on trust.

Format: https://huggingface.co/docs/safetensors - 8 bytes with the length of a JSON header, the header, then one buffer
that the tensors fill without gaps. This reader is stricter than the safetensors library and never laxer.
"""

import json
import mmap
import reprlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quant.errors import ModelFileError

_MAX_HEADER = 100_000_000  # The safetensors library's own limit, in bytes.
_DTYPES: dict[str, np.dtype[Any]] = {"BF16": np.dtype("<u2"), "F16": np.dtype("<f2"), "F32": np.dtype("<f4")}


@dataclass(frozen=True, eq=False)
class StoredTensor:
    """A tensor in a safetensors file: `dtype` is BF16, F16 or F32, `shape` in torch's order (row length last).

    `values` are its numbers in a row, mapped from the file, not read: 16 bits of a BF16 as a whole number, else floats.
    """

    dtype: str
    shape: tuple[int, ...]
    values: NDArray[Any]

    def rows(self, first: int, last: int) -> NDArray[Any]:
        """Rows first to last - 1 as they are stored: shape (rows, row length)."""
        length = self.shape[-1]
        return self.values[first * length : last * length].reshape(-1, length)

    def float_rows(self, first: int, last: int) -> NDArray[np.float32]:
        """Rows first to last - 1 as F32, C-contiguous: shape (rows, row length)."""
        rows = self.rows(first, last)
        if self.dtype == "BF16":  # BF16 is the upper half of an F32.
            floats: NDArray[np.float32] = np.left_shift(rows, 16, dtype=np.uint32).view(np.float32)
            return floats
        return np.require(rows, np.float32, ["C_CONTIGUOUS", "ALIGNED"])


def read_safetensors(path: Path) -> dict[str, StoredTensor]:
    """The tensors of a safetensors file by name.

    The file stays mapped while any of them is in use. Raises ModelFileError if it is missing or breaks a rule of the
    format, or holds a tensor that is not BF16, F16 or F32.
    """
    if not path.is_file():
        raise ModelFileError(f"{path} is missing: download the checkpoint again.")
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # ValueError: the file is empty.
        raise ModelFileError(f"{path} cannot be read ({error}): download the checkpoint again.") from error
    try:
        return _tensors(content)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is not a sound safetensors file ({error}): download it again.") from error


def _tensors(content: mmap.mmap) -> dict[str, StoredTensor]:
    """The tensors of a mapped file; raises ValueError with the rule that it breaks."""
    header_length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or header_length > min(_MAX_HEADER, len(content) - 8):
        raise ValueError("its header has no end")
    header = _parse(content[8 : 8 + header_length])
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("its __metadata__ is not made of strings")
    data = np.frombuffer(content, np.uint8)[8 + header_length :]
    tensors, position = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: _offsets(*item)):
        begin, end = _offsets(name, entry)
        if begin != position:
            raise ValueError(f"tensor {name[:80]!r} does not begin where the one before it ends")
        tensors[name] = _tensor(name, entry, data[begin:end])
        position = end
    if position != len(data):
        raise ValueError("its tensors do not end where the file ends")
    return tensors


def _tensor(name: str, entry: dict[str, Any], data: NDArray[np.uint8]) -> StoredTensor:
    dtype, shape = entry["dtype"], entry["shape"]
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise ValueError(f"tensor {name[:80]!r} is {reprlib.repr(dtype)}, and only BF16, F16 and F32 are known here")
    if not isinstance(shape, list) or not all(type(length) is int for length in shape):
        raise ValueError(f"tensor {name[:80]!r} has no proper shape")
    if prod(shape) * _DTYPES[dtype].itemsize != len(data):
        raise ValueError(f"tensor {name[:80]!r} does not fill its place")
    return StoredTensor(dtype, tuple(shape), data.view(_DTYPES[dtype]))


def _offsets(name: str, entry: object) -> tuple[int, int]:
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"the entry of {name[:80]!r} is not made of dtype, shape and data_offsets")
    offsets = entry["data_offsets"]
    if not isinstance(offsets, list) or [type(offset) for offset in offsets] != [int, int] or offsets[0] > offsets[1]:
        raise ValueError(f"tensor {name[:80]!r} has no proper data_offsets")
    return offsets[0], offsets[1]


def _parse(header: bytes) -> dict[str, Any]:
    """The header's JSON object, without what Python reads and the format's own JSON has not."""
    if not header.startswith(b"{"):
        raise ValueError("its header is not a JSON object")
    parsed: dict[str, Any] = json.loads(
        header.decode(),
        object_pairs_hook=_unique,
        parse_int=_whole_number,
        parse_float=_refuse,
        parse_constant=_refuse,
    )
    return parsed


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name in its header comes twice")
    "".join([*found, *(value for value in found.values() if isinstance(value, str))]).encode()  # No lone surrogates.
    return found


def _whole_number(text: str) -> int:
    if text.startswith("-") or len(text) > 18:
        raise ValueError(f"{text[:20]} in its header is no size")
    return int(text)


def _refuse(text: str) -> float:
    raise ValueError(f"{text[:20]} in its header is no size")
