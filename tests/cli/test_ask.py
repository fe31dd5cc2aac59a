"""`qwen3-desk ask`, run for real with the demo model."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import is_one_sentence, run, run_on_terminal

QUESTION = "How many r's in strawberries?"


def _json(
    *arguments: str | Path, stdin: str | None = None, environment: dict[str, str] | None = None
) -> dict[str, Any]:
    done = run("ask", *arguments, "--json", stdin=stdin, environment=environment)
    assert done.returncode == 0, done.stderr
    reply: dict[str, Any] = json.loads(done.stdout)
    return reply


def test_only_the_answer_goes_to_stdout(demo_model: Path) -> None:
    done = run("ask", QUESTION, "-m", demo_model, "--seed", "1")
    assert done.returncode == 0
    assert "3" in done.stdout
    assert done.stdout.endswith(".\n")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_thinking_goes_plainly_to_a_stderr_that_is_no_terminal_when_asked_for(demo_model: Path) -> None:
    done = run("ask", QUESTION, "-m", demo_model, "--show-thinking")
    assert "1 s: 0" in done.stderr
    assert "\x1b" not in done.stderr
    assert "1 s: 0" not in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("flags", "shown"), [([], True), (["--hide-thinking"], False)])
def test_thinking_is_dim_on_a_terminal(demo_model: Path, flags: list[str], *, shown: bool) -> None:
    code, screen = run_on_terminal("ask", QUESTION, "-m", demo_model, *flags)
    assert code == 0
    assert ("\x1b[2m" in screen) == shown
    assert ("1 s: 0" in screen) == shown
    assert screen.count("\x1b[2m") == screen.count("\x1b[0m")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_style_where_none_is_wanted(demo_model: Path, environment: dict[str, str]) -> None:
    _, screen = run_on_terminal("ask", QUESTION, "-m", demo_model, environment=environment)
    assert "1 s: 0" in screen
    assert "\x1b" not in screen


def test_json_has_what_the_readme_says(demo_model: Path) -> None:
    reply = _json(QUESTION, "-m", demo_model, "--seed", "1")
    assert list(reply) == ["answer", "thinking", "mode", "finish_reason", "thinking_end", "model", "usage", "timings"]
    assert reply["mode"] == "think"
    assert reply["finish_reason"] == "stop"
    assert reply["thinking_end"] == "model"
    assert reply["model"] == demo_model.name
    assert "3 r: 1" in reply["thinking"]
    usage = reply["usage"]
    assert sorted(usage) == [
        "answer_tokens", "cached_tokens", "prefilled_tokens", "prompt_tokens", "thinking_tokens",
    ]  # fmt: skip
    assert usage["cached_tokens"] == 0
    assert usage["prefilled_tokens"] == usage["prompt_tokens"] > 20
    assert sorted(reply["timings"]) == ["decode_tps", "load_ms", "ttft_ms"]
    assert all(value > 0 for value in reply["timings"].values())


@pytest.mark.parametrize(
    ("arguments", "mode"),
    [
        ([QUESTION], "think"),
        ([QUESTION, "--no-think"], "no_think"),
        ([QUESTION + " /no_think"], "no_think"),
        ([QUESTION + " /no_think", "--think"], "think"),
        ([QUESTION, "-s", "Be brief. /no_think"], "no_think"),
        ([QUESTION + " /think", "-s", "Be brief. /no_think"], "think"),
        ([QUESTION, "--think", "-s", "Be brief. /no_think"], "think"),
    ],
)
def test_flags_and_switches(demo_model: Path, arguments: list[str], mode: str) -> None:
    reply = _json(*arguments, "-m", demo_model)
    assert reply["mode"] == mode
    assert bool(reply["thinking"]) == (mode == "think")
    assert reply["answer"]


def test_words_need_no_quotes(demo_model: Path) -> None:
    reply = _json("how", "many", "r", "in", "strawberries", "-m", demo_model, "--seed", "3")
    assert "strawberries" in reply["answer"]


def test_standard_input_is_the_question_when_there_is_no_other(demo_model: Path) -> None:
    reply = _json("-m", demo_model, stdin=QUESTION + " /no_think\n")
    assert reply["mode"] == "no_think"
    assert "strawberries" in reply["answer"]


def test_standard_input_is_attached_to_a_question_and_switches_nothing(demo_model: Path) -> None:
    reply = _json(QUESTION, "-m", demo_model, stdin="Some text /no_think\n")
    assert reply["mode"] == "think"
    assert reply["usage"]["prompt_tokens"] > _json(QUESTION, "-m", demo_model)["usage"]["prompt_tokens"]


def test_a_budget_is_kept_and_said(demo_model: Path) -> None:
    reply = _json(QUESTION, "-m", demo_model, "--budget", "12")
    assert reply["usage"]["thinking_tokens"] == 12
    assert reply["thinking_end"] == "budget"
    assert "strawberries" in reply["answer"]


def test_the_output_limit_is_said_in_both_forms(demo_model: Path) -> None:
    assert _json(QUESTION, "-m", demo_model, "--max-tokens", "5")["finish_reason"] == "length"
    done = run("ask", QUESTION, "-m", demo_model, "--max-tokens", "5")
    assert done.returncode == 0
    assert done.stdout == ""
    assert "before the answer" in done.stderr


def test_the_same_seed_gives_the_same_answer(demo_model: Path) -> None:
    flags = ("-m", demo_model, "--seed", "9", "--temperature", "1.5", "--top-p", "1", "--top-k", "0", "--min-p", "0")
    assert _json(QUESTION, *flags)["thinking"] == _json(QUESTION, *flags)["thinking"]


def test_with_no_model_the_demo_answers_and_says_so(tmp_path: Path) -> None:
    done = run("ask", QUESTION, "--seed", "1", environment={"XDG_CACHE_HOME": str(tmp_path), "QWEN3_DESK_MODEL": ""})
    assert done.returncode == 0
    assert "3" in done.stdout
    assert "the demo answers" in done.stderr


def test_the_environment_names_the_default_model(demo_model: Path) -> None:
    assert _json(QUESTION, environment={"QWEN3_DESK_MODEL": str(demo_model)})["model"] == demo_model.name


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["ask", QUESTION, "--budget", "-1"],
        ["ask", QUESTION, "--top-p", "2"],
        ["ask", QUESTION, "--max-tokens", "0"],
        ["ask", QUESTION, "--nonsense"],
        ["nonsense"],
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_a_context_too_small_for_the_question_is_said_with_the_numbers(demo_model: Path) -> None:
    done = run("ask", QUESTION * 20, "-m", demo_model, "--ctx", "64")
    assert done.returncode == 1
    assert is_one_sentence(done.stderr)
    assert "64" in done.stderr


def test_escape_sequences_in_the_reply_do_not_reach_the_terminal(demo_model: Path) -> None:
    flags = ("--temperature", "30", "--top-k", "0", "--top-p", "1", "--min-p", "0", "--max-tokens", "400")
    done = run("ask", QUESTION, "-m", demo_model, "--no-think", "--seed", "4", *flags)
    assert not [c for c in done.stdout if (ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0]
    assert len(done.stdout) > 20
