"""`qwen3-desk`: the commands together, and how each of them ends."""

import io
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperGroup

from quant.errors import ConversionError, ModelFileError
from qwen3_desk.cli.ask import ask
from qwen3_desk.cli.convert import convert
from qwen3_desk.cli.demo import demo
from qwen3_desk.errors import ExitCode, Qwen3DeskError


class _Commands(TyperGroup):
    """Turns what a command raises into one sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - as the base class has it
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except BrokenPipeError:
            # Whoever read our output has gone. Python would complain once more when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(ExitCode.FAILURE) from None
        except (Qwen3DeskError, ModelFileError, ConversionError) as error:
            print(f"qwen3-desk: {error}", file=sys.stderr)
            raise typer.Exit(_exit_code(error)) from None


def _exit_code(error: Exception) -> ExitCode:
    if isinstance(error, Qwen3DeskError):
        return error.exit_code
    return ExitCode.MODEL if isinstance(error, ModelFileError) else ExitCode.FAILURE


_app = typer.Typer(
    name="qwen3-desk",
    cls=_Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_app.command()(ask)
_app.command()(convert)
_app.command()(demo)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"qwen3-desk {version('qwen3-desk')}")
        raise typer.Exit


@_app.callback(invoke_without_command=True)
def _begin(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Talk with Qwen3 on your own machine, offline."""
    if context.invoked_subcommand is None:
        print(context.get_help())


def run() -> None:
    """Run the command line; never returns."""
    # A closed stream is None, and what is printed to None goes to standard output.
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Answers come in every script; a terminal or pipe set to less must not turn them into a failure.
            stream.reconfigure(encoding="utf-8", errors="replace")
    _app()


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")
