"""Train the demo model from nothing, resumably: `python -m assets.demo.training.train --state DIR`.

A state is written every few minutes and taken up again by the same command. `--until N` is the last step;
over the final fifth of them the learning rate falls to zero.
"""

import argparse
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import Qwen3Config, Qwen3ForCausalLM

from assets.demo.training import tokenizer as tokenizer_files
from assets.demo.training.curriculum import SKILLS, characters, draw
from assets.demo.training.turns import Piece

ROW = 384
"""Tokens in a row; a row holds several sequences, each of which sees only itself."""

ROWS = 21
_IGNORED = -100
_SHAPE = {
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "max_position_embeddings": 40960,
    "rope_theta": 1e6,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": True,
    "attention_bias": False,
    "initializer_range": 0.02,
}


@dataclass(frozen=True)
class Batch:
    """`ROWS` x `ROW` token ids, targets (`_IGNORED` where not learned), positions and sequence numbers."""

    tokens: np.ndarray[Any, np.dtype[np.int64]]
    targets: np.ndarray[Any, np.dtype[np.int64]]
    positions: np.ndarray[Any, np.dtype[np.int64]]
    owners: np.ndarray[Any, np.dtype[np.int64]]


def _encode(tokenizer: Tokenizer, pieces: list[Piece]) -> tuple[list[int], list[bool]]:
    tokens: list[int] = []
    learned: list[bool] = []
    for piece in pieces:
        ids = tokenizer.encode(piece.text).ids
        tokens += ids
        learned += [piece.learned] * len(ids)
    return tokens, learned


def make_batch(folder: Path, seed: int, step: int, skills: Sequence[str]) -> Batch:
    """The batch of `step`: the same for the same seed, whoever makes it."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    rng = random.Random(seed * 1_000_003 + step)
    batch = Batch(*(np.zeros((ROWS, ROW), np.int64) for _ in range(4)))
    batch.targets[:] = _IGNORED
    batch.owners[:] = -1
    used = [0] * ROWS
    number, misses = 0, 0
    while misses < 12:
        tokens, learned = _encode(tokenizer, draw(rng, step, skills))
        length = len(tokens) - 1
        if length > ROW:
            continue
        row = next((r for r in range(ROWS) if used[r] + length <= ROW), None)
        if row is None:
            misses += 1
            continue
        place = slice(used[row], used[row] + length)
        batch.tokens[row, place] = tokens[:-1]
        batch.targets[row, place] = [t if keep else _IGNORED for t, keep in zip(tokens[1:], learned[1:], strict=True)]
        batch.positions[row, place] = range(length)
        batch.owners[row, place] = number
        used[row] += length
        number += 1
    return batch


def batches(folder: Path, seed: int, start: int, until: int, skills: Sequence[str]) -> Iterator[Batch]:
    """Batches from `start` on, made a few ahead in another process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        ahead: list[Future[Batch]] = []
        for step in range(start, until):
            while len(ahead) < 4 and step + len(ahead) < until:
                ahead.append(pool.submit(make_batch, folder, seed, step + len(ahead), skills))
            yield ahead.pop(0).result()


def build(vocabulary: int, eos: int, pad: int) -> Qwen3ForCausalLM:
    """A Qwen3 of the demo's shape with fresh weights."""
    config = Qwen3Config(vocab_size=vocabulary, eos_token_id=eos, pad_token_id=pad, bos_token_id=pad, **_SHAPE)
    config._attn_implementation = "sdpa"
    return Qwen3ForCausalLM(config)


def _mask(owners: torch.Tensor) -> torch.Tensor:
    same = owners[:, :, None] == owners[:, None, :]
    causal = torch.ones(ROW, ROW, dtype=torch.bool).tril()
    return (same & causal)[:, None]


class Trainer:
    """Model, optimizers and their place on the way, as one state on disk."""

    def __init__(self, state: Path, seed: int, peak: float) -> None:
        self.folder = state
        self.seed = seed
        self.peak = peak
        self.step = 0
        added = json.loads((state / "tokenizer.json").read_text("utf-8"))["added_tokens"]
        ids = {token["content"]: token["id"] for token in added}
        torch.manual_seed(seed)
        self.model = build(max(ids.values()) + 1, ids["<|im_end|>"], ids["<|endoftext|>"])
        matrices = [p for n, p in self.model.named_parameters() if p.ndim == 2 and "embed" not in n]
        others = [p for n, p in self.model.named_parameters() if p.ndim != 2 or "embed" in n]
        self.optimizers: list[torch.optim.Optimizer] = [
            torch.optim.Muon(matrices, lr=peak, momentum=0.95, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=peak, betas=(0.9, 0.98), weight_decay=0.0),
        ]
        self.forward = torch.compile(self.model)

    def save(self) -> None:
        """Write the state; a crash in between leaves the one before."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [o.state_dict() for o in self.optimizers],
            "step": self.step,
        }
        torch.save(state, self.folder / "state.tmp")
        (self.folder / "state.tmp").replace(self.folder / "state.pt")

    def load(self) -> None:
        """Take up the state in the folder, if there is one."""
        path = self.folder / "state.pt"
        if path.exists():
            state = torch.load(path)
            self.model.load_state_dict(state["model"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
            self.step = state["step"]

    def rate(self, until: int) -> float:
        """The learning rate at this step: a short rise, level, and a straight fall over the last fifth."""
        return self.peak * min(1.0, (self.step + 1) / 100, (until - self.step) / (0.2 * until))

    def learn(self, batch: Batch, until: int) -> float:
        """One step; returns the mean loss over the learned tokens, in nats."""
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.rate(until)
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.forward(
                input_ids=torch.from_numpy(batch.tokens),
                attention_mask=_mask(torch.from_numpy(batch.owners)),
                position_ids=torch.from_numpy(batch.positions),
                use_cache=False,
            ).logits
        targets = torch.from_numpy(batch.targets)
        loss = torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=_IGNORED)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return float(loss.detach())


def train(state: Path, seed: int, peak: float, until: int, skills: Sequence[str]) -> None:
    """Go on from the state in `state`, or begin, up to step `until`."""
    state.mkdir(parents=True, exist_ok=True)
    if not (state / "tokenizer.json").exists():
        template = (Path(__file__).parents[2] / "chat_template.jinja").read_text("utf-8")
        tokenizer_files.write(state, characters(), template)
    trainer = Trainer(state, seed, peak)
    trainer.load()
    saved = shown = time.monotonic()
    losses: list[float] = []
    for batch in batches(state, seed, trainer.step, until, skills):
        losses.append(trainer.learn(batch, until))
        if not math.isfinite(losses[-1]):
            raise SystemExit(f"The loss left the finite numbers at step {trainer.step}; lower --peak.")
        if trainer.step % 20 == 0:
            pace = (time.monotonic() - shown) / 20
            print(f"step {trainer.step}  loss {sum(losses) / len(losses):.4f}  {pace:.2f} s a step", flush=True)
            losses, shown = [], time.monotonic()
        if time.monotonic() - saved > 120 or trainer.step == until:
            trainer.save()
            saved = time.monotonic()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder for the resumable state")
    parser.add_argument("--until", type=int, default=4000, help="last step")
    parser.add_argument("--peak", type=float, default=4e-3, help="highest learning rate")
    parser.add_argument("--skills", nargs="+", choices=list(SKILLS), default=list(SKILLS), help="what to learn; all")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    train(arguments.state, arguments.seed, arguments.peak, arguments.until, arguments.skills)
