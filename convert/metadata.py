"""Writes a model's metadata with the keys, types and order of llama.cpp's own converter.

Source: llama.cpp's conversion/base.py and gguf-py. What describes the model for people (name, size, licence, ...) is
worked out by gguf's `Metadata`, as there, from the model card, config.json and the folder's name.
"""

from gguf import (
    GGML_QUANT_VERSION,
    GGUFType,
    GGUFValueType,
    GGUFWriter,
    Metadata,
    RopeScalingType,
    size_label,
)

from convert.checkpoint import Checkpoint
from convert.config import Config, Yarn
from convert.vocabulary import Vocabulary
from quant.errors import ModelFileError
from quant.qwen3 import Qwen3
from quant.recipes import FileType

_LARGEST = {
    GGUFValueType.FLOAT32: 3.4028234e38,
    GGUFValueType.INT32: (1 << 31) - 1,
    GGUFValueType.UINT32: (1 << 32) - 1,
}
"""The largest number of each type that describes a model."""


def header(
    checkpoint: Checkpoint, config: Config, vocabulary: Vocabulary, file_type: FileType, parameters: int
) -> GGUFWriter:
    """A GGUFWriter without a path that holds all metadata and no tensor; `parameters` is the number of weights.

    Raises ModelFileError if the model card or generation_config.json holds what a GGUF cannot.
    """
    writer = GGUFWriter(None, config.model.architecture)
    writer.add_type(GGUFType.MODEL)
    _add_description(writer, checkpoint, parameters)
    _add_model(writer, config.model, config.yarn)
    writer.add_file_type(file_type.number)
    writer.add_quantization_version(GGML_QUANT_VERSION)
    _add_vocabulary(writer, vocabulary)
    return writer


def _add_description(writer: GGUFWriter, checkpoint: Checkpoint, parameters: int) -> None:
    folder = checkpoint.folder.absolute()
    try:
        description = Metadata.load(None, folder, None, parameters)
        description.name = description.name or folder.name
        description.size_label = description.size_label or size_label(parameters, parameters, 0, 0)
        if description.sampling_penalty_repeat is None:  # gguf 0.19 knows it by another name only.
            description.sampling_penalty_repeat = checkpoint.generation_config.get("repetition_penalty")
        description.set_gguf_meta_model(writer)
    except Exception as error:  # Whatever gguf or its YAML reader makes of a malformed card.
        reason = " ".join(str(error).split())[:200]
        raise ModelFileError(
            f"{folder} describes its model in a way that cannot be read ({reason}): correct or remove its README.md."
        ) from error
    for key, entry in writer.kv_data[0].items():
        if not _can_be_written(entry.value, entry.type):
            raise ModelFileError(
                f"{folder} gives {key} the value {str(entry.value)[:40]!r}, which a GGUF cannot hold:"
                " correct its README.md or generation_config.json."
            )


def _add_model(writer: GGUFWriter, model: Qwen3, yarn: Yarn | None) -> None:
    writer.add_block_count(model.layers)
    writer.add_context_length(model.context_length)
    writer.add_embedding_length(model.embedding_length)
    writer.add_feed_forward_length(model.feed_forward_length)
    writer.add_head_count(model.heads)
    writer.add_head_count_kv(model.kv_heads)
    if yarn is not None:
        _add_yarn(writer, yarn)
    writer.add_rope_freq_base(model.rope_base)
    writer.add_layer_norm_rms_eps(model.rms_epsilon)
    writer.add_key_length(model.head_length)
    writer.add_value_length(model.head_length)


def _add_yarn(writer: GGUFWriter, yarn: Yarn) -> None:
    writer.add_rope_scaling_type(RopeScalingType.YARN)
    writer.add_rope_scaling_factor(yarn.factor)
    writer.add_rope_scaling_orig_ctx_len(yarn.original_context_length)
    for add, value in (
        (writer.add_rope_scaling_yarn_ext_factor, yarn.ext_factor),
        (writer.add_rope_scaling_yarn_attn_factor, yarn.attn_factor),
        (writer.add_rope_scaling_yarn_beta_fast, yarn.beta_fast),
        (writer.add_rope_scaling_yarn_beta_slow, yarn.beta_slow),
    ):
        if value is not None:
            add(value)


def _add_vocabulary(writer: GGUFWriter, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(vocabulary.merges)
    for role, number in vocabulary.special_ids.items():
        getattr(writer, f"add_{role}_token_id")(number)
    for role, adds in vocabulary.adds.items():
        getattr(writer, f"add_add_{role}_token")(adds)
    if vocabulary.chat_template is not None:
        writer.add_chat_template(vocabulary.chat_template)


def _can_be_written(value: object, kind: GGUFValueType) -> bool:
    """Whether gguf can pack a value that came from a stranger's file as the type that its key has."""
    if kind in _LARGEST:
        is_kind = isinstance(value, int) or kind is GGUFValueType.FLOAT32
        return is_kind and isinstance(value, int | float) and abs(value) <= _LARGEST[kind]
    texts = value if kind is GGUFValueType.ARRAY else [value]
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        return False
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:  # A lone surrogate, which JSON can spell and UTF-8 cannot.
        return False
    return True
