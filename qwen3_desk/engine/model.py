"""A model file, checked and loaded."""

import ctypes
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from llama_cpp import llama_cpp

from quant.check import read_qwen3
from quant.gguf_file import GgufArray, GgufFile, read_gguf
from qwen3_desk.chat.switches import ability_of
from qwen3_desk.engine import native
from qwen3_desk.engine.cache import PIECE
from qwen3_desk.engine.vocabulary import Vocabulary
from qwen3_desk.errors import ModelError

_USUAL_CONTEXT = 8192
_TINY = 50_000_000


@dataclass(frozen=True)
class LoadOptions:
    """How to load: `context` window in tokens and `threads`, None for what suits the model and the machine."""

    context: int | None = None
    threads: int | None = None


def usual_threads(model_size: int) -> int:
    """Threads that decode a model of `model_size` bytes fastest as a rule.

    One for each core, of which hyper-threading shows two; but a single one for a model so small that threads would
    spend their time waiting for each other.
    """
    if model_size < _TINY:
        return 1
    processors = os.cpu_count() or 1
    return processors if processors <= 4 else processors // 2


class Model:
    """A loaded model with one context. Raises ModelError or quant.errors.ModelFileError when it cannot be used."""

    def __init__(self, path: Path, options: LoadOptions, stop: threading.Event) -> None:
        started = time.perf_counter()
        file = read_gguf(path)
        read_qwen3(file)
        self.name = path.name
        self.metadata = file.metadata
        template = file.metadata.get("tokenizer.chat_template")
        self.ability = ability_of(template if isinstance(template, str) else None)
        native.start()
        self._handle = _load(path, stop)
        try:
            self.vocabulary = Vocabulary(self._handle, token_types(file))
            trained = llama_cpp.llama_model_n_ctx_train(self._handle)
            self.window = options.context or min(_USUAL_CONTEXT, trained)
            self.context = _open_context(
                self._handle, self.window, options.threads or usual_threads(path.stat().st_size)
            )
        except BaseException:
            llama_cpp.llama_model_free(self._handle)
            raise
        self.load_ms = (time.perf_counter() - started) * 1000

    def close(self) -> None:
        """Free the memory of the context and the model."""
        llama_cpp.llama_free(self.context)
        llama_cpp.llama_model_free(self._handle)


def token_types(file: GgufFile) -> list[int]:
    """The type of each token of the model in `file`: normal, control, unused, ..."""
    types = file.metadata.get("tokenizer.ggml.token_type")
    return [int(kind) for kind in types] if isinstance(types, GgufArray) else []


def _load(path: Path, stop: threading.Event) -> ctypes.c_void_p:
    parameters = llama_cpp.llama_model_default_params()
    go_on = llama_cpp.llama_progress_callback(lambda _share, _user_data: not stop.is_set())
    parameters.progress_callback = go_on
    handle = llama_cpp.llama_model_load_from_file(os.fsencode(path), parameters)
    if not handle:
        raise ModelError(
            f"llama.cpp could not load {path}: {native.complaints() or 'it gave no reason'}. "
            "Convert or download the model again."
        )
    return ctypes.c_void_p(handle)


def _open_context(handle: ctypes.c_void_p, window: int, threads: int) -> ctypes.c_void_p:
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx = window
    parameters.n_batch = parameters.n_ubatch = PIECE
    parameters.n_threads = parameters.n_threads_batch = threads
    parameters.no_perf = True
    context = llama_cpp.llama_init_from_model(handle, parameters)
    if not context:
        raise ModelError(
            f"There is not enough memory for a context of {window:,} tokens "
            f"({native.complaints() or 'llama.cpp gave no reason'}); choose a smaller --ctx."
        )
    return ctypes.c_void_p(context)
