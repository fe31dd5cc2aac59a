"""llama.cpp itself: brought up once a process, its complaints kept for error messages instead of shown."""

import ctypes
from collections import deque
from functools import cache

from llama_cpp import llama_cpp

_ERROR = 4
"""ggml's log level for errors (ggml.h, `ggml_log_level`)."""

_complaints: deque[str] = deque(maxlen=20)


def _listen(level: int, text: bytes, _user_data: ctypes.c_void_p) -> None:
    if level == _ERROR:
        _complaints.append(text.decode("utf-8", "replace").strip())


_listener = llama_cpp.llama_log_callback(_listen)
"""Kept for as long as llama.cpp may call it."""


@cache
def start() -> None:
    """Bring llama.cpp up, quietly; from the second call on this does nothing."""
    llama_cpp.llama_log_set(_listener, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()


def complaints() -> str:
    """What llama.cpp has complained of since the last call, as one line."""
    said = " ".join(line for line in _complaints if line)
    _complaints.clear()
    return said
