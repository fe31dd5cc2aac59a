"""A conversation as Qwen3 reads it: what the model's own chat template writes, without Jinja.

The prompt is made of segments, so that nobody can type a special token: only `Special` becomes one, and all text
that comes from people, tools and past answers stays text. Source: `chat_template` in tokenizer_config.json of the
Qwen3 repositories (kept in assets/chat_template.jinja; the tests compare with it).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from qwen3_desk.chat.messages import Message
from qwen3_desk.chat.switches import Ability, Mode

_TOOLS_BEFORE = (
    "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
    "You are provided with function signatures within <tools></tools> XML tags:\n<tools>"
)
_TOOLS_AFTER = (
    "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
    '<tool_call></tool_call> XML tags:\n<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n'
    "</tool_call>"
)
_EARLY_STOP = (
    "\n\nConsidering the limited time by the user, I have to give the solution based on the thinking directly now."
    "\n</think>\n\n"
)
"""Qwen's own sentence for a spent thinking budget (Qwen3's documentation, "Thinking Budget")."""

_MARKUP = re.compile(r"(<\|im_start\|>|<\|im_end\|>|</?think>|</?tool_call>|</?tool_response>)")


@dataclass(frozen=True)
class Special:
    """One special token, by its name in the vocabulary."""

    name: str


@dataclass(frozen=True)
class Text:
    """Text of which no special token comes, whatever it spells. In Unicode form C, as Qwen's tokenizer has it."""

    text: str


Segment = Special | Text


class _Prompt:
    """Segments under construction: `own` is the template's markup, `foreign` anybody's text."""

    def __init__(self) -> None:
        self._segments: list[Segment] = []
        self._text: list[str] = []

    def own(self, markup: str) -> None:
        for number, part in enumerate(_MARKUP.split(markup)):
            if number % 2:
                self._end_text()
                self._segments.append(Special(part))
            else:
                self._text.append(part)

    def foreign(self, text: str) -> None:
        self._text.append(text)

    def _end_text(self) -> None:
        if text := "".join(self._text):
            self._segments.append(Text(unicodedata.normalize("NFC", text)))
        self._text = []

    def segments(self) -> tuple[Segment, ...]:
        self._end_text()
        return tuple(self._segments)


def render(
    messages: Sequence[Message], mode: Mode, tools: Sequence[str] = (), ability: Ability = "both"
) -> tuple[Segment, ...]:
    """The prompt for the reply to `messages`.

    `mode` "no_think" also prefills the empty think block, which is Qwen3's hard switch. `tools` are the
    signatures offered, each a JSON object as text. Thinking is left out of all turns but the current one; a model
    that never thinks knows no think block at all, and for one that always thinks it is opened here.
    """
    prompt = _Prompt()
    rest = list(enumerate(messages))
    system = messages[0].content if messages and messages[0].role == "system" else None
    if tools:
        prompt.own("<|im_start|>system\n")
        if system is not None:
            prompt.foreign(system + "\n\n")
        prompt.own(_TOOLS_BEFORE)
        for tool in tools:
            prompt.foreign("\n" + tool)
        prompt.own(_TOOLS_AFTER + "<|im_end|>\n")
        rest = rest[0 if system is None else 1 :]
    last_question = max((n for n, m in rest if m.role == "user"), default=len(messages) - 1)
    for number, message in rest:
        if message.role == "assistant":
            current = number > last_question and ability != "never"
            last = number == len(messages) - 1
            _assistant(prompt, message, with_block=current and (last or bool(message.thinking)))
        elif message.role == "tool":
            _tool(prompt, messages, number)
        else:
            prompt.own(f"<|im_start|>{message.role}\n")
            prompt.foreign(message.content)
            prompt.own("<|im_end|>\n")
    prompt.own("<|im_start|>assistant\n")
    if ability == "always":
        prompt.own("<think>\n")
    elif ability == "both" and mode == "no_think":
        prompt.own("<think>\n\n</think>\n\n")
    return prompt.segments()


def opens_thinking(prompt: Sequence[Segment]) -> bool:
    """Whether `prompt` ends within a think block, so that the reply begins there."""
    return tuple(prompt[-2:]) == (Special("<think>"), Text("\n"))


def _assistant(prompt: _Prompt, message: Message, *, with_block: bool) -> None:
    prompt.own("<|im_start|>assistant\n")
    if with_block:
        prompt.own("<think>\n")
        prompt.foreign(message.thinking.strip("\n"))
        prompt.own("\n</think>\n\n")
        prompt.foreign(message.content.lstrip("\n"))
    else:
        prompt.foreign(message.content)
    for number, call in enumerate(message.tool_calls):
        prompt.own("\n<tool_call>\n" if number or message.content else "<tool_call>\n")
        prompt.foreign(f'{{"name": "{call.name}", "arguments": {call.arguments}}}')
        prompt.own("\n</tool_call>")
    prompt.own("<|im_end|>\n")


def _tool(prompt: _Prompt, messages: Sequence[Message], number: int) -> None:
    if number == 0 or messages[number - 1].role != "tool":
        prompt.own("<|im_start|>user")
    prompt.own("\n<tool_response>\n")
    prompt.foreign(messages[number].content)
    prompt.own("\n</tool_response>")
    if number == len(messages) - 1 or messages[number + 1].role != "tool":
        prompt.own("<|im_end|>\n")


def early_stop() -> tuple[Segment, ...]:
    """What ends thinking early, in Qwen's own words: 24 tokens under Qwen3's vocabulary."""
    prompt = _Prompt()
    prompt.own(_EARLY_STOP)
    return prompt.segments()
