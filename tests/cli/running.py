"""Runs the real command as a person would."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("qwen3-desk"))


def run(
    *arguments: str | Path,
    stdin: str | None = None,
    timeout: float = 60,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `qwen3-desk` with `arguments` to its end; `stdin` None is no input at all."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        env={**os.environ, **(environment or {})},
        check=False,
    )


def run_on_terminal(
    *arguments: str | Path, columns: int = 80, environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run `qwen3-desk` on a terminal of its own; returns its exit code and all that it wrote there."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", **(environment or {})},
        start_new_session=True,
    )
    os.close(theirs)
    screen = b""
    try:
        while chunk := os.read(ours, 65536):
            screen += chunk
    except OSError:  # Linux's way of saying that the other end has closed.
        pass
    os.close(ours)
    return process.wait(timeout=60), screen.decode()


def is_one_sentence(stderr: str) -> bool:
    """Whether all that was said is one line of ours, with no trace of the program's inside."""
    lines = stderr.strip().splitlines()
    return len(lines) == 1 and lines[0].startswith("qwen3-desk: ") and lines[0].endswith(".")
