"""`qwen3-desk demo --budget-curve`: right answers against the thinking budget, measured while you watch.

The same figure stands in Qwen3's announcement for the big models on hard problems; here it is the tiny one counting
letters in words it never saw.
"""

import json
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from qwen3_desk.chat.events import Answer
from qwen3_desk.cli.background import run
from qwen3_desk.engine.local import LocalEngine
from qwen3_desk.engine.model import LoadOptions
from qwen3_desk.engine.sampling import SamplingChoices
from qwen3_desk.library.demo import demo_model, held_out_pairs
from qwen3_desk.session import Session, TurnOptions

BUDGETS = (0, 8, 16, 32, 64, 128, None)
"""Tokens of thinking; None is no limit."""

_WORDS = 40
_BAR = 40
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Point:
    """How many of the questions `asked` so far under `budget` were answered right."""

    budget: int | None
    right: int
    asked: int


def measure(stop: threading.Event) -> Iterator[Point]:
    """Ask the same questions under every budget; a point after each answer."""
    engine = LocalEngine(demo_model(), LoadOptions(), stop)
    try:
        for budget in BUDGETS:
            right = 0
            for asked, (word, letter) in enumerate(held_out_pairs()[:_WORDS], 1):
                options = TurnOptions(budget=budget, sampling=SamplingChoices(seed=asked))
                events = Session(engine).send(f"How many {letter}'s in {word}?", options)
                answer = "".join(event.text for event in events if isinstance(event, Answer))
                right += [int(number) for number in _NUMBER.findall(answer)[:1]] == [word.count(letter)]
                yield Point(budget, right, asked)
    finally:
        engine.close()


def show_budget_curve(*, as_json: bool) -> None:
    """Draw the curve as a bar for each budget, growing as the answers come, or print it as JSON at the end."""
    done: list[Point] = []
    if not as_json:
        print(f"Right answers of the demo model on {_WORDS} words it never saw, by tokens of thinking:\n")
    for point in run(measure, _end_line):
        if point.asked == _WORDS:
            done.append(point)
        if not as_json and (sys.stdout.isatty() or point.asked == _WORDS):
            print(_bar(point), end="\n" if point.asked == _WORDS else "\r", flush=True)
    if as_json:
        print(json.dumps([asdict(point) for point in done], indent=2))


def _bar(point: Point) -> str:
    share = point.right / point.asked
    filled = round(share * _BAR)
    budget = "no limit" if point.budget is None else str(point.budget)
    return f"{budget:>8}  {'#' * filled}{'-' * (_BAR - filled)} {share:4.0%}"


def _end_line() -> None:
    print(flush=True)
