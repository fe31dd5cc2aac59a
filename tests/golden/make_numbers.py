"""Makes numbers.npz: what transformers computes, in F32, for the checkpoints of tests/engine/test_numbers.py.

`python -m tests.golden.make_numbers` needs the `train` extra; the tests need only the result.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoTokenizer, Qwen3ForCausalLM

from tests.golden.cases import CASES, DEMO, GREEDY_QUESTIONS, GREEDY_TOKENS, build, tokens

OUT = Path(__file__).with_name("numbers.npz")


def _load(folder: Path) -> Qwen3ForCausalLM:
    return Qwen3ForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def _logits(folder: Path, vocabulary: int) -> NDArray[Any]:
    with torch.no_grad():
        logits: NDArray[Any] = _load(folder)(torch.tensor([tokens(vocabulary)])).logits[0].numpy()
    return logits


def _greedy(question: str, *, think: bool) -> NDArray[Any]:
    tokenizer = AutoTokenizer.from_pretrained(DEMO)
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": question}],
        add_generation_prompt=True,
        enable_thinking=think,
        return_tensors="pt",
        return_dict=True,
    )
    model = _load(DEMO)
    model.generation_config.eos_token_id = None
    made = model.generate(
        **prompt, max_new_tokens=GREEDY_TOKENS, do_sample=False, temperature=None, top_p=None, top_k=None
    )
    ids: NDArray[Any] = made[0].numpy().astype(np.int32)
    return ids


def main() -> None:
    """Write the file."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, case in CASES.items():
            folder = build(case, Path(scratch) / name)
            results[f"logits {name}"] = _logits(folder, case.vocabulary)
    for number, (question, think) in enumerate(GREEDY_QUESTIONS):
        results[f"greedy {number}"] = _greedy(question, think=think)
    np.savez_compressed(OUT, **results)


if __name__ == "__main__":
    main()
