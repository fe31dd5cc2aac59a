"""llama.cpp itself, called through llama_cpp's ctypes interface: the judge of what we write."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import llama_cpp

FILE_TYPES = {"F32": 0, "F16": 1, "Q8_0": 7, "Q4_K_M": 15, "BF16": 32}


_SILENCE = llama_cpp.llama_log_callback(lambda _level, _text, _data: None)


def quantize(source: Path, out: Path, file_type: str) -> None:
    """What llama-quantize does."""
    llama_cpp.llama_log_set(_SILENCE, None)
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = FILE_TYPES[file_type]
    params.nthread = 2
    assert llama_cpp.llama_model_quantize(str(source).encode(), str(out).encode(), params) == 0


@contextmanager
def loaded(path: Path) -> Iterator[llama_cpp.llama_model_p]:
    """The model at `path`, loaded on the CPU."""
    llama_cpp.llama_log_set(_SILENCE, None)
    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = 0
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    assert model, f"llama.cpp cannot load {path}"
    yield model
    llama_cpp.llama_model_free(model)


def tokenize(model: llama_cpp.llama_model_p, text: str, *, special: bool) -> list[int]:
    """Token ids of a text; `special` takes the spelling of a special token for the token."""
    content = text.encode()
    ids = (llama_cpp.llama_token * (len(content) + 1))()
    vocabulary = llama_cpp.llama_model_get_vocab(model)
    count = llama_cpp.llama_tokenize(vocabulary, content, len(content), ids, len(ids), False, special)
    return list(ids[:count])


def logits(model: llama_cpp.llama_model_p, tokens: list[int]) -> list[float]:
    """The logits after some tokens."""
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = 64
    params.n_threads = params.n_threads_batch = 1
    context = llama_cpp.llama_init_from_model(model, params)
    ids = (llama_cpp.llama_token * len(tokens))(*tokens)  # The batch only points to them.
    assert llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(ids, len(ids))) == 0
    count = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    found = list(llama_cpp.llama_get_logits_ith(context, -1)[:count])
    llama_cpp.llama_free(context)
    return found
