"""Words to train and to test on, and the line between them.

A word is held out by a hash of its spelling, so the two sets never meet, whoever draws a word and however.
"""

import hashlib
import random
from functools import cache

from english_words import get_english_words_set

SHORTEST, LONGEST = 3, 14
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ONSETS = (
    *"bcdfghjklmnprstvwz",
    *("bl", "br", "ch", "cl", "cr", "dr", "fl", "fr", "gl", "gr", "pl", "pr", "qu", "sh", "sl", "sp", "st", "str"),
    *("th", "tr"),
)
_NUCLEI = (*"aeiouy", "ai", "ea", "ee", "ie", "oo", "ou")
_CODAS = (
    *("", "", "", "b", "ck", "d", "g", "l", "ll", "m", "mm", "n", "nn", "nd", "ng", "nt", "p", "pp", "r", "rr"),
    *("rry", "s", "ss", "st", "t", "tt", "x"),
)


def is_held_out(word: str) -> bool:
    """Whether `word` belongs to the one part in twenty that training never sees."""
    return hashlib.sha256(word.encode()).digest()[0] < 256 // 20


@cache
def real_words() -> tuple[str, ...]:
    """English words of 3 to 14 plain lower-case letters, in a fixed order."""
    words = get_english_words_set(["web2", "gcide"], lower=True)
    return tuple(sorted(w for w in words if SHORTEST <= len(w) <= LONGEST and w.isascii() and w.isalpha()))


def _syllables(rng: random.Random, length: int) -> str:
    word = ""
    while len(word) < length:
        word += rng.choice(_ONSETS) + rng.choice(_NUCLEI) + rng.choice(_CODAS)
    return word[:length]


def _from_few_letters(rng: random.Random, length: int) -> str:
    letters = rng.sample(_LETTERS, rng.randint(1, min(length, 8)))
    return "".join(rng.choice(letters) for _ in range(length))


TRAINING = (7, 3, 10)
"""Shares of real words, words made of syllables, and a few letters in any order.

The last kind teaches to go by a letter's place: going by its neighbours leads astray there.
"""

TESTING = (2, 1, 1)


def draw_word(
    rng: random.Random, longest: int = LONGEST, *, held_out: bool = False, shares: tuple[int, ...] = TRAINING
) -> str:
    """A word of 3 to `longest` letters: real, made of syllables, or of a few letters in any order, in these `shares`.

    `held_out` chooses the side of the line it comes from.
    """
    while True:
        length = rng.randint(SHORTEST, longest)
        match rng.choices(("real", "syllables", "letters"), shares)[0]:
            case "real":
                word = rng.choice(real_words())
            case "syllables":
                word = _syllables(rng, length)
            case _:
                word = _from_few_letters(rng, length)
        if len(word) <= longest and is_held_out(word) == held_out:
            return word


def draw_letter(rng: random.Random, word: str) -> str:
    """A letter to ask for: mostly one that occurs in `word`, now and then any."""
    return rng.choice(word) if rng.random() < 0.75 else rng.choice(_LETTERS)
