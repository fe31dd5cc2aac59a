"""The shape of a Qwen3: its hyperparameters, and the tensors that they make it have."""

from dataclasses import dataclass

_MAX_LAYERS = 512  # LLAMA_MAX_LAYERS in llama.cpp.


@dataclass(frozen=True)
class Experts:
    """The mixture of experts of a layer: how many there are, how many a token uses, and each one's inner width."""

    count: int
    used: int
    feed_forward_length: int


@dataclass(frozen=True)
class Qwen3:
    """Hyperparameters of a Qwen3, named as GGUF names them; lengths are in numbers, `vocabulary` in tokens.

    `head_length` is given and not `embedding_length / heads`: most Qwen3 differ there. `experts` is None for a dense
    model. Raises ValueError, saying why, for a combination that llama.cpp cannot compute.
    """

    layers: int
    context_length: int
    embedding_length: int
    feed_forward_length: int
    heads: int
    kv_heads: int
    head_length: int
    vocabulary: int
    rope_base: float
    rms_epsilon: float
    experts: Experts | None = None

    def __post_init__(self) -> None:
        if self.layers > _MAX_LAYERS:
            raise ValueError(f"it has {self.layers} layers, and llama.cpp takes {_MAX_LAYERS} at most")
        if self.heads % self.kv_heads:
            raise ValueError(f"its {self.kv_heads} key-value heads do not divide its {self.heads} heads")
        if self.head_length % 2:
            raise ValueError(f"its heads are {self.head_length} long, and positions turn numbers in pairs")

    @property
    def architecture(self) -> str:
        """What `general.architecture` says."""
        return "qwen3moe" if self.experts else "qwen3"

    def tensor_shapes(self, *, tied: bool) -> dict[str, tuple[int, ...]]:
        """GGUF name -> dimensions in ggml's order of every tensor, in the order in which llama-quantize writes them.

        `tied` leaves out `output.weight`: the token embedding then serves for it.
        """
        width = self.embedding_length
        shapes: dict[str, tuple[int, ...]] = {} if tied else {"output.weight": (width, self.vocabulary)}
        shapes |= {"output_norm.weight": (width,), "token_embd.weight": (width, self.vocabulary)}
        layer = self._layer_shapes()
        for number in range(self.layers):
            shapes |= {f"blk.{number}.{name}.weight": layer[name] for name in sorted(layer)}
        return shapes

    def _layer_shapes(self) -> dict[str, tuple[int, ...]]:
        width, inner = self.embedding_length, self.feed_forward_length
        queries, keys = self.heads * self.head_length, self.kv_heads * self.head_length
        shapes: dict[str, tuple[int, ...]] = {
            "attn_norm": (width,),
            "attn_q": (width, queries),
            "attn_k": (width, keys),
            "attn_v": (width, keys),
            "attn_output": (queries, width),
            "attn_q_norm": (self.head_length,),
            "attn_k_norm": (self.head_length,),
            "ffn_norm": (width,),
        }
        if self.experts is None:
            return shapes | {"ffn_gate": (width, inner), "ffn_up": (width, inner), "ffn_down": (inner, width)}
        count, inner = self.experts.count, self.experts.feed_forward_length
        return shapes | {
            "ffn_gate_inp": (width, count),
            "ffn_gate_exps": (width, inner, count),
            "ffn_up_exps": (width, inner, count),
            "ffn_down_exps": (inner, width, count),
        }
