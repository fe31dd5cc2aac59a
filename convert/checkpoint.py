"""Opens a checkpoint: a folder as the Hugging Face hub has it, with config.json, safetensors and a tokenizer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convert.safetensors_file import StoredTensor, read_safetensors
from quant.errors import ModelFileError

_MAX_JSON = 200_000_000  # Bytes; the largest tokenizer.json of any model known is a tenth of it.
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a checkpoint's folder holds: parsed JSON files ({} for an optional one that is missing), mapped tensors."""

    folder: Path
    config: Mapping[str, Any]
    generation_config: Mapping[str, Any]
    tokenizer: Mapping[str, Any]
    tokenizer_config: Mapping[str, Any]
    chat_template: str | None
    tensors: Mapping[str, StoredTensor]


def open_checkpoint(folder: Path) -> Checkpoint:
    """Open the checkpoint in `folder`.

    Raises ModelFileError if it is no such folder, a file of it is missing or malformed, a shard lies outside the
    folder, or the weights come as pickle files (loading those runs code).
    """
    try:
        if not folder.is_dir():
            raise ModelFileError(f"{folder} is no folder: name one that holds config.json and model.safetensors.")
        template = folder / "chat_template.jinja"
        return Checkpoint(
            folder=folder,
            config=_read_json(folder / "config.json"),
            generation_config=_read_json(folder / "generation_config.json", optional=True),
            tokenizer=_read_json(folder / "tokenizer.json"),
            tokenizer_config=_read_json(folder / "tokenizer_config.json", optional=True),
            chat_template=_read_text(template) if template.is_file() else None,
            tensors=_open_weights(folder),
        )
    except OSError as error:
        raise ModelFileError(f"{folder} cannot be read ({error.strerror}): check its permissions.") from error


def _read_json(path: Path, *, optional: bool = False) -> dict[str, Any]:
    """The object in a JSON file; {} if it is missing and `optional`. Raises ModelFileError if it has none."""
    if optional and not path.is_file():
        return {}
    try:
        parsed = json.loads(_read_text(path))
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is not valid JSON ({error}): download it again.") from error
    if not isinstance(parsed, dict):
        raise ModelFileError(f"{path} holds no JSON object: download it again.")
    return parsed


def _read_text(path: Path) -> str:
    if not path.is_file():
        raise ModelFileError(f"{path} is missing: download the whole checkpoint.")
    if path.stat().st_size > _MAX_JSON:
        raise ModelFileError(f"{path} is far too large for what it should be: download it again.")
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ModelFileError(f"{path} is not UTF-8: download it again.") from error


def _open_weights(folder: Path) -> dict[str, StoredTensor]:
    single, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    if single.is_file():
        return read_safetensors(single)
    if index.is_file():
        return _open_shards(folder, index)
    pickle = next((path for path in sorted(folder.iterdir()) if path.suffix in _PICKLES), None)
    if pickle is not None:
        raise ModelFileError(
            f"{pickle} is a pickle file, and loading one can run any code: get the model.safetensors of this model."
        )
    raise ModelFileError(f"{folder} holds no model.safetensors: download the whole checkpoint.")


def _open_shards(folder: Path, index: Path) -> dict[str, StoredTensor]:
    weight_map = _read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not all(map(_is_shard_name, weight_map.values())):
        raise ModelFileError(f"{index} does not map tensors to .safetensors files beside it: download it again.")
    tensors: dict[str, StoredTensor] = {}
    for shard in sorted(set(weight_map.values())):
        found = read_safetensors(folder / shard)
        if found.keys() != {name for name, place in weight_map.items() if place == shard}:
            raise ModelFileError(f"{folder / shard} does not hold the tensors that {index.name} says: download both.")
        tensors |= found
    return tensors


def _is_shard_name(name: object) -> bool:
    """Whether this is a plain file name, so that no index leads out of its folder."""
    return isinstance(name, str) and name.endswith(".safetensors") and not set(name) & set("/\\:\0")
