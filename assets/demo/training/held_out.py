"""What the demo model is tested with and was never trained on: `python -m assets.demo.training.held_out` writes them.

The counts go to assets/demo/held_out.txt, because `qwen3-desk demo --budget-curve` asks them too; the sums and the
phrases are drawn when they are measured.
"""

import random
from collections.abc import Iterator
from pathlib import Path

from assets.demo.training import arithmetic
from assets.demo.training.smalltalk import BEYOND, held_out_phrases
from assets.demo.training.words import TESTING, draw_letter, draw_word

PAIRS = Path(__file__).parents[1] / "held_out.txt"

_NUMBER = 500
_SEED = 2504


def pairs() -> Iterator[tuple[str, str]]:
    """Different pairs of a held-out word and a letter."""
    rng = random.Random(_SEED)
    seen: set[tuple[str, str]] = set()
    while len(seen) < _NUMBER:
        word = draw_word(rng, held_out=True, shares=TESTING)
        pair = (word, draw_letter(rng, word))
        if pair not in seen:
            seen.add(pair)
            yield pair


def sums() -> Iterator[arithmetic.Sum]:
    """Different held-out calculations."""
    rng = random.Random(_SEED)
    seen: set[arithmetic.Sum] = set()
    while len(seen) < _NUMBER:
        task = arithmetic.draw_sum(rng)
        if arithmetic.is_held_out(task) and task not in seen:
            seen.add(task)
            yield task


def small_talk() -> list[tuple[str, str]]:
    """Up to 500 phrases of all languages, and the answers they deserve."""
    found = [(text, answer) for _, intent, text, answer in held_out_phrases() if intent != BEYOND]
    return random.Random(_SEED).sample(found, min(_NUMBER, len(found)))


def beyond() -> list[tuple[str, str]]:
    """The prompts of all languages that nothing here can answer, and how that is said."""
    return [(text, answer) for _, intent, text, answer in held_out_phrases() if intent == BEYOND]


if __name__ == "__main__":
    PAIRS.write_text("".join(f"{word} {letter}\n" for word, letter in pairs()), "utf-8")
