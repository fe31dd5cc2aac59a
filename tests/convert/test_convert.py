"""Converting as a whole: byte for byte what llama.cpp makes, what it loads, and what is left when it fails."""

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer

from convert.convert import convert_checkpoint
from quant.check import read_qwen3
from quant.errors import ConversionError, ModelFileError
from quant.gguf_file import GgufFile, read_gguf
from quant.recipes import FILE_TYPES
from quant.writer import Progress
from tests import checkpoints
from tests.convert import llama

_TEXTS = (
    "How many r's in strawberries? /no_think",
    "  spaces\n\n\nand\ttabs  123 4567\r\n",
    "Ünïcödé äöü 你好 😀 n\u0303",
    "<|im_start|>user\nhi<|im_end|>\n<think>\n\n</think>\n\n<tool_call>",
)


@pytest.fixture(scope="module")
def tied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.write(tmp_path_factory.mktemp("tied") / "Tiny", seed=1)


@pytest.fixture(scope="module")
def untied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.write(
        tmp_path_factory.mktemp("untied") / "Tiny", seed=2, tie_word_embeddings=False, num_hidden_layers=10
    )


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows that K-quants' blocks of 256 do not divide, and some that blocks of 32 do not divide either."""
    return checkpoints.write(
        tmp_path_factory.mktemp("odd") / "Tiny",
        seed=3,
        tie_word_embeddings=False,
        hidden_size=288,
        intermediate_size=328,
        num_hidden_layers=4,
        head_dim=32,
    )


def _convert(
    checkpoint: Path,
    out: Path,
    file_type: str,
    *,
    threads: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> GgufFile:
    convert_checkpoint(checkpoint, out, file_type, threads=threads, progress=progress)
    file = read_gguf(out)
    read_qwen3(file)
    return file


def _content(file: GgufFile) -> dict[str, bytes]:
    data = file.path.read_bytes()[file.data_offset :]
    return {tensor.name: data[tensor.offset : tensor.offset + tensor.size] for tensor in file.tensors}


@pytest.mark.parametrize("file_type", ["F16", "Q8_0", "Q4_K_M"])
@pytest.mark.parametrize("kind", ["tied", "untied", "odd"])
@pytest.mark.parametrize("source", ["F32", "BF16"])
def test_the_tensors_are_those_of_llama_quantize(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, source: str, file_type: str
) -> None:
    checkpoint: Path = request.getfixturevalue(kind)
    ours = _convert(checkpoint, tmp_path / "ours.gguf", file_type, threads=2)
    _convert(checkpoint, tmp_path / "source.gguf", source)
    llama.quantize(tmp_path / "source.gguf", tmp_path / "theirs.gguf", file_type)
    theirs = read_gguf(tmp_path / "theirs.gguf")
    assert ours.tensors == theirs.tensors, "names, order, shapes, types or places differ"
    assert _content(ours) == _content(theirs)
    assert ours.types == theirs.types
    assert ours.metadata == theirs.metadata


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
@pytest.mark.parametrize("file_type", ["F32", "F16", "BF16"])
def test_floats_are_rounded_as_numpy_rounds(tmp_path: Path, dtype: str, file_type: str) -> None:
    folder = checkpoints.write(
        tmp_path / "Tiny", dtype=dtype, num_hidden_layers=1, hidden_size=32, intermediate_size=64
    )
    weights = checkpoints.tensors(json.loads((folder / "config.json").read_text("utf-8")))
    if dtype == "F32":  # All digits, so that rounding has work to do.
        weights = {name: values * np.float32(1.0123) for name, values in weights.items()}
        (folder / "model.safetensors").write_bytes(checkpoints.safetensors(weights, "F32"))
    if dtype == "F16":
        weights = {name: values.astype(np.float16).astype(np.float32) for name, values in weights.items()}
    content = _content(_convert(folder, tmp_path / "m.gguf", file_type))
    pairs = {
        "token_embd.weight": "model.embed_tokens.weight",
        "output_norm.weight": "model.norm.weight",
        "blk.0.attn_q.weight": "model.layers.0.self_attn.q_proj.weight",
        "blk.0.attn_k.weight": "model.layers.0.self_attn.k_proj.weight",
        "blk.0.attn_v.weight": "model.layers.0.self_attn.v_proj.weight",
        "blk.0.attn_output.weight": "model.layers.0.self_attn.o_proj.weight",
        "blk.0.attn_norm.weight": "model.layers.0.input_layernorm.weight",
        "blk.0.attn_q_norm.weight": "model.layers.0.self_attn.q_norm.weight",
        "blk.0.attn_k_norm.weight": "model.layers.0.self_attn.k_norm.weight",
        "blk.0.ffn_norm.weight": "model.layers.0.post_attention_layernorm.weight",
        "blk.0.ffn_gate.weight": "model.layers.0.mlp.gate_proj.weight",
        "blk.0.ffn_up.weight": "model.layers.0.mlp.up_proj.weight",
        "blk.0.ffn_down.weight": "model.layers.0.mlp.down_proj.weight",
    }
    assert content.keys() == pairs.keys()
    for name, there in pairs.items():
        assert content[name] == _rounded(weights[there], "F32" if "_norm" in name else file_type), name


def _rounded(values: NDArray[np.float32], kind: str) -> bytes:
    if kind == "BF16":  # To the nearest, ties to even, by the bits.
        bits = values.view(np.uint32).astype(np.uint64)
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2").tobytes()
    content: bytes = values.astype("<f2" if kind == "F16" else "<f4").tobytes()
    return content


@pytest.mark.parametrize("file_type", FILE_TYPES)
def test_llama_cpp_loads_it_and_computes(tied: Path, tmp_path: Path, file_type: str) -> None:
    _convert(tied, tmp_path / "m.gguf", file_type)
    with llama.loaded(tmp_path / "m.gguf") as model:
        logits = llama.logits(model, [1, 2, 3])
    assert len(logits) == 320
    assert all(math.isfinite(logit) for logit in logits)
    assert len(set(logits)) > 300


def test_llama_cpp_tokenizes_as_the_original_tokenizer(tied: Path, tmp_path: Path) -> None:
    _convert(tied, tmp_path / "m.gguf", "F16")
    original = Tokenizer.from_file(str(tied / "tokenizer.json"))
    with llama.loaded(tmp_path / "m.gguf") as model:
        for text in _TEXTS:
            wanted = original.encode(text.replace("n\u0303", "ñ")).ids  # llama.cpp does not normalize.
            assert llama.tokenize(model, text.replace("n\u0303", "ñ"), special=True) == wanted


def test_shards_give_the_same_file_as_one(tied: Path, tmp_path: Path) -> None:
    weights = checkpoints.tensors(checkpoints.config())
    names = list(weights)
    folder = tmp_path / "Tiny"
    shutil.copytree(tied, folder)
    (folder / "model.safetensors").unlink()
    shards = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for shard, members in shards.items():
        (folder / shard).write_bytes(checkpoints.safetensors({name: weights[name] for name in members}))
    weight_map = {name: shard for shard, members in shards.items() for name in members}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}), "utf-8")
    _convert(folder, tmp_path / "shards.gguf", "Q8_0")
    _convert(tied, tmp_path / "one.gguf", "Q8_0")
    assert (tmp_path / "shards.gguf").read_bytes() == (tmp_path / "one.gguf").read_bytes()


def test_neither_threads_nor_chunks_change_a_byte(tied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _convert(tied, tmp_path / "a.gguf", "Q8_0", threads=1)
    monkeypatch.setattr("quant.writer._CHUNK", 3000)
    _convert(tied, tmp_path / "b.gguf", "Q8_0", threads=5)
    assert (tmp_path / "a.gguf").read_bytes() == (tmp_path / "b.gguf").read_bytes()


@pytest.mark.parametrize("equal", [True, False])
def test_a_tied_checkpoint_with_an_output_matrix(tied: Path, tmp_path: Path, equal: bool) -> None:  # noqa: FBT001
    """The duplicate that some checkpoints carry is dropped; another matrix is one the model means to use."""
    weights = checkpoints.tensors(checkpoints.config())
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"].copy()
    if not equal:
        weights["lm_head.weight"][-1, -1] += 1
    folder = tmp_path / "Tiny"
    shutil.copytree(tied, folder)
    (folder / "model.safetensors").write_bytes(checkpoints.safetensors(weights))
    types = {tensor.name: tensor.tensor_type.name for tensor in _convert(folder, tmp_path / "m.gguf", "Q4_K_M").tensors}
    assert types.get("output.weight") == (None if equal else "Q6_K")
    assert types["token_embd.weight"] == ("Q6_K" if equal else "Q4_K")


def test_progress_ends_at_the_size_of_the_tensors(tied: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    file = _convert(tied, tmp_path / "m.gguf", "Q8_0", progress=seen.append)
    assert seen[-1].done == seen[-1].total == sum(tensor.size for tensor in file.tensors)


def _weights(change: Callable[[dict[str, NDArray[np.float32]]], object]) -> bytes:
    weights = checkpoints.tensors(checkpoints.config())
    change(weights)
    return checkpoints.safetensors(weights)


_EMBEDDING, _UP = "model.embed_tokens.weight", "model.layers.3.mlp.up_proj.weight"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda weights: weights.pop(_UP), f"lacks the tensor {_UP}"),
        (
            lambda weights: weights.update({_UP: weights[_UP][:-1]}),
            r"shape \[511, 256\] where .* makes it \[512, 256\]",
        ),
        (lambda weights: weights.update({_UP: weights[_UP].T}), r"shape \[256, 512\] where"),
        (lambda weights: weights.update({_UP: weights[_UP].reshape(-1)}), r"shape \[131072\] where"),
        (
            lambda weights: weights.update({"model.layers.8.mlp.up_proj.weight": weights[_UP]}),
            "that a dense Qwen3 has not",
        ),
        (lambda weights: weights[_UP].__setitem__((5, 5), np.nan), "weights that Q8_0 cannot hold"),
        (lambda weights: weights[_EMBEDDING].__setitem__((5, 5), -np.inf), "weights that Q8_0 cannot hold"),
        (lambda weights: weights[_EMBEDDING].__setitem__((5, 5), 1e9), "weights that Q8_0 cannot hold"),
    ],
)
def test_unfit_weights_give_one_sentence(
    tied: Path, tmp_path: Path, change: Callable[[dict[str, NDArray[np.float32]]], object], reason: str
) -> None:
    folder = tmp_path / "Tiny"
    shutil.copytree(tied, folder)
    (folder / "model.safetensors").write_bytes(_weights(change))
    with pytest.raises(ModelFileError, match=reason):
        convert_checkpoint(folder, tmp_path / "m.gguf", "Q8_0")
    assert [path.name for path in tmp_path.iterdir()] == ["Tiny"]


def test_an_unknown_file_type_names_those_that_are_known(tied: Path, tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="F32, F16, BF16, Q8_0, Q4_K_M"):
        convert_checkpoint(tied, tmp_path / "m.gguf", "Q3_K_XL")


def test_an_existing_file_stays_without_force(tied: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.gguf"
    out.write_bytes(b"precious")
    with pytest.raises(ConversionError, match="exists already"):
        convert_checkpoint(tied, out, "F16")
    assert out.read_bytes() == b"precious"
    convert_checkpoint(tied, out, "F16", force=True)
    assert len(read_gguf(out).tensors) == 90


def test_an_interrupted_conversion_leaves_nothing(tied: Path, tmp_path: Path) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done > progress.total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert_checkpoint(tied, tmp_path / "m.gguf", "Q8_0", progress=interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_a_killed_conversion_leaves_no_model_and_the_next_one_succeeds(tied: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.gguf"
    code = (
        "import os, signal, sys; from pathlib import Path; from convert.convert import convert_checkpoint;"
        "convert_checkpoint(Path(sys.argv[1]), Path(sys.argv[2]), 'Q8_0',"
        " progress=lambda p: p.done > p.total // 2 and os.kill(os.getpid(), signal.SIGKILL))"
    )
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", code, tied, out], cwd=root, check=False)
    assert ended.returncode == -9
    assert not out.exists()
    _convert(tied, out, "Q8_0")
