"""A conversation with a model: what was said so far, and one turn at a time as a stream of events."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from qwen3_desk.chat.events import Answer, Done, Event, Notice, Thinking, ToolCall
from qwen3_desk.chat.messages import Message
from qwen3_desk.chat.messages import ToolCall as Call
from qwen3_desk.chat.prompt import render
from qwen3_desk.chat.sanitizer import Sanitizer
from qwen3_desk.chat.switches import Mode, ask_for_mode, mode_in_force, newest_switch, possible_mode
from qwen3_desk.engine.request import Engine, Request
from qwen3_desk.engine.sampling import SamplingChoices

_NO_CHOICE = {
    "always": "{} always thinks; /no_think has no effect on it.",
    "never": "{} never thinks; /think has no effect on it.",
}


@dataclass(frozen=True)
class TurnOptions:
    """How one turn is to be answered.

    `mode` is what a flag or toggle asks for, None when the texts decide; `budget` and `max_tokens` as in `Request`.
    """

    mode: Mode | None = None
    budget: int | None = None
    max_tokens: int | None = None
    sampling: SamplingChoices = field(default_factory=SamplingChoices)


class Session:
    """One conversation on one engine."""

    def __init__(self, engine: Engine, system: str | None = None) -> None:
        self._engine = engine
        self.messages: tuple[Message, ...] = (Message("system", system),) if system else ()

    @property
    def mode(self) -> Mode:
        """The mode of the next reply: what the texts so far lead to, as far as the model can."""
        return possible_mode(mode_in_force(self.messages), self._engine.ability)

    def send(self, text: str, options: TurnOptions, attached: tuple[str, ...] = ()) -> Iterator[Event]:
        """Say `text` and stream the reply; both become part of the conversation, the reply as far as it came.

        Text in the events is harmless to a terminal. Raises Qwen3DeskError when the engine does.
        """
        message = Message("user", text, attached)
        ability = self._engine.ability
        if ability == "both":
            message = ask_for_mode(message, self.messages, options.mode)
        opening = () if any(past.role == "user" for past in self.messages) else self.messages
        wanted = options.mode or newest_switch((*opening, message))
        self.messages = (*self.messages, message)
        prompt = render(self.messages, self.mode, ability=ability)
        request = Request(prompt, self.mode, options.budget, options.max_tokens, options.sampling)
        notices = [Notice(_NO_CHOICE[ability].format(self._engine.name))] if wanted not in (None, self.mode) else []
        return self._listen(chain(notices, self._engine.generate(request)))

    def _listen(self, events: Iterable[Event]) -> Iterator[Event]:
        reply = Message("assistant", "")
        thinking, answer = Sanitizer(), Sanitizer()
        for event in events:
            match event:
                case Thinking(text):
                    reply = replace(reply, thinking=reply.thinking + text)
                    yield Thinking(thinking.clean(text))
                case Answer(text):
                    reply = replace(reply, text=reply.text + text)
                    yield Answer(answer.clean(text))
                case ToolCall(name, arguments):
                    reply = replace(reply, tool_calls=(*reply.tool_calls, Call(name, arguments)))
                    yield event
                case Done():
                    self.messages = (*self.messages, reply)
                    yield event
                case _:
                    yield event
