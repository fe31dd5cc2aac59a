"""The skill of small talk in many languages, and of saying honestly that all else is beyond a model this small.

phrases/LANGUAGE.toml has, for each intent, one answer, one thought, templates to train on and others to test with.
A template's {name} stands for any alternative of that rule.
"""

import random
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from assets.demo.training.turns import Turn

LANGUAGES = ("en", "zh", "ja", "ko", "ar", "hi", "ru", "es", "fr", "de", "pt")
BEYOND = "beyond"

_PHRASES = Path(__file__).parent / "phrases"
_RULE = re.compile(r"\{(\w+)\}")


@cache
def phrases(language: str) -> dict[str, Any]:
    """The tables of one language: answers, thoughts, rules, train, held_out."""
    return tomllib.loads((_PHRASES / f"{language}.toml").read_text("utf-8"))


def _expand(rng: random.Random, template: str, rules: dict[str, list[str]]) -> str:
    while found := _RULE.search(template):
        template = template[: found.start()] + rng.choice(rules[found[1]]) + template[found.end() :]
    return template


def smalltalk_turn(rng: random.Random) -> Turn:
    """One thing that people say to a chat program: half of the time something beyond it."""
    language = rng.choices(LANGUAGES, (6, 3, *(1,) * (len(LANGUAGES) - 2)))[0]
    tables = phrases(language)
    intents = [intent for intent in tables["answers"] if intent != BEYOND]
    intent = BEYOND if rng.random() < 0.5 else rng.choice(intents)
    question = _expand(rng, rng.choice(tables["train"][intent]), tables["rules"])
    return Turn(question, tables["thoughts"][intent], tables["answers"][intent], tables["answers"][intent])


def held_out_phrases() -> Iterator[tuple[str, str, str, str]]:
    """Language, intent, phrase and right answer of everything kept for the test."""
    for language in LANGUAGES:
        tables = phrases(language)
        for intent, texts in tables["held_out"].items():
            for text in texts:
                yield language, intent, text, tables["answers"][intent]
