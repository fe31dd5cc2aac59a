from pathlib import Path
from typing import Any

import pytest

from convert.config import Config, Yarn, read_config
from quant.errors import ModelFileError
from quant.qwen3 import Qwen3
from tests import checkpoints

_PATH = Path("some", "config.json")
_MODEL = Qwen3(8, 2048, 256, 512, 8, 2, 64, 320, 1e6, 1e-6)


def _without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in checkpoints.config().items() if key not in keys}


def test_a_config_as_the_hub_has_it() -> None:
    assert read_config(_PATH, checkpoints.config()) == Config(_MODEL, yarn=None, tied=True)
    assert read_config(_PATH, _without("tie_word_embeddings", "rope_scaling")).tied is False


def test_a_config_as_transformers_5_saves_it() -> None:
    config = _without("rope_theta", "rope_scaling") | {
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6},
        "dtype": "bfloat16",
        "layer_types": ["full_attention"] * 8,
    }
    assert read_config(_PATH, config) == Config(_MODEL, yarn=None, tied=True)


@pytest.mark.parametrize(
    "config",
    [
        checkpoints.config(rope_scaling={"type": "yarn", "factor": 4, "original_max_position_embeddings": 32768}),
        checkpoints.config(
            rope_scaling={"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}
        ),
        checkpoints.config(rope_scaling={"rope_type": "yarn", "factor": 4.0}, original_max_position_embeddings=32768),
        _without("rope_theta", "rope_scaling")
        | {
            "rope_parameters": {
                "rope_type": "yarn",
                "rope_theta": 1000000.0,
                "factor": 4.0,
                "original_max_position_embeddings": 32768,
            }
        },
    ],
)
def test_yarn_in_all_its_spellings(config: dict[str, Any]) -> None:
    found = read_config(_PATH, config)
    assert found.yarn == Yarn(4.0, 32768, None, None, None, None)
    assert found.model == _MODEL


def test_the_finer_settings_of_yarn() -> None:
    scaling = {
        "rope_type": "yarn",
        "factor": 2,
        "original_max_position_embeddings": 100,
        "beta_fast": 30,
        "beta_slow": 2,
    }
    scaling |= {"attention_factor": 1.5, "extrapolation_factor": 1}
    assert read_config(_PATH, checkpoints.config(rope_scaling=scaling)).yarn == Yarn(2, 100, 1, 1.5, 30, 2)


@pytest.mark.parametrize(
    "key",
    [
        *("num_hidden_layers", "max_position_embeddings", "hidden_size", "intermediate_size", "num_attention_heads"),
        *("num_key_value_heads", "head_dim", "vocab_size", "rope_theta", "rms_norm_eps"),
    ],
)
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(ModelFileError, match=rf"config\.json cannot be converted: it lacks {key}\.$"):
        read_config(_PATH, _without(key))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model_type": "qwen3_moe"}, "mixture of experts"),
        ({"architectures": ["Qwen2ForCausalLM"]}, "only Qwen3ForCausalLM is known"),
        ({"architectures": None}, "only Qwen3ForCausalLM is known"),
        ({"quantization_config": {"quant_method": "fp8"}}, "quantized already"),
        ({"attention_bias": True}, "attention_bias is True"),
        ({"hidden_act": "gelu"}, "hidden_act is 'gelu'"),
        ({"use_sliding_window": True}, "use_sliding_window is True"),
        ({"tie_word_embeddings": "yes"}, "tie_word_embeddings is 'yes'"),
        ({"hidden_size": 0}, "hidden_size is 0"),
        ({"hidden_size": -5}, "hidden_size is -5"),
        ({"hidden_size": 256.0}, r"hidden_size is 256\.0"),
        ({"hidden_size": True}, "hidden_size is True"),
        ({"hidden_size": "256"}, "hidden_size is '256'"),
        ({"hidden_size": 1 << 40}, "hidden_size is"),
        ({"num_hidden_layers": 600}, "600 layers"),
        ({"num_key_value_heads": 3}, "do not divide"),
        ({"head_dim": 63}, "63 long"),
        ({"rms_norm_eps": 0}, "rms_norm_eps is 0"),
        ({"rms_norm_eps": float("nan")}, "rms_norm_eps is nan"),
        ({"rope_theta": float("inf")}, "rope_theta is inf"),
        ({"rope_theta": None}, "rope_theta is None"),
        ({"rope_scaling": [1]}, "no JSON object"),
        ({"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}}, "rope_type is 'dynamic'"),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 2.0}}, "it lacks original_max_position_embeddings"),
        ({"rope_scaling": {"type": "yarn", "original_max_position_embeddings": 9}}, "it lacks factor"),
    ],
)
def test_what_makes_no_sense_is_named(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelFileError, match=reason):
        read_config(_PATH, checkpoints.config(**change))
