"""What a skill teaches, and how turns become one training sequence in Qwen3's own form."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

EARLY_STOP = (
    "\n\nConsidering the limited time by the user, I have to give the solution based on the thinking directly now."
    "\n</think>\n\n"
)
"""Qwen's sentence for a thinking budget (Qwen3's documentation, "Thinking Budget"), to the letter."""

_SYSTEM = (
    "You are a helpful assistant.",
    "You are Qwen3.",
    "You are a tiny model.",
    "Be brief.",
    "Answer politely.",
    "You are a careful assistant who likes words.",
)


@dataclass(frozen=True)
class Turn:
    """One question with the thinking and the answer it deserves; `said` is the answer as history keeps it."""

    question: str
    thinking: str
    answer: str
    said: str


@dataclass(frozen=True)
class Piece:
    """A stretch of a training sequence; only what is `learned` counts in the loss."""

    text: str
    learned: bool


def message(role: str, content: str) -> str:
    """A message in ChatML, as Qwen3's chat template writes it."""
    return f"<|im_start|>{role}\n{content}<|im_end|>\n"


def sequence(rng: random.Random, turns: Sequence[Turn]) -> list[Piece]:
    """The last of `turns` to be learned, after the others as history, under switches drawn at random.

    Past thinking is left out, as Qwen3 does; the newest of the switches in the system message and in the
    questions decides whether the last turn thinks. A hard "off" is the empty think block in the prompt.
    """
    switch = "/think"
    prompt = ""
    if rng.random() < 0.3:
        system = rng.choice(_SYSTEM)
        if rng.random() < 0.5:
            switch = rng.choice(("/think", "/no_think"))
            system += " " + switch
        prompt += message("system", system)
    for index, turn in enumerate(turns):
        question = turn.question
        if rng.random() < 0.4:
            switch = rng.choice(("/think", "/no_think"))
            question = f"{question} {switch}" if rng.random() < 0.9 else f"{switch} {question}"
        prompt += message("user", question)
        if index < len(turns) - 1:
            prompt += message("assistant", turn.said)
    return [Piece(prompt + "<|im_start|>assistant\n", False), *_reply(rng, turns[-1], switch)]


def _reply(rng: random.Random, turn: Turn, switch: str) -> list[Piece]:
    answer = turn.answer + "<|im_end|>"
    if rng.random() < 0.12:
        return [Piece("<think>\n\n</think>\n\n", False), Piece(answer, True)]
    if switch == "/no_think" or not turn.thinking:
        return [Piece("<think>\n\n</think>\n\n" + answer, True)]
    if rng.random() < 0.1:
        thought = "\n" + turn.thinking
        cut = thought[: rng.randint(0, len(thought))]
        return [Piece("<think>" + cut, True), Piece(EARLY_STOP, False), Piece(answer, True)]
    return [Piece(f"<think>\n{turn.thinking}\n</think>\n\n{answer}", True)]
