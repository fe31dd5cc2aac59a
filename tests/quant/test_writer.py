import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from numpy.typing import NDArray

from quant import ggml, writer
from quant.errors import ConversionError
from quant.gguf_file import read_gguf
from quant.tensor_types import F32, Q8_0
from quant.writer import Progress, TensorSource, write_gguf

_VALUES = {
    "a.weight": np.arange(3, dtype=np.float32).reshape(1, 3),
    "b.weight": np.random.default_rng(1).normal(size=(700, 64)).astype(np.float32),
    "c.weight": np.random.default_rng(2).normal(size=(5, 32)).astype(np.float32),
}


def _header() -> gguf.GGUFWriter:
    header = gguf.GGUFWriter(None, "qwen3")
    header.add_name("Test")
    return header


def _f32(name: str) -> TensorSource:
    values = _VALUES[name]
    return TensorSource(name, values.shape[::-1], F32, lambda first, last: values[first:last])


def _sources() -> list[TensorSource]:
    def blocks(first: int, last: int) -> NDArray[Any]:
        return ggml.quantize(_VALUES["c.weight"][first:last], Q8_0)

    return [_f32("a.weight"), _f32("b.weight"), TensorSource("c.weight", (32, 5), Q8_0, blocks)]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_CHUNK", 1000)


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path) -> Iterator[None]:
    yield
    assert {path.name for path in tmp_path.iterdir()} <= {"m.gguf", "folder"}


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_every_tensor_comes_back(tmp_path: Path, threads: int) -> None:
    out = tmp_path / "m.gguf"
    write_gguf(out, _header(), _sources(), threads=threads)
    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(out).tensors}
    assert list(tensors) == ["a.weight", "b.weight", "c.weight"]
    assert np.array_equal(tensors["a.weight"].data.reshape(1, 3), _VALUES["a.weight"])
    assert np.array_equal(tensors["b.weight"].data, _VALUES["b.weight"])
    assert np.array_equal(tensors["c.weight"].data, ggml.quantize(_VALUES["c.weight"], Q8_0))
    assert read_gguf(out).metadata["general.name"] == "Test"


def test_progress_counts_all_bytes_and_the_name_appears_last(tmp_path: Path) -> None:
    out = tmp_path / "m.gguf"
    seen: list[Progress] = []

    def look(progress: Progress) -> None:
        assert not out.exists()
        seen.append(progress)

    write_gguf(out, _header(), _sources(), progress=look)
    total = sum(values.nbytes for values in list(_VALUES.values())[:2]) + 5 * 34
    assert [progress.done for progress in seen] == sorted({progress.done for progress in seen})
    assert seen[-1] == Progress(total, total)
    assert len(seen) > 40


def test_memory_is_bounded_by_a_few_chunks_ahead_of_the_disk(tmp_path: Path) -> None:
    """With a disk that is slow (the progress callback waits), encoding must not run far ahead of it."""
    started = 0
    lock = threading.Lock()
    values = np.zeros((4000, 100), np.float32)

    def encode(first: int, last: int) -> NDArray[Any]:
        nonlocal started
        with lock:
            started += 1
        return values[first:last]

    ahead: list[int] = []
    chunks = 0

    def look(_: Progress) -> None:
        nonlocal chunks
        chunks += 1
        threading.Event().wait(0.001)
        ahead.append(started - chunks)

    write_gguf(tmp_path / "m.gguf", _header(), [TensorSource("a", (100, 4000), F32, encode)], threads=2, progress=look)
    assert chunks == 400
    assert max(ahead) <= 5


def test_an_existing_file_stays_without_force(tmp_path: Path) -> None:
    out = tmp_path / "m.gguf"
    out.write_bytes(b"precious")
    with pytest.raises(ConversionError, match=r"exists already.*--force"):
        write_gguf(out, _header(), _sources())
    assert out.read_bytes() == b"precious"
    write_gguf(out, _header(), _sources(), force=True)
    assert len(read_gguf(out).tensors) == 3


def _raise(error: BaseException) -> Callable[..., Any]:
    def fail(*_: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(), RuntimeError("x"), MemoryError()])
@pytest.mark.parametrize("place", ["progress", "encode"])
def test_whatever_ends_it_leaves_nothing_and_keeps_the_old_file(
    tmp_path: Path, error: BaseException, place: str
) -> None:
    out = tmp_path / "m.gguf"
    out.write_bytes(b"precious")
    sources = _sources()
    if place == "encode":
        sources[2] = TensorSource("c.weight", (32, 5), Q8_0, _raise(error))
    with pytest.raises(type(error)):
        write_gguf(out, _header(), sources, force=True, progress=_raise(error) if place == "progress" else None)
    assert out.read_bytes() == b"precious"


def test_the_bytes_are_on_the_disk_before_the_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    sync, replace = os.fsync, Path.replace

    def seen_sync(descriptor: int) -> None:
        events.append("sync a folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync the file")
        sync(descriptor)

    def seen_replace(path: Path, target: Path) -> Path:
        events.append(f"{path.suffix} becomes {target.name}")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", seen_sync)
    monkeypatch.setattr(Path, "replace", seen_replace)
    write_gguf(tmp_path / "m.gguf", _header(), _sources())
    assert events == ["sync the file", ".part becomes m.gguf", *(["sync a folder"] if os.name == "posix" else [])]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_gives_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(os, "fsync", _raise(OSError(number, os.strerror(number))))
    with pytest.raises(ConversionError, match=r"No room for .*m\.gguf.* GB: free some space"):
        write_gguf(tmp_path / "m.gguf", _header(), _sources())


def test_a_file_that_may_not_grow_gives_one_sentence(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(ConversionError, match="No room for"):
            write_gguf(tmp_path / "m.gguf", _header(), _sources())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("folder", "is a folder"),
        ("", "is a folder"),
        ("nowhere/m.gguf", "There is no folder"),
        ("x" * 250, "cannot be written"),
        ("x" * 300, "cannot be written"),
    ],
)
def test_a_place_that_cannot_be_written_gives_one_sentence(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConversionError, match=sentence):
        write_gguf(tmp_path / name, _header(), _sources())


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_the_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    write_gguf(tmp_path / "m.gguf", _header(), _sources())
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "m.gguf").stat().st_mode & 0o777 == 0o666 & ~mask
