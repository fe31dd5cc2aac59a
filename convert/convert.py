"""Converts a checkpoint to a model: memory-mapped safetensors in, one GGUF of the wanted file type out, in one pass."""

from collections.abc import Callable
from math import prod
from pathlib import Path

from convert import metadata, tensors
from convert.checkpoint import open_checkpoint
from convert.config import read_config
from convert.vocabulary import read_vocabulary
from quant.errors import ConversionError
from quant.recipes import FILE_TYPES
from quant.writer import Progress, write_gguf

CONVERTER_VERSION = 1
"""Rises whenever the same checkpoint would give another file, so that a cache of models knows its old ones."""


def convert_checkpoint(
    checkpoint: Path,
    out: Path,
    file_type: str,
    *,
    force: bool = False,
    progress: Callable[[Progress], None] | None = None,
    threads: int | None = None,
) -> None:
    """Convert the checkpoint in the folder `checkpoint` to the model `out`.

    `file_type` is a name in `quant.recipes.FILE_TYPES`; an existing `out` is replaced only with `force`; `progress` is
    called in this thread after each chunk, `threads` encode (default: one per core). Raises ModelFileError if the
    checkpoint is unfit, ConversionError if `out` cannot be written. `out` appears only when it is whole; whatever
    exception ends this, no part of it is left behind.
    """
    if file_type not in FILE_TYPES:
        raise ConversionError(f"There is no file type {file_type}: choose one of {', '.join(FILE_TYPES)}.")
    source = open_checkpoint(checkpoint)
    config = read_config(checkpoint / "config.json", source.config)
    planned = tensors.plan(source, config, FILE_TYPES[file_type])
    vocabulary = read_vocabulary(source, config.model.vocabulary)
    parameters = sum(prod(tensor.shape) for tensor in planned)
    header = metadata.header(source, config, vocabulary, FILE_TYPES[file_type], parameters)
    write_gguf(out, header, planned, force=force, threads=threads, progress=progress)
