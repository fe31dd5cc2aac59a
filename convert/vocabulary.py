"""Reads the vocabulary of a Qwen3 tokenizer in Hugging Face's format."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gguf import TokenType

from convert.checkpoint import Checkpoint
from quant.errors import ModelFileError

_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
"""How Qwen2 and Qwen3 cut text before byte-pair encoding (their tokenizer.json); llama.cpp calls it "qwen2"."""

_SPECIAL_ROLES = ("bos", "eos", "unk", "sep", "pad", "mask")
_ADDED_ROLES = ("bos", "eos", "sep")
_SPACE = chr(ord(" ") + 256)  # How a space is written in byte-level BPE.
_SPACE_OF_OTHERS = "\u2581"  # How it is written in other tokenizers, and so in some added tokens.
_LOOKS_SPECIAL = re.compile(r"<\|.*\|>|<｜.*｜>|<unused.*>|<pad>|<mask>|<2mass>|\[@BOS@\]", re.DOTALL)
"""Added tokens that llama.cpp's converter takes for control tokens whatever the tokenizer says."""


@dataclass(frozen=True)
class Vocabulary:
    """A vocabulary as a GGUF has it: `tokens` and `types` by id, `merges` as "left right" in order of rank.

    `special_ids` has ids by role (bos, eos, pad, ...), `adds` whether the tokenizer puts such a token around a text.
    """

    tokens: list[str]
    types: list[TokenType]
    merges: list[str]
    special_ids: dict[str, int]
    adds: dict[str, bool]
    chat_template: str | None


def read_vocabulary(checkpoint: Checkpoint, size: int) -> Vocabulary:
    """The vocabulary of a checkpoint whose embedding has `size` rows; ids beyond the tokenizer's become unused tokens.

    Raises ModelFileError if the tokenizer is not of Qwen3's kind or does not fit.
    """
    try:
        vocab, merges = _encoding(checkpoint.tokenizer)
        added = _added_tokens(checkpoint.tokenizer)
        tokens, types = _tokens(vocab, added, size)
        vocabulary = Vocabulary(
            tokens=tokens,
            types=types,
            merges=[_merge(pair) for pair in merges],
            special_ids=_special_ids(checkpoint, {content: number for number, (content, _) in added.items()}, size),
            adds=_adds(checkpoint),
            chat_template=_chat_template(checkpoint),
        )
        "".join([*vocabulary.tokens, *vocabulary.merges, vocabulary.chat_template or ""]).encode()  # Else ValueError.
        return vocabulary
    except ValueError as error:
        path = checkpoint.folder / "tokenizer.json"
        raise ModelFileError(f"{path} cannot be converted: {error}.") from error


def _encoding(tokenizer: Mapping[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """Ids and merges of the byte-pair encoding, if it cuts text as Qwen3 does: llama.cpp must do the same."""
    match tokenizer:
        case {
            "pre_tokenizer": {
                "pretokenizers": [
                    {"type": "Split", "pattern": {"Regex": pattern}},
                    {"type": "ByteLevel", "use_regex": False},
                ]
            },
            "model": {"type": "BPE", "vocab": dict(vocab), "merges": list(merges)},
        } if pattern == _SPLIT:
            if not merges:
                raise ValueError("it has no merges, and llama.cpp needs at least one")
            return vocab, merges
    raise ValueError("it is not Qwen3's byte-level BPE")


def _added_tokens(tokenizer: Mapping[str, Any]) -> dict[int, tuple[str, TokenType]]:
    """The tokens beside the encoding's own by id, with llama.cpp's rule for which of them are control tokens."""
    added = {}
    entries = tokenizer.get("added_tokens")
    for entry in entries if isinstance(entries, list) else [entries]:
        match entry:
            case {"id": int(number), "content": str(content), "special": bool(special)} if number not in added:
                is_control = special or _LOOKS_SPECIAL.fullmatch(content) is not None
                text = content if is_control else content.replace(_SPACE_OF_OTHERS, " ")
                added[number] = text, TokenType.CONTROL if is_control else TokenType.USER_DEFINED
            case _:
                raise ValueError("an entry of its added_tokens is malformed")
    return added


def _tokens(
    vocab: dict[str, Any], added: dict[int, tuple[str, TokenType]], size: int
) -> tuple[list[str], list[TokenType]]:
    if not all(type(number) is int and 0 <= number < size for number in [*vocab.values(), *added]):
        raise ValueError(f"a token has an id outside the {size} rows of the embedding")
    known = {number: (content, TokenType.NORMAL) for content, number in vocab.items()} | added
    entries = [known.get(number) or (f"[PAD{number}]", TokenType.UNUSED) for number in range(size)]
    tokens = [content for content, _ in entries]
    found = set(tokens)
    if len(found) != size or not found.issuperset(vocab):
        raise ValueError("its tokens and ids are not one to one")
    return tokens, [kind for _, kind in entries]


def _merge(pair: object) -> str:
    """One merge, which older files have as "left right" and newer ones as a pair."""
    match pair:
        case str():
            return pair
        case [str(left), str(right)]:
            return f"{left.replace(' ', _SPACE)} {right.replace(' ', _SPACE)}"
    raise ValueError("one of its merges is malformed")


def _special_ids(checkpoint: Checkpoint, added: Mapping[str, int], size: int) -> dict[str, int]:
    """Ids by role: the tokenizer's own first, then those that only config.json names."""
    found: dict[str, int] = {}
    for role in _SPECIAL_ROLES:
        token = checkpoint.tokenizer_config.get(f"{role}_token")
        content = token.get("content") if isinstance(token, dict) else token
        if isinstance(content, str) and content in added:
            found[role] = added[content]
    for role in _SPECIAL_ROLES:
        number = checkpoint.config.get(f"{role}_token_id")
        if type(number) is int:
            found.setdefault(role, number)
    if not all(0 <= number < size for number in found.values()):
        raise ValueError("a special token has an id outside the embedding")
    return found


def _adds(checkpoint: Checkpoint) -> dict[str, bool]:
    """Which special tokens the tokenizer puts around a text; a byte-level post-processor puts none."""
    adds = {}
    processor = checkpoint.tokenizer.get("post_processor")
    if processor:
        if not isinstance(processor, dict) or processor.get("type") != "ByteLevel":
            raise ValueError("its post_processor is not Qwen3's")
        adds = {"bos": False, "eos": False}
    for role in _ADDED_ROLES:
        setting = checkpoint.tokenizer_config.get(f"add_{role}_token")
        if isinstance(setting, bool):
            adds.setdefault(role, setting)
    return adds


def _chat_template(checkpoint: Checkpoint) -> str | None:
    template = checkpoint.tokenizer_config.get("chat_template") or checkpoint.chat_template
    if template is not None and not isinstance(template, str):
        raise ValueError("its chat_template is not one text")
    return template
