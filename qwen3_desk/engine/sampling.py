"""How the next token is drawn: Qwen's presets, the model file's own wishes, and the person's.

Sources: the Qwen3 model cards ("Best Practices") and the cards of the GGUF repositories, which add a presence
penalty of 1.5 for quantized models; llama.cpp's `general.sampling.*` keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from qwen3_desk.chat.switches import Mode


@dataclass(frozen=True)
class Sampling:
    """A complete way to draw tokens; temperature 0 always takes the likeliest.

    `penalty_last_n`: how many of the newest tokens the presence penalty looks at; 0 means no penalty.
    """

    temperature: float
    top_p: float
    top_k: int
    min_p: float
    presence_penalty: float
    penalty_last_n: int = 64


@dataclass(frozen=True)
class SamplingChoices:
    """What a person has set; None leaves it to the model and Qwen's preset. `seed` None draws one."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None


PRESETS: Mapping[Mode, Sampling] = {
    "think": Sampling(temperature=0.6, top_p=0.95, top_k=20, min_p=0.0, presence_penalty=1.5),
    "no_think": Sampling(temperature=0.7, top_p=0.8, top_k=20, min_p=0.0, presence_penalty=1.5),
}

_FILE_KEYS = {"temp": "temperature", "top_p": "top_p", "top_k": "top_k", "min_p": "min_p"}


def resolve(mode: Mode, metadata: Mapping[str, object], choices: SamplingChoices) -> Sampling:
    """Qwen's preset for `mode`, then what the file's `metadata` says, then `choices`; the later wins.

    A file's values are made for the default mode, thinking, so only its penalty window holds in both.
    """
    sampling = PRESETS[mode]
    last_n = metadata.get("general.sampling.penalty_last_n")
    if isinstance(last_n, int):
        sampling = replace(sampling, penalty_last_n=max(0, last_n))
    wishes: dict[str, Any] = {}
    if mode == "think":
        wishes = {ours: metadata.get(f"general.sampling.{theirs}") for theirs, ours in _FILE_KEYS.items()}
    for layer in (wishes, {field.name: getattr(choices, field.name) for field in fields(choices)}):
        set_here = {name: value for name, value in layer.items() if value is not None and name != "seed"}
        sampling = replace(sampling, **set_here)
    return sampling
