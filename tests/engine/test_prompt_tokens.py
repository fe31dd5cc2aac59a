"""The prompt's token ids are those that Qwen's own tokenizer makes of what Qwen's own template writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from qwen3_desk.chat.messages import Message
from qwen3_desk.chat.prompt import Text, early_stop, render
from qwen3_desk.chat.switches import Ability, Mode, possible_mode
from qwen3_desk.engine.local import LocalEngine
from qwen3_desk.engine.model import LoadOptions
from qwen3_desk.engine.vocabulary import Vocabulary
from tests.chat import conversations as some
from tests.chat.template import from_template
from tests.conftest import DEMO_CHECKPOINT
from tests.effort import tries
from tests.real_vocabulary import make_model


@dataclass(frozen=True)
class Pair:
    """Qwen's tokenizer, and ours made from the same checkpoint."""

    theirs: Tokenizer
    ours: Vocabulary


@pytest.fixture(scope="session", params=["demo", "real"])
def pair(request: pytest.FixtureRequest, demo_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    model, checkpoint = demo_model, DEMO_CHECKPOINT
    if request.param == "real":
        model = make_model(tmp_path_factory.mktemp("real"))
        checkpoint = model.parent / "checkpoint"
    engine = LocalEngine(model, LoadOptions(context=512, threads=1))
    yield Pair(Tokenizer.from_file(str(checkpoint / "tokenizer.json")), engine._model.vocabulary)
    engine.close()


@settings(max_examples=tries(500, 5000), deadline=None)
@given(
    messages=some.conversations,
    tools=some.tools,
    mode=st.sampled_from(["think", "no_think"]),
    ability=st.sampled_from(["both", "both", "always", "never"]),
)
def test_token_ids_are_qwens(
    pair: Pair, messages: tuple[Message, ...], tools: list[dict[str, Any]], mode: Mode, ability: Ability
) -> None:
    flags = {"enable_thinking": False} if mode == "no_think" and ability == "both" else {}
    expected = pair.theirs.encode(from_template(messages, tools, ability, **flags)).ids
    prompt = render(messages, possible_mode(mode, ability), some.signatures(tools), ability)
    assert pair.ours.encode(prompt) == expected


@settings(max_examples=tries(200, 2000), deadline=None)
@given(text=st.text(st.characters(codec="utf-8")))
def test_any_text_decodes_to_its_bytes(pair: Pair, text: str) -> None:
    assert b"".join(pair.ours.bytes_of(token) for token in pair.ours.encode([Text(text)])) == text.encode()


def test_the_early_stop_sentence_is_24_tokens_of_the_real_vocabulary(pair: Pair) -> None:
    tokens = pair.ours.encode(early_stop())
    sentence = (
        "\n\nConsidering the limited time by the user, I have to give the solution based on the thinking directly now."
        "\n</think>\n\n"
    )
    assert tokens == pair.theirs.encode(sentence).ids
    if pair.ours.size > 100_000:
        assert len(tokens) == 24
        assert pair.ours.special("</think>") == 151668
        assert len(pair.ours.unused) == 267
