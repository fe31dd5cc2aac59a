"""The converted model computes what transformers computes from the checkpoint.

The reference values are in tests/golden/numbers.npz; tests/golden/make_numbers.py makes them.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_cpp import llama_cpp
from numpy.typing import NDArray

from convert.convert import convert_checkpoint
from quant.gguf_file import read_gguf
from qwen3_desk.chat.messages import Message
from qwen3_desk.chat.prompt import render
from qwen3_desk.engine import native
from qwen3_desk.engine.model import token_types
from qwen3_desk.engine.vocabulary import Vocabulary
from tests.golden.cases import CASES, DEMO, GREEDY_QUESTIONS, GREEDY_TOKENS, build, tokens

GGML_TYPE_F32 = 0


@cache
def _golden() -> dict[str, NDArray[Any]]:
    with np.load(Path(__file__).parents[1] / "golden" / "numbers.npz") as file:
        return dict(file)


@contextmanager
def _exact_context(model: Path) -> Iterator[tuple[ctypes.c_void_p, ctypes.c_void_p]]:
    """A model and a context with an F32 KV cache and without flash attention, which would round."""
    native.start()
    handle = llama_cpp.llama_model_load_from_file(str(model).encode(), llama_cpp.llama_model_default_params())
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx = 512
    parameters.n_threads = parameters.n_threads_batch = 1
    parameters.type_k = parameters.type_v = GGML_TYPE_F32
    parameters.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    context = llama_cpp.llama_init_from_model(handle, parameters)
    assert handle
    assert context
    yield ctypes.c_void_p(handle), ctypes.c_void_p(context)
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(handle)


def _decode(context: ctypes.c_void_p, ids: list[int]) -> None:
    held = (llama_cpp.llama_token * len(ids))(*ids)  # The batch only points to them.
    assert llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(held, len(ids))) == 0


def _last_logits(context: ctypes.c_void_p, vocabulary: int) -> NDArray[np.float32]:
    return np.array(np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, -1), (vocabulary,)))


@pytest.mark.parametrize("name", CASES)
def test_logits_are_those_of_transformers(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    model = tmp_path / "exact.gguf"
    convert_checkpoint(build(case, tmp_path / "checkpoint"), model, "F32")
    expected = _golden()[f"logits {name}"]
    with _exact_context(model) as (_, context):
        for position, token in enumerate(tokens(case.vocabulary)):
            _decode(context, [token])
            ours, theirs = _last_logits(context, case.vocabulary), expected[position]
            tolerance = 1e-4 * float(theirs.max() - theirs.min())
            assert np.abs(ours - theirs).max() <= tolerance
            _check_top_ten(ours, theirs, tolerance)


def _check_top_ten(ours: NDArray[np.float32], theirs: NDArray[np.float32], tolerance: float) -> None:
    """The ten likeliest tokens come in the same order wherever they differ by more than the tolerance."""
    order = np.argsort(-theirs)[:11]
    for place in range(10):
        if theirs[order[place]] - theirs[order[place + 1]] > 2 * tolerance:
            assert ours[order[place]] > ours[order[place + 1]]


@pytest.mark.parametrize("number", range(len(GREEDY_QUESTIONS)))
def test_greedy_tokens_are_those_of_transformers(number: int, tmp_path: Path) -> None:
    question, think = GREEDY_QUESTIONS[number]
    model = tmp_path / "exact.gguf"
    convert_checkpoint(DEMO, model, "F32")
    with _exact_context(model) as (handle, context):
        vocabulary = Vocabulary(handle, token_types(read_gguf(model)))
        made = vocabulary.encode(render([Message("user", question)], "think" if think else "no_think"))
        _decode(context, made)
        for _ in range(GREEDY_TOKENS):
            made.append(int(_last_logits(context, vocabulary.size).argmax()))
            _decode(context, made[-1:])
    assert made == _golden()[f"greedy {number}"].tolist()
