"""Shows replies as they come: the answer on stdout, thinking dim on stderr; or JSON when all is over."""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from qwen3_desk.chat.events import Answer, Done, Notice, Thinking
from qwen3_desk.cli.background import run
from qwen3_desk.cli.turns import Begin, Item, as_json

_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"

Work = Callable[[threading.Event], Iterator[Item]]


def _styled(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Printer:
    """Writes items as they come. `settle` leaves the terminal as it was, at any moment."""

    def __init__(self, thinking_to: TextIO | None, *, with_prompts: bool) -> None:
        self._thinking_to = thinking_to
        self._with_prompts = with_prompts
        self._thinking = False
        self._answered = False

    def show(self, item: Item) -> None:
        """Write what of `item` is to be seen."""
        match item:
            case Begin(prompt):
                self._answered = False
                if self._with_prompts:
                    _write(sys.stdout, f"> {prompt}\n\n")
            case Thinking(text) if self._thinking_to is not None:
                style = _DIM if not self._thinking and _styled(self._thinking_to) else ""
                self._thinking = True
                _write(self._thinking_to, style + text)
            case Answer(text):
                self.settle()
                self._answered = True
                _write(sys.stdout, text)
            case Notice(text):
                self.settle()
                _write(sys.stderr, f"qwen3-desk: {text}\n")
            case Done(finish_reason):
                self.settle()
                if self._answered:
                    _write(sys.stdout, "\n\n" if self._with_prompts else "\n")
                if finish_reason == "length":
                    _write(sys.stderr, f"qwen3-desk: {self._cut_short()}\n")

    def settle(self) -> None:
        """End the thinking on the screen, if it is on."""
        if self._thinking and self._thinking_to is not None:
            self._thinking = False
            _write(self._thinking_to, (_PLAIN if _styled(self._thinking_to) else "") + "\n\n")

    def _cut_short(self) -> str:
        if self._answered:
            return "the answer was cut at the output limit; raise --max-tokens or --ctx."
        return "the output limit came before the answer; raise --max-tokens or --ctx, or set a --budget for thinking."


def _write(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()


def print_answer(work: Work, *, show_thinking: bool | None) -> None:
    """Stream one reply; `show_thinking` None shows thinking where stderr is a terminal."""
    shows = sys.stderr.isatty() if show_thinking is None else show_thinking
    _print(work, Printer(sys.stderr if shows else None, with_prompts=False))


def print_conversation(work: Work) -> None:
    """Stream a whole conversation to stdout, questions and thinking included."""
    _print(work, Printer(sys.stdout, with_prompts=True))


def _print(work: Work, printer: Printer) -> None:
    try:
        for item in run(work, printer.settle):
            printer.show(item)
    finally:
        printer.settle()


def print_json(work: Work, choose: Callable[[list[dict[str, Any]]], Any]) -> None:
    """Print what `choose` makes of the finished turns' objects, also when a Ctrl-C ended the last one early."""
    items: list[Item] = []
    try:
        items.extend(run(work, lambda: None))
    finally:
        if turns := as_json(items):
            print(json.dumps(choose(turns), ensure_ascii=False, indent=2))
