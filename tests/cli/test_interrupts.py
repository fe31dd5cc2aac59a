"""Ctrl-C, whenever it comes: over within half a second, exit code 130, the terminal as it was, no traceback."""

import json
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
from tests.effort import record, tries

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
    settings = json.loads((folder / "checkpoint" / "config.json").read_text("utf-8"))
    weights = checkpoints.tensors(settings)
    weights["model.embed_tokens.weight"][settings["bos_token_id"] :] = 0  # No end mark is ever the likeliest.
    (folder / "checkpoint" / "model.safetensors").write_bytes(checkpoints.safetensors(weights))
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
    # Before Python has set its handlers, the signal itself ends the process.
    assert process.returncode in {130, -signal.SIGINT}, err
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


def test_at_random_moments(slow_model: Path) -> None:
    """While it loads, in prefill, in decode: a long question takes seconds to prefill, a short one none."""
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    rng = random.Random(seed)
    slowest, times = 0.0, tries(8, 200)
    for number in range(times):
        question = b"x" * (30_000 if number % 2 else 5)
        process = _start(*ENDLESS[1:], "-m", slow_model)
        assert process.stdin is not None
        process.stdin.write(question)
        process.stdin.close()
        process.stdin = None
        time.sleep(rng.uniform(0.1, 1.5))
        took, _, err = _interrupt(process)
        _check(process, took, err)
        slowest = max(slowest, took)
    record("Ctrl-C at random moments of `ask` (loading, prefill, decode)", f"{times}: slowest end {slowest:.2f} s")


def test_an_interrupted_conversion_leaves_nothing(tmp_path: Path) -> None:
    checkpoint = checkpoints.write(tmp_path / "big", vocab_size=60_000, num_hidden_layers=24)
    rng = random.Random(random.randrange(1_000_000))
    slowest, times = 0.0, tries(5, 100)
    for _ in range(times):
        process = subprocess.Popen(
            [COMMAND, "convert", str(checkpoint)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        time.sleep(rng.uniform(0.1, 0.9))
        if process.poll() is None:
            took, _, err = _interrupt(process)
            slowest = max(slowest, took)
            if process.returncode != 0:  # It may have been done before the signal came.
                _check(process, took, err)
        process.communicate()
        left = sorted(path.name for path in tmp_path.iterdir())
        assert left in (["big"], ["big", "big-Q4_K_M.gguf"])
        (tmp_path / "big-Q4_K_M.gguf").unlink(missing_ok=True)
    record("Ctrl-C at random moments of `convert`", f"{times}: no partial file, slowest end {slowest:.2f} s")


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
