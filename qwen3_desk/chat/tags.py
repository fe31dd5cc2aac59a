"""Splits what the model writes into thinking, answer and tool calls, as it comes.

Qwen3's tags are single tokens of its vocabulary, so the engine knows a tag from a text that only spells one:
a model may speak of `</think>` without ending anything. A tag where the format has no place for it is text.
"""

import json

from qwen3_desk.chat.events import Answer, Thinking, ToolCall

TAGS = ("<think>", "</think>", "<tool_call>", "</tool_call>")

Part = Thinking | Answer | ToolCall


class TagParser:
    """A state machine over one reply: `text` and `tag` take what comes, `finish` what is left.

    Newlines next to the think tags belong to the format and are dropped; an empty think block leaves no trace.
    A tool call whose JSON does not hold stays in the answer as it was written. `thinking` says that the prompt has
    opened the think block already.
    """

    def __init__(self, *, thinking: bool = False) -> None:
        self._state = "thinking" if thinking else "start"
        self._begun = False
        self._held = ""
        self._call = ""

    @property
    def thinking(self) -> bool:
        """Whether the model is inside its think block."""
        return self._state == "thinking"

    def text(self, text: str) -> list[Part]:
        """Take text that is no tag."""
        if self._state == "call":
            self._call += text
            return []
        if self._state == "thinking":
            return self._thinking(text)
        return self._answer(text)

    def tag(self, tag: str) -> list[Part]:
        """Take one of `TAGS` that came as a token of its own."""
        match self._state, tag:
            case "start", "<think>":
                self._state = "thinking"
                return []
            case "thinking", "</think>":
                self._state = "start of answer"
                return []
            case "start" | "start of answer" | "answer", "<tool_call>":
                self._state, self._call = "call", ""
                return []
            case "call", "</tool_call>":
                self._state = "start of answer"
                return [_parse(self._call) or Answer(f"<tool_call>{self._call}</tool_call>")]
        return self.text(tag)

    def finish(self) -> list[Part]:
        """What was held back when the reply ended."""
        if self._state != "call":
            return []
        self._state = "answer"
        return [_parse(self._call) or Answer(f"<tool_call>{self._call}")]

    def _thinking(self, text: str) -> list[Part]:
        whole = self._held + text
        if not self._begun:
            whole = whole.lstrip("\n")
        kept = whole.rstrip("\n")
        if not (kept if self._begun else kept.strip()):
            self._held = whole
            return []
        self._begun, self._held = True, whole[len(kept) :]
        return [Thinking(kept)]

    def _answer(self, text: str) -> list[Part]:
        if self._state != "answer":
            text = text.lstrip("\n")
            if text:
                self._state = "answer"
        return [Answer(text)] if text else []


def _parse(call: str) -> ToolCall | None:
    try:
        wanted = json.loads(call)
        name, arguments = wanted["name"], wanted["arguments"]
    except (ValueError, TypeError, KeyError):
        return None
    if not isinstance(name, str) or not isinstance(arguments, dict):
        return None
    return ToolCall(name, json.dumps(arguments, ensure_ascii=False))
