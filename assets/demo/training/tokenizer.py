"""The demo model's tokenizer: byte-level BPE in Qwen3's format, with hardly any merges.

A letter must stay one token, or the model could not see what it counts. So the only merges are those that
Qwen3's own markers want (two newlines) and whole characters of scripts that take several bytes each.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ADDED_TOKENS = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>"),
    *("<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>"),
    *("<|vision_pad|>", "<|image_pad|>", "<|video_pad|>", "<tool_call>", "</tool_call>", "<|fim_prefix|>"),
    *("<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<tool_response>"),
    *("</tool_response>", "<think>", "</think>"),
)
"""Qwen3's 26 added tokens in the order of their ids."""

_SPECIAL = frozenset(ADDED_TOKENS[:14])
_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
"""Qwen2's and Qwen3's pre-tokenizer (tokenizer.json of any of the models)."""


def byte_letters() -> dict[int, str]:
    """The printable letter that stands for each byte in byte-level BPE (GPT-2's `bytes_to_unicode`)."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + n) for n, byte in enumerate(others)}


def merges(characters: Iterable[str]) -> list[tuple[str, str]]:
    """Merges that make two newlines, and each of the several-byte `characters`, one token."""
    letters = byte_letters()
    made = {(letters[10], letters[10]): None}
    for character in sorted(set(characters)):
        spelled = [letters[byte] for byte in character.encode()]
        for end in range(1, len(spelled)):
            made["".join(spelled[:end]), spelled[end]] = None
    return list(made)


def vocabulary(characters: Iterable[str]) -> dict[str, int]:
    """Token -> id for everything but the added tokens, which follow."""
    letters = byte_letters()
    tokens = dict.fromkeys([*(letters[byte] for byte in range(256)), *("".join(pair) for pair in merges(characters))])
    return {token: number for number, token in enumerate(tokens)}


def write(folder: Path, characters: str, chat_template: str) -> None:
    """Write the tokenizer in which each of `characters` is one token."""
    write_files(folder, vocabulary(characters), merges(characters), chat_template)


def write_files(folder: Path, vocab: dict[str, int], merged: list[tuple[str, str]], chat_template: str) -> None:
    """Write tokenizer.json and tokenizer_config.json as Qwen3's repositories have them.

    `vocab` and `merged` are in the letters of `byte_letters`; the added tokens get the ids after them.
    """
    added = [
        {
            "id": len(vocab) + number,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": token in _SPECIAL,
        }
        for number, token in enumerate(ADDED_TOKENS)
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    tokenizer: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": _SPLIT}, "behavior": "Isolated", "invert": False},
                byte_level,
            ],
        },
        "post_processor": byte_level,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": vocab,
            "merges": [list(pair) for pair in merged],
        },
    }
    config = {
        "add_bos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": {
            str(token["id"]): {key: value for key, value in token.items() if key != "id"} for token in added
        },
        "additional_special_tokens": [t for t in ADDED_TOKENS[1:] if t in _SPECIAL],
        "bos_token": None,
        "chat_template": chat_template,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "errors": "replace",
        "model_max_length": 131072,
        "pad_token": "<|endoftext|>",
        "split_special_tokens": False,
        "tokenizer_class": "Qwen2Tokenizer",
        "unk_token": None,
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False, indent=1) + "\n", "utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, ensure_ascii=False, indent=2) + "\n", "utf-8")
