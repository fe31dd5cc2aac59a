"""What an engine is asked, and the face that every engine shows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from qwen3_desk.chat.events import Event
from qwen3_desk.chat.prompt import Segment
from qwen3_desk.chat.switches import Ability, Mode
from qwen3_desk.engine.sampling import SamplingChoices


@dataclass(frozen=True)
class Request:
    """One reply to make.

    `budget` is the most tokens of thinking, `max_tokens` the most tokens in all; None sets no limit but the
    context window. `mode` says which of Qwen's sampling presets applies where `sampling` leaves a choice open.
    """

    prompt: tuple[Segment, ...]
    mode: Mode
    budget: int | None = None
    max_tokens: int | None = None
    sampling: SamplingChoices = field(default_factory=SamplingChoices)


class Engine(Protocol):
    """Makes replies, one at a time."""

    @property
    def name(self) -> str:
        """The model's file name."""

    @property
    def ability(self) -> Ability:
        """Whether the model can think, and can do without."""

    def generate(self, request: Request) -> Iterator[Event]:
        """The reply as it comes; ends with `Stats` and `Done`.

        Raises Qwen3DeskError when the prompt does not fit the context window.
        """

    def interrupt(self) -> None:
        """End the reply under way, from any thread, at its next token or piece of prefill."""

    def close(self) -> None:
        """Free the model's memory."""
