"""Errors for people: one sentence that says what failed, on what, and what to do."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the commands end with; documented in the README."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    MODEL = 3
    INTERRUPTED = 130


class Qwen3DeskError(Exception):
    """A failure whose message is a sentence for the person."""

    exit_code = ExitCode.FAILURE


class ModelError(Qwen3DeskError):
    """A model that is missing or cannot be used."""

    exit_code = ExitCode.MODEL
