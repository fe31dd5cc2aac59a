"""Files that are no models: one sentence, exit code 3, and llama.cpp never sees them."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import is_one_sentence, run


def _nothing(path: Path, _model: bytes) -> None:
    path.unlink(missing_ok=True)


def _folder(path: Path, _model: bytes) -> None:
    path.mkdir()


def _absurd(path: Path, _model: bytes) -> None:
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 2**60, 2**60))


def _other_architecture(path: Path, model: bytes) -> None:
    path.write_bytes(model.replace(b"qwen3", b"llama", 1))


BAD: dict[str, Callable[[Path, bytes], object]] = {
    "missing": _nothing,
    "folder": _folder,
    "empty": lambda path, _: path.write_bytes(b""),
    "noise": lambda path, _: path.write_bytes(bytes(range(256)) * 64),
    "text": lambda path, _: path.write_text("not a model"),
    "absurd sizes": _absurd,
    "other architecture": _other_architecture,
    "cut in the header": lambda path, model: path.write_bytes(model[:500]),
    "cut in the tensors": lambda path, model: path.write_bytes(model[:-5000]),
    "an old version": lambda path, model: path.write_bytes(b"GGUF" + struct.pack("<I", 1) + model[8:]),
    "the other byte order": lambda path, model: path.write_bytes(b"GGUF" + struct.pack(">I", 3) + model[8:]),
}


@pytest.mark.parametrize("kind", BAD)
def test_one_sentence_and_exit_code_3(kind: str, demo_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    BAD[kind](path, demo_model.read_bytes())
    done = run("ask", "Hello", "-m", path)
    assert done.returncode == 3, done.stderr
    assert done.stdout == ""
    assert is_one_sentence(done.stderr), done.stderr
    assert str(path) in done.stderr
