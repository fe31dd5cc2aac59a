"""`qwen3-desk convert`: a Hugging Face checkpoint to a GGUF, in one pass."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from quant.recipes import FILE_TYPES
from qwen3_desk.cli.options import ThreadsOption


def convert(
    checkpoint: Annotated[Path, typer.Argument(help="Folder of a Qwen3 checkpoint from Hugging Face.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write. [default: beside CHECKPOINT, NAME-TYPE.gguf]")
    ] = None,
    file_type: Annotated[str, typer.Option("--type", "-t", help=f"One of {', '.join(FILE_TYPES)}.")] = "Q4_K_M",
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    threads: ThreadsOption = None,
) -> None:
    """Convert and quantize a checkpoint into a model file that llama.cpp runs."""
    file_type = file_type.upper()
    if file_type not in FILE_TYPES:
        raise typer.BadParameter(f"There is no file type {file_type}; choose one of {', '.join(FILE_TYPES)}.")
    from rich.filesize import decimal

    from convert.convert import convert_checkpoint
    from qwen3_desk.cli.progress import progress_bar

    folder = checkpoint.resolve()
    target = out or folder.with_name(f"{folder.name}-{file_type}.gguf")
    with progress_bar(f"{folder.name} to {file_type}") as advance:
        convert_checkpoint(checkpoint, target, file_type, force=force, progress=advance, threads=threads)
    print(f"Wrote {target} ({decimal(target.stat().st_size)}).", file=sys.stderr)
