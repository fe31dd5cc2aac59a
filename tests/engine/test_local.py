"""The engine on real llama.cpp: what is reused, where it stops, and that stopping leaves no trace."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from convert.convert import convert_checkpoint
from qwen3_desk.chat.events import Answer, Done, Event, Stats, Thinking
from qwen3_desk.chat.messages import Message
from qwen3_desk.chat.prompt import early_stop, render
from qwen3_desk.chat.switches import Mode
from qwen3_desk.engine.local import LocalEngine
from qwen3_desk.engine.model import LoadOptions
from qwen3_desk.engine.request import Request
from qwen3_desk.engine.sampling import SamplingChoices
from qwen3_desk.errors import Qwen3DeskError
from tests import checkpoints

GREEDY = SamplingChoices(temperature=0.0, seed=1)
QUESTION = Message("user", "How many r's in strawberries?")


def _request(*messages: Message, mode: Mode = "think", budget: int | None = None, limit: int | None = 400) -> Request:
    return Request(render(messages, mode), mode, budget, limit, GREEDY)


def _text(events: list[Event]) -> tuple[str, str]:
    thinking = "".join(event.text for event in events if isinstance(event, Thinking))
    return thinking, "".join(event.text for event in events if isinstance(event, Answer))


def _stats(events: list[Event]) -> Stats:
    return next(event for event in events if isinstance(event, Stats))


def _run(engine: LocalEngine, request: Request) -> list[Event]:
    events = list(engine.generate(request))
    assert isinstance(events[-1], Done)
    return events


def test_the_demo_thinks_and_answers(engine: LocalEngine) -> None:
    events = _run(engine, _request(QUESTION))
    thinking, answer = _text(events)
    assert "3 r: 1" in thinking
    assert "3" in answer
    assert events[-1] == Done("stop", "model")
    stats = _stats(events)
    assert stats.thinking_tokens > 50
    assert stats.answer_tokens > 5
    assert stats.ttft_ms > 0
    assert stats.decode_tps > 0


def test_without_thinking_there_is_none(engine: LocalEngine) -> None:
    events = _run(engine, _request(QUESTION, mode="no_think"))
    thinking, answer = _text(events)
    assert thinking == ""
    assert "in strawberries" in answer
    assert events[-1] == Done("stop", None)
    assert _stats(events).thinking_tokens == 0


def test_the_next_turn_reuses_what_is_shared(engine: LocalEngine) -> None:
    first = _run(engine, _request(QUESTION))
    assert _stats(first).cached_tokens == 0
    again = _request(QUESTION, Message("assistant", _text(first)[1]), Message("user", "Really?"))
    second = _run(engine, again)
    stats = _stats(second)
    assert stats.cached_tokens >= _stats(first).prompt_tokens - 1
    assert stats.cached_tokens + stats.prefilled_tokens == stats.prompt_tokens


def test_reuse_changes_no_word(engine: LocalEngine, demo_model: Path) -> None:
    asked = _request(QUESTION, Message("assistant", "Three."), Message("user", "Really?"))
    _run(engine, _request(QUESTION))
    fresh = LocalEngine(demo_model, LoadOptions(context=2048, threads=1))
    assert _text(_run(engine, asked)) == _text(_run(fresh, asked))
    fresh.close()


def test_the_same_seed_says_the_same(engine: LocalEngine) -> None:
    request = replace(_request(QUESTION), sampling=SamplingChoices(temperature=1.5, seed=5))
    assert _text(_run(engine, request)) == _text(_run(engine, request))


@pytest.mark.parametrize("budget", [0, 1, 7, 20, 50])
def test_thinking_never_passes_its_budget(engine: LocalEngine, budget: int) -> None:
    events = _run(engine, _request(QUESTION, budget=budget))
    assert _stats(events).thinking_tokens == budget
    assert events[-1] == Done("stop", "budget")
    assert "in strawberries" in _text(events)[1]
    sentence = engine._model.vocabulary.encode(early_stop())
    cached = engine._cache.tokens
    assert any(cached[n : n + len(sentence)] == sentence for n in range(len(cached)))


def test_a_budget_that_is_not_spent_changes_nothing(engine: LocalEngine) -> None:
    assert _text(_run(engine, _request(QUESTION, budget=500))) == _text(_run(engine, _request(QUESTION)))


def test_the_output_limit_is_said(engine: LocalEngine) -> None:
    events = _run(engine, _request(QUESTION, limit=10))
    assert events[-1] == Done("length", None)
    assert _stats(events).thinking_tokens == 10


def test_the_end_of_the_window_is_an_output_limit(demo_model: Path) -> None:
    engine = LocalEngine(demo_model, LoadOptions(context=60, threads=1))
    events = _run(engine, _request(QUESTION))
    assert events[-1] == Done("length", None)
    assert len(engine._cache.tokens) == 60
    engine.close()


def test_a_prompt_larger_than_the_window_is_refused_with_the_numbers(engine: LocalEngine) -> None:
    with pytest.raises(Qwen3DeskError, match=r"takes [\d,]+ tokens .* window of 2,048"):
        engine.generate(_request(Message("user", "word " * 1000)))


def _interrupted_after(engine: LocalEngine, events: Iterator[Event], count: int) -> list[Event]:
    seen = []
    for number, event in enumerate(events):
        seen.append(event)
        if number == count:
            engine.interrupt()
    return seen


def test_interrupted_while_decoding_it_ends_at_the_next_token(engine: LocalEngine) -> None:
    events = _interrupted_after(engine, engine.generate(_request(QUESTION)), 5)
    assert events[-1] == Done("interrupted", None)
    assert len([event for event in events if isinstance(event, Thinking)]) <= 7


def test_interrupted_in_prefill_it_ends_after_a_piece_and_the_next_turn_is_whole(engine: LocalEngine) -> None:
    long = _request(Message("user", "x" * 1500), limit=30)
    whole = _text(_run(engine, long))
    _run(engine, _request(QUESTION))
    stream = engine.generate(long)
    engine.interrupt()
    events = list(stream)
    assert events[-1] == Done("interrupted", None)
    stats = _stats(events)
    assert 0 < stats.prefilled_tokens < stats.prompt_tokens - stats.cached_tokens
    assert _text(_run(engine, long)) == whole
    assert _stats(_run(engine, long)).cached_tokens == stats.prompt_tokens - 1


def test_ids_that_only_fill_the_vocabulary_are_never_drawn(tmp_path: Path) -> None:
    convert_checkpoint(checkpoints.write(tmp_path / "checkpoint"), tmp_path / "padded.gguf", "Q8_0")
    engine = LocalEngine(tmp_path / "padded.gguf", LoadOptions(context=1024, threads=1))
    unused = set(engine._model.vocabulary.unused)
    assert len(unused) > engine._model.vocabulary.size / 20
    wild = SamplingChoices(temperature=50.0, top_p=1.0, top_k=0, min_p=0.0, seed=3)
    drawn: list[int] = []
    while len(drawn) < 400:
        prompt_tokens = _stats(_run(engine, replace(_request(QUESTION, limit=200), sampling=wild))).prompt_tokens
        drawn += engine._cache.tokens[prompt_tokens:]
        wild = replace(wild, seed=(wild.seed or 0) + 1)
    assert not unused & set(drawn)
    engine.close()
