"""The program as a whole: version, help, what it imports, how it is packaged."""

import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.conftest import ROOT


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], [], ["ask", "--help"]])
def test_quick_questions_load_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from qwen3_desk.cli import main\n"
        f"sys.argv = ['qwen3-desk', *{arguments!r}]\n"
        "try: main()\n"
        "except SystemExit as end: print('exit', end.code)\n"
        "print([name for name in ('llama_cpp', 'numpy', 'textual', 'rich', 'gguf') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("exit 0\n[]\n")


def test_version_is_the_packages() -> None:
    assert run("--version").stdout == f"qwen3-desk {version('qwen3-desk')}\n"


def test_no_command_shows_help() -> None:
    done = run()
    assert done.returncode == 0
    assert all(command in done.stdout for command in ("ask", "convert", "demo"))


def test_the_wheel_works_in_a_fresh_environment(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    home = tmp_path / "venv"
    venv.create(home, with_pip=True)
    binaries = home / ("Scripts" if sys.platform == "win32" else "bin")
    python = str(binaries / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    # The dependencies come from this environment: what is tested is our own wheel, not the network.
    found = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = Path(found.stdout.strip())
    import typer

    (theirs / "dependencies.pth").write_text(str(Path(typer.__file__).parents[1]))
    done = subprocess.run([binaries / "qwen3-desk", "--version"], capture_output=True, text=True, check=True, cwd=home)
    assert done.stdout == f"qwen3-desk {version('qwen3-desk')}\n"
    code = (
        "import assets, convert, quant, qwen3_desk; from importlib.resources import files\n"
        "for name in ('chat_template.jinja', 'demo/checkpoint/model.safetensors'):\n"
        "    assert files('assets').joinpath(name).is_file(), name\n"
        "print(*(module.__file__ for module in (assets, convert, quant, qwen3_desk)), sep='\\n')"
    )
    looked_up = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, cwd=home)
    assert all(Path(line).is_relative_to(theirs) for line in looked_up.stdout.split("\n") if line)
