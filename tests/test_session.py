"""A conversation as a whole: switches, history, notices, on the real engine."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from convert.convert import convert_checkpoint
from qwen3_desk.chat.events import Answer, Done, Event, Notice, Stats, Thinking
from qwen3_desk.chat.switches import Ability
from qwen3_desk.engine.local import LocalEngine
from qwen3_desk.engine.model import LoadOptions
from qwen3_desk.engine.sampling import SamplingChoices
from qwen3_desk.session import Session, TurnOptions
from tests.chat.template import template_text
from tests.conftest import DEMO_CHECKPOINT

SEEDED = SamplingChoices(seed=1)
QUESTION = "How many r's in strawberries?"


def _said(events: list[Event]) -> tuple[str, str]:
    thinking = "".join(event.text for event in events if isinstance(event, Thinking))
    return thinking, "".join(event.text for event in events if isinstance(event, Answer))


def test_the_newest_switch_steers_each_turn(engine: LocalEngine) -> None:
    session = Session(engine, "Be brief. /no_think")
    options = TurnOptions(sampling=SEEDED)
    assert _said(list(session.send(QUESTION, options)))[0] == ""
    assert _said(list(session.send("Really? /think", options)))[0] != ""
    assert _said(list(session.send("Are you sure?", options)))[0] != ""
    assert _said(list(session.send("Sure?", TurnOptions(mode="no_think", sampling=SEEDED))))[0] == ""
    assert session.messages[-2].text == "Sure? /no_think"
    assert _said(list(session.send("Count again.", options)))[0] == ""


def test_history_keeps_what_was_said(engine: LocalEngine) -> None:
    session = Session(engine)
    events = list(session.send(QUESTION, TurnOptions(sampling=SEEDED)))
    thinking, answer = _said(events)
    assert [message.role for message in session.messages] == ["user", "assistant"]
    assert session.messages[1].thinking == thinking
    assert session.messages[1].text == answer


def test_an_interrupted_reply_is_kept_as_far_as_it_came(engine: LocalEngine) -> None:
    session = Session(engine)
    events = []
    for event in session.send(QUESTION, TurnOptions(sampling=SEEDED)):
        events.append(event)
        if len(events) == 4:
            engine.interrupt()
    assert events[-1] == Done("interrupted", None)
    assert session.messages[1].thinking == _said(events)[0] != ""
    again = list(session.send("Really?", TurnOptions(sampling=SEEDED)))
    assert next(event for event in again if isinstance(event, Stats)).cached_tokens > 0


@pytest.fixture(scope="session")
def model_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Ability], Path]:
    """Makes the demo model with the template of a model that has no choice."""

    def make(ability: Ability) -> Path:
        folder = tmp_path_factory.mktemp(ability)
        checkpoint = Path(shutil.copytree(DEMO_CHECKPOINT, folder / "checkpoint"))
        config = json.loads((checkpoint / "tokenizer_config.json").read_text("utf-8"))
        config["chat_template"] = template_text(ability)
        (checkpoint / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")
        convert_checkpoint(checkpoint, folder / f"{ability}.gguf", "Q8_0")
        return folder / f"{ability}.gguf"

    return make


@pytest.mark.parametrize(
    ("ability", "typed", "notice"),
    [
        ("always", QUESTION, None),
        ("always", QUESTION + " /think", None),
        ("always", QUESTION + " /no_think", "always.gguf always thinks; /no_think has no effect on it."),
        ("never", QUESTION, None),
        ("never", QUESTION + " /think", "never.gguf never thinks; /think has no effect on it."),
    ],
)
def test_a_model_without_a_choice_says_so(
    model_of: Callable[[Ability], Path], ability: Ability, typed: str, notice: str | None
) -> None:
    engine = LocalEngine(model_of(ability), LoadOptions(context=1024, threads=1))
    session = Session(engine)
    events = list(session.send(typed, TurnOptions(sampling=SEEDED)))
    assert [event.text for event in events if isinstance(event, Notice)] == ([notice] if notice else [])
    if ability == "always":  # The demo's weights would think under either template.
        assert _said(events)[0]
    assert session.mode == ("think" if ability == "always" else "no_think")
    engine.close()


def test_a_flag_against_the_models_nature_is_said_and_changes_no_text(model_of: Callable[[Ability], Path]) -> None:
    engine = LocalEngine(model_of("always"), LoadOptions(context=1024, threads=1))
    session = Session(engine)
    events = list(session.send(QUESTION, TurnOptions(mode="no_think", sampling=SEEDED, budget=5)))
    assert any(isinstance(event, Notice) for event in events)
    assert session.messages[0].text == QUESTION
    assert events[-1] == Done("stop", "budget")
    engine.close()
