"""Thinking, answer and tool calls are told apart, however the stream is cut."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwen3_desk.chat.events import Answer, Thinking, ToolCall
from qwen3_desk.chat.tags import TAGS, Part, TagParser

_TAG = re.compile("(" + "|".join(map(re.escape, TAGS)) + ")")


def _parse(stream: str, cuts: list[int] | None = None) -> list[Part]:
    """Feed `stream`, tags as tokens of their own and the rest cut anywhere; join what belongs together."""
    parser, parts = TagParser(), []
    place = 0
    for number, piece in enumerate(_TAG.split(stream)):
        if number % 2:
            parts += parser.tag(piece)
        else:
            inner = [0, *sorted({c - place for c in cuts or [] if 0 < c - place < len(piece)}), len(piece)]
            for begin, end in itertools.pairwise(inner):
                parts += parser.text(piece[begin:end])
        place += len(piece)
    return _joined(parts + parser.finish())


def _joined(parts: list[Part]) -> list[Part]:
    joined: list[Part] = []
    for part in parts:
        match joined[-1:], part:
            case [Thinking(before)], Thinking(text):
                joined[-1] = Thinking(before + text)
            case [Answer(before)], Answer(text):
                joined[-1] = Answer(before + text)
            case _:
                joined.append(part)
    return joined


CALL = '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>'

STREAMS: list[tuple[str, list[Part]]] = [
    ("", []),
    ("Hi.", [Answer("Hi.")]),
    ("<think>\nHm.\n</think>\n\nHi.", [Thinking("Hm."), Answer("Hi.")]),
    ("<think>\n\n</think>\n\nHi.", [Answer("Hi.")]),
    ("<think></think>Hi.", [Answer("Hi.")]),
    ("<think>\n a\n\n\nb \n</think>\n\nHi.", [Thinking(" a\n\n\nb "), Answer("Hi.")]),
    ("<think>\nnever closed", [Thinking("never closed")]),
    ("<think>", []),
    ("\n\nHi.\n", [Answer("Hi.\n")]),
    ("Use `<think>` so.", [Answer("Use `<think>` so.")]),
    ("```\n</think>\n```", [Answer("```\n</think>\n```")]),
    ("<think>\nIt says <think> or <tool_call>x</tool_call>.\n</think>\n\nHi.",
     [Thinking("It says <think> or <tool_call>x</tool_call>."), Answer("Hi.")]),
    ("<think>\nHm.\n</think>\n\nAh </think> there.", [Thinking("Hm."), Answer("Ah </think> there.")]),
    (CALL, [ToolCall("f", '{"a": 1}')]),
    (f"<think>\nHm.\n</think>\n\nLet me.\n{CALL}\n{CALL}",
     [Thinking("Hm."), Answer("Let me.\n"), ToolCall("f", '{"a": 1}'), ToolCall("f", '{"a": 1}')]),
    (f"<think>\n{CALL}\n</think>\n\nHi.", [Thinking(CALL), Answer("Hi.")]),
    ("<tool_call>{broken</tool_call>", [Answer("<tool_call>{broken</tool_call>")]),
    ("<tool_call>[1]</tool_call> x", [Answer("<tool_call>[1]</tool_call> x")]),
    ('<tool_call>{"name": 1, "arguments": {}}</tool_call>',
     [Answer('<tool_call>{"name": 1, "arguments": {}}</tool_call>')]),
    ('<tool_call>{"name": "f", "arguments": []}</tool_call>',
     [Answer('<tool_call>{"name": "f", "arguments": []}</tool_call>')]),
    ('<tool_call>\n{"name": "f", "arguments": {}}', [ToolCall("f", "{}")]),
    ('Hi. <tool_call>\n{"name": "f"', [Answer('Hi. <tool_call>\n{"name": "f"')]),
    ("Hi. </tool_call>", [Answer("Hi. </tool_call>")]),
]  # fmt: skip


@pytest.mark.parametrize(("stream", "parts"), STREAMS)
def test_streams(stream: str, parts: list[Part]) -> None:
    assert _parse(stream) == parts


@given(st.sampled_from([stream for stream, _ in STREAMS]), st.lists(st.integers(1, 120), max_size=12))
def test_cuts_change_nothing(stream: str, cuts: list[int]) -> None:
    assert _parse(stream, cuts) == _parse(stream)


@given(st.lists(st.one_of(st.sampled_from(TAGS), st.text('ab\n {}"`<>', max_size=8)), max_size=12))
def test_nothing_but_newlines_and_working_tags_is_lost(pieces: list[str]) -> None:
    said = "".join(p.text for p in _parse("".join(pieces)) if not isinstance(p, ToolCall))
    left = re.sub("|".join(map(re.escape, TAGS)) + r"|\s", "", "".join(pieces))
    assert re.sub("|".join(map(re.escape, TAGS)) + r"|\s", "", said) == left


def test_a_think_block_opened_by_the_prompt() -> None:
    parser = TagParser(thinking=True)
    assert parser.text("Hm.\n") == [Thinking("Hm.")]
    assert parser.tag("</think>") == []
    assert parser.text("\n\nHi.") == [Answer("Hi.")]


def test_thinking_shows_as_it_comes() -> None:
    parser = TagParser()
    assert parser.tag("<think>") == []
    assert parser.thinking
    assert parser.text("\n") == []
    assert parser.text("One") == [Thinking("One")]
    assert parser.text("\n\n") == []
    assert parser.text("two") == [Thinking("\n\ntwo")]
    assert parser.text("\n") == []
    assert parser.tag("</think>") == []
    assert not parser.thinking
    assert parser.text("\n\n") == []
    assert parser.text("Three") == [Answer("Three")]
