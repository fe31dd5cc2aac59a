"""Ctrl-C, whenever it comes: over within half a second, exit code 130, the terminal as it was, no traceback."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from convert.convert import convert_checkpoint
from tests import checkpoints
from tests.cli.running import COMMAND

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")

LIMIT = 0.5
ENDLESS = ("Hello", "--no-think", "--temperature", "0", "--presence-penalty", "0", "--ctx", "40000")
_NOISE = 0.4
"""Seconds that a busy machine may add to what is measured here: starting and waking processes."""


@pytest.fixture(scope="session")
def slow_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model that takes seconds to prefill 30,000 tokens and never ends a greedy answer."""
    folder = tmp_path_factory.mktemp("slow")
    checkpoints.write(folder / "checkpoint", max_position_embeddings=40960, num_hidden_layers=16)
    convert_checkpoint(folder / "checkpoint", folder / "slow.gguf", "Q8_0")
    return folder / "slow.gguf"


def _start(*arguments: str | Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [COMMAND, "ask", *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def _interrupt(process: subprocess.Popen[bytes]) -> tuple[float, bytes, bytes]:
    assert process.poll() is None, "it ended before it could be interrupted"
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    return time.monotonic() - started, out, err


def _check(process: subprocess.Popen[bytes], took: float, err: bytes) -> None:
    assert process.returncode == 130, err
    assert took < LIMIT + _NOISE
    assert b"Traceback" not in err


def test_in_decode_what_was_said_stays(slow_model: Path) -> None:
    process = _start(*ENDLESS, "-m", slow_model)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.stdin = None
    first = os.read(process.stdout.fileno(), 10)
    assert first
    took, _, err = _interrupt(process)
    _check(process, took, err)


def test_in_decode_json_says_interrupted(slow_model: Path) -> None:
    process = _start(*ENDLESS, "-m", slow_model, "--json")
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    time.sleep(2)
    took, out, err = _interrupt(process)
    _check(process, took, err)
    assert b'"finish_reason": "interrupted"' in out


def test_at_random_moments_of_loading_and_prefill(slow_model: Path) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    rng = random.Random(seed)
    for _ in range(8):
        process = _start("-m", slow_model, "--ctx", "40960")
        assert process.stdin is not None
        process.stdin.write(b"x" * 30_000)
        process.stdin.close()
        process.stdin = None
        # Before 0.1 s Python itself is still starting, and nobody's handler is in place.
        time.sleep(rng.uniform(0.1, 1.5))
        took, out, err = _interrupt(process)
        _check(process, took, err)
        assert out == b""


def test_a_reader_that_goes_away_ends_it_quietly(slow_model: Path) -> None:
    process = _start(*ENDLESS, "-m", slow_model)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.stdin = None
    os.read(process.stdout.fileno(), 10)
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=20)
    assert err == b""
    assert process.returncode == 1
