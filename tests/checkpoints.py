"""Makes small random checkpoints of Qwen3 as the hub has them, without torch."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.demo.training import tokenizer

CHARACTERS = "äöü"
TEMPLATE = Path(__file__).parents[1] / "assets" / "chat_template.jinja"
_FIRST_ADDED = len(tokenizer.vocabulary(CHARACTERS))
_NUMPY_DTYPES: dict[str, np.dtype[Any]] = {"BF16": np.dtype("<u2"), "F16": np.dtype("<f2"), "F32": np.dtype("<f4")}


def config(**changes: object) -> dict[str, Any]:
    """A config.json as the hub has it, of a Qwen3 with 8 layers where heads * head_dim differs from hidden_size."""
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": _FIRST_ADDED,
        "eos_token_id": _FIRST_ADDED + 2,
        "head_dim": 64,
        "hidden_act": "silu",
        "hidden_size": 256,
        "initializer_range": 0.02,
        "intermediate_size": 512,
        "max_position_embeddings": 2048,
        "max_window_layers": 8,
        "model_type": "qwen3",
        "num_attention_heads": 8,
        "num_hidden_layers": 8,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-06,
        "rope_scaling": None,
        "rope_theta": 1000000,
        "sliding_window": None,
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.51.0",
        "use_cache": True,
        "use_sliding_window": False,
        "vocab_size": 320,
    } | changes


def tensors(settings: Mapping[str, Any], seed: int = 1) -> dict[str, NDArray[np.float32]]:
    """Random weights by their names in a checkpoint, F32 with no more digits than BF16 holds."""
    hidden, inner, head = settings["hidden_size"], settings["intermediate_size"], settings["head_dim"]
    queries, keys = settings["num_attention_heads"] * head, settings["num_key_value_heads"] * head
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (settings["vocab_size"], hidden)}
    for number in range(settings["num_hidden_layers"]):
        layer = {
            "input_layernorm": (hidden,),
            "mlp.down_proj": (hidden, inner),
            "mlp.gate_proj": (inner, hidden),
            "mlp.up_proj": (inner, hidden),
            "post_attention_layernorm": (hidden,),
            "self_attn.k_norm": (head,),
            "self_attn.k_proj": (keys, hidden),
            "self_attn.o_proj": (hidden, queries),
            "self_attn.q_norm": (head,),
            "self_attn.q_proj": (queries, hidden),
            "self_attn.v_proj": (keys, hidden),
        }
        shapes |= {f"model.layers.{number}.{name}.weight": shape for name, shape in layer.items()}
    shapes["model.norm.weight"] = (hidden,)
    if not settings["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (settings["vocab_size"], hidden)
    random = np.random.default_rng(seed)
    return {name: _rounded(random.normal(len(shape) == 1, 0.1, shape)) for name, shape in shapes.items()}


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float32]:
    bits = values.astype(np.float32).view(np.uint32)
    return (bits & np.uint32(0xFFFF0000)).view(np.float32)


def stored(values: NDArray[np.float32], dtype: str) -> bytes:
    """The bytes of some numbers in a safetensors dtype; BF16 cuts off, so give it numbers that it holds."""
    if dtype == "BF16":
        return (np.ascontiguousarray(values).view(np.uint32) >> 16).astype("<u2").tobytes()
    content: bytes = values.astype(_NUMPY_DTYPES[dtype]).tobytes()
    return content


def safetensors(weights: Mapping[str, NDArray[np.float32]], dtype: str = "BF16") -> bytes:
    """A safetensors file with these tensors."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    data = bytearray()
    for name, values in weights.items():
        content = stored(values, dtype)
        offsets = [len(data), len(data) + len(content)]
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": offsets}
        data += content
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + bytes(data)


def write(folder: Path, *, seed: int = 1, dtype: str = "BF16", **changes: object) -> Path:
    """Write a whole checkpoint with a tiny tokenizer into `folder`, which is made, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = config(**changes)
    (folder / "config.json").write_text(json.dumps(settings, indent=2), "utf-8")
    (folder / "model.safetensors").write_bytes(safetensors(tensors(settings, seed), dtype))
    tokenizer.write(folder, CHARACTERS, TEMPLATE.read_text("utf-8"))
    return folder
