"""Measure the demo model on words it never saw, through `qwen3-desk ask` itself.

`python -m assets.demo.training.evaluate` prints one line of figures for each way of asking.
"""

import argparse
import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.demo.training.words import draw_letter, draw_word

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Item:
    """A question and the number that answers it."""

    question: str
    truth: int


def held_out_counts(number: int, seed: int = 2504) -> Iterator[Item]:
    """`number` different pairs of a held-out word and a letter, the same for the same seed."""
    rng = random.Random(seed)
    seen: set[tuple[str, str]] = set()
    while len(seen) < number:
        word = draw_word(rng, held_out=True)
        letter = draw_letter(rng, word)
        if (word, letter) not in seen:
            seen.add((word, letter))
            yield Item(f"How many {letter}'s in {word}?", word.count(letter))


def ask(item: Item, *flags: str) -> dict[str, Any]:
    """What `qwen3-desk ask --json` answers."""
    command = shutil.which("qwen3-desk", path=str(Path(sys.executable).parent)) or "qwen3-desk"
    done = subprocess.run(
        [command, "ask", item.question, "--json", "--threads", "1", *flags],
        capture_output=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    reply: dict[str, Any] = json.loads(done.stdout)
    return reply


def is_right(item: Item, reply: dict[str, Any]) -> bool:
    """Whether the first number in the answer is the true one."""
    found = _NUMBER.search(reply["answer"])
    return found is not None and int(found[0]) == item.truth


def measure(name: str, items: list[Item], flags: tuple[str, ...], *, thinks: bool) -> None:
    """Ask all `items` and print the share of right answers, and of think blocks as the switch wants them."""
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda item: ask(item, *flags), items))
    right = sum(map(is_right, items, replies))
    blocks = sum(bool(reply["thinking"]) == thinks and reply["finish_reason"] == "stop" for reply in replies)
    tokens = sum(reply["usage"]["thinking_tokens"] for reply in replies) / len(replies)
    print(
        f"{name:24} right {right / len(items):6.1%}   think block as switched {blocks / len(items):6.1%}   "
        f"{tokens:.0f} tokens of thinking",
        flush=True,
    )
    for item, reply in zip(items, replies, strict=True):
        if thinks and not is_right(item, reply):
            print(f"  {item.question} {reply['answer'].strip()!r}, not {item.truth}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=500)
    arguments = parser.parse_args()
    counts = list(held_out_counts(arguments.items))
    measure("counting, thinking", counts, ("--think",), thinks=True)
    measure("counting, not thinking", counts, ("--no-think",), thinks=False)
