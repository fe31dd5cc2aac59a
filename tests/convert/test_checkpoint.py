import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from convert.checkpoint import open_checkpoint
from quant.errors import ModelFileError
from tests import checkpoints


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return checkpoints.write(tmp_path / "Tiny", num_hidden_layers=1)


def _shard(folder: Path, weight_map: object, *, keep: bool = False) -> None:
    """Put the weights under the name of a shard, and this index beside it."""
    weights = folder / "model.safetensors"
    weights.rename(folder / "model-00001-of-00001.safetensors")
    if keep:
        weights.write_bytes((folder / "model-00001-of-00001.safetensors").read_bytes())
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}), "utf-8")


def _names() -> list[str]:
    return list(checkpoints.tensors(checkpoints.config(num_hidden_layers=1)))


def test_a_whole_checkpoint_is_opened(folder: Path) -> None:
    (folder / "generation_config.json").write_text('{"top_k": 20}', "utf-8")
    (folder / "chat_template.jinja").write_text("{{ ä }}", "utf-8")
    checkpoint = open_checkpoint(folder)
    assert checkpoint.config["hidden_size"] == 256
    assert checkpoint.generation_config == {"top_k": 20}
    assert checkpoint.chat_template == "{{ ä }}"
    assert list(checkpoint.tensors) == _names()


def test_what_is_optional_may_be_missing(folder: Path) -> None:
    (folder / "tokenizer_config.json").unlink()
    checkpoint = open_checkpoint(folder)
    assert (checkpoint.generation_config, checkpoint.tokenizer_config, checkpoint.chat_template) == ({}, {}, None)


def test_shards_are_opened_together(folder: Path) -> None:
    _shard(folder, dict.fromkeys(_names(), "model-00001-of-00001.safetensors"))
    assert open_checkpoint(folder).tensors.keys() == set(_names())


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_links_as_the_hub_cache_has_them_are_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "model.safetensors").rename(tmp_path / "blob")
    (folder / "model.safetensors").symlink_to(Path("..", "blob"))
    assert open_checkpoint(folder).tensors.keys() == set(_names())


@pytest.mark.parametrize(
    "shard",
    [
        *("../model.safetensors", "/etc/model.safetensors", "sub/model.safetensors", "..\\model.safetensors"),
        *("C:model.safetensors", "a\0.safetensors", "model.bin", "", 5, None),
    ],
)
def test_an_index_that_leads_elsewhere_is_refused(folder: Path, shard: object) -> None:
    _shard(folder, dict.fromkeys(_names(), shard))
    with pytest.raises(ModelFileError, match=r"index\.json does not map tensors to \.safetensors files beside it"):
        open_checkpoint(folder)


def test_an_index_that_does_not_agree_with_its_shards_is_refused(folder: Path) -> None:
    whole = dict.fromkeys(_names(), "model-00001-of-00001.safetensors")
    for weight_map in (whole | {"more": "model-00001-of-00001.safetensors"}, dict(list(whole.items())[1:])):
        (folder / "model.safetensors.index.json").unlink(missing_ok=True)
        if (folder / "model.safetensors").exists():
            _shard(folder, weight_map)
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}), "utf-8")
        with pytest.raises(ModelFileError, match="does not hold the tensors that"):
            open_checkpoint(folder)


def test_a_missing_shard_is_named(folder: Path) -> None:
    _shard(folder, {"a": "model-00002-of-00002.safetensors"})
    with pytest.raises(ModelFileError, match=r"model-00002-of-00002\.safetensors is missing"):
        open_checkpoint(folder)


@pytest.mark.parametrize("index", ["[]", "{}", '{"weight_map": []}', "{", '{"weight_map": null}'])
def test_a_malformed_index_is_named(folder: Path, index: str) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(index, "utf-8")
    with pytest.raises(ModelFileError, match=r"model\.safetensors\.index\.json"):
        open_checkpoint(folder)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.ckpt", "model.pth"])
def test_pickle_files_are_refused_unread(folder: Path, name: str) -> None:
    (folder / "model.safetensors").unlink()
    (folder / name).write_bytes(pickle.dumps({}))
    with pytest.raises(ModelFileError, match="is a pickle file"):
        open_checkpoint(folder)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: (folder / "config.json").unlink(), r"config\.json is missing"),
        (lambda folder: (folder / "tokenizer.json").unlink(), r"tokenizer\.json is missing"),
        (lambda folder: (folder / "model.safetensors").unlink(), r"holds no model\.safetensors"),
        (lambda folder: (folder / "config.json").write_bytes(b""), r"config\.json is not valid JSON"),
        (lambda folder: (folder / "config.json").write_bytes(b'{"a": '), r"config\.json is not valid JSON"),
        (lambda folder: (folder / "config.json").write_bytes(b"[" * 100_000), r"config\.json is not valid JSON"),
        (lambda folder: (folder / "config.json").write_bytes(b"[]"), r"config\.json holds no JSON object"),
        (lambda folder: (folder / "config.json").write_bytes(b"\xff\xfe"), r"config\.json is not UTF-8"),
        (lambda folder: (folder / "generation_config.json").write_bytes(b"{"), r"generation_config\.json is not valid"),
        (lambda folder: os.truncate(folder / "tokenizer.json", 300_000_000), r"tokenizer\.json is far too large"),
        (lambda folder: os.truncate(folder / "model.safetensors", 1000), r"model\.safetensors is not a sound"),
    ],
)
def test_what_is_missing_or_malformed_is_named(folder: Path, spoil: Callable[[Path], object], reason: str) -> None:
    spoil(folder)
    with pytest.raises(ModelFileError, match=reason) as caught:
        open_checkpoint(folder)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_what_is_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(ModelFileError, match="is no folder"):
            open_checkpoint(path)
    with pytest.raises(ModelFileError, match="cannot be read"):
        open_checkpoint(tmp_path / ("x" * 300))
