"""Recipes: which tensor type each tensor of a model gets in a file type, as llama-quantize chooses them.

Source of the rules: `llama_tensor_get_type_impl`, `tensor_type_fallback` and `tensor_allows_quantization` in
llama.cpp's src/llama-quant.cpp, as far as they concern Qwen3.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from quant.tensor_types import BF16, F16, F32, Q4_K, Q5_0, Q6_K, Q8_0, TensorType

_LAYER = re.compile(r"blk\.(\d+)\.")
_FALLBACK = {Q4_K: Q5_0, Q6_K: Q8_0}


@dataclass(frozen=True)
class FileType:
    """A mix of tensor types: `number` is its `general.file_type`, `base` the type of most of its weights.

    `output` is what the matrix gets that makes the logits (the token embedding, where that is shared), `sensitive` what
    attn_v and ffn_down get in the layers of `use_more_bits`.
    """

    name: str
    number: int
    base: TensorType
    output: TensorType
    sensitive: TensorType


FILE_TYPES = {
    kind.name: kind
    for kind in (
        FileType("F32", 0, F32, F32, F32),
        FileType("F16", 1, F16, F16, F16),
        FileType("BF16", 32, BF16, BF16, BF16),
        FileType("Q8_0", 7, Q8_0, Q8_0, Q8_0),
        FileType("Q4_K_M", 15, Q4_K, Q6_K, Q6_K),
    )
}
"""The file types that can be made, by name; the numbers are `enum llama_ftype` in llama.h."""


def use_more_bits(layer: int, layers: int) -> bool:
    """Whether a layer is in the first or last eighth of the layers, or every third of those between."""
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


def tensor_types(file_type: FileType, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, TensorType]:
    """The tensor type of every tensor of a model.

    `shapes` has the GGUF names of all tensors of the model with their dimensions in ggml's order (row length first). An
    embedding counts as shared when there is no `output.weight`, whatever the configuration says.
    """
    layers = 1 + max((int(found[1]) for found in map(_LAYER.match, shapes) if found), default=-1)
    output = "output.weight" if "output.weight" in shapes else "token_embd.weight"
    types = {}
    for name, shape in shapes.items():
        if _stays_f32(name, shape):
            types[name] = F32
        elif name == output:
            types[name] = _fitting(file_type.output, shape[0])
        else:
            types[name] = _fitting(file_type.sensitive if _is_raised(name, layers) else file_type.base, shape[0])
    return types


def _stays_f32(name: str, shape: tuple[int, ...]) -> bool:
    """Norms and a router of experts are never quantized: they are small and everything hangs on them."""
    return len(shape) < 2 or not name.endswith("weight") or name.endswith(("_norm.weight", "ffn_gate_inp.weight"))


def _is_raised(name: str, layers: int) -> bool:
    # llama-quantize counts the attn_v and ffn_down tensors as they pass; as every layer of a Qwen3 has one of each and
    # they pass in the order of the layers, the count is the number of the layer.
    layer = _LAYER.match(name)
    sensitive = "attn_v.weight" in name or "ffn_down" in name
    return layer is not None and sensitive and use_more_bits(int(layer[1]), layers)


def _fitting(wanted: TensorType, row_length: int) -> TensorType:
    """`wanted`, or the nearest type whose blocks divide a row."""
    if row_length % wanted.block_length == 0:
        return wanted
    fallback = _FALLBACK.get(wanted, wanted)
    return fallback if row_length % fallback.block_length == 0 else F16
