"""Text to tokens and back, by the vocabulary inside the model."""

import ctypes
import re
from collections.abc import Iterable
from functools import cached_property

from llama_cpp import llama_cpp

from qwen3_desk.chat.prompt import Segment, Special
from qwen3_desk.errors import ModelError

_USER_DEFINED, _UNUSED = 4, 5
"""Token types (`enum llama_token_type` in llama.h)."""

_ENDS = ("<|im_end|>", "<|endoftext|>")


class Vocabulary:
    """The tokens of one loaded model. Ids are looked up by name: no two vocabularies need agree on them."""

    def __init__(self, model: ctypes.c_void_p, types: Iterable[int]) -> None:
        """Take the vocabulary of `model`; `types` are its `tokenizer.ggml.token_type`, one for each id."""
        self._vocab = llama_cpp.llama_model_get_vocab(model)
        special_types = [(token, kind) for token, kind in enumerate(types) if kind in (_USER_DEFINED, _UNUSED)]
        self.unused = [token for token, kind in special_types if kind == _UNUSED]
        """Ids that only fill the vocabulary up to its size and must never be drawn."""
        self._user_defined = [token for token, kind in special_types if kind == _USER_DEFINED]
        self.size: int = llama_cpp.llama_vocab_n_tokens(self._vocab)
        self._special: dict[str, int] = {}
        self.ends = frozenset(self.special(name) for name in _ENDS)

    def special(self, name: str) -> int:
        """The id of the special token `name`; raises ModelError when the model has none."""
        if name not in self._special:
            tokens = self._tokenize(name, parse_special=True)
            if len(tokens) != 1:
                raise ModelError(f"The model's vocabulary lacks {name}, so it is no Qwen3 chat model; choose another.")
            self._special[name] = tokens[0]
        return self._special[name]

    def encode(self, segments: Iterable[Segment]) -> list[int]:
        """Token ids of a prompt. Only its `Special` segments become special tokens."""
        tokens: list[int] = []
        for segment in segments:
            if isinstance(segment, Special):
                tokens.append(self.special(segment.name))
            else:
                for part in self._harmless(segment.text):
                    tokens += self._tokenize(part, parse_special=False)
        return tokens

    def bytes_of(self, token: int) -> bytes:
        """The bytes that `token` stands for: none for a control token, any part of a character otherwise."""
        size = 32
        while True:
            buffer = ctypes.create_string_buffer(size)
            length = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, size, 0, False)
            if length >= 0:
                return buffer.raw[:length]
            size = -length

    def is_end(self, token: int) -> bool:
        """Whether `token` ends a reply."""
        return token in self.ends or bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))

    @cached_property
    def _spelled(self) -> re.Pattern[str] | None:
        """The user-defined tokens, which llama.cpp finds in any text, asked to or not (`tokenizer_st_partition`)."""
        names = [
            llama_cpp.llama_vocab_get_text(self._vocab, token).decode("utf-8", "replace")
            for token in self._user_defined
        ]
        return re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True)))) if names else None

    def _harmless(self, text: str) -> list[str]:
        """`text` in parts, cut inside every spelling of a special token, so that none is left to find."""
        if self._spelled is None or not self._spelled.search(text):
            return [text]
        cuts = [match.start() + 1 for match in self._spelled.finditer(text)]
        return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True) if a < b]

    def _tokenize(self, text: str, *, parse_special: bool) -> list[int]:
        raw = text.encode("utf-8", "replace")
        room = len(raw) + 8
        tokens = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self._vocab, raw, len(raw), tokens, room, False, parse_special)
        return list(tokens[:count])
