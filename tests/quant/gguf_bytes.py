"""Makes GGUF files by hand, byte for byte, so that any rule of the format can be broken."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from quant.qwen3 import Experts, Qwen3

_CODES = {"u8": "<B", "i8": "<b", "u16": "<H", "i16": "<h", "u32": "<I", "i32": "<i", "f32": "<f", "bool": "<?"}
_CODES |= {"u64": "<Q", "i64": "<q", "f64": "<d"}
_KINDS = {"u8": 0, "i8": 1, "u16": 2, "i16": 3, "u32": 4, "i32": 5, "f32": 6, "bool": 7, "string": 8, "array": 9}
_KINDS |= {"u64": 10, "i64": 11, "f64": 12}

Entry = tuple[str, Any]
"""A value with its type: ("u32", 5), ("string", "x"), ("array:i32", [1, 2]), or ("raw", kind and value as bytes)."""


@dataclass(frozen=True)
class Tensor:
    """A tensor's entry in the header; `offset` None places it after the one before."""

    name: bytes
    shape: Sequence[int]
    kind: int = 0
    offset: int | None = None
    size: int | None = None


def string(text: str | bytes) -> bytes:
    """A length and the bytes of a text."""
    content = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<Q", len(content)) + content


def value(entry: Entry) -> bytes:
    """The bytes of a typed value, its type before it."""
    kind, content = entry
    if kind == "raw":
        return bytes(content)
    if kind.startswith("array:"):
        item = kind.removeprefix("array:")
        packed = b"".join(_plain(item, each) for each in content)
        return struct.pack("<IIQ", _KINDS["array"], _KINDS[item], len(content)) + packed
    return struct.pack("<I", _KINDS[kind]) + _plain(kind, content)


def _plain(kind: str, content: Any) -> bytes:  # noqa: ANN401 - whatever the type holds
    return string(content) if kind == "string" else struct.pack(_CODES[kind], content)


def gguf(
    metadata: Mapping[str, Entry] | Sequence[tuple[str | bytes, Entry]] = (),
    tensors: Sequence[Tensor] = (),
    *,
    start: bytes = b"GGUF\3\0\0\0",
    counts: tuple[int, int] | None = None,
    alignment: int = 32,
) -> bytes:
    """A GGUF with zeros for its tensors' data; `start` and `counts` (tensors, keys) can be made wrong."""
    pairs = list(metadata.items()) if isinstance(metadata, Mapping) else metadata
    content = bytearray(start + struct.pack("<QQ", *(counts or (len(tensors), len(pairs)))))
    for key, entry in pairs:
        content += string(key) + value(entry)
    position = 0
    for tensor in tensors:
        offset = position if tensor.offset is None else tensor.offset
        content += string(tensor.name) + struct.pack("<I", len(tensor.shape))
        content += b"".join(struct.pack("<Q", length) for length in tensor.shape)
        content += struct.pack("<IQ", tensor.kind, offset)
        size = 4 * _product(tensor.shape) if tensor.size is None else tensor.size
        position = offset + size + -size % alignment
    return bytes(content + bytes(-len(content) % alignment + min(position, 1 << 20)))


def _product(lengths: Sequence[int]) -> int:
    product = 1
    for length in lengths:
        product *= length
    return product


DENSE = Qwen3(
    layers=2,
    context_length=64,
    embedding_length=8,
    feed_forward_length=16,
    heads=4,
    kv_heads=2,
    head_length=4,
    vocabulary=5,
    rope_base=1e6,
    rms_epsilon=1e-6,
)
MOE = replace(DENSE, experts=Experts(count=4, used=2, feed_forward_length=12))


def qwen3_metadata(model: Qwen3) -> dict[str, Entry]:
    """All that a small Qwen3 says of itself."""
    arch = model.architecture
    entries: dict[str, Entry] = {
        "general.architecture": ("string", arch),
        "general.name": ("string", "Tiny"),
        f"{arch}.block_count": ("u32", model.layers),
        f"{arch}.context_length": ("u32", model.context_length),
        f"{arch}.embedding_length": ("u32", model.embedding_length),
        f"{arch}.feed_forward_length": ("u32", model.feed_forward_length),
        f"{arch}.attention.head_count": ("u32", model.heads),
        f"{arch}.attention.head_count_kv": ("u32", model.kv_heads),
        f"{arch}.attention.key_length": ("u32", model.head_length),
        f"{arch}.attention.value_length": ("u32", model.head_length),
        f"{arch}.rope.freq_base": ("f32", model.rope_base),
        f"{arch}.attention.layer_norm_rms_epsilon": ("f32", model.rms_epsilon),
        "tokenizer.ggml.model": ("string", "gpt2"),
        "tokenizer.ggml.pre": ("string", "qwen2"),
        "tokenizer.ggml.tokens": ("array:string", ["a", "b", "c", "ab", "<|im_end|>"]),
        "tokenizer.ggml.token_type": ("array:i32", [1, 1, 1, 1, 3]),
        "tokenizer.ggml.merges": ("array:string", ["a b"]),
        "tokenizer.ggml.eos_token_id": ("u32", 4),
    }
    if model.experts is not None:
        entries |= {
            f"{arch}.expert_count": ("u32", model.experts.count),
            f"{arch}.expert_used_count": ("u32", model.experts.used),
            f"{arch}.expert_feed_forward_length": ("u32", model.experts.feed_forward_length),
        }
    return entries


def qwen3_tensors(model: Qwen3, *, tied: bool = True) -> list[Tensor]:
    """The tensors of a small Qwen3, all F32."""
    return [Tensor(name.encode(), shape) for name, shape in model.tensor_shapes(tied=tied).items()]
