import ctypes
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import gguf
import numpy as np
import pytest

from quant import ggml
from quant.errors import ConversionError
from quant.tensor_types import BF16, F16, F32, Q4_K, Q5_0, Q6_K, Q8_0, TensorType

_ROWS = np.random.default_rng(3).normal(size=(7, 512)).astype(np.float32)


@pytest.fixture
def fresh_library() -> Iterator[None]:
    ggml._library.cache_clear()
    yield
    ggml._library.cache_clear()


@pytest.mark.parametrize("kind", [F32, F16, BF16, Q8_0, Q5_0, Q4_K, Q6_K], ids=lambda kind: kind.name)
def test_blocks_hold_the_numbers_again(kind: TensorType) -> None:
    """By gguf's own, independent decoder: near enough for the type's bits, and exact where it has them all."""
    blocks = ggml.quantize(_ROWS, kind)
    assert blocks.shape == (7, kind.size(512))
    back = gguf.quants.dequantize(blocks, gguf.GGMLQuantizationType(kind.number)).reshape(7, 512)
    error = np.sqrt(np.mean((back - _ROWS) ** 2))
    worst = {F32: 0, F16: 4e-4, BF16: 2e-3, Q8_0: 8e-3, Q6_K: 0.03, Q5_0: 0.06, Q4_K: 0.1}[kind]
    assert error <= worst


def test_q8_0_equals_another_implementation() -> None:
    other = gguf.quants.quantize(_ROWS, gguf.GGMLQuantizationType.Q8_0)
    assert np.array_equal(ggml.quantize(_ROWS, Q8_0), other)


def test_llama_cpp_itself_is_not_imported() -> None:
    code = (
        "import sys, numpy; from quant import ggml, tensor_types;"
        "ggml.quantize(numpy.zeros((1, 32), 'f'), tensor_types.Q8_0); sys.exit('llama_cpp' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True)


@pytest.mark.usefixtures("fresh_library")
def test_a_missing_llama_cpp_gives_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConversionError, match="llama-cpp-python is not installed"):
        ggml.quantize(_ROWS, Q8_0)


@pytest.mark.usefixtures("fresh_library")
def test_a_missing_or_broken_library_gives_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = ModuleSpec("llama_cpp", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    with pytest.raises(ConversionError, match="No libggml-base in"):
        ggml.quantize(_ROWS, Q8_0)
    (tmp_path / "lib").mkdir()
    for name in ("libggml-base.so", "libggml-base.dylib", "ggml-base.dll"):
        (tmp_path / "lib" / name).write_bytes(b"no library")
    with pytest.raises(ConversionError, match="cannot be loaded"):
        ggml.quantize(_ROWS, Q8_0)


@pytest.mark.parametrize(
    ("platform", "name"),
    [("linux", "libggml-base.so"), ("darwin", "libggml-base.dylib"), ("win32", "ggml-base.dll")],
)
@pytest.mark.usefixtures("fresh_library")
def test_each_platform_has_its_file_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, name: str
) -> None:
    spec = ModuleSpec("llama_cpp", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / name).touch()
    opened: list[str] = []

    def stop(path: str) -> None:
        opened.append(path)
        raise OSError("stop")

    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("os.add_dll_directory", opened.append, raising=False)
    monkeypatch.setattr(ctypes, "CDLL", stop)
    with pytest.raises(ConversionError, match="stop"):
        ggml.quantize(_ROWS, Q8_0)
    assert opened[-1] == str(tmp_path / "lib" / name)
    assert (opened[0] == str(tmp_path / "lib")) == (platform == "win32")
