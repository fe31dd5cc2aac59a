"""Thinking on or off: Qwen3's soft switches `/think` and `/no_think`, the newest of which holds.

Source: Qwen3's documentation ("Thinking & Non-Thinking Mode") and technical report, section 4.3.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from qwen3_desk.chat.messages import Message

Mode = Literal["think", "no_think"]

Ability = Literal["both", "always", "never"]
"""What a model can do: think or not as it is told, or always or never think, as the models of July 2025 do."""

_SWITCH = re.compile(r"(?<!\S)/(think|no_think)(?!\S)")


def newest_switch(messages: Sequence[Message]) -> Mode | None:
    """The switch in force after `messages`, or None when nobody has set one.

    Only whole words that a person typed count: in system and user messages, not in what is attached to them,
    nor in tool results and answers. A later message beats an earlier one, a later word an earlier word.
    """
    for message in reversed(messages):
        if message.role in ("system", "user"):
            found = _SWITCH.findall(message.text)
            if found:
                return "think" if found[-1] == "think" else "no_think"
    return None


def mode_in_force(messages: Sequence[Message]) -> Mode:
    """Whether the next reply thinks; with no switch anywhere, Qwen3's own default holds: it does."""
    return newest_switch(messages) or "think"


def ability_of(template: str | None) -> Ability:
    """What the model with this chat template can do; the template is only looked at, never run.

    Qwen3's own has the variable `enable_thinking`; that of the Thinking models opens the think block in the
    prompt; that of the Instruct models has none. A file without a template is taken for a Qwen3 of April 2025.
    """
    if template is None or "enable_thinking" in template:
        return "both"
    return "always" if "<think>" in template.rpartition("add_generation_prompt")[2] else "never"


def possible_mode(mode: Mode, ability: Ability) -> Mode:
    """The mode that a model of this ability replies in when `mode` is wanted."""
    return mode if ability == "both" else "think" if ability == "always" else "no_think"


def ask_for_mode(message: Message, history: Sequence[Message], wanted: Mode | None) -> Message:
    """`message` with the switch for `wanted` appended where the texts so far would not lead there.

    `wanted` is what a toggle or a flag asks for; None leaves the matter to the texts. The switch becomes part
    of the message, so that the model, the history and the screen agree.
    """
    if wanted is None or mode_in_force((*history, message)) == wanted:
        return message
    return replace(message, text=f"{message.text} /{wanted}".lstrip())
