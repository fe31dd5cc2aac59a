"""What a conversation is made of."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True)
class ToolCall:
    """A function the model asks for; `arguments` is the JSON object as text, just as it was written."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Message:
    """One message.

    `text` is what was typed, answered or returned; `attached` are texts that a person sent along with a
    message (files, standard input) and that are read before it; `thinking` and `tool_calls` are the assistant's.
    """

    role: Role
    text: str
    attached: tuple[str, ...] = ()
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()

    @property
    def content(self) -> str:
        """The whole text that the model reads."""
        return "\n\n".join((*self.attached, self.text))
