"""Writes a GGUF in one pass: the header first, since all sizes are known, then the tensors chunk by chunk.

The file is made under another name in the same folder and gets its own name only when it is whole and on the disk.
"""

import contextlib
import errno
import os
import secrets
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter
from numpy.typing import NDArray

from quant.errors import ConversionError
from quant.tensor_types import TensorType

_CHUNK = 1 << 19  # Numbers encoded at a time: 2 MB of F32 stay in the caches, and Ctrl-C is answered in milliseconds.


@dataclass(frozen=True)
class Progress:
    """Bytes of tensor data written so far, of how many."""

    done: int
    total: int


@dataclass(frozen=True)
class TensorSource:
    """A tensor to write: dimensions in ggml's order (row length first), and the maker of its bytes.

    `encode(first, last)` gives rows first to last - 1 in the layout of `tensor_type`; several threads call it at once.
    """

    name: str
    shape: tuple[int, ...]
    tensor_type: TensorType
    encode: Callable[[int, int], NDArray[Any]]

    @property
    def rows(self) -> int:
        """How many rows the tensor has."""
        return prod(self.shape[1:])

    @property
    def size(self) -> int:
        """Bytes of the tensor in the file, without padding."""
        return self.rows * self.tensor_type.size(self.shape[0])


def write_gguf(
    out: Path,
    header: GGUFWriter,
    tensors: Sequence[TensorSource],
    *,
    force: bool = False,
    threads: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> None:
    """Write the model `out`.

    `header` is a GGUFWriter without a path that holds the metadata and no tensor yet. An existing `out` is replaced
    only with `force`. `threads` is the number of threads that encode (default: one per core). Raises ConversionError if
    `out` exists or cannot be written; after that, or any other exception, no part of the file is left behind.
    """
    for tensor in tensors:
        kind = GGMLQuantizationType(tensor.tensor_type.number)
        header.add_tensor_info(tensor.name, tensor.shape[::-1], np.dtype(np.float32), tensor.size, raw_dtype=kind)
    unfinished = out.parent / f".{out.name}.{secrets.token_hex(4)}.part"
    try:
        if out.is_dir():
            raise ConversionError(f"{out} is a folder: name the file to write.")
        if out.exists() and not force:
            raise ConversionError(f"{out} exists already: replace it with --force, or choose another name with -o.")
        _write(unfinished, header, tensors, threads or os.cpu_count() or 1, progress or (lambda _: None))
        unfinished.replace(out)
        _sync_folder(out.parent)
    except OSError as error:
        raise ConversionError(_explain(error, out, sum(tensor.size for tensor in tensors))) from error
    finally:
        with contextlib.suppress(OSError):  # It writes what it still holds, and the disk may be full.
            header.close()
        with contextlib.suppress(OSError):
            unfinished.unlink()


def _write(
    path: Path,
    header: GGUFWriter,
    tensors: Sequence[TensorSource],
    threads: int,
    progress: Callable[[Progress], None],
) -> None:
    header.write_header_to_file(path)
    header.write_kv_data_to_file()
    header.write_ti_data_to_file()
    assert header.fout is not None
    file = header.fout[0]
    done, total = 0, sum(tensor.size for tensor in tensors)
    with contextlib.closing(_encoded(tensors, threads)) as chunks:
        for first_row, chunk in chunks:
            if first_row == 0:
                header.write_padding(file, file.tell())
            file.write(chunk.data)
            done += chunk.nbytes
            progress(Progress(done, total))
    header.write_padding(file, file.tell())
    file.flush()
    os.fsync(file.fileno())
    header.close()


def _encoded(tensors: Sequence[TensorSource], threads: int) -> Generator[tuple[int, NDArray[Any]], None, None]:
    """All tensors' bytes in order, as (first row in its tensor, bytes), encoded ahead by a thread pool.

    The pool works across the borders of tensors, so no thread waits for the others; it is never more than a few chunks
    ahead of the disk, which bounds the memory.
    """
    ranges = _row_ranges(tensors)
    with ThreadPoolExecutor(threads) as pool:
        try:
            waiting = deque(_submit(pool, *item) for item in islice(ranges, 2 * threads))
            while waiting:
                first, encoded = waiting.popleft()
                chunk = encoded.result()
                waiting.extend(_submit(pool, *item) for item in islice(ranges, 1))
                yield first, chunk
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _row_ranges(tensors: Sequence[TensorSource]) -> Iterator[tuple[TensorSource, int, int]]:
    for tensor in tensors:
        step = max(1, _CHUNK // tensor.shape[0])
        for first in range(0, tensor.rows, step):
            yield tensor, first, min(first + step, tensor.rows)


def _submit(pool: Executor, tensor: TensorSource, first: int, last: int) -> tuple[int, Future[NDArray[Any]]]:
    return first, pool.submit(tensor.encode, first, last)


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where a folder can be synced: not on Windows or some networks."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _explain(error: OSError, out: Path, size: int) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return f"No room for {out}, which takes {size / 1e9:.1f} GB: free some space or write it elsewhere with -o."
    if isinstance(error, FileNotFoundError):
        return f"There is no folder {out.parent} to write {out.name} into: make it, or choose another with -o."
    return f"{out} cannot be written ({error.strerror or error}): choose another place with -o."
