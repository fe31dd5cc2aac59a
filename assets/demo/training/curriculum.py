"""What a training sequence is drawn from at each step: short words first, then everything."""

import random

from assets.demo.training.counting import counting_turns
from assets.demo.training.turns import Piece, sequence
from assets.demo.training.words import LONGEST

CHARACTERS = ""
"""Characters of several bytes that the demo model reads and writes; each becomes one token."""

_SHORT_UNTIL = 500


def draw(rng: random.Random, step: int) -> list[Piece]:
    """One training sequence for `step`."""
    longest = min(LONGEST, 5 + step * (LONGEST - 5) // _SHORT_UNTIL)
    turns = rng.choices((1, 2, 3, 4, 6), (5, 3, 2, 1, 0.5))[0]
    return sequence(rng, counting_turns(rng, turns, longest))
