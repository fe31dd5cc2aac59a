"""How hard the tests try: a sample in `make test`, everything in `make campaign`, which also writes what it found."""

import os
from pathlib import Path

CAMPAIGN = bool(os.environ.get("QWEN3_DESK_CAMPAIGN"))

_REPORT = Path(__file__).parents[1] / "docs" / "reliability.md"
_HEAD = """# Reliability

What `make campaign` tried, and what came of it. Every row passed; a failure would have stopped the campaign.

| what | tried and found |
|---|---|
"""
_found: dict[str, str] = {}


def tries(sampled: int, campaign: int) -> int:
    """How often to try something."""
    return campaign if CAMPAIGN else sampled


def record(what: str, found: str) -> None:
    """Keep a figure for the report."""
    _found[what] = found


def write_report() -> None:
    """Write docs/reliability.md from the figures of a campaign."""
    if CAMPAIGN and _found:
        _REPORT.write_text(
            _HEAD + "".join(f"| {what} | {found} |\n" for what, found in sorted(_found.items())), "utf-8"
        )
