"""Options that several commands share, and what they come to."""

from pathlib import Path
from typing import Annotated

import typer

ModelOption = Annotated[
    Path | None, typer.Option("--model", "-m", help="A Qwen3 GGUF file. [default: $QWEN3_DESK_MODEL, else the demo]")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of text.")]
ThreadsOption = Annotated[int | None, typer.Option(min=1, help="Threads. [default: one a core]")]
