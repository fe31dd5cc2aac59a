"""`qwen3-desk demo`: the announcement's conversation, on a model made here on first use."""

import json
import re
from pathlib import Path

from tests.cli.running import run


def test_the_three_turns_are_right(tmp_path: Path) -> None:
    done = run("demo", "--json", environment={"XDG_CACHE_HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    turns = json.loads(done.stdout)
    assert [turn["prompt"] for turn in turns] == [
        "How many r's in strawberries?",
        "Then, how many r's in blueberries? /no_think",
        "Really? /think",
    ]
    assert [re.findall(r"\d+", turn["answer"]) for turn in turns] == [["3"], ["2"], ["2"]]
    assert [turn["mode"] for turn in turns] == ["think", "no_think", "think"]
    assert [bool(turn["thinking"]) for turn in turns] == [True, False, True]
    assert all(turn["finish_reason"] == "stop" for turn in turns)
    assert turns[0]["usage"]["cached_tokens"] == 0
    assert turns[1]["usage"]["cached_tokens"] > 0


def test_it_reads_as_a_conversation_and_converts_only_once(tmp_path: Path) -> None:
    first = run("demo", environment={"XDG_CACHE_HOME": str(tmp_path)})
    assert first.returncode == 0
    assert first.stderr == ""
    assert first.stdout.startswith("> How many r's in strawberries?\n")
    assert "3 r: 1" in first.stdout
    [model] = tmp_path.rglob("*.gguf")
    made = model.stat().st_mtime_ns
    assert run("demo", environment={"XDG_CACHE_HOME": str(tmp_path)}).stdout == first.stdout
    assert model.stat().st_mtime_ns == made
    assert [path for path in model.parent.iterdir() if path != model] == []


def test_a_cache_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("demo", environment={"XDG_CACHE_HOME": str(tmp_path / "file")})
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("qwen3-desk: ")
