"""What happens during a turn, as one stream that the command line, the screen and the store all read."""

from dataclasses import dataclass
from typing import Literal

FinishReason = Literal["stop", "length", "interrupted", "loop"]
ThinkingEnd = Literal["model", "budget", "asked", "loop"]


@dataclass(frozen=True)
class Thinking:
    """A stretch of thinking."""

    text: str


@dataclass(frozen=True)
class Answer:
    """A stretch of the answer."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """A function the model asks for; `arguments` is its JSON object as text."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Notice:
    """A sentence for the person about what the program did."""

    text: str


@dataclass(frozen=True)
class Stats:
    """What a reply took.

    Tokens: `prompt_tokens` in all, of which `cached_tokens` were in the KV cache and `prefilled_tokens` were
    not; `thinking_tokens` and `answer_tokens` decoded, markers not counted. `ttft_ms`: from the request to the
    first token; `decode_tps`: tokens per second after it.
    """

    prompt_tokens: int
    cached_tokens: int
    prefilled_tokens: int
    thinking_tokens: int
    answer_tokens: int
    ttft_ms: float
    decode_tps: float


@dataclass(frozen=True)
class Done:
    """The end of the reply; `thinking_end` is None when there was no thinking or it did not end."""

    finish_reason: FinishReason
    thinking_end: ThinkingEnd | None


Event = Thinking | Answer | ToolCall | Notice | Stats | Done
