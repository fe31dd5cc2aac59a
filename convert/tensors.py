"""Which tensor of a checkpoint becomes which tensor of the GGUF, and with which bytes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.checkpoint import Checkpoint
from convert.config import Config
from convert.safetensors_file import StoredTensor
from quant import ggml, recipes
from quant.errors import ModelFileError
from quant.tensor_types import BF16, F32, TensorType
from quant.writer import TensorSource

_MODEL_NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_LAYER_TENSOR = re.compile(r"blk\.(\d+)\.(\w+)\.weight")
_LARGEST_F16 = 65504.0  # Also the scales of quantized blocks are F16.
_LARGEST = {F32: 3.4028234e38, BF16: 3.3895313e38}
_COMPARED = 1 << 20  # Numbers of two tensors compared at a time: bounds the memory.


def plan(checkpoint: Checkpoint, config: Config, file_type: recipes.FileType) -> list[TensorSource]:
    """The tensors to write, in the order in which llama-quantize would.

    A duplicate of the token embedding under `lm_head.weight` in a checkpoint with tied embeddings is left out, as in
    Qwen's official files. Raises ModelFileError if a tensor is missing, too many, or of another shape than the config
    says; encoding raises it if a weight is not finite in the tensor type.
    """
    tensors = dict(checkpoint.tensors)
    if config.tied and _same(tensors.get("lm_head.weight"), tensors.get("model.embed_tokens.weight")):
        del tensors["lm_head.weight"]
    shapes = config.model.tensor_shapes(tied=config.tied and "lm_head.weight" not in tensors)
    names = {name: _checkpoint_name(name) for name in shapes}
    _check(checkpoint, tensors, {names[name]: shape[::-1] for name, shape in shapes.items()})
    types = recipes.tensor_types(file_type, shapes)
    return [
        TensorSource(name, shape, types[name], _Encoder(checkpoint.folder, there, tensors[there], types[name]))
        for (name, shape), there in zip(shapes.items(), names.values(), strict=True)
    ]


@dataclass(frozen=True)
class _Encoder:
    """Makes the bytes of a range of rows of one tensor."""

    folder: Path
    name: str
    stored: StoredTensor
    tensor_type: TensorType

    def __call__(self, first: int, last: int) -> NDArray[np.generic]:
        floats = self.stored.float_rows(first, last)
        if not max(floats.max(), -floats.min()) <= _LARGEST.get(self.tensor_type, _LARGEST_F16):  # Nor is NaN.
            raise ModelFileError(
                f"{self.folder} has a tensor {self.name} with weights that {self.tensor_type.name} cannot hold (not"
                " finite, or too large): choose BF16, or download the checkpoint again."
            )
        if self.stored.dtype == self.tensor_type.name:
            return self.stored.rows(first, last)
        return ggml.quantize(floats, self.tensor_type)


def _checkpoint_name(name: str) -> str:
    layer = _LAYER_TENSOR.fullmatch(name)
    return f"model.layers.{layer[1]}.{_LAYER_NAMES[layer[2]]}.weight" if layer else _MODEL_NAMES[name]


def _check(checkpoint: Checkpoint, tensors: Mapping[str, StoredTensor], wanted: Mapping[str, tuple[int, ...]]) -> None:
    for name, shape in wanted.items():
        if name not in tensors:
            raise ModelFileError(f"{checkpoint.folder} lacks the tensor {name}: download the whole checkpoint.")
        if tensors[name].shape != shape:
            raise ModelFileError(
                f"{checkpoint.folder} has {name} with the shape {list(tensors[name].shape)} where its config.json"
                f" makes it {list(shape)}: download the checkpoint again."
            )
    unknown = next((name for name in tensors if name not in wanted), None)
    if unknown is not None:
        raise ModelFileError(
            f"{checkpoint.folder} has a tensor {unknown[:80]!r} that a dense Qwen3 has not: is it a Qwen3?"
        )


def _same(one: StoredTensor | None, other: StoredTensor | None) -> bool:
    if one is None or other is None or (one.dtype, one.shape) != (other.dtype, other.shape):
        return False
    return all(
        np.array_equal(one.values[first : first + _COMPARED], other.values[first : first + _COMPARED])
        for first in range(0, len(one.values), _COMPARED)
    )
