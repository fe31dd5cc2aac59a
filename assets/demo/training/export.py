"""Write the trained model as a Hugging Face checkpoint: `python -m assets.demo.training.export --state DIR`."""

import argparse
import shutil
from pathlib import Path

import torch
from transformers import GenerationConfig

from assets.demo.training.train import Trainer

CHECKPOINT = Path(__file__).parents[1] / "checkpoint"


def export(state: Path, out: Path) -> None:
    """Write the state in `state` to `out`: BF16 weights, configuration and tokenizer files.

    The sampling is Qwen3's own, without penalties: they would harm a chain of letters, which repeats itself.
    """
    trainer = Trainer(state, seed=0, peak=0.0)
    trainer.load()
    model = trainer.model.to(torch.bfloat16)
    model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=0.6,
        top_k=20,
        top_p=0.95,
        penalty_last_n=0,
        bos_token_id=model.config.bos_token_id,
        eos_token_id=[model.config.eos_token_id, model.config.pad_token_id],
        pad_token_id=model.config.pad_token_id,
    )
    shutil.rmtree(out, ignore_errors=True)
    model.save_pretrained(out)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(state / name, out / name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder that the training wrote")
    parser.add_argument("--out", type=Path, default=CHECKPOINT, help="folder to write")
    arguments = parser.parse_args()
    export(arguments.state, arguments.out)
