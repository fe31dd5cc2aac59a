"""The engine in this process: prefix reuse, prefill in pieces, decoding, the thinking budget."""

import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

from qwen3_desk.chat.events import Done, Event, FinishReason, Stats
from qwen3_desk.chat.prompt import early_stop, opens_thinking
from qwen3_desk.chat.switches import Ability
from qwen3_desk.engine.cache import Cache
from qwen3_desk.engine.model import LoadOptions, Model
from qwen3_desk.engine.reply import Reply
from qwen3_desk.engine.request import Request
from qwen3_desk.engine.sampler import Sampler
from qwen3_desk.engine.sampling import resolve
from qwen3_desk.errors import Qwen3DeskError


class LocalEngine:
    """Runs a model file. Loading happens on creation; setting `stop` ends it.

    Raises ModelError or quant.errors.ModelFileError for a file that cannot be used.
    """

    def __init__(self, path: Path, options: LoadOptions, stop: threading.Event | None = None) -> None:
        self._stop = stop or threading.Event()
        self._model = Model(path, options, self._stop)
        self._cache = Cache(self._model.context, self._model.window)
        self._early_stop = self._model.vocabulary.encode(early_stop())

    @property
    def name(self) -> str:
        """The model's file name."""
        return self._model.name

    @property
    def ability(self) -> Ability:
        """Whether the model can think, and can do without."""
        return self._model.ability

    @property
    def load_ms(self) -> float:
        """How long loading took."""
        return self._model.load_ms

    def interrupt(self) -> None:
        """End the reply under way, from any thread, at its next token or piece of prefill."""
        self._stop.set()

    def close(self) -> None:
        """Free the model's memory."""
        self._model.close()

    def generate(self, request: Request) -> Iterator[Event]:
        """The reply as it comes; ends with `Stats` and `Done`. Raises Qwen3DeskError when the prompt is too long."""
        self._stop.clear()
        prompt = self._model.vocabulary.encode(request.prompt)
        if len(prompt) >= self._cache.capacity:
            raise Qwen3DeskError(
                f"The conversation takes {len(prompt):,} tokens and leaves no room in the context window of "
                f"{self._cache.capacity:,}; choose a larger --ctx or a shorter text."
            )
        return self._generate(request, prompt)

    def _generate(self, request: Request, prompt: list[int]) -> Iterator[Event]:
        clock = _Clock()
        reply = Reply(self._model.vocabulary, request.budget, thinking=opens_thinking(request.prompt))
        cached = self._cache.reuse(prompt)
        finish_reason: FinishReason | None = None
        for _ in self._cache.prefill(prompt[cached:]):
            if self._stop.is_set():
                finish_reason = "interrupted"
                break
        prefilled = len(self._cache.tokens) - cached
        if finish_reason is None:
            finish_reason = yield from self._decode(request, reply, clock)
        yield from reply.finish()
        yield Stats(
            prompt_tokens=len(prompt),
            cached_tokens=cached,
            prefilled_tokens=prefilled,
            thinking_tokens=reply.thinking_tokens,
            answer_tokens=reply.answer_tokens,
            ttft_ms=clock.to_first_token_ms,
            decode_tps=clock.tokens_per_second,
        )
        yield Done(finish_reason, reply.thinking_end)

    def _decode(self, request: Request, reply: Reply, clock: "_Clock") -> Generator[Event, None, FinishReason]:
        sampling = resolve(request.mode, self._model.metadata, request.sampling)
        vocabulary, cache = self._model.vocabulary, self._cache
        with Sampler(sampling, request.sampling.seed, vocabulary) as sampler:
            while True:
                token = sampler.draw(self._model.context)
                clock.token()
                if vocabulary.is_end(token):
                    return "stop"
                if reply.over_budget(token):
                    if len(cache.tokens) + len(self._early_stop) >= cache.capacity:
                        return "length"
                    cache.keep(len(cache.tokens) - reply.unfinished)
                    reply.end_thinking("budget")
                    cache.feed(self._early_stop)
                    continue
                yield from reply.take(token)
                if reply.decoded == request.max_tokens or len(cache.tokens) == cache.capacity:
                    return "length"
                if self._stop.is_set():
                    return "interrupted"
                cache.feed([token])


class _Clock:
    """Measures a reply: from its creation to the first token, and the pace after that."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._first = self._newest = 0.0
        self._tokens = 0

    def token(self) -> None:
        self._newest = time.perf_counter()
        self._first = self._first or self._newest
        self._tokens += 1

    @property
    def to_first_token_ms(self) -> float:
        return max(0.0, self._first - self._started) * 1000

    @property
    def tokens_per_second(self) -> float:
        elapsed = self._newest - self._first
        return (self._tokens - 1) / elapsed if elapsed > 0 else 0.0
