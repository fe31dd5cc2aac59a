"""Tokens become events without breaking a character or passing the budget."""

import pytest

from qwen3_desk.chat.events import Answer, Event, Thinking
from qwen3_desk.chat.prompt import Text
from qwen3_desk.engine.local import LocalEngine
from qwen3_desk.engine.reply import Reply


@pytest.mark.parametrize("text", ["naïve", "你好，世界", "👩‍👩‍👧 ok", "हिन्दी"])
def test_no_event_holds_a_broken_character(engine: LocalEngine, text: str) -> None:
    vocabulary = engine._model.vocabulary
    reply = Reply(vocabulary, None)
    said: list[Event] = []
    for token in vocabulary.encode([Text(text)]):
        events = reply.take(token)
        assert bool(events) == (reply.unfinished == 0)
        said += events
    assert "".join(event.text for event in said if isinstance(event, Answer)) == text
    assert reply.finish() == []


def test_a_reply_cut_within_a_character_says_so(engine: LocalEngine) -> None:
    vocabulary = engine._model.vocabulary
    reply = Reply(vocabulary, None)
    first = vocabulary.encode([Text("龘")])[0]
    assert vocabulary.bytes_of(first) != "龘".encode()
    assert reply.take(first) == []
    assert reply.finish() == [Answer("\ufffd")]


def test_thinking_cut_within_a_character_drops_it(engine: LocalEngine) -> None:
    vocabulary = engine._model.vocabulary
    begun, whole = vocabulary.encode([Text("ok")]), vocabulary.encode([Text("ok龘")])
    parts = whole[len(begun) :]
    assert len(parts) > 1
    reply = Reply(vocabulary, len(whole) - 1)
    events = [event for token in [vocabulary.special("<think>"), *whole[:-1]] for event in reply.take(token)]
    assert "".join(event.text for event in events if isinstance(event, Thinking)) == "ok"
    assert reply.unfinished == len(parts) - 1
    assert reply.over_budget(parts[-1])
    assert not reply.over_budget(vocabulary.special("</think>"))
    reply.end_thinking("budget")
    assert reply.thinking_tokens == len(begun)
    assert reply.thinking_end == "budget"
    assert reply.take(vocabulary.encode([Text("!")])[0]) == [Answer("!")]
