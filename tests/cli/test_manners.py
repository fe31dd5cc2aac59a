"""How the command line behaves where things are not as usual."""

import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import COMMAND, run, run_on_terminal

QUESTION = "How many r's in strawberries?"
CHINESE = "strawberries 里有几个 r？"

unix = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell or a pseudo-terminal")


@unix
def test_head_ends_it_quietly(demo_model: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", f'set -o pipefail; {COMMAND} ask "{QUESTION}" -m {demo_model} --seed 1 | head -c 5'],
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.stdout == b"There"
    assert done.stderr == b""


@unix
def test_a_closed_stderr_hurts_nothing(demo_model: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", f'{COMMAND} ask "{QUESTION}" --seed 1 --show-thinking 2>&-'],
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "QWEN3_DESK_MODEL": "", "XDG_CACHE_HOME": str(demo_model.parent)},
    )
    assert done.returncode == 0
    assert done.stdout == b"There are **3** r's in strawberries.\n"


@unix
def test_a_closed_stdin_is_no_input(demo_model: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", f'{COMMAND} ask "{QUESTION}" -m {demo_model} --seed 1 <&-'], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert b"3" in done.stdout


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1"])
def test_answers_come_whole_in_any_locale(demo_model: Path, locale: str) -> None:
    done = run(
        "ask",
        CHINESE,
        "-m",
        demo_model,
        "--seed",
        "1",
        environment={"LC_ALL": locale, "LANG": locale, "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0, done.stderr
    assert "里有" in done.stdout


@unix
def test_a_narrow_terminal_shows_all(demo_model: Path) -> None:
    code, screen = run_on_terminal("ask", QUESTION, "-m", demo_model, "--seed", "1", columns=40)
    assert code == 0
    assert "in strawberries." in screen


@unix
def test_help_fits_a_narrow_terminal() -> None:
    _, screen = run_on_terminal("ask", "--help", columns=40)
    assert "--budget" in screen


@unix
@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_the_demo_is_plain_where_no_style_is_wanted(environment: dict[str, str]) -> None:
    code, screen = run_on_terminal("demo", environment=environment)
    assert code == 0
    assert "\x1b" not in screen
    assert "strawberries" in screen


@unix
def test_the_terminal_is_as_it_was_after_a_ctrl_c_in_thinking(demo_model: Path) -> None:
    import pty
    import time

    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(
            COMMAND,
            [
                COMMAND,
                "ask",
                QUESTION * 40,
                "-m",
                str(demo_model),
                "--temperature",
                "3",
                "--seed",
                "1",
                "--ctx",
                "20000",
            ],
        )
    screen = b""
    while b"\x1b[2m" not in screen:
        screen += os.read(terminal, 1024)
    os.kill(pid, signal.SIGINT)
    started = time.monotonic()
    try:
        while chunk := os.read(terminal, 1024):
            screen += chunk
    except OSError:  # Linux's way of saying that the other end has closed.
        pass
    _, status = os.waitpid(pid, 0)
    assert time.monotonic() - started < 0.9
    assert screen.count(b"\x1b[2m") == screen.count(b"\x1b[0m") == 1
    assert os.waitstatus_to_exitcode(status) in {0, 130}
    os.close(terminal)


BAD_CHECKPOINTS = {
    "noise": os.urandom(64),
    "an absurd header": struct.pack("<Q", 2**62) + b"{}",
    "a header that is no JSON": struct.pack("<Q", 4) + b"oops",
    "a header that is no object": struct.pack("<Q", 4) + b"[12]",
    "nothing": b"",
}


@pytest.mark.parametrize("kind", BAD_CHECKPOINTS)
def test_a_bad_checkpoint_is_one_sentence(kind: str, tmp_path: Path) -> None:
    import shutil

    from tests.cli.running import is_one_sentence
    from tests.conftest import DEMO_CHECKPOINT

    checkpoint = Path(shutil.copytree(DEMO_CHECKPOINT, tmp_path / "bad"))
    (checkpoint / "model.safetensors").write_bytes(BAD_CHECKPOINTS[kind])
    done = run("convert", checkpoint)
    assert done.returncode == 3, done.stderr
    assert is_one_sentence(done.stderr), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad"]
