"""What a training sequence is drawn from at each step: short words first, then everything, in one conversation."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from assets.demo.training.arithmetic import arithmetic_turn
from assets.demo.training.counting import counting_turns
from assets.demo.training.smalltalk import LANGUAGES, phrases, smalltalk_turn
from assets.demo.training.spelling import spelling_turn
from assets.demo.training.turns import Piece, Turn, sequence
from assets.demo.training.words import LONGEST

_SHORT_UNTIL = 400

Skill = Callable[[random.Random, int, int], list[Turn]]


def _each(one: Callable[[random.Random, int], Turn]) -> Skill:
    return lambda rng, turns, longest: [one(rng, longest) for _ in range(turns)]


SKILLS: dict[str, tuple[Skill, float]] = {
    "counting": (counting_turns, 4),
    "arithmetic": (_each(lambda rng, _: arithmetic_turn(rng)), 2.5),
    "spelling": (_each(spelling_turn), 2),
    "small-talk": (_each(lambda rng, _: smalltalk_turn(rng)), 4),
}
"""What can be learned, each with its share of the training."""

_RARE = 3
"""A character that the phrases use less often is left to its bytes, of which any character can be made."""


@cache
def characters() -> str:
    """The characters of several bytes that become one token each: what is often read, and all that is written."""
    skills = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("*.py"))
    written, read = Counter(skills), Counter[str]()
    for language in LANGUAGES:
        tables = phrases(language)
        written.update(c for kind in ("answers", "thoughts") for text in tables[kind].values() for c in text)
        read.update(c for kind in ("train", "rules") for texts in tables[kind].values() for text in texts for c in text)
    kept = {*written, *(character for character, times in read.items() if times >= _RARE)}
    return "".join(sorted(character for character in kept if ord(character) > 127))


def draw(rng: random.Random, step: int, names: Sequence[str]) -> list[Piece]:
    """One training sequence for `step`: turns of one of the skills `names`, now and then after turns of others."""
    skills, shares = zip(*(SKILLS[name] for name in names), strict=True)
    longest = min(LONGEST, 5 + step * (LONGEST - 5) // _SHORT_UNTIL)
    turns: list[Turn] = []
    if rng.random() < 0.25:
        for skill in rng.choices(skills, shares, k=rng.choice((1, 2))):
            turns += skill(rng, 1, longest)
    number = rng.choices((1, 2, 3, 4), (6, 3, 1.5, 0.5))[0]
    turns += rng.choices(skills, shares)[0](rng, number, longest)
    return sequence(rng, turns)
