"""The checkpoints and questions that reference values are made for."""

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import checkpoints

DEMO = Path(__file__).parents[2] / "assets" / "demo" / "checkpoint"
GREEDY_TOKENS = 200
GREEDY_QUESTIONS = (
    ("How many r's in strawberries?", True),
    ("How many e's in independence?", True),
    ("How many r's in strawberries?", False),
    ("Reverse the word terminal.", True),
)
"""What the demo is asked, and with or without thinking."""


@dataclass(frozen=True)
class Case:
    """A checkpoint: the demo's, or a random one with these changes to its configuration."""

    vocabulary: int = 320
    changes: dict[str, Any] = field(default_factory=dict)
    demo: bool = False


CASES = {
    "demo": Case(json.loads((DEMO / "config.json").read_text("utf-8"))["vocab_size"], demo=True),
    "tied": Case(changes={"tie_word_embeddings": True}),
    "untied": Case(changes={"tie_word_embeddings": False}),
    "head_dim is hidden over heads": Case(changes={"num_attention_heads": 4, "head_dim": 64}),
    "head_dim is wider": Case(changes={"num_attention_heads": 4, "head_dim": 128, "num_key_value_heads": 4}),
}


def build(case: Case, folder: Path) -> Path:
    """The checkpoint of `case`, made in `folder` unless it is the demo's."""
    return DEMO if case.demo else checkpoints.write(folder, dtype="F32", **case.changes)


def tokens(vocabulary: int, count: int = 24) -> list[int]:
    """The token ids that logits are computed for."""
    return random.Random(7).choices(range(min(vocabulary, 280)), k=count)
