"""What a checkpoint's config.json says of the model."""

import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quant.errors import ModelFileError
from quant.qwen3 import Qwen3

_ARCHITECTURE = "Qwen3ForCausalLM"
_NOT_CARRIED_OVER = {"attention_bias": False, "hidden_act": "silu", "use_sliding_window": False}
"""Settings whose other values Qwen3 does not use and a GGUF could not say."""


@dataclass(frozen=True)
class Yarn:
    """Stretched positions: `factor` times `original_context_length` tokens; the rest are YaRN's own, None if unset."""

    factor: float
    original_context_length: int
    ext_factor: float | None
    attn_factor: float | None
    beta_fast: float | None
    beta_slow: float | None


@dataclass(frozen=True)
class Config:
    """The model's hyperparameters, its YaRN, and whether it means to share the token embedding with the output."""

    model: Qwen3
    yarn: Yarn | None
    tied: bool


def read_config(path: Path, config: Mapping[str, Any]) -> Config:
    """Read the parsed config.json at `path`, as the hub has it or as transformers 5 saves it (`rope_parameters`).

    Raises ModelFileError, naming `path`, if the model is not a dense Qwen3, is quantized already, or a key is missing
    or makes no sense.
    """
    try:
        _check_kind(config)
        rope = _rope(config)
        model = Qwen3(
            layers=_count(config, "num_hidden_layers"),
            context_length=_count(config, "max_position_embeddings"),
            embedding_length=_count(config, "hidden_size"),
            feed_forward_length=_count(config, "intermediate_size"),
            heads=_count(config, "num_attention_heads"),
            kv_heads=_count(config, "num_key_value_heads"),
            head_length=_count(config, "head_dim"),
            vocabulary=_count(config, "vocab_size"),
            rope_base=_number(rope, "rope_theta"),
            rms_epsilon=_number(config, "rms_norm_eps"),
        )
        return Config(model, _yarn(rope), tied=_flag(config, "tie_word_embeddings"))
    except ValueError as error:
        raise ModelFileError(f"{path} cannot be converted: {error}.") from error


def _check_kind(config: Mapping[str, Any]) -> None:
    if config.get("model_type") == "qwen3_moe":
        raise ValueError("it is a mixture of experts, and only dense Qwen3 models can be converted so far")
    if config.get("architectures") != [_ARCHITECTURE]:
        found = reprlib.repr(config.get("architectures"))
        raise ValueError(f"its architectures are {found}, and only {_ARCHITECTURE} is known here")
    if config.get("quantization_config"):
        raise ValueError("its weights are quantized already; take the checkpoint in BF16")
    for key, value in _NOT_CARRIED_OVER.items():
        if config.get(key, value) != value:
            raise ValueError(f"{key} is {reprlib.repr(config[key])}, and only {value} is known here")


def _rope(config: Mapping[str, Any]) -> dict[str, Any]:
    """Everything about positions in one place: transformers 5 has it so, the hub's files spread it over two."""
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if not isinstance(rope, dict):
        raise ValueError("its rope settings are no JSON object")
    base = {key: config[key] for key in ("rope_theta", "original_max_position_embeddings") if key in config}
    return {"rope_type": rope.get("type", "default")} | base | rope


def _yarn(rope: Mapping[str, Any]) -> Yarn | None:
    if rope["rope_type"] == "default":
        return None
    if rope["rope_type"] != "yarn":
        raise ValueError(
            f"its rope_type is {reprlib.repr(rope['rope_type'])}, and only default and yarn are known here"
        )
    return Yarn(
        factor=_number(rope, "factor"),
        original_context_length=_count(rope, "original_max_position_embeddings"),
        ext_factor=_optional(rope, "extrapolation_factor"),
        attn_factor=_optional(rope, "attention_factor"),
        beta_fast=_optional(rope, "beta_fast"),
        beta_slow=_optional(rope, "beta_slow"),
    )


def _count(settings: Mapping[str, Any], key: str) -> int:
    value = settings.get(key)
    if type(value) is not int or not 0 < value < 1 << 31:
        raise ValueError(_unfit(settings, key, "a whole number above 0"))
    return value


def _number(settings: Mapping[str, Any], key: str) -> float:
    value = settings.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < math.inf:
        raise ValueError(_unfit(settings, key, "a number above 0"))
    return float(value)


def _flag(settings: Mapping[str, Any], key: str) -> bool:
    value = settings.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(_unfit(settings, key, "true or false"))
    return value


def _unfit(settings: Mapping[str, Any], key: str, wanted: str) -> str:
    return f"{key} is {reprlib.repr(settings[key])}, not {wanted}" if key in settings else f"it lacks {key}"


def _optional(settings: Mapping[str, Any], key: str) -> float | None:
    return None if settings.get(key) is None else _number(settings, key)
