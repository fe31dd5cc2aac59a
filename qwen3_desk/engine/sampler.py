"""llama.cpp's own sampler chain, set up as one `Sampling` says."""

import ctypes
import math
import secrets

from llama_cpp import llama_cpp

from qwen3_desk.engine.sampling import Sampling
from qwen3_desk.engine.vocabulary import Vocabulary


class Sampler:
    """Draws tokens from the logits of a context's last position. Use as a context manager: it owns memory."""

    def __init__(self, sampling: Sampling, seed: int | None, vocabulary: Vocabulary) -> None:
        self._chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
        for link in _links(sampling, secrets.randbits(32) if seed is None else seed, vocabulary):
            llama_cpp.llama_sampler_chain_add(self._chain, link)

    def __enter__(self) -> "Sampler":
        return self

    def __exit__(self, *_: object) -> None:
        llama_cpp.llama_sampler_free(self._chain)

    def draw(self, context: ctypes.c_void_p) -> int:
        """The next token."""
        return int(llama_cpp.llama_sampler_sample(self._chain, context, -1))


def _links(sampling: Sampling, seed: int, vocabulary: Vocabulary) -> list[ctypes.c_void_p]:
    """The chain's parts in llama.cpp's order: forbidden ids, penalties, then the cuts, temperature and the draw."""
    links = []
    if unused := vocabulary.unused:
        biases = (llama_cpp.llama_logit_bias * len(unused))(
            *(llama_cpp.llama_logit_bias(token, -math.inf) for token in unused)
        )
        links.append(llama_cpp.llama_sampler_init_logit_bias(vocabulary.size, len(unused), biases))
    if sampling.presence_penalty and sampling.penalty_last_n:
        links.append(
            llama_cpp.llama_sampler_init_penalties(
                vocabulary.size, sampling.penalty_last_n, 1.0, 0.0, sampling.presence_penalty
            )
        )
    if sampling.temperature <= 0:
        return [*links, llama_cpp.llama_sampler_init_greedy()]
    links += [
        llama_cpp.llama_sampler_init_top_k(sampling.top_k),
        llama_cpp.llama_sampler_init_top_p(sampling.top_p, 1),
        llama_cpp.llama_sampler_init_min_p(sampling.min_p, 1),
        llama_cpp.llama_sampler_init_temp(sampling.temperature),
        llama_cpp.llama_sampler_init_dist(seed),
    ]
    return links
