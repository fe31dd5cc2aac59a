"""ggml's own block makers, called in the libggml-base that llama-cpp-python installs.

Importing llama_cpp would load and start all of llama.cpp (0.25 s); one library of it is enough here.
"""

import ctypes
import functools
import importlib.util
import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quant.errors import ConversionError
from quant.tensor_types import TensorType

_FILE_NAMES = {
    "win32": ("ggml-base.dll", "libggml-base.dll"),
    "darwin": ("libggml-base.dylib", "libggml-base.so"),
}


def quantize(rows: NDArray[np.float32], tensor_type: TensorType) -> NDArray[np.uint8]:
    """The blocks of some rows.

    `rows` has the shape (rows, row length), C-contiguous; a row's length must be a multiple of the type's block length.
    Returns shape (rows, bytes of a row). The interpreter lock is free meanwhile, so threads work side by side. Raises
    ConversionError if the library cannot be loaded.
    """
    count, length = rows.shape
    blocks = np.empty((count, tensor_type.size(length)), np.uint8)
    _library().ggml_quantize_chunk(tensor_type.number, rows.ctypes.data, blocks.ctypes.data, 0, count, length, None)
    return blocks


@functools.cache
def _library() -> ctypes.CDLL:
    spec = importlib.util.find_spec("llama_cpp")
    if spec is None or not spec.submodule_search_locations:
        raise ConversionError("llama-cpp-python is not installed, and quantizing needs it: install qwen3-desk again.")
    folder = Path(spec.submodule_search_locations[0], "lib")
    for name in _FILE_NAMES.get(sys.platform, ("libggml-base.so",)):
        if (folder / name).exists():
            return _open(folder, name)
    raise ConversionError(f"No libggml-base in {folder}: install llama-cpp-python again, built with shared libraries.")


def _open(folder: Path, name: str) -> ctypes.CDLL:
    if sys.platform == "win32":
        os.add_dll_directory(str(folder))
    try:
        library = ctypes.CDLL(str(folder / name))
    except OSError as error:
        raise ConversionError(f"{folder / name} cannot be loaded ({error}): install llama-cpp-python again.") from error
    make_blocks = library.ggml_quantize_chunk
    make_blocks.restype = ctypes.c_size_t
    make_blocks.argtypes = [
        *(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p),
        *(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p),
    ]
    return library
