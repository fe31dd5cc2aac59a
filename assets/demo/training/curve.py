"""Draw accuracy against the thinking budget: `python -m assets.demo.training.curve` writes docs/budget-curve.svg.

Asks the held-out counts through `qwen3-desk ask` under each budget and prints the table.
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib.pyplot as plt

from assets.demo.training.evaluate import TRIALS, Item, ask

BUDGETS = (0, 8, 16, 32, 64, 128, None)
PLOT = Path(__file__).parents[3] / "docs" / "budget-curve.svg"


def accuracy(items: list[Item], budget: int | None) -> float:
    """The share of `items` answered right with at most `budget` tokens of thinking."""
    flags = () if budget is None else ("--budget", str(budget))
    with ThreadPoolExecutor(2) as pool:
        right: int = sum(pool.map(lambda item: item.accepts(ask(item.question, *flags)["answer"]), items))
    return right / len(items)


def draw(shares: list[float]) -> None:
    """Write the plot."""
    names = ["no limit" if budget is None else str(budget) for budget in BUDGETS]
    figure, axes = plt.subplots(figsize=(6, 3.2))
    axes.plot(names, [100 * share for share in shares], marker="o")
    axes.set(xlabel="thinking budget in tokens", ylabel="right answers in %", ylim=(0, 102))
    axes.grid(visible=True, alpha=0.3)
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=500)
    asked = TRIALS["counting"].items()[: parser.parse_args().items]
    measured = []
    print("| budget | right |\n|---|---|")
    for tokens in BUDGETS:
        measured.append(accuracy(asked, tokens))
        print(f"| {'no limit' if tokens is None else tokens} | {measured[-1]:.1%} |", flush=True)
    draw(measured)
