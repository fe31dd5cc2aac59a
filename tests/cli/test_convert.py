"""`qwen3-desk convert`, run for real."""

import shutil
from pathlib import Path

import pytest

from quant.gguf_file import read_gguf
from tests.cli.running import is_one_sentence, run, run_on_terminal
from tests.conftest import DEMO_CHECKPOINT


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO_CHECKPOINT, tmp_path / "tiny"))


def test_the_model_lands_beside_the_checkpoint_under_its_name_and_type(checkpoint: Path) -> None:
    done = run("convert", checkpoint)
    assert done.returncode == 0, done.stderr
    out = checkpoint.with_name("tiny-Q4_K_M.gguf")
    assert read_gguf(out).metadata["general.file_type"] == 15
    assert str(out) in done.stderr
    assert done.stdout == ""


def test_type_and_place_can_be_chosen_and_the_result_answers(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere.gguf"
    assert run("convert", checkpoint, "-t", "bf16", "-o", out).returncode == 0
    done = run("ask", "How many r's in strawberries?", "-m", out, "--seed", "1")
    assert "3" in done.stdout


def test_an_existing_file_stays_unless_forced(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "precious.gguf"
    out.write_text("precious")
    done = run("convert", checkpoint, "-o", out)
    assert done.returncode == 1
    assert is_one_sentence(done.stderr)
    assert "--force" in done.stderr
    assert out.read_text() == "precious"
    assert run("convert", checkpoint, "-o", out, "--force").returncode == 0
    assert out.read_bytes().startswith(b"GGUF")


def test_an_unknown_type_is_wrong_usage(checkpoint: Path) -> None:
    done = run("convert", checkpoint, "-t", "Q9")
    assert done.returncode == 2
    assert "Q4_K_M" in done.stderr
    assert sorted(path.name for path in checkpoint.parent.iterdir()) == ["tiny"]


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "tokenizer.json"])
def test_an_incomplete_checkpoint_is_said_in_a_sentence(checkpoint: Path, missing: str) -> None:
    (checkpoint / missing).unlink()
    done = run("convert", checkpoint)
    assert done.returncode == 3
    assert is_one_sentence(done.stderr), done.stderr
    assert sorted(path.name for path in checkpoint.parent.iterdir()) == ["tiny"]


def test_a_missing_checkpoint_is_said_in_a_sentence(tmp_path: Path) -> None:
    done = run("convert", tmp_path / "nowhere")
    assert done.returncode == 3
    assert is_one_sentence(done.stderr)


def test_progress_is_shown_on_a_terminal(checkpoint: Path) -> None:
    code, screen = run_on_terminal("convert", checkpoint)
    assert code == 0
    assert "tiny to Q4_K_M" in screen
