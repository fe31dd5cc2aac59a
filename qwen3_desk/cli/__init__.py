"""The commands, one module each."""

import sys


def main() -> None:
    """Run the command line; never returns."""
    try:
        # Not at the top: a Ctrl-C while this is being imported must not end in a traceback either.
        from qwen3_desk.cli.app import run
    except KeyboardInterrupt:
        sys.exit(130)
    run()
