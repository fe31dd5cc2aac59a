"""Checks that a GGUF holds a whole, sound Qwen3, so that llama.cpp, which aborts on much nonsense, never sees another.

Source of what must hold: llama.cpp's src/llama-model.cpp, src/llama-vocab.cpp and src/models/qwen3*.cpp.
"""

import math
import reprlib

from quant.errors import ModelFileError
from quant.gguf_file import GgufArray, GgufFile
from quant.qwen3 import Experts, Qwen3
from quant.tensor_types import F32, WEIGHT_TYPES

_ARCHITECTURES = ("qwen3", "qwen3moe")
_MAX_EXPERTS = 1024
_MAX_COUNT = (1 << 31) - 1
_ROPE_SCALINGS = ("none", "linear", "yarn", "longrope")
_MUST_BE_ZERO = ("nextn_predict_layers", "expert_group_count")
_SPECIAL_IDS = ("bos", "eos", "eot", "eom", "unknown", "seperator", "padding", "mask")  # GGUF's spelling.


def read_qwen3(file: GgufFile) -> Qwen3:
    """The hyperparameters of the Qwen3 in a GGUF, once everything in it is seen to agree with them.

    Raises ModelFileError if it holds another architecture, lacks a key or a tensor, or has one that makes no sense.
    """
    architecture = file.metadata.get("general.architecture")
    if architecture not in _ARCHITECTURES:
        raise ModelFileError(f"{file.path} holds the architecture {reprlib.repr(architecture)}: name a Qwen3 model.")
    keys = _Keys(file)
    try:
        if keys.count("split.count", default=1, kind="u16") > 1:
            raise ValueError("it is one part of a split model: join the parts with llama-gguf-split --merge")
        model = _hyperparameters(keys, str(architecture))
        _check_positions(keys, str(architecture), model)
        _check_vocabulary(keys, model)
        _check_tensors(file, model)
    except ValueError as error:
        raise ModelFileError(f"{file.path} is not a Qwen3 that can be loaded: {error}.") from error
    return model


class _Keys:
    """Takes metadata by key, of the exact type that llama.cpp asks for, within a range; else raises ValueError."""

    def __init__(self, file: GgufFile) -> None:
        self._metadata, self._types = file.metadata, file.types

    def __contains__(self, key: str) -> bool:
        return key in self._metadata

    def count(
        self, key: str, *, low: int = 1, high: int = _MAX_COUNT, default: int | None = None, kind: str = "u32"
    ) -> int:
        if default is not None and key not in self._metadata:
            return default
        value = self._typed(key, kind)
        if not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"its {key} is {value}")
        return value

    def number(self, key: str, *, default: float | None = None) -> float:
        if default is not None and key not in self._metadata:
            return default
        value = self._typed(key, "f32")
        if not isinstance(value, float) or not 0 < value < math.inf:
            raise ValueError(f"its {key} is {value}")
        return value

    def text(self, key: str, *, default: str | None = None) -> str:
        return default if default is not None and key not in self._metadata else str(self._typed(key, "string"))

    def array(self, key: str, item_type: str) -> GgufArray:
        value = self._typed(key, "array")
        if not isinstance(value, GgufArray) or value.item_type != item_type or not value:
            raise ValueError(f"its {key} is no list of {item_type}")
        return value

    def _typed(self, key: str, kind: str) -> object:
        if key not in self._metadata:
            raise ValueError(f"it lacks {key}")
        if self._types[key] != kind:
            raise ValueError(f"its {key} is of type {self._types[key]}, not {kind}")
        return self._metadata[key]


def _hyperparameters(keys: _Keys, arch: str) -> Qwen3:
    for key in _MUST_BE_ZERO:
        keys.count(f"{arch}.{key}", low=0, high=0, default=0)
    return Qwen3(
        layers=keys.count(f"{arch}.block_count"),
        context_length=keys.count(f"{arch}.context_length"),
        embedding_length=keys.count(f"{arch}.embedding_length"),
        feed_forward_length=keys.count(f"{arch}.feed_forward_length"),
        heads=keys.count(f"{arch}.attention.head_count"),
        kv_heads=keys.count(f"{arch}.attention.head_count_kv"),
        head_length=keys.count(f"{arch}.attention.key_length"),
        vocabulary=len(keys.array("tokenizer.ggml.tokens", "string")),
        rope_base=keys.number(f"{arch}.rope.freq_base"),
        rms_epsilon=keys.number(f"{arch}.attention.layer_norm_rms_epsilon"),
        experts=_experts(keys, arch),
    )


def _experts(keys: _Keys, arch: str) -> Experts | None:
    if arch == "qwen3":
        for key in ("expert_count", "expert_used_count"):
            keys.count(f"{arch}.{key}", low=0, high=0, default=0)
        return None
    count = keys.count(f"{arch}.expert_count", high=_MAX_EXPERTS)
    return Experts(
        count=count,
        used=keys.count(f"{arch}.expert_used_count", high=count),
        feed_forward_length=keys.count(f"{arch}.expert_feed_forward_length"),
    )


def _check_positions(keys: _Keys, arch: str, model: Qwen3) -> None:
    head = model.head_length
    keys.count(f"{arch}.attention.value_length", low=head, high=head)
    keys.count(f"{arch}.rope.dimension_count", low=head, high=head, default=head)
    if keys.text(f"{arch}.rope.scaling.type", default="none") not in _ROPE_SCALINGS:
        raise ValueError(f"its {arch}.rope.scaling.type is not known")
    keys.number(f"{arch}.rope.scaling.factor", default=1.0)
    keys.count(f"{arch}.rope.scaling.original_context_length", default=model.context_length)
    if f"{arch}.attention.causal" in keys:
        keys.count(f"{arch}.attention.causal", kind="bool")


def _check_vocabulary(keys: _Keys, model: Qwen3) -> None:
    if keys.text("tokenizer.ggml.model") != "gpt2":
        raise ValueError("its tokenizer is not byte-level BPE")
    keys.text("tokenizer.ggml.pre")
    keys.array("tokenizer.ggml.merges", "string")
    if len(set(keys.array("tokenizer.ggml.tokens", "string"))) != model.vocabulary:
        raise ValueError("two of its tokens are the same")
    if len(keys.array("tokenizer.ggml.token_type", "i32")) != model.vocabulary:
        raise ValueError("it has not one token_type for each token")
    for role in _SPECIAL_IDS:
        keys.count(f"tokenizer.ggml.{role}_token_id", low=0, high=model.vocabulary - 1, default=0)
    keys.text("tokenizer.chat_template", default="")


def _check_tensors(file: GgufFile, model: Qwen3) -> None:
    tensors = {tensor.name: tensor for tensor in file.tensors}
    wanted = model.tensor_shapes(tied="output.weight" not in tensors)
    for name, shape in wanted.items():
        tensor = tensors.get(name)
        if tensor is None:
            raise ValueError(f"it lacks the tensor {name}")
        if _trimmed(tensor.shape) != _trimmed(shape):
            raise ValueError(f"its tensor {name} has the shape {list(tensor.shape)} and not {list(shape)}")
        if tensor.tensor_type not in (WEIGHT_TYPES if len(shape) > 1 else (F32,)):
            raise ValueError(f"its tensor {name} has the type {tensor.tensor_type.name}")
    unknown = next((name for name in tensors if name not in wanted), None)
    if unknown is not None:
        raise ValueError(f"it has a tensor {unknown!r} that no Qwen3 has")


def _trimmed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without dimensions of 1 at its end, which mean nothing to ggml."""
    while len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    return shape
