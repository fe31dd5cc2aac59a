"""`qwen3-desk demo`: the conversation of Qwen3's announcement, with the model that ships with the app."""

from typing import Annotated

import typer

from qwen3_desk.cli.options import JsonOption

_QUESTIONS = (
    "How many r's in strawberries?",
    "Then, how many r's in blueberries? /no_think",
    "Really? /think",
)
_SEED = 1


def demo(
    as_json: JsonOption = False,
    budget_curve: Annotated[
        bool, typer.Option("--budget-curve", help="Measure what a budget for thinking costs in right answers.")
    ] = False,
) -> None:
    """Watch the bundled demo model think, not think, and think again."""
    if budget_curve:
        from qwen3_desk.cli.budget_curve import show_budget_curve

        show_budget_curve(as_json=as_json)
        return
    from qwen3_desk.cli.printer import print_conversation, print_json
    from qwen3_desk.cli.turns import Question, answers
    from qwen3_desk.engine.model import LoadOptions
    from qwen3_desk.engine.sampling import SamplingChoices
    from qwen3_desk.library.demo import demo_model
    from qwen3_desk.session import TurnOptions

    options = TurnOptions(sampling=SamplingChoices(seed=_SEED))
    work = answers(demo_model, LoadOptions(), None, [Question(text, options) for text in _QUESTIONS])
    if as_json:
        print_json(work, lambda turns: [{"prompt": q} | turn for q, turn in zip(_QUESTIONS, turns, strict=False)])
    else:
        print_conversation(work)
