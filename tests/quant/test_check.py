"""What makes a GGUF no Qwen3 that llama.cpp could run, each said in one sentence."""

import math
from pathlib import Path

import pytest

from quant.check import read_qwen3
from quant.errors import ModelFileError
from quant.gguf_file import read_gguf
from quant.qwen3 import Qwen3
from tests.quant.gguf_bytes import DENSE, MOE, Entry, Tensor, gguf, qwen3_metadata, qwen3_tensors


def _read(path: Path, metadata: dict[str, Entry], tensors: list[Tensor]) -> Qwen3:
    path.write_bytes(gguf(metadata, tensors))
    return read_qwen3(read_gguf(path))


def _refusal(path: Path, metadata: dict[str, Entry], tensors: list[Tensor]) -> str:
    with pytest.raises(ModelFileError) as caught:
        _read(path, metadata, tensors)
    sentence = str(caught.value)
    assert sentence.startswith(str(path))
    assert sentence.endswith(".")
    return sentence


@pytest.mark.parametrize("model", [DENSE, MOE], ids=["dense", "experts"])
@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
def test_a_sound_model_gives_its_hyperparameters(tmp_path: Path, model: Qwen3, tied: bool) -> None:  # noqa: FBT001
    found = _read(tmp_path / "m.gguf", qwen3_metadata(model), qwen3_tensors(model, tied=tied))
    assert found.rms_epsilon == pytest.approx(model.rms_epsilon)
    assert found == model.__class__(**(vars(model) | {"rms_epsilon": found.rms_epsilon}))


@pytest.mark.parametrize("model", [DENSE, MOE], ids=["dense", "experts"])
def test_every_key_that_is_needed_is_asked_for(tmp_path: Path, model: Qwen3) -> None:
    whole = qwen3_metadata(model)
    for key in whole.keys() - {"general.architecture", "general.name", "tokenizer.ggml.eos_token_id"}:
        less = {name: entry for name, entry in whole.items() if name != key}
        assert f"it lacks {key}" in _refusal(tmp_path / "m.gguf", less, qwen3_tensors(model))


@pytest.mark.parametrize("model", [DENSE, MOE], ids=["dense", "experts"])
@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
def test_every_tensor_that_is_needed_is_asked_for(tmp_path: Path, model: Qwen3, tied: bool) -> None:  # noqa: FBT001
    tensors = qwen3_tensors(model, tied=tied)
    for tensor in tensors:
        if tensor.name != b"output.weight":
            sentence = _refusal(tmp_path / "m.gguf", qwen3_metadata(model), [t for t in tensors if t is not tensor])
            assert f"it lacks the tensor {tensor.name.decode()}" in sentence
        longer = [Tensor(t.name, (*t.shape[:-1], t.shape[-1] + 1)) if t is tensor else t for t in tensors]
        assert "has the shape" in _refusal(tmp_path / "m.gguf", qwen3_metadata(model), longer)


@pytest.mark.parametrize("wrong", [("i32", 8), ("u64", 8), ("f32", 8.0), ("string", "8"), ("array:u32", [8])])
def test_a_number_of_another_type_is_refused(tmp_path: Path, wrong: Entry) -> None:
    metadata = qwen3_metadata(DENSE) | {"qwen3.embedding_length": wrong}
    assert "embedding_length is of type" in _refusal(tmp_path / "m.gguf", metadata, qwen3_tensors(DENSE))


@pytest.mark.parametrize(
    ("key", "entry", "reason"),
    [
        ("qwen3.block_count", ("u32", 0), "block_count is 0"),
        ("qwen3.block_count", ("u32", 513), "513 layers"),
        ("qwen3.context_length", ("u32", 0), "context_length is 0"),
        ("qwen3.context_length", ("u32", 1 << 31), "context_length is"),
        ("qwen3.attention.head_count", ("u32", 3), "do not divide"),
        ("qwen3.attention.head_count_kv", ("u32", 0), "head_count_kv is 0"),
        ("qwen3.attention.key_length", ("u32", 5), "heads are 5 long"),
        ("qwen3.attention.key_length", ("u32", 6), "value_length is 4"),
        ("qwen3.attention.value_length", ("u32", 8), "value_length is 8"),
        ("qwen3.rope.dimension_count", ("u32", 2), "dimension_count is 2"),
        ("qwen3.rope.freq_base", ("f32", math.nan), "freq_base is nan"),
        ("qwen3.rope.freq_base", ("f32", math.inf), "freq_base is inf"),
        ("qwen3.rope.freq_base", ("f32", 0.0), "freq_base is 0.0"),
        ("qwen3.attention.layer_norm_rms_epsilon", ("f32", -1.0), "rms_epsilon is -1.0"),
        ("qwen3.rope.scaling.type", ("string", "magic"), "rope.scaling.type is not known"),
        ("qwen3.rope.scaling.factor", ("f32", math.nan), "scaling.factor is nan"),
        ("qwen3.rope.scaling.original_context_length", ("u32", 0), "original_context_length is 0"),
        ("qwen3.attention.causal", ("bool", False), "causal is False"),
        ("qwen3.expert_count", ("u32", 4), "expert_count is 4"),
        ("qwen3.expert_used_count", ("u32", 1), "expert_used_count is 1"),
        ("qwen3.expert_group_count", ("u32", 1), "expert_group_count is 1"),
        ("qwen3.nextn_predict_layers", ("u32", 1), "nextn_predict_layers is 1"),
        ("split.count", ("u16", 5), "one part of a split model"),
        ("tokenizer.ggml.model", ("string", "llama"), "not byte-level BPE"),
        ("tokenizer.ggml.pre", ("u32", 1), "tokenizer.ggml.pre is of type u32"),
        ("tokenizer.ggml.tokens", ("array:u32", [1, 2, 3, 4, 5]), "no list of string"),
        ("tokenizer.ggml.tokens", ("array:string", []), "no list of string"),
        ("tokenizer.ggml.tokens", ("array:string", ["a", "b", "a", "c", "d"]), "two of its tokens are the same"),
        ("tokenizer.ggml.tokens", ("array:string", ["a", "b"]), "one token_type for each"),
        ("tokenizer.ggml.token_type", ("array:u8", [1] * 5), "no list of i32"),
        ("tokenizer.ggml.token_type", ("array:i32", [1] * 4), "one token_type for each"),
        ("tokenizer.ggml.merges", ("array:string", []), "no list of string"),
        ("tokenizer.ggml.eos_token_id", ("u32", 5), "eos_token_id is 5"),
        ("tokenizer.ggml.bos_token_id", ("i32", 0), "bos_token_id is of type i32"),
        ("tokenizer.chat_template", ("u32", 5), "chat_template is of type u32"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path: Path, key: str, entry: Entry, reason: str) -> None:
    metadata = qwen3_metadata(DENSE) | {key: entry}
    assert reason in _refusal(tmp_path / "m.gguf", metadata, qwen3_tensors(DENSE))


@pytest.mark.parametrize(
    ("key", "number"), [("expert_count", 0), ("expert_count", 1025), ("expert_used_count", 0), ("expert_used_count", 5)]
)
def test_a_number_of_experts_that_makes_no_sense_is_named(tmp_path: Path, key: str, number: int) -> None:
    metadata = qwen3_metadata(MOE) | {f"qwen3moe.{key}": ("u32", number)}
    assert f"{key} is {number}" in _refusal(tmp_path / "m.gguf", metadata, qwen3_tensors(MOE))


@pytest.mark.parametrize("architecture", [("string", "llama"), ("u32", 3), None])
def test_another_architecture_is_named(tmp_path: Path, architecture: Entry | None) -> None:
    metadata = {key: entry for key, entry in qwen3_metadata(DENSE).items() if key != "general.architecture"}
    if architecture is not None:
        metadata["general.architecture"] = architecture
    assert "name a Qwen3 model" in _refusal(tmp_path / "m.gguf", metadata, qwen3_tensors(DENSE))


def test_a_tensor_too_many_is_named(tmp_path: Path) -> None:
    tensors = [*qwen3_tensors(DENSE), Tensor(b"blk.0.attn_q.bias", (16,))]
    assert "'blk.0.attn_q.bias' that no Qwen3 has" in _refusal(tmp_path / "m.gguf", qwen3_metadata(DENSE), tensors)


@pytest.mark.parametrize(("name", "kind"), [(b"blk.1.attn_norm.weight", 1), (b"blk.1.attn_q.weight", 26)])
def test_a_tensor_of_an_unfit_type_is_named(tmp_path: Path, name: bytes, kind: int) -> None:
    tensors = [Tensor(t.name, t.shape, kind=kind) if t.name == name else t for t in qwen3_tensors(DENSE)]
    sizes = {1: 2, 26: 4}
    tensors = [Tensor(t.name, t.shape, t.kind, size=sizes[kind] * math.prod(t.shape)) if t.kind else t for t in tensors]
    assert f"tensor {name.decode()} has the type" in _refusal(tmp_path / "m.gguf", qwen3_metadata(DENSE), tensors)


def test_dimensions_of_one_at_the_end_mean_nothing(tmp_path: Path) -> None:
    tensors = [Tensor(t.name, (*t.shape, 1)) for t in qwen3_tensors(DENSE)]
    assert _read(tmp_path / "m.gguf", qwen3_metadata(DENSE), tensors).layers == DENSE.layers
