"""Metadata against what llama.cpp's own converter wrote for the same folder."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from convert.convert import convert_checkpoint
from quant.errors import ModelFileError
from quant.gguf_file import GgufArray, GgufFile, read_gguf
from tests import checkpoints

_CARD = """---
library_name: transformers
license: apache-2.0
license_link: https://huggingface.co/Qwen/Qwen3-0.6B/blob/main/LICENSE
pipeline_tag: text-generation
base_model:
- Qwen/Qwen3-0.6B-Base
language:
- en
- no
datasets:
- foo/bar-1.0
---
# A model
"""
_GENERATION = {
    "bos_token_id": 1,
    "do_sample": True,
    "eos_token_id": [1, 2],
    "temperature": 0.6,
    "top_k": 20,
    "top_p": 0.95,
    "min_p": 0.0,
    "penalty_last_n": 0,
    "repetition_penalty": 1.05,
}
_WRITTEN_BY_LLAMA_CPP: list[tuple[str, str, Any]] = [
    ("general.architecture", "string", "qwen3"),
    ("general.type", "string", "model"),
    ("general.sampling.top_k", "i32", 20),
    ("general.sampling.top_p", "f32", 0.95),
    ("general.sampling.min_p", "f32", 0.0),
    ("general.sampling.temp", "f32", 0.6),
    ("general.sampling.penalty_last_n", "i32", 0),
    ("general.sampling.penalty_repeat", "f32", 1.05),
    ("general.name", "string", "Tiny Qwen3 6M Chat"),
    ("general.finetune", "string", "Chat"),
    ("general.basename", "string", "Tiny-Qwen3"),
    ("general.size_label", "string", "6M"),
    ("general.license", "string", "apache-2.0"),
    ("general.license.link", "string", "https://huggingface.co/Qwen/Qwen3-0.6B/blob/main/LICENSE"),
    ("general.base_model.count", "u32", 1),
    ("general.base_model.0.name", "string", "Qwen3 0.6B Base"),
    ("general.base_model.0.organization", "string", "Qwen"),
    ("general.base_model.0.repo_url", "string", "https://huggingface.co/Qwen/Qwen3-0.6B-Base"),
    ("general.dataset.count", "u32", 1),
    ("general.dataset.0.name", "string", "Bar 1.0"),
    ("general.dataset.0.version", "string", "1.0"),
    ("general.dataset.0.organization", "string", "Foo"),
    ("general.dataset.0.repo_url", "string", "https://huggingface.co/foo/bar-1.0"),
    ("general.tags", "array", ["text-generation"]),
    ("general.languages", "array", ["en", "no"]),
    ("qwen3.block_count", "u32", 8),
    ("qwen3.context_length", "u32", 2048),
    ("qwen3.embedding_length", "u32", 256),
    ("qwen3.feed_forward_length", "u32", 512),
    ("qwen3.attention.head_count", "u32", 8),
    ("qwen3.attention.head_count_kv", "u32", 2),
    ("qwen3.rope.freq_base", "f32", 1e6),
    ("qwen3.attention.layer_norm_rms_epsilon", "f32", 1e-6),
    ("qwen3.attention.key_length", "u32", 64),
    ("qwen3.attention.value_length", "u32", 64),
    ("general.file_type", "u32", 32),
    ("general.quantization_version", "u32", 2),
    ("tokenizer.ggml.model", "string", "gpt2"),
    ("tokenizer.ggml.pre", "string", "qwen2"),
    ("tokenizer.ggml.tokens", "array", None),
    ("tokenizer.ggml.token_type", "array", None),
    ("tokenizer.ggml.merges", "array", ["Ċ Ċ", "Ã ¤", "Ã ¶", "Ã ¼"]),
    ("tokenizer.ggml.eos_token_id", "u32", 262),
    ("tokenizer.ggml.padding_token_id", "u32", 260),
    ("tokenizer.ggml.bos_token_id", "u32", 260),
    ("tokenizer.ggml.add_bos_token", "bool", False),
    ("tokenizer.ggml.add_eos_token", "bool", False),
    ("tokenizer.chat_template", "string", checkpoints.TEMPLATE.read_text("utf-8")),
]
"""In its order, by convert_hf_to_gguf.py of llama.cpp 0c1e570 (October 2026), --outtype bf16."""


def _write(folder: Path, *, card: str = _CARD, generation: object = _GENERATION) -> Path:
    checkpoints.write(folder)
    (folder / "README.md").write_text(card, "utf-8")
    (folder / "generation_config.json").write_text(json.dumps(generation), "utf-8")
    return folder


def _convert(folder: Path, file_type: str = "BF16") -> GgufFile:
    out = folder.with_suffix(".gguf")
    convert_checkpoint(folder, out, file_type, force=True)
    return read_gguf(out)


def test_every_key_is_as_llama_cpp_writes_it(tmp_path: Path) -> None:
    file = _convert(_write(tmp_path / "Tiny-Qwen3-6M-Chat"))
    assert [(key, file.types[key]) for key in file.metadata] == [(key, kind) for key, kind, _ in _WRITTEN_BY_LLAMA_CPP]
    for key, _, wanted in _WRITTEN_BY_LLAMA_CPP:
        found = file.metadata[key]
        if isinstance(wanted, float):
            assert isinstance(found, float)
            assert math.isclose(found, wanted, rel_tol=1e-7), key
        elif wanted is not None:
            assert (list(found) if isinstance(found, GgufArray) else found) == wanted, key


def test_a_folder_that_says_nothing_of_itself_is_named_by_its_name(tmp_path: Path) -> None:
    file = _convert(checkpoints.write(tmp_path / "plain"))
    assert file.metadata["general.name"] == "Plain"
    assert file.metadata["general.size_label"] == "5.9M"
    assert not any(key.startswith("general.sampling") for key in file.metadata)


@pytest.mark.parametrize(("file_type", "number"), [("F32", 0), ("F16", 1), ("BF16", 32), ("Q8_0", 7), ("Q4_K_M", 15)])
def test_the_file_type_is_written(tmp_path: Path, file_type: str, number: int) -> None:
    file = _convert(checkpoints.write(tmp_path / "plain", num_hidden_layers=1), file_type)
    assert file.metadata["general.file_type"] == number


def test_yarn_is_carried_over(tmp_path: Path) -> None:
    scaling = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768, "beta_fast": 32.0}
    metadata = _convert(checkpoints.write(tmp_path / "plain", rope_scaling=scaling)).metadata
    assert {key: value for key, value in metadata.items() if "rope" in key} == {
        "qwen3.rope.scaling.type": "yarn",
        "qwen3.rope.scaling.factor": 4.0,
        "qwen3.rope.scaling.original_context_length": 32768,
        "qwen3.rope.scaling.yarn_beta_fast": 32.0,
        "qwen3.rope.freq_base": 1e6,
    }


@pytest.mark.parametrize(
    "card",
    [
        "license: [unclosed",
        "a: &a [*b]",
        "license: [1, 2]",
        "license: {a: b}",
        'license: "\\ud800"',
        "tags: [1, 2]",
        "tags: [[a]]",
        "name: 5",
        "base_model: [{name: 3}]",
    ],
)
def test_a_malformed_card_gives_a_sentence(tmp_path: Path, card: str) -> None:
    folder = _write(tmp_path / "plain", card=f"---\n{card}\n---\n")
    with pytest.raises(ModelFileError, match=r"README\.md") as caught:
        _convert(folder)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "plain.gguf").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": "0.6"},
        {"temperature": 1e300},
        {"top_p": math.nan},
        {"top_k": 0.5},
        {"top_k": 1 << 40},
        {"penalty_last_n": [1]},
        {"repetition_penalty": {}},
    ],
)
def test_sampling_that_makes_no_sense_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ModelFileError, match=r"general\.sampling\..*which a GGUF cannot hold"):
        _convert(_write(tmp_path / "plain", generation=wrong))


def test_whole_numbers_are_fine_where_gguf_has_floats(tmp_path: Path) -> None:
    file = _convert(_write(tmp_path / "plain", generation={"temperature": 1}))
    assert file.metadata["general.sampling.temp"] == 1.0
