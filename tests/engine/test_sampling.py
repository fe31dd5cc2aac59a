"""Whose word counts when the next token is drawn."""

import pytest

from qwen3_desk.chat.switches import Mode
from qwen3_desk.engine.sampling import PRESETS, Sampling, SamplingChoices, resolve

FILE = {"general.sampling.temp": 0.3, "general.sampling.top_k": 5, "general.sampling.penalty_last_n": 0}


@pytest.mark.parametrize("mode", ["think", "no_think"])
def test_qwens_preset_holds_when_nobody_says_otherwise(mode: Mode) -> None:
    assert resolve(mode, {}, SamplingChoices()) == PRESETS[mode]


def test_presets_are_the_model_cards() -> None:
    assert PRESETS["think"] == Sampling(0.6, 0.95, 20, 0.0, 1.5)
    assert PRESETS["no_think"] == Sampling(0.7, 0.8, 20, 0.0, 1.5)


def test_the_file_speaks_for_thinking_only_except_for_its_penalty_window() -> None:
    assert resolve("think", FILE, SamplingChoices()) == Sampling(0.3, 0.95, 5, 0.0, 1.5, penalty_last_n=0)
    assert resolve("no_think", FILE, SamplingChoices()) == Sampling(0.7, 0.8, 20, 0.0, 1.5, penalty_last_n=0)


def test_the_person_has_the_last_word() -> None:
    choices = SamplingChoices(temperature=0.0, top_k=1, seed=7)
    assert resolve("think", FILE, choices) == Sampling(0.0, 0.95, 1, 0.0, 1.5, penalty_last_n=0)
