"""Every rule of a GGUF, broken by hand: each must give one sentence, and nothing else may come of any bytes."""

import os
import struct
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quant.check import read_qwen3
from quant.errors import ModelFileError
from quant.gguf_file import GgufArray, read_gguf
from quant.tensor_types import F32, Q8_0
from tests.quant.gguf_bytes import DENSE, Entry, Tensor, gguf, qwen3_metadata, qwen3_tensors, string

SOUND = gguf(qwen3_metadata(DENSE), qwen3_tensors(DENSE))
HUGE = (1 << 64) - 1


def _refusal(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        read_gguf(path)
    sentence = str(caught.value)
    assert sentence.startswith(str(path))
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < len(str(path)) + 200
    return sentence.removeprefix(str(path))


def test_a_sound_file_is_read_whole(tmp_path: Path) -> None:
    every: dict[str, Entry] = {
        "a.u8": ("u8", 200),
        "a.i8": ("i8", -3),
        "a.u16": ("u16", 60000),
        "a.i16": ("i16", -30000),
        "a.u32": ("u32", 4_000_000_000),
        "a.i32": ("i32", -5),
        "a.f32": ("f32", 0.5),
        "a.bool": ("bool", True),
        "a.string": ("string", "ünï"),
        "a.u64": ("u64", 1 << 60),
        "a.i64": ("i64", -(1 << 60)),
        "a.f64": ("f64", 0.1),
        "a.words": ("array:string", ["", "é", "two words"]),
        "a.numbers": ("array:i32", [1, -2, 3]),
        "a.flags": ("array:bool", [True, False]),
        "general.alignment": ("u32", 64),
    }
    path = tmp_path / "m.gguf"
    tensors = [Tensor(b"one", (3, 2)), Tensor(b"two", (32, 2), kind=8, size=68), Tensor(b"three", (5,))]
    path.write_bytes(gguf(every, tensors, alignment=64))
    file = read_gguf(path)
    plain = {key: list(value) if isinstance(value, GgufArray) else value for key, value in file.metadata.items()}
    assert plain == {key: content for key, (_, content) in every.items()}
    assert file.types == {key: kind.split(":")[0] for key, (kind, _) in every.items()}
    assert [(t.name, t.shape, t.tensor_type, t.offset, t.size) for t in file.tensors] == [
        ("one", (3, 2), F32, 0, 24),
        ("two", (32, 2), Q8_0, 64, 68),
        ("three", (5,), F32, 192, 20),
    ]
    assert (file.version, file.alignment, file.data_offset % 64) == (3, 64, 0)


def test_version_2_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(gguf(start=b"GGUF\2\0\0\0"))
    assert read_gguf(tmp_path / "m.gguf").version == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"GG", "is not a GGUF file"),
        (b"<!DOCTYPE html><html>404</html>", "is not a GGUF file"),
        (bytes(range(256)) * 16, "is not a GGUF file"),
        (b"GGUF", "is cut short"),
        (gguf(start=b"GGUF\0\0\0\3"), "big-endian"),
        (gguf(start=b"GGUF\1\0\0\0"), "GGUF version 1"),
        (gguf(start=b"GGUF\4\0\0\0"), "GGUF version 4"),
        (gguf(counts=(HUGE, 0)), f"claims {HUGE} tensors"),
        (gguf(counts=(100_001, 0)), "claims 100001 tensors"),
        (gguf(counts=(0, HUGE)), f"{HUGE} metadata keys"),
        (gguf(counts=(0, 65_537)), "65537 metadata keys"),
        (gguf([("a", ("u8", 1)), ("a", ("u8", 1))]), "'a' twice"),
        (gguf([("a" * 5000, ("u8", 1))] * 2), "aaa' twice"),
        (gguf([("", ("u8", 1))]), "without a name"),
        (gguf([(b"\xff\xfe", ("u8", 1))]), "not UTF-8"),
        (gguf({"a": ("raw", struct.pack("<I", 13) + bytes(64))}), "unknown type 13"),
        (gguf({"a": ("raw", struct.pack("<IIQ", 9, 9, 1) + bytes(64))}), "list of unknown type 9"),
        (gguf({"a": ("raw", struct.pack("<IIQ", 9, 99, 1) + bytes(64))}), "list of unknown type 99"),
        (gguf({"a": ("raw", struct.pack("<IQ", 8, (16 << 20) + 1) + bytes(17 << 20))}), "16777216 are the most"),
        (gguf({"a": ("raw", struct.pack("<IIQQ", 9, 8, 1, (16 << 20) + 1) + bytes(17 << 20))}), "are the most"),
        (gguf({"a": ("raw", struct.pack("<IQ", 8, 1000))}), "is cut short"),
        (gguf({"a": ("raw", struct.pack("<IIQ", 9, 4, HUGE))}), "is cut short"),
        (gguf({"a": ("raw", struct.pack("<IIQ", 9, 12, 1 << 61))}), "is cut short"),
        (gguf({"a": ("raw", struct.pack("<IIQ", 9, 8, HUGE))}), "is cut short"),
        (gguf({"a": ("raw", struct.pack("<IIQQ", 9, 8, 2, 1000))}), "is cut short"),
        (gguf({"general.alignment": ("u32", 0)}), "alignment"),
        (gguf({"general.alignment": ("u32", 48)}), "alignment"),
        (gguf({"general.alignment": ("u32", 1 << 21)}), "alignment"),
        (gguf({"general.alignment": ("i32", -32)}), "alignment"),
        (gguf({"general.alignment": ("u64", 32)}), "alignment"),
        (gguf({"general.alignment": ("string", "32")}), "alignment"),
        (gguf({"general.alignment": ("bool", True)}), "alignment"),
        (gguf((), [Tensor(b"a", (4,)), Tensor(b"a", (4,))]), "two tensors named 'a'"),
        (gguf((), [Tensor(b"a" * 64, (4,))]), "64 bytes where 63 are the most"),
        (gguf((), [Tensor(b"\xc3", (4,))]), "not UTF-8"),
        (gguf((), [Tensor(b"a", ())]), "0 dimensions"),
        (gguf((), [Tensor(b"a", (1, 1, 1, 1, 1))]), "5 dimensions"),
        (gguf((), [Tensor(b"a", (4, 0))]), "impossible shape [4, 0]"),
        (gguf((), [Tensor(b"a", (1 << 32, 1 << 32), size=0)]), "impossible shape"),
        (gguf((), [Tensor(b"a", (HUGE,), size=0)]), "impossible shape"),
        (gguf((), [Tensor(b"a", (1 << 62,), size=0)]), "is cut short"),
        (gguf((), [Tensor(b"a", (33,), kind=8)]), "impossible shape [33]"),
        (gguf((), [Tensor(b"a", (4,), kind=4)]), "type that is not known"),
        (gguf((), [Tensor(b"a", (4,), kind=43)]), "type that is not known"),
        (gguf((), [Tensor(b"a", (4,), kind=0xFFFFFFFF)]), "type that is not known"),
        (gguf((), [Tensor(b"a", (4,), offset=16)]), "wrong place"),
        (gguf((), [Tensor(b"a", (4,)), Tensor(b"b", (4,), offset=0)]), "wrong place"),
        (gguf((), [Tensor(b"a", (4,)), Tensor(b"b", (4,), offset=64)]), "wrong place"),
        (gguf((), [Tensor(b"a", (4,), offset=HUGE)]), "wrong place"),
        (gguf((), [Tensor(b"a", (64,))])[:-4], "is cut short"),
    ],
)
def test_each_broken_rule_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    assert reason in _refusal(tmp_path / "m.gguf", content)


def test_no_header_is_read_without_end(tmp_path: Path) -> None:
    words = struct.pack("<IIQ", 9, 8, 6) + string(bytes(15 << 20)) * 6
    assert "more than 64 MiB" in _refusal(tmp_path / "m.gguf", gguf({"a": ("raw", words)}))


def test_texts_that_are_not_utf8_are_shown_with_replacements(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(gguf({"a": ("string", b"x\xffy"), "b": ("array:string", [b"\xc3", b"ok"])}))
    file = read_gguf(path)
    words = file.metadata["b"]
    assert file.metadata["a"] == "x\ufffdy"
    assert isinstance(words, GgufArray)
    assert list(words) == ["\ufffd", "ok"]


def test_what_is_no_file_gives_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="There is no file"):
        read_gguf(tmp_path / "missing.gguf")
    with pytest.raises(ModelFileError, match="is a folder"):
        read_gguf(tmp_path)
    with pytest.raises(ModelFileError, match="cannot be read"):
        read_gguf(tmp_path / ("x" * 300))


@pytest.mark.skipif(os.name != "posix", reason="pipes in the file system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelFileError, match="There is no file"):
        read_gguf(tmp_path / "pipe")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions that hold")
def test_a_file_that_may_not_be_read_gives_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(SOUND)
    (tmp_path / "m.gguf").chmod(0)
    with pytest.raises(ModelFileError, match="permissions"):
        read_gguf(tmp_path / "m.gguf")


def test_every_truncation_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(SOUND)
    file = read_gguf(path)
    needed = file.data_offset + file.tensors[-1].offset + file.tensors[-1].size
    for length in {*range(0, needed, 13), needed - 1}:
        _refusal(path, SOUND[:length])
    path.write_bytes(SOUND[:needed])
    assert read_gguf(path) == file


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutations") / "m.gguf"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    places=st.lists(
        st.tuples(
            st.integers(0, len(SOUND) - 1),
            st.sampled_from([b"\xff", b"\0", b"\xff" * 8, b"\1" + bytes(7)]) | st.binary(min_size=1, max_size=8),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_no_mutation_does_harm(scratch: Path, places: list[tuple[int, bytes]]) -> None:
    """Whatever bytes are changed: a file or one sentence, at once, and no memory for what is only claimed."""
    content = bytearray(SOUND)
    for position, fresh in places:
        content[position : position + len(fresh)] = fresh
    scratch.write_bytes(content)
    began = time.process_time()  # Not by the clock: other work on the machine is no fault of ours.
    tracemalloc.start()
    try:
        read_qwen3(read_gguf(scratch))
    except ModelFileError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 10_000_000
    assert time.process_time() - began < 1
