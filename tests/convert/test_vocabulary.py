import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from gguf import TokenType

from assets.demo.training.tokenizer import ADDED_TOKENS
from convert.checkpoint import Checkpoint, open_checkpoint
from convert.vocabulary import Vocabulary, read_vocabulary
from quant.errors import ModelFileError
from tests import checkpoints

Json = dict[str, Any]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return open_checkpoint(checkpoints.write(tmp_path_factory.mktemp("c") / "Tiny", num_hidden_layers=1))


def _changed(
    checkpoint: Checkpoint, change: Callable[[Json, Json, Json], object], template: str | None = None
) -> Checkpoint:
    """A copy after `change(tokenizer.json, tokenizer_config.json, config.json)`."""
    parts = [
        copy.deepcopy(dict(part)) for part in (checkpoint.tokenizer, checkpoint.tokenizer_config, checkpoint.config)
    ]
    change(*parts)
    return Checkpoint(checkpoint.folder, parts[2], {}, parts[0], parts[1], template, {})


def _read(checkpoint: Checkpoint, change: Callable[[Json, Json, Json], object]) -> Vocabulary:
    return read_vocabulary(_changed(checkpoint, change), 320)


def test_every_id_has_a_token_and_a_type(checkpoint: Checkpoint) -> None:
    vocabulary = read_vocabulary(checkpoint, 320)
    base = checkpoint.tokenizer["model"]["vocab"]
    assert vocabulary.tokens[: len(base)] == sorted(base, key=base.get)
    assert vocabulary.tokens[len(base) : len(base) + 26] == list(ADDED_TOKENS)
    assert vocabulary.tokens[len(base) + 26 :] == [f"[PAD{number}]" for number in range(len(base) + 26, 320)]
    types = dict(zip(vocabulary.tokens, vocabulary.types, strict=True))
    assert {types[token] for token in base} == {TokenType.NORMAL}
    assert {types[token] for token in ADDED_TOKENS if token.startswith("<|")} == {TokenType.CONTROL}
    plain = {"<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>"}
    assert {token for token in ADDED_TOKENS if types[token] is TokenType.USER_DEFINED} == plain
    assert {kind for token, kind in types.items() if token.startswith("[PAD")} == {TokenType.UNUSED}


def test_merges_in_both_spellings(checkpoint: Checkpoint) -> None:
    merges = read_vocabulary(checkpoint, 320).merges
    assert merges == ["Ċ Ċ", "Ã ¤", "Ã ¶", "Ã ¼"]
    older = _read(checkpoint, lambda tokenizer, *_: tokenizer["model"].update(merges=["Ċ Ċ", "Ã ¤"]))
    assert older.merges == ["Ċ Ċ", "Ã ¤"]
    spaced = _read(checkpoint, lambda tokenizer, *_: tokenizer["model"].update(merges=[["a b", " "]]))
    assert spaced.merges == ["aĠb Ġ"]


def test_special_tokens_come_from_the_tokenizer_first(checkpoint: Checkpoint) -> None:
    vocabulary = read_vocabulary(checkpoint, 320)
    assert list(vocabulary.special_ids.items()) == [("eos", 262), ("pad", 260), ("bos", 260)]
    assert vocabulary.adds == {"bos": False, "eos": False}

    def as_objects(_: Json, settings: Json, config: Json) -> None:
        settings["eos_token"] = {"content": "<|endoftext|>", "lstrip": False}
        settings["add_bos_token"] = True
        config["bos_token_id"] = None

    vocabulary = _read(checkpoint, as_objects)
    assert vocabulary.special_ids == {"eos": 260, "pad": 260}
    assert vocabulary.adds == {"bos": False, "eos": False}, "the post-processor has the last word"

    def without_post_processor(tokenizer: Json, settings: Json, _: Json) -> None:
        tokenizer["post_processor"] = None
        settings["add_bos_token"] = True

    assert _read(checkpoint, without_post_processor).adds == {"bos": True}


def test_added_tokens_of_a_fine_tune(checkpoint: Checkpoint) -> None:
    def add(tokenizer: Json, *_: Json) -> None:
        tokenizer["added_tokens"].append({"id": 300, "content": "<mine>", "special": True})
        tokenizer["added_tokens"].append({"id": 301, "content": "two words", "special": False})

        tokenizer["added_tokens"].append({"id": 303, "content": "<pad>", "special": False})
        tokenizer["added_tokens"].append({"id": 302, "content": "a▁piece", "special": False})

    vocabulary = _read(checkpoint, add)
    assert (vocabulary.tokens[300], vocabulary.types[300]) == ("<mine>", TokenType.CONTROL)
    assert (vocabulary.tokens[301], vocabulary.types[301]) == ("two words", TokenType.USER_DEFINED)
    assert (vocabulary.tokens[302], vocabulary.types[302]) == ("a piece", TokenType.USER_DEFINED)
    assert (vocabulary.tokens[303], vocabulary.types[303]) == ("<pad>", TokenType.CONTROL)
    assert (vocabulary.tokens[299], vocabulary.types[299]) == ("[PAD299]", TokenType.UNUSED)


def test_the_chat_template_of_either_place(checkpoint: Checkpoint) -> None:
    assert read_vocabulary(checkpoint, 320).chat_template == checkpoints.TEMPLATE.read_text("utf-8")
    moved = _changed(checkpoint, lambda _, settings, __: settings.pop("chat_template"), "{{ from its file }}")
    assert read_vocabulary(moved, 320).chat_template == "{{ from its file }}"
    both = _changed(checkpoint, lambda *_: None, "{{ from its file }}")
    assert read_vocabulary(both, 320).chat_template == checkpoints.TEMPLATE.read_text("utf-8")
    none = _changed(checkpoint, lambda _, settings, __: settings.pop("chat_template"))
    assert read_vocabulary(none, 320).chat_template is None


def _set(*path: str | int, to: object) -> Callable[..., None]:
    """A change that sets one place in tokenizer.json."""

    def change(tokenizer: Json, *_: Json) -> None:
        place: Any = tokenizer
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set("model", "type", to="Unigram"), "not Qwen3's byte-level BPE"),
        (_set("model", to=None), "not Qwen3's byte-level BPE"),
        (_set("model", "vocab", to=[]), "not Qwen3's byte-level BPE"),
        (_set("pre_tokenizer", to=None), "not Qwen3's byte-level BPE"),
        (_set("pre_tokenizer", "pretokenizers", 0, "pattern", "Regex", to=r"\s+"), "not Qwen3's byte-level BPE"),
        (_set("pre_tokenizer", "pretokenizers", 1, "use_regex", to=True), "not Qwen3's byte-level BPE"),
        (_set("model", "merges", to=[]), "has no merges, and llama.cpp needs at least one"),
        (_set("model", "merges", 0, to=["a", "b", "c"]), "one of its merges is malformed"),
        (_set("model", "merges", 0, to=5), "one of its merges is malformed"),
        (_set("model", "vocab", "a", to=320), "outside the 320 rows"),
        (_set("model", "vocab", "a", to=-1), "outside the 320 rows"),
        (_set("model", "vocab", "a", to="7"), "outside the 320 rows"),
        (_set("model", "vocab", "a", to=True), "outside the 320 rows"),
        (_set("model", "vocab", "a", to=[1]), "outside the 320 rows"),
        (_set("model", "vocab", "<think>", to=319), "not one to one"),
        (_set("model", "vocab", "[PAD319]", to=318), "not one to one"),
        (_set("model", "vocab", "a", to=5), "not one to one"),
        (_set("added_tokens", 0, "id", to=5), "not one to one"),
        (_set("model", "vocab", "\ud800", to=318), "surrogates"),
        (_set("added_tokens", 0, "id", to="1"), "added_tokens is malformed"),
        (_set("added_tokens", 0, "id", to=400), "outside the 320 rows"),
        (_set("added_tokens", 0, "id", to=270), "added_tokens is malformed"),
        (_set("added_tokens", 0, to={}), "added_tokens is malformed"),
        (_set("added_tokens", to=5), "added_tokens is malformed"),
        (_set("post_processor", to={"type": "TemplateProcessing"}), "post_processor is not Qwen3's"),
        (_set("post_processor", to=[1]), "post_processor is not Qwen3's"),
        (lambda _, settings, __: settings.update(chat_template=["a"]), "chat_template is not one text"),
        (lambda _, settings, __: settings.update(chat_template="\ud800"), "surrogates"),
        (lambda _, __, config: config.update(bos_token_id=320), "special token has an id outside"),
        (lambda _, __, config: config.update(bos_token_id=-1), "special token has an id outside"),
    ],
)
def test_what_cannot_be_converted_is_named(
    checkpoint: Checkpoint, change: Callable[[Json, Json, Json], object], reason: str
) -> None:
    with pytest.raises(ModelFileError, match=reason) as caught:
        _read(checkpoint, change)
    assert str(caught.value).startswith(str(checkpoint.folder / "tokenizer.json"))
    assert "\n" not in str(caught.value)


def test_the_tokenizer_file_itself_is_as_the_hub_has_it(checkpoint: Checkpoint) -> None:
    """A guard for these tests: their tokenizer must stay one that says everything a real one says."""
    keys = {"version", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model"}
    assert keys <= json.loads((checkpoint.folder / "tokenizer.json").read_text("utf-8")).keys()
