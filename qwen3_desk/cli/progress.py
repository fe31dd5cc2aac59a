"""A progress bar on stderr for work counted in bytes, where stderr is a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from quant.writer import Progress as Bytes


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[Bytes], None]]:
    """Show `title`, a bar, the speed and the time left; the bar goes when the work ends, however it ends."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=None)

        def advance(state: Bytes) -> None:
            progress.update(task, completed=state.done, total=state.total)

        yield advance
