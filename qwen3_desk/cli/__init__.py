"""The commands, one module each."""

from qwen3_desk.cli.app import main

__all__ = ["main"]
