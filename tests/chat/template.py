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


@cache
def _template(name: str) -> jinja2.Template:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment.from_string((files("assets") / name).read_text("utf-8"))


def from_template(
    messages: Sequence[Message], tools: Sequence[dict[str, Any]] = (), name: str = "chat_template.jinja", **flags: bool
) -> str:
    """What the template writes for `messages`, generation prompt included."""
    return _template(name).render(
        messages=[as_dict(message) for message in messages], tools=list(tools), add_generation_prompt=True, **flags
    )


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
