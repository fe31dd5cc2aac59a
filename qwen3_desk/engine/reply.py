"""One reply as it grows: tokens in, events out, and the thinking kept count of."""

import codecs

from qwen3_desk.chat.events import Event, Thinking, ThinkingEnd
from qwen3_desk.chat.tags import TAGS, TagParser
from qwen3_desk.engine.vocabulary import Vocabulary


class Reply:
    """Turns tokens into events. No character is ever shown in halves.

    `budget` is the most tokens of thinking, None for no limit; `thinking` says that the prompt has opened the think
    block already. `unfinished` counts the newest tokens that make up no whole character yet.
    """

    def __init__(self, vocabulary: Vocabulary, budget: int | None, *, thinking: bool = False) -> None:
        self._vocabulary = vocabulary
        self._budget = budget
        self._tags = {vocabulary.special(tag): tag for tag in TAGS}
        self._end_of_thinking = vocabulary.special("</think>")
        self._parser = TagParser(thinking=thinking)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._thought = False
        self.unfinished = 0
        self.thinking_tokens = 0
        self.answer_tokens = 0
        self.thinking_end: ThinkingEnd | None = None

    @property
    def decoded(self) -> int:
        """Tokens in all that count as output."""
        return self.thinking_tokens + self.answer_tokens

    def over_budget(self, token: int) -> bool:
        """Whether taking `token` would make the thinking longer than its budget."""
        return (
            self._budget is not None
            and self._parser.thinking
            and token != self._end_of_thinking
            and self.thinking_tokens >= self._budget
        )

    def take(self, token: int) -> list[Event]:
        """Take the next token of the reply."""
        tag = self._tags.get(token)
        if tag is not None:
            events = [*self._flush(), *self._parser.tag(tag)]
            if tag == "</think>" and self._thought and self.thinking_end is None:
                self.thinking_end = "model"
            return self._note(events)
        if self._parser.thinking:
            self.thinking_tokens += 1
        else:
            self.answer_tokens += 1
        text = self._decoder.decode(self._vocabulary.bytes_of(token))
        self.unfinished = self.unfinished + 1 if self._decoder.getstate()[0] else 0
        return self._note(list(self._parser.text(text)) if text else [])

    def end_thinking(self, why: ThinkingEnd) -> None:
        """The thinking was ended from outside; the answer comes next. An unfinished character is dropped."""
        self._decoder.reset()
        self.thinking_tokens -= self.unfinished
        self.unfinished = 0
        self._parser.tag("</think>")
        self.thinking_end = why

    def finish(self) -> list[Event]:
        """What was held back when the reply ended."""
        return [*self._flush(), *self._parser.finish()]

    def _flush(self) -> list[Event]:
        rest = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        self.unfinished = 0
        return list(self._parser.text(rest)) if rest else []

    def _note(self, events: list[Event]) -> list[Event]:
        self._thought = self._thought or any(isinstance(event, Thinking) for event in events)
        return events
