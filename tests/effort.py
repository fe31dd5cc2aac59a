"""How hard the tests try: a sample in `make test`, everything in `make campaign`."""

import os

CAMPAIGN = bool(os.environ.get("QWEN3_DESK_CAMPAIGN"))


def tries(sampled: int, campaign: int) -> int:
    """How often to try something."""
    return campaign if CAMPAIGN else sampled
