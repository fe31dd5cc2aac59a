"""`qwen3-desk ask`: one question, one answer."""

import os
import sys
from typing import Annotated

import typer

from qwen3_desk.cli.options import JsonOption, ModelOption, ThreadsOption


def ask(
    prompt: Annotated[list[str] | None, typer.Argument(help="What to ask. Text on standard input is added.")] = None,
    model: ModelOption = None,
    think: Annotated[bool | None, typer.Option("--think/--no-think", help="Think first, or answer at once.")] = None,
    budget: Annotated[int | None, typer.Option(min=0, help="Most tokens of thinking.")] = None,
    system: Annotated[str | None, typer.Option("--system", "-s", help="System message.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Most tokens of thinking and answer together.")] = None,
    temperature: Annotated[float | None, typer.Option(min=0, help="0 always takes the likeliest token.")] = None,
    top_p: Annotated[float | None, typer.Option(min=0, max=1)] = None,
    top_k: Annotated[int | None, typer.Option(min=0, help="0 sets no limit.")] = None,
    min_p: Annotated[float | None, typer.Option(min=0, max=1)] = None,
    presence_penalty: Annotated[float | None, typer.Option(min=-2, max=2)] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**32 - 1, help="For the same answer again.")] = None,
    ctx: Annotated[int | None, typer.Option(min=1, help="Context window in tokens.")] = None,
    threads: ThreadsOption = None,
    show_thinking: Annotated[
        bool | None,
        typer.Option("--show-thinking/--hide-thinking", help="Thinking on stderr. [default: if it is a terminal]"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a question. The answer goes to standard output, and nothing else does."""
    text, attached = _question(prompt or [])
    # Only now: reading the question must not wait for llama.cpp to be imported, nor --help pay for it.
    from qwen3_desk.cli.models import find_model
    from qwen3_desk.cli.printer import print_answer, print_json
    from qwen3_desk.cli.turns import Question, answers
    from qwen3_desk.engine.model import LoadOptions
    from qwen3_desk.engine.sampling import SamplingChoices
    from qwen3_desk.session import TurnOptions

    options = TurnOptions(
        mode=None if think is None else "think" if think else "no_think",
        budget=budget,
        max_tokens=max_tokens,
        sampling=SamplingChoices(temperature, top_p, top_k, min_p, presence_penalty, seed),
    )
    instructions = None if system is None else _as_utf8(system)
    question = Question(text, options, attached)
    work = answers(lambda: find_model(model), LoadOptions(ctx, threads), instructions, [question])
    if as_json:
        print_json(work, lambda turns: turns[0])
    else:
        print_answer(work, show_thinking=show_thinking)


def _as_utf8(text: str) -> str:
    """`text` from the command line, read as UTF-8 where the locale, say LANG=C, could not read its bytes."""
    if any("\udc80" <= character <= "\udcff" for character in text):
        return os.fsencode(text).decode("utf-8", "replace")
    return text


def _question(words: list[str]) -> tuple[str, tuple[str, ...]]:
    """What was typed and what is attached: standard input is the question when no other was given."""
    typed = _as_utf8(" ".join(words).strip())
    piped = ""
    if sys.stdin is not None and not sys.stdin.isatty():
        piped = sys.stdin.buffer.read().decode("utf-8", "replace").strip()
    if not typed and not piped:
        raise typer.BadParameter('Say what to ask, as in: qwen3-desk ask "How many r\'s in strawberries?"')
    return (typed, (piped,) if piped else ()) if typed else (piped, ())
