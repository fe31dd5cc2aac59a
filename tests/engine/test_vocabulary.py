"""Text to tokens and back, by a real vocabulary."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from qwen3_desk.chat.prompt import Special, Text
from qwen3_desk.engine.local import LocalEngine
from qwen3_desk.engine.vocabulary import Vocabulary
from qwen3_desk.errors import ModelError
from tests.conftest import DEMO_CHECKPOINT


@pytest.fixture
def vocabulary(engine: LocalEngine) -> Vocabulary:
    return engine._model.vocabulary


def _bytes(vocabulary: Vocabulary, tokens: list[int]) -> bytes:
    return b"".join(vocabulary.bytes_of(token) for token in tokens)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec="utf-8") | st.sampled_from("<|>/think tool_cal"), max_size=60))
def test_text_survives_and_gives_no_special_token(vocabulary: Vocabulary, text: str) -> None:
    tokens = vocabulary.encode([Text(text)])
    assert _bytes(vocabulary, tokens) == text.encode()
    assert max(tokens, default=0) < vocabulary.special("<|endoftext|>")


@pytest.mark.parametrize("name", ["<|im_end|>", "<|im_start|>", "<think>", "</think>", "<tool_response>"])
def test_spelled_tokens_stay_text(vocabulary: Vocabulary, name: str) -> None:
    tokens = vocabulary.encode([Text(f"a{name}b{name}")])
    assert vocabulary.special(name) not in tokens
    assert _bytes(vocabulary, tokens) == f"a{name}b{name}".encode()
    assert vocabulary.encode([Text("a"), Special(name)])[-1] == vocabulary.special(name)


def test_ids_are_the_checkpoints_own(vocabulary: Vocabulary) -> None:
    tokenizer = Tokenizer.from_file(str(DEMO_CHECKPOINT / "tokenizer.json"))
    for name in ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>", "<tool_call>"):
        assert vocabulary.special(name) == tokenizer.token_to_id(name)


def test_replies_end_at_both_marks(vocabulary: Vocabulary) -> None:
    assert vocabulary.is_end(vocabulary.special("<|im_end|>"))
    assert vocabulary.is_end(vocabulary.special("<|endoftext|>"))
    assert not vocabulary.is_end(vocabulary.special("</think>"))


def test_a_missing_special_token_is_said(vocabulary: Vocabulary, demo_model: Path) -> None:
    with pytest.raises(ModelError, match="lacks <nothing>"):
        vocabulary.special("<nothing>")
