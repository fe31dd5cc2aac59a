"""Conversations of every kind, for property tests."""

import functools
import json
import operator
import string
import unicodedata
from typing import Any

from hypothesis import strategies as st

from qwen3_desk.chat.messages import Message, ToolCall

_SCRIPTS = "Grüße, 你好吗？ こんにちは 안녕하세요 مرحبا नमस्ते привет שלום ไทย 👩‍👩‍👧 ½ ﬁ É é\t \n\n  x "


def _without_markup(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("<", "(").replace(">", ")"))


text = st.one_of(
    st.sampled_from(["", " ", "\n", "\n\n  a\n", " /think", "/no_think ", "a\r\nb", "\n\nx\n\n", "```\ncode\n```"]),
    st.text(alphabet=_SCRIPTS + string.ascii_letters + string.digits + "{}[]()'\"\\/|%-_,.:;!?", max_size=40),
    st.text(max_size=20),
).map(_without_markup)
"""Text with odd whitespace, in every script, in which no special token is spelled."""

_name = st.text(alphabet=string.ascii_lowercase + "_", min_size=1, max_size=12)
_arguments = st.dictionaries(
    _name, st.one_of(text, st.integers(), st.booleans(), st.lists(text, max_size=2)), max_size=3
)
_calls = st.lists(
    st.builds(lambda name, arguments: ToolCall(name, json.dumps(arguments, ensure_ascii=False)), _name, _arguments),
    max_size=3,
).map(tuple)

_user = st.builds(lambda t, a: Message("user", t, tuple(a)), text, st.lists(text, max_size=1))
_system = st.builds(lambda t: Message("system", t), text)
_assistant = st.builds(lambda t, th, c: Message("assistant", t, (), th, c), text, st.one_of(st.just(""), text), _calls)
_tool = st.builds(lambda t: Message("tool", t), text)

_step = st.tuples(_assistant, st.lists(_tool, max_size=3)).map(lambda pair: [pair[0], *pair[1]])
_turn = st.tuples(_user, st.lists(_step, max_size=3)).map(
    lambda pair: [pair[0], *functools.reduce(operator.iadd, pair[1], [])]
)

conversations = st.tuples(
    st.one_of(st.just([]), _system.map(lambda m: [m])),
    st.lists(st.one_of(_turn, _turn, _turn, _system.map(lambda m: [m])), min_size=1, max_size=4),
).map(lambda pair: tuple(pair[0] + functools.reduce(operator.iadd, pair[1], [])))
"""Several turns with tool steps, with and without a system message, now and then one out of its place."""

tools: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.builds(
        lambda name, about, parameters: {
            "type": "function",
            "function": {"name": name, "description": about, "parameters": parameters},
        },
        _name,
        text,
        _arguments,
    ),
    max_size=2,
)


def signatures(offered: list[dict[str, Any]]) -> list[str]:
    """`offered` tools as the texts that the prompt takes."""
    return [json.dumps(tool, ensure_ascii=False) for tool in offered]
