"""Runs a model in a thread, so that Ctrl-C is answered at once whatever llama.cpp is in the middle of."""

import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TypeVar

from qwen3_desk.errors import ExitCode

_PATIENCE = 0.35
"""Seconds that a stopped model gets to end by itself; a long kernel cannot be left any other way than by exiting."""

_TICK = 0.05

Item = TypeVar("Item")


def run(work: Callable[[threading.Event], Iterator[Item]], before_exit: Callable[[], None]) -> Iterator[Item]:
    """The items of `work`, made in another thread.

    `work` gets an event that Ctrl-C sets; what it still yields after that is passed on. If it does not end soon
    enough the process does, after `before_exit`. Raises what `work` raises, KeyboardInterrupt after a Ctrl-C.
    """
    stop = threading.Event()
    deadline: list[float] = []

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        stop.set()
        deadline.append(time.monotonic() + _PATIENCE)

    made: queue.SimpleQueue[Item | BaseException | None] = queue.SimpleQueue()
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        threading.Thread(target=_fill, args=(made, work, stop), daemon=True).start()
        while True:
            if deadline and time.monotonic() > deadline[0]:
                before_exit()
                os._exit(ExitCode.INTERRUPTED)
            try:
                item = made.get(timeout=_TICK)
            except queue.Empty:
                continue
            if isinstance(item, BaseException):
                raise KeyboardInterrupt if deadline else item
            if item is None:
                break
            yield item
        if deadline:
            raise KeyboardInterrupt
    finally:
        signal.signal(signal.SIGINT, before)


def _fill(
    made: queue.SimpleQueue[Item | BaseException | None],
    work: Callable[[threading.Event], Iterator[Item]],
    stop: threading.Event,
) -> None:
    try:
        for item in work(stop):
            made.put(item)
        made.put(None)
    except BaseException as error:
        made.put(error)
