"""Which model a command uses."""

import os
import sys
from pathlib import Path

from qwen3_desk.errors import ModelError


def find_model(given: Path | None) -> Path:
    """The model file that was `given`, else the one in $QWEN3_DESK_MODEL, else the demo's, which is said on stderr.

    Raises ModelError when the file that was asked for is not there.
    """
    if given is None and (named := os.environ.get("QWEN3_DESK_MODEL")):
        given = Path(named)
    if given is not None:
        if not given.exists():
            raise ModelError(f"There is no file {given}; give the path of a Qwen3 GGUF file.")
        return given
    from qwen3_desk.library.demo import demo_model

    print(
        "qwen3-desk: no model chosen, so the demo answers (a tiny Qwen3; it counts letters in words). "
        "Choose one with -m FILE.gguf.",
        file=sys.stderr,
    )
    return demo_model()
