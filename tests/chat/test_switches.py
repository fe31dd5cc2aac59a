"""The newest switch wins, wherever it was set, and only real ones count."""

import pytest

from qwen3_desk.chat.messages import Message, Role
from qwen3_desk.chat.switches import (
    Ability,
    Mode,
    ability_of,
    ask_for_mode,
    mode_in_force,
    newest_switch,
    possible_mode,
)
from tests.chat.template import template_text

S, U, A, T = "system", "user", "assistant", "tool"


@pytest.mark.parametrize(
    ("said", "switch"),
    [
        ([], None),
        ([(U, "Hello")], None),
        ([(U, "Hello /no_think")], "no_think"),
        ([(U, "/no_think Hello")], "no_think"),
        ([(U, "Hello\n/think")], "think"),
        ([(U, "/think no, /no_think")], "no_think"),
        ([(U, "/no_think no, /think")], "think"),
        ([(S, "Be brief. /no_think"), (U, "Hello")], "no_think"),
        ([(S, "Be brief. /no_think"), (U, "Hello /think")], "think"),
        ([(S, "/think"), (U, "Hello /no_think"), (A, "Hi"), (U, "More")], "no_think"),
        ([(U, "Hello /no_think"), (A, "Hi"), (U, "Sure? /think"), (A, "Yes"), (U, "Why?")], "think"),
        ([(U, "Hello"), (A, "Say /no_think to stop me")], None),
        ([(U, "Hello"), (T, "/no_think")], None),
        ([(U, "the path /no_think/x and a/no_think")], None),
        ([(U, "/no_thinking, /think!")], None),
        ([(U, "/NO_THINK")], None),
        ([(U, "```\n/no_think\n```")], "no_think"),
        ([(U, "你好 /no_think")], "no_think"),
        ([(U, "Hello /think"), (S, "From now on /no_think")], "no_think"),
    ],
)
def test_newest_switch(said: list[tuple[Role, str]], switch: Mode | None) -> None:
    messages = [Message(role, text) for role, text in said]
    assert newest_switch(messages) == switch
    assert mode_in_force(messages) == (switch or "think")


def test_attached_texts_have_no_switches() -> None:
    assert newest_switch([Message("user", "Sum this up", attached=("Use /no_think here",))]) is None


def test_an_edit_brings_back_what_held_before_it() -> None:
    turns = [Message("user", "Hi"), Message("assistant", "Hello"), Message("user", "Why? /no_think")]
    assert mode_in_force(turns) == "no_think"
    assert mode_in_force([*turns[:2], Message("user", "Why?")]) == "think"
    assert mode_in_force([Message("user", "Hi /no_think"), *turns[1:2], Message("user", "Why?")]) == "no_think"


@pytest.mark.parametrize("ability", ["both", "always", "never"])
def test_what_a_model_can_do_is_seen_in_its_template(ability: Ability) -> None:
    assert ability_of(template_text(ability)) == ability
    assert ability_of(None) == "both"


def test_a_model_without_a_choice_replies_in_its_own_mode() -> None:
    assert [possible_mode("no_think", ability) for ability in ("both", "always", "never")] == [
        "no_think",
        "think",
        "no_think",
    ]
    assert [possible_mode("think", ability) for ability in ("both", "always", "never")] == [
        "think",
        "think",
        "no_think",
    ]


@pytest.mark.parametrize(
    ("history", "typed", "wanted", "sent"),
    [
        ("", "Hi", None, "Hi"),
        ("", "Hi", "think", "Hi"),
        ("", "Hi", "no_think", "Hi /no_think"),
        ("", "Hi /no_think", "no_think", "Hi /no_think"),
        ("", "Hi /no_think", "think", "Hi /no_think /think"),
        ("", "Hi /think", "no_think", "Hi /think /no_think"),
        ("Hey /no_think", "Hi", None, "Hi"),
        ("Hey /no_think", "Hi", "no_think", "Hi"),
        ("Hey /no_think", "Hi", "think", "Hi /think"),
        ("Hey /no_think", "Hi /think", "think", "Hi /think"),
        ("", "", "no_think", "/no_think"),
    ],
)
def test_a_toggle_becomes_a_switch_only_where_it_is_needed(
    history: str, typed: str, wanted: Mode | None, sent: str
) -> None:
    past = [Message("user", history), Message("assistant", "Hello")] if history else []
    message = ask_for_mode(Message("user", typed), past, wanted)
    assert message.text == sent
    if wanted:
        assert mode_in_force([*past, message]) == wanted
