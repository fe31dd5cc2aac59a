"""The safetensors reader: each rule broken by hand, and never laxer than the safetensors library itself."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convert.safetensors_file import read_safetensors
from quant.errors import ModelFileError

_SOUND: dict[str, Any] = {
    "__metadata__": {"format": "pt"},
    "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
    "b.weight": {"dtype": "BF16", "shape": [4], "data_offsets": [24, 32]},
}


def _file(header: object, data: int = 32, *, length: int | None = None) -> bytes:
    """A file with `data` bytes of data; a header that is no str or bytes is put into JSON."""
    text = header if isinstance(header, str | bytes) else json.dumps(header)
    content = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(content) if length is None else length) + content + bytes(range(data))


def _entry(**changes: object) -> dict[str, Any]:
    return {"a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]} | changes}


def test_tensors_come_as_they_are_stored(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    numbers = np.random.default_rng(5).normal(size=(6, 4)).astype(np.float32)
    bits = (numbers.view(np.uint32) >> 16).astype(np.uint16)
    safetensors.numpy.save_file({"f32": numbers, "f16": numbers.astype(np.float16)}, path)
    tensors = read_safetensors(path)
    assert {name: (tensor.dtype, tensor.shape) for name, tensor in tensors.items()} == {
        "f32": ("F32", (6, 4)),
        "f16": ("F16", (6, 4)),
    }
    assert np.array_equal(tensors["f32"].float_rows(1, 5), numbers[1:5])
    assert np.array_equal(tensors["f16"].float_rows(0, 6), numbers.astype(np.float16).astype(np.float32))
    assert np.array_equal(tensors["f16"].rows(2, 3), numbers.astype(np.float16)[2:3])
    path.write_bytes(_file({"x": {"dtype": "BF16", "shape": [6, 4], "data_offsets": [0, 48]}}, 0) + bits.tobytes())
    (tensor,) = read_safetensors(path).values()
    assert np.array_equal(tensor.rows(0, 6), bits)
    assert np.array_equal(tensor.float_rows(2, 4).view(np.uint32), bits[2:4].astype(np.uint32) << 16)
    assert tensor.float_rows(0, 6).dtype == np.float32


def test_a_header_of_any_length_is_read(tmp_path: Path) -> None:
    """The data then begin at an odd place, where no float may lie for some machines."""
    path = tmp_path / "m.safetensors"
    for spaces in range(5):
        path.write_bytes(_file(json.dumps(_SOUND) + " " * spaces))
        tensor = read_safetensors(path)["a"]
        assert tensor.float_rows(0, 2).flags.aligned
        assert tensor.float_rows(0, 2).tobytes() == bytes(range(24))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cannot be read"),
        (b"\1\2\3", "header has no end"),
        (b"version https://git-lfs.github.com/spec/v1\n", "header has no end"),
        (_file(_SOUND, length=1 << 63), "header has no end"),
        (_file(_SOUND, length=100_000_001), "header has no end"),
        (_file(_SOUND, length=len(_file(_SOUND)) - 7), "header has no end"),
        (_file(_SOUND, length=5), "not a sound safetensors file"),
        (_file("[]", 0), "not a JSON object"),
        (_file(" {}", 0), "not a JSON object"),
        (_file("", 0), "not a JSON object"),
        (_file("{" * 100_000, 0), "not a sound safetensors file"),
        (_file('{"a":' * 100_000, 0), "not a sound safetensors file"),
        (_file(b"\xff\xfe{}", 0), "not a JSON object"),
        (_file(b'{"\xff": 1}', 0), "not a sound safetensors file"),
        (_file('{"\\ud800": 1}', 0), "surrogates"),
        (_file(json.dumps(_SOUND) + "\0"), "Extra data"),
        (_file('{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "a": 1}', 4), "comes twice"),
        (_file('{"a": {"dtype": "F32", "dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}', 4), "comes twice"),
        (_file('{"a": {"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]}}', 4), "1.0 in its header is no size"),
        (_file('{"a": {"dtype": "F32", "shape": [NaN], "data_offsets": [0, 4]}}', 4), "NaN in its header is no size"),
        (_file('{"a": {"dtype": "F32", "shape": [], "data_offsets": [-0, 4]}}', 4), "-0 in its header is no size"),
        (_file(f'{{"a": {{"dtype": "F32", "shape": [{"9" * 5000}], "data_offsets": [0, 4]}}}}', 4), "is no size"),
        (_file(_SOUND | {"__metadata__": {"x": 1}}), "__metadata__ is not made of strings"),
        (_file(_SOUND | {"__metadata__": None}), "__metadata__ is not made of strings"),
        (_file({"a" * 5000: 5}, 0), "not made of dtype, shape and data_offsets"),
        (_file({"a": 5}, 0), "not made of dtype, shape and data_offsets"),
        (_file({"a": {"dtype": "F32", "shape": [0]}}, 0), "not made of dtype, shape and data_offsets"),
        (_file(_entry(more=1), 24), "not made of dtype, shape and data_offsets"),
        (_file(_entry(dtype="I64"), 24), "'a' is 'I64', and only BF16, F16 and F32"),
        (_file(_entry(dtype="F8_E4M3"), 24), "'a' is 'F8_E4M3', and only"),
        (_file(_entry(dtype="F" * 5000), 24), "only BF16, F16 and F32"),
        (_file(_entry(dtype=["F32"]), 24), "only BF16, F16 and F32"),
        (_file(_entry(shape=6), 24), "no proper shape"),
        (_file(_entry(shape=["6"]), 24), "no proper shape"),
        (_file(_entry(shape=[True, 6]), 24), "no proper shape"),
        (_file(_entry(shape=[2, 2]), 24), "does not fill its place"),
        (_file(_entry(shape=[1 << 40, 1 << 40]), 24), "does not fill its place"),
        (_file(_entry(data_offsets=[0]), 24), "no proper data_offsets"),
        (_file(_entry(data_offsets=[0, 24, 24]), 24), "no proper data_offsets"),
        (_file(_entry(data_offsets=[False, 24]), 24), "no proper data_offsets"),
        (_file(_entry(data_offsets=[24, 0]), 24), "no proper data_offsets"),
        (_file(_entry(data_offsets=[4, 28]), 28), "does not begin where the one before it ends"),
        (
            _file(_SOUND | {"b.weight": {"dtype": "BF16", "shape": [4], "data_offsets": [23, 31]}}),
            "does not begin where",
        ),
        (_file(_SOUND | {"c": {"dtype": "F32", "shape": [6], "data_offsets": [0, 24]}}), "does not begin where"),
        (_file(_SOUND, 31), "does not fill its place"),
        (_file(_SOUND, 33), "do not end where the file ends"),
        (_file(_entry(data_offsets=[0, 1 << 50]), 24), "do not end where the file ends"),
    ],
)
def test_each_broken_rule_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        read_safetensors(path)
    assert str(caught.value).startswith(str(path))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 300


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.safetensors"):
        with pytest.raises(ModelFileError, match="is missing"):
            read_safetensors(path)


def test_every_truncation_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    whole = _file(_SOUND)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError):
            read_safetensors(path)


_SNIPPETS = (
    *('"a"', '"b.weight"', '"__metadata__"', '"F16"', '"F32"', '"BF16"', '"dtype"', '"shape"', '"data_offsets"', '""'),
    *("[0, 24]", "[24, 32]", "[]", "{}", "null", "true", "1.0", "1e1", "-0", "00", "0x1", "NaN", "24", "32", "0"),
    *(
        ",",
        ":",
        "{",
        "}",
        "[",
        "]",
        " ",
        "\t",
        "\n",
        "\0",
        '"',
        "\\",
        '"\\u0061"',
        '"\\ud800"',
        "\ufeff",
        "//",
        "18446744073709551616",
    ),
)
_EDIT = st.tuples(
    st.integers(0, 200), st.integers(0, 12), st.sampled_from(_SNIPPETS).map(str.encode) | st.binary(max_size=3)
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutations") / "m.safetensors"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits=st.lists(_EDIT, min_size=1, max_size=4), data=st.sampled_from([32, 32, 32, 24, 0, 40]))
def test_nothing_is_accepted_that_the_library_rejects(
    scratch: Path, edits: list[tuple[int, int, bytes]], data: int
) -> None:
    header = json.dumps(_SOUND).encode()
    for position, removed, inserted in edits:
        header = header[:position] + inserted + header[position + removed :]
    content = _file(header, data)
    scratch.write_bytes(content)
    try:
        ours = read_safetensors(scratch)
    except ModelFileError:
        return
    theirs = dict(safetensors.deserialize(content))  # type: ignore[no-untyped-call]
    assert {name: (tensor.dtype, list(tensor.shape)) for name, tensor in ours.items()} == {
        name: (entry["dtype"], entry["shape"]) for name, entry in theirs.items()
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    value=st.recursive(st.none() | st.booleans() | st.integers(-5, 40) | st.floats() | st.text(max_size=3), st.lists)
)
@pytest.mark.parametrize("place", ["dtype", "shape", "data_offsets", "__metadata__", "entry"])
def test_no_value_in_any_place_is_accepted_that_the_library_rejects(scratch: Path, place: str, value: object) -> None:
    header: dict[str, Any] = json.loads(json.dumps(_SOUND))
    if place in {"dtype", "shape", "data_offsets"}:
        header["a"][place] = value
    else:
        header["a" if place == "entry" else place] = value
    content = _file(header)
    scratch.write_bytes(content)
    try:
        read_safetensors(scratch)
    except ModelFileError:
        return
    safetensors.deserialize(content)  # type: ignore[no-untyped-call]
