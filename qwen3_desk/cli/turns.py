"""Asks a model one question after another, and tells what came of it."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qwen3_desk.chat.events import Answer, Done, Event, Stats, Thinking
from qwen3_desk.chat.switches import Mode
from qwen3_desk.engine.local import LocalEngine
from qwen3_desk.engine.model import LoadOptions
from qwen3_desk.session import Session, TurnOptions


@dataclass(frozen=True)
class Question:
    """What a person asks: typed `text`, with whole texts `attached`, to be answered as `options` say."""

    text: str
    options: TurnOptions
    attached: tuple[str, ...] = ()


@dataclass(frozen=True)
class Begin:
    """A turn begins: the question's text, the mode in force, the model and how long it took to load."""

    prompt: str
    mode: Mode
    model: str
    load_ms: float


Item = Begin | Event


def answers(
    find_model: Callable[[], Path], load: LoadOptions, system: str | None, questions: Sequence[Question]
) -> Callable[[threading.Event], Iterator[Item]]:
    """Work for `background.run`: load the model and answer `questions` as one conversation."""

    def work(stop: threading.Event) -> Iterator[Item]:
        engine = LocalEngine(find_model(), load, stop)
        try:
            session = Session(engine, system)
            for question in questions:
                events = session.send(question.text, question.options, question.attached)
                yield Begin(question.text, session.mode, engine.name, engine.load_ms)
                yield from events
        finally:
            engine.close()

    return work


def as_json(items: Iterable[Item]) -> list[dict[str, Any]]:
    """One object for each finished turn, as `ask --json` documents it."""
    turns: list[dict[str, Any]] = []
    for item in items:
        match item:
            case Begin():
                turn: dict[str, Any] = {"answer": "", "thinking": "", "mode": item.mode, "finish_reason": None}
                turn |= {"thinking_end": None, "model": item.model}
                load_ms = item.load_ms
            case Answer(text):
                turn["answer"] += text
            case Thinking(text):
                turn["thinking"] += text
            case Stats():
                usage = asdict(item)
                timings = {"load_ms": load_ms, "ttft_ms": usage.pop("ttft_ms"), "decode_tps": usage.pop("decode_tps")}
                turn |= {"usage": usage, "timings": {name: round(value, 1) for name, value in timings.items()}}
            case Done(finish_reason, thinking_end):
                turns.append(turn | {"finish_reason": finish_reason, "thinking_end": thinking_end})
    return turns
