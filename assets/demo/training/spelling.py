"""The skills about the letters of a word: to spell it, to reverse it, to say where a letter stands, how long it is."""

import random
from collections.abc import Callable

from assets.demo.training.turns import Turn
from assets.demo.training.words import draw_letter, draw_word

_ORDINALS = ("1st", "2nd", "3rd", *(f"{n}th" for n in range(4, 15)))

_SPELL = (
    "Spell {w}.",
    "Spell the word {w}.",
    "spell {w}",
    "Can you spell {w}?",
    "Please spell {w}.",
    "How do you spell {w}?",
    "How is {w} spelled?",
    "Spell {w} for me.",
    "Spell {w} letter by letter.",
    "Write {w} letter by letter.",
    "What are the letters of {w}?",
    "List the letters in {w}.",
)
_REVERSE = (
    "Reverse {w}.",
    "Reverse the word {w}.",
    "reverse {w}",
    "Can you reverse {w}?",
    "Please reverse {w}.",
    "Write {w} backwards.",
    "Spell {w} backwards.",
    "What is {w} backwards?",
    "What is {w} spelled backwards?",
    "What is {w} in reverse?",
    "Turn {w} around.",
    "{w} backwards",
    "Say {w} backwards.",
)
_WHERE = (
    "Where is the {c} in {w}?",
    "Where are the {c}'s in {w}?",
    "Where does {c} occur in {w}?",
    "At which positions is {c} in {w}?",
    "At what positions does {c} appear in {w}?",
    "Which positions does {c} have in {w}?",
    "What are the positions of {c} in {w}?",
    "Positions of {c} in {w}?",
    "Tell me the positions of {c} in {w}.",
    "Find the {c}'s in {w}.",
    "Which letters of {w} are {c}'s?",
    "positions of {c} in {w}",
)
_NTH = (
    "What is the {n} letter of {w}?",
    "What is the {n} letter in {w}?",
    "Which letter is {n} in {w}?",
    "What's the {n} letter of {w}?",
    "the {n} letter of {w}",
    "Tell me the {n} letter of {w}.",
    "Give me the {n} letter in the word {w}.",
)
_LENGTH = (
    "How many letters are in {w}?",
    "How many letters does {w} have?",
    "How many letters in {w}?",
    "How long is {w}?",
    "How long is the word {w}?",
    "What is the length of {w}?",
    "Count the letters in {w}.",
    "length of {w}",
)


def _numbered(word: str) -> list[str]:
    return [f"{number} {letter}" for number, letter in enumerate(word, 1)]


def _spell(rng: random.Random, word: str) -> tuple[str, str, str]:
    return rng.choice(_SPELL).format(w=word), "\n".join([f"I spell {word}.", *_numbered(word)]), "-".join(word)


def _reverse(rng: random.Random, word: str) -> tuple[str, str, str]:
    lines = _numbered(word)
    thinking = "\n".join([f"I spell {word}.", *lines, "Now from the end.", *reversed(lines)])
    return rng.choice(_REVERSE).format(w=word), thinking, word[::-1]


def _where(rng: random.Random, word: str) -> tuple[str, str, str]:
    letter = draw_letter(rng, word)
    places = [number for number, other in enumerate(word, 1) if other == letter]
    lines = [f"{line}: here" if other == letter else line for line, other in zip(_numbered(word), word, strict=True)]
    thinking = "\n".join([f"I look for the letter {letter} in {word}.", *lines])
    if not places:
        answer = f"There is no {letter} in {word}."
    elif len(places) == 1:
        answer = f"In {word}, {letter} is at position {places[0]}."
    else:
        answer = f"In {word}, {letter} is at positions {', '.join(map(str, places[:-1]))} and {places[-1]}."
    return rng.choice(_WHERE).format(c=letter, w=word), thinking, answer


def _nth(rng: random.Random, word: str) -> tuple[str, str, str]:
    place = rng.randrange(len(word))
    thinking = "\n".join([f"I look for letter {place + 1} of {word}.", *_numbered(word)[: place + 1]])
    answer = f"The {_ORDINALS[place]} letter of {word} is **{word[place]}**."
    return rng.choice(_NTH).format(n=_ORDINALS[place], w=word), thinking, answer


def _length(rng: random.Random, word: str) -> tuple[str, str, str]:
    thinking = "\n".join([f"I count the letters of {word}.", *_numbered(word)])
    return rng.choice(_LENGTH).format(w=word), thinking, f"{word} has **{len(word)}** letters."


_SKILLS: tuple[Callable[[random.Random, str], tuple[str, str, str]], ...] = (_spell, _reverse, _where, _nth, _length)


def spelling_turn(rng: random.Random, longest: int) -> Turn:
    """One question about the letters of a word of up to `longest` letters."""
    question, thinking, answer = rng.choices(_SKILLS, (2, 3, 3, 1, 1))[0](rng, draw_word(rng, longest))
    return Turn(question, thinking, answer, answer)
