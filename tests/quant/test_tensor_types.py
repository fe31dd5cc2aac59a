import ctypes
from pathlib import Path

import gguf
import llama_cpp
import pytest

from quant.tensor_types import Q4_K, TENSOR_TYPES, TensorType


@pytest.fixture(scope="module")
def libggml() -> ctypes.CDLL:
    folder = Path(llama_cpp.__file__).parent / "lib"
    library = ctypes.CDLL(str(next(folder.glob("*ggml-base.*"))))
    library.ggml_blck_size.restype = ctypes.c_int64
    library.ggml_type_size.restype = ctypes.c_size_t
    library.ggml_type_name.restype = ctypes.c_char_p
    return library


@pytest.mark.parametrize("number", range(43))
def test_ggml_itself_has_the_same_types(libggml: ctypes.CDLL, number: int) -> None:
    kind = TENSOR_TYPES.get(number)
    if kind is None:
        assert libggml.ggml_blck_size(number) == 0, "a type that ggml has is missing here"
        return
    assert kind.name == libggml.ggml_type_name(number).decode().upper()
    assert (kind.block_length, kind.block_bytes) == (libggml.ggml_blck_size(number), libggml.ggml_type_size(number))


def test_gguf_gives_them_the_same_names() -> None:
    known = {kind.value: kind.name for kind in gguf.GGMLQuantizationType}
    assert {number: TENSOR_TYPES[number].name for number in known} == known


def test_size_counts_whole_blocks() -> None:
    assert Q4_K.size(1024) == 4 * 144
    assert TensorType("BF16", 30, 1, 2).size(7) == 14
