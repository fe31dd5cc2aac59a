"""Qwen3's own chat template, rendered as transformers does: the oracle for chat.prompt."""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from qwen3_desk.chat.messages import Message
from qwen3_desk.chat.prompt import Segment, Special
from qwen3_desk.chat.switches import Ability


def template_text(ability: Ability = "both") -> str:
    """Qwen3's template, or what those of the models of July 2025 have in its place.

    The Thinking models' differs in the generation prompt only; the Instruct models' knows no thinking.
    """
    text = (files("assets") / "chat_template.jinja").read_text("utf-8")
    if ability == "both":
        return text
    before, _, _ = text.rpartition("{%- if add_generation_prompt %}")
    if ability == "always":
        return before + "{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\\n<think>\\n' }}\n{%- endif %}"
    first, _, rest = before.partition("        {%- set reasoning_content = '' %}")
    _, _, calls = rest.partition("        {%- if message.tool_calls %}")
    plain = "        {{- '<|im_start|>' + message.role + '\\n' + content }}\n        {%- if message.tool_calls %}"
    return (
        first + plain + calls + "{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\\n' }}\n{%- endif %}"
    )


@cache
def _template(ability: Ability) -> jinja2.Template:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment.from_string(template_text(ability))


def from_template(
    messages: Sequence[Message], tools: Sequence[dict[str, Any]] = (), ability: Ability = "both", **flags: bool
) -> str:
    """What the template writes for `messages`, generation prompt included."""
    dicts = [as_dict(message) for message in messages]
    return _template(ability).render(messages=dicts, tools=list(tools), add_generation_prompt=True, **flags)


def as_dict(message: Message) -> dict[str, Any]:
    """`message` as the template wants it."""
    made: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.role == "assistant":
        made["reasoning_content"] = message.thinking
        made["tool_calls"] = [
            {"type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    return made


def spelled(segments: Sequence[Segment]) -> str:
    """A prompt's segments as one text."""
    return "".join(segment.name if isinstance(segment, Special) else segment.text for segment in segments)
