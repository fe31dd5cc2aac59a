"""The demo model: shipped as a checkpoint, made into a GGUF on first use."""

import hashlib
from importlib.resources import as_file, files
from pathlib import Path

from convert.convert import CONVERTER_VERSION, convert_checkpoint
from qwen3_desk.errors import Qwen3DeskError
from qwen3_desk.paths import cache_folder

FILE_TYPE = "Q8_0"


def demo_model() -> Path:
    """The demo model's GGUF in the cache folder, converted now if it is not there.

    The file is keyed by the checkpoint and the converter, so neither can change unnoticed. Raises
    quant.errors' exceptions when it cannot be written.
    """
    with as_file(files("assets") / "demo" / "checkpoint") as checkpoint:
        model = cache_folder() / "demo" / _key(checkpoint) / f"qwen3-desk-demo-{FILE_TYPE}.gguf"
        if not model.exists():
            try:
                model.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise Qwen3DeskError(
                    f"The folder {model.parent} for the demo model cannot be made ({error.strerror}); make room for it."
                ) from error
            convert_checkpoint(checkpoint, model, FILE_TYPE, force=True)
    return model


def held_out_pairs() -> list[tuple[str, str]]:
    """Words, each with a letter, that the demo model never saw in training."""
    lines = (files("assets") / "demo" / "held_out.txt").read_text("utf-8").splitlines()
    return [(word, letter) for word, letter in map(str.split, lines)]


def _key(checkpoint: Path) -> str:
    digest = hashlib.sha256(f"{CONVERTER_VERSION} {FILE_TYPE}".encode())
    for path in sorted(checkpoint.iterdir()):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
