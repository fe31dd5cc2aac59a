"""The KV cache of one context: which tokens it holds, and how more get in."""

import ctypes
import time
from collections.abc import Iterator, Sequence
from typing import Any

from llama_cpp import llama_cpp

from qwen3_desk.engine import native
from qwen3_desk.errors import Qwen3DeskError

PIECE = 512
"""Most tokens of prefill in one call; also the context's batch size."""

_SMALLEST_PIECE = 64
"""Fewer tokens than this at a time would leave the processor's matrix kernels half idle."""

_PATIENCE = 0.25
"""Seconds that one piece should take at most, since only between pieces can prefill be stopped."""

_SEQUENCE = 0


class Cache:
    """The tokens in a context's KV cache, at most `capacity`, kept in step with what llama.cpp holds."""

    def __init__(self, context: ctypes.c_void_p, capacity: int) -> None:
        self._context = context
        self._memory = llama_cpp.llama_get_memory(context)
        self.capacity = capacity
        self.tokens: list[int] = []
        sequence = ctypes.pointer(llama_cpp.llama_seq_id(_SEQUENCE))
        self._counts = (ctypes.c_int32 * PIECE)(*[1] * PIECE)
        self._owners = (ctypes.POINTER(llama_cpp.llama_seq_id) * PIECE)(*[sequence] * PIECE)

    def keep(self, count: int) -> None:
        """Forget all but the first `count` tokens."""
        if count < len(self.tokens):
            llama_cpp.llama_memory_seq_rm(self._memory, _SEQUENCE, count, -1)
            del self.tokens[count:]

    def reuse(self, prompt: Sequence[int]) -> int:
        """Keep the longest prefix shared with `prompt`, and return its length.

        The prompt's last token is never counted as shared: its logits are needed anew.
        """
        shared = 0
        for ours, theirs in zip(self.tokens, prompt[:-1], strict=False):
            if ours != theirs:
                break
            shared += 1
        self.keep(shared)
        return shared

    def feed(self, tokens: Sequence[int]) -> None:
        """Run up to `PIECE` more tokens through the model; afterwards the last one's logits can be read."""
        count, start = len(tokens), len(self.tokens)
        batch: Any = llama_cpp.llama_batch()
        ids = (llama_cpp.llama_token * count)(*tokens)
        positions = (llama_cpp.llama_pos * count)(*range(start, start + count))
        wanted = (ctypes.c_int8 * count)()
        wanted[count - 1] = 1
        batch.n_tokens = count
        batch.token = ctypes.cast(ids, type(batch.token))
        batch.pos = ctypes.cast(positions, type(batch.pos))
        batch.n_seq_id = ctypes.cast(self._counts, type(batch.n_seq_id))
        batch.seq_id = ctypes.cast(self._owners, type(batch.seq_id))
        batch.logits = ctypes.cast(wanted, type(batch.logits))
        code = llama_cpp.llama_decode(self._context, batch)
        if code != 0:
            self.keep(0)
            raise Qwen3DeskError(
                f"llama.cpp could not run the model (code {code}: {native.complaints() or 'no reason given'}); "
                "try a smaller --ctx, or convert or download the model again."
            )
        self.tokens += tokens

    def prefill(self, tokens: Sequence[int]) -> Iterator[None]:
        """Feed any number of tokens in pieces, pausing after each so that the caller may stop."""
        done, size = 0, 2 * _SMALLEST_PIECE
        while done < len(tokens):
            started = time.perf_counter()
            piece = tokens[done : done + size]
            self.feed(piece)
            done += len(piece)
            pace = len(piece) / max(time.perf_counter() - started, 1e-9)
            size = max(_SMALLEST_PIECE, min(PIECE, int(pace * _PATIENCE)))
            yield
