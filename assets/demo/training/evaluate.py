"""Measure the demo model on what it never saw, through `qwen3-desk ask` itself.

`python -m assets.demo.training.evaluate [NAME…]` prints a row of figures for each way of asking.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.demo.training import held_out

_NUMBER = re.compile(r"\*\*(-?\d+)\*\*")


@dataclass(frozen=True)
class Item:
    """A question and what its answer must be: a number, or a sentence."""

    question: str
    truth: int | str

    def accepts(self, answer: str) -> bool:
        """Whether `answer` is right."""
        if isinstance(self.truth, str):
            return answer.strip() == self.truth
        found = _NUMBER.search(answer)
        return found is not None and int(found[1]) == self.truth


@dataclass(frozen=True)
class Trial:
    """Items, and the flags of `ask` to ask them with."""

    items: Callable[[], list[Item]]
    thinks: bool


def _counts(template: str) -> list[Item]:
    return [Item(template.format(c=letter, w=word), word.count(letter)) for word, letter in held_out.pairs()]


def _english_counts() -> list[Item]:
    return _counts("How many {c}'s in {w}?")


def _chinese_counts() -> list[Item]:
    return _counts("{w} 里有几个 {c}？")


def _sums() -> list[Item]:
    return [Item(f"What is {task}?", task.truth) for task in held_out.sums()]


TRIALS = {
    "counting": Trial(_english_counts, thinks=True),
    "counting-at-once": Trial(_english_counts, thinks=False),
    "counting-in-chinese": Trial(_chinese_counts, thinks=True),
    "arithmetic": Trial(_sums, thinks=True),
    "arithmetic-at-once": Trial(_sums, thinks=False),
    "small-talk": Trial(lambda: [Item(*pair) for pair in held_out.small_talk()], thinks=True),
    "honest-refusal": Trial(lambda: [Item(*pair) for pair in held_out.beyond()], thinks=True),
}


def ask(question: str, *flags: str) -> dict[str, Any]:
    """What `qwen3-desk ask --json` answers."""
    command = shutil.which("qwen3-desk", path=str(Path(sys.executable).parent)) or "qwen3-desk"
    arguments = [command, "ask", question, "--json", "--seed", "1", *flags]
    done = subprocess.run(arguments, capture_output=True, check=True, stdin=subprocess.DEVNULL)
    reply: dict[str, Any] = json.loads(done.stdout)
    return reply


def measure(name: str, trial: Trial) -> None:
    """Ask all items; print the share of right answers and of think blocks as the switch wants them, and the errors."""
    items = trial.items()
    flag = "--think" if trial.thinks else "--no-think"
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda item: ask(item.question, flag), items))
    right = sum(item.accepts(reply["answer"]) for item, reply in zip(items, replies, strict=True))
    blocks = sum(bool(reply["thinking"]) == trial.thinks for reply in replies)
    tokens = sum(reply["usage"]["thinking_tokens"] for reply in replies) / len(replies)
    print(
        f"| {name} | {len(items)} | {right / len(items):.1%} | {blocks / len(items):.1%} | {tokens:.0f} |", flush=True
    )
    for item, reply in zip(items, replies, strict=True):
        if trial.thinks and not item.accepts(reply["answer"]):
            print(f"    {item.question!r}: {reply['answer']!r}", file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(TRIALS)}; all without")
    names = parser.parse_args().names or list(TRIALS)
    print("| what | items | right | think block as switched | mean tokens of thinking |\n|---|---|---|---|---|")
    for chosen in names:
        measure(chosen, TRIALS[chosen])
