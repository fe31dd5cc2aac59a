"""Recipes against what is known of llama-quantize: its rules' results for the sizes that Qwen3 comes in."""

import pytest

from quant.qwen3 import Experts, Qwen3
from quant.recipes import FILE_TYPES, tensor_types, use_more_bits
from quant.tensor_types import BF16, F16, F32, Q4_K, Q5_0, Q6_K, Q8_0, TensorType


def _model(*, layers: int = 28, width: int = 1024, inner: int = 3072, experts: Experts | None = None) -> Qwen3:
    return Qwen3(layers, 40960, width, inner, 16, 8, 128, 151936, 1e6, 1e-6, experts)


def _types(file_type: str, model: Qwen3, *, tied: bool = True) -> dict[str, TensorType]:
    return tensor_types(FILE_TYPES[file_type], model.tensor_shapes(tied=tied))


@pytest.mark.parametrize(
    ("layers", "raised"),
    [
        (28, [0, 1, 2, 5, 8, 11, 14, 17, 20, 23, 24, 25, 26, 27]),
        (36, [*range(4), *range(6, 31, 3), *range(31, 36)]),
        (40, [*range(5), *range(7, 35, 3), *range(35, 40)]),
        (48, [*range(6), *range(8, 42, 3), *range(42, 48)]),
        (64, [*range(8), *range(10, 56, 3), *range(56, 64)]),
        (94, [*range(11), *range(13, 83, 3), *range(83, 94)]),
    ],
)
def test_layers_that_get_more_bits(layers: int, raised: list[int]) -> None:
    assert [layer for layer in range(layers) if use_more_bits(layer, layers)] == raised
    types = _types("Q4_K_M", _model(layers=layers))
    for name in ("attn_v", "ffn_down"):
        assert [layer for layer in range(layers) if types[f"blk.{layer}.{name}.weight"] == Q6_K] == raised
        assert {types[f"blk.{layer}.{name}.weight"] for layer in range(layers)} == {Q4_K, Q6_K}


def test_q4_k_m_of_a_tied_model() -> None:
    types = _types("Q4_K_M", _model())
    assert types["token_embd.weight"] == Q6_K
    assert "output.weight" not in types
    for name in ("attn_q", "attn_k", "attn_output", "ffn_gate", "ffn_up"):
        assert {types[f"blk.{layer}.{name}.weight"] for layer in range(28)} == {Q4_K}
    assert {kind for name, kind in types.items() if "_norm" in name} == {F32}


def test_q4_k_m_of_an_untied_model() -> None:
    types = _types("Q4_K_M", _model(), tied=False)
    assert types["token_embd.weight"] == Q4_K
    assert types["output.weight"] == Q6_K


@pytest.mark.parametrize(("file_type", "kind"), [("F32", F32), ("F16", F16), ("BF16", BF16), ("Q8_0", Q8_0)])
@pytest.mark.parametrize("tied", [True, False])
def test_simple_file_types_have_one_type_and_f32_norms(file_type: str, kind: TensorType, tied: bool) -> None:  # noqa: FBT001
    types = _types(file_type, _model(), tied=tied)
    assert {chosen for name, chosen in types.items() if "_norm" in name} == {F32}
    assert {chosen for name, chosen in types.items() if "_norm" not in name} == {kind}


def test_a_router_of_experts_stays_f32() -> None:
    types = _types("Q4_K_M", _model(experts=Experts(128, 8, 768)))
    assert types["blk.3.ffn_gate_inp.weight"] == F32
    assert types["blk.3.ffn_gate_exps.weight"] == Q4_K
    assert types["blk.0.ffn_down_exps.weight"] == Q6_K


@pytest.mark.parametrize(
    ("width", "inner", "plain", "raised", "down", "output"),
    [
        (288, 512, Q5_0, Q8_0, Q6_K, Q8_0),  # rows of 288: no block of 256, but of 32
        (256, 544, Q4_K, Q6_K, Q8_0, Q6_K),  # only ffn_down's rows are odd
        (264, 512, F16, F16, Q6_K, F16),  # rows of 264: no block of 32 either
    ],
)
def test_rows_that_blocks_do_not_divide(
    width: int, inner: int, plain: TensorType, raised: TensorType, down: TensorType, output: TensorType
) -> None:
    types = _types("Q4_K_M", _model(width=width, inner=inner))
    assert types["blk.3.attn_q.weight"] == plain
    assert types["blk.0.attn_v.weight"] == raised
    assert types["blk.0.ffn_down.weight"] == down
    assert types["token_embd.weight"] == output
    assert _types("Q8_0", _model(width=width, inner=inner))["blk.3.attn_q.weight"] == (F16 if width == 264 else Q8_0)


@pytest.mark.parametrize(
    ("model", "tied", "tensors", "megabytes"),
    [
        (Qwen3(28, 40960, 1024, 3072, 16, 8, 128, 151936, 1e6, 1e-6), True, 310, 391),
        (Qwen3(28, 40960, 2048, 6144, 16, 8, 128, 151936, 1e6, 1e-6), True, 310, 1101),
        (Qwen3(36, 40960, 2560, 9728, 32, 8, 128, 151936, 1e6, 1e-6), True, 398, 2491),
        (Qwen3(36, 40960, 4096, 12288, 32, 8, 128, 151936, 1e6, 1e-6), False, 399, 5022),
        (Qwen3(40, 40960, 5120, 17408, 40, 8, 128, 151936, 1e6, 1e-6), False, 443, 8996),
        (Qwen3(64, 40960, 5120, 25600, 64, 8, 128, 151936, 1e6, 1e-6), False, 707, 19756),
        (Qwen3(48, 40960, 2048, 6144, 32, 4, 128, 151936, 1e6, 1e-6, Experts(128, 8, 768)), False, 579, 18551),
        (Qwen3(94, 40960, 4096, 12288, 64, 4, 128, 151936, 1e6, 1e-6, Experts(128, 8, 1536)), False, 1131, 142148),
    ],
)
def test_sizes_of_the_official_files(model: Qwen3, tied: bool, tensors: int, megabytes: int) -> None:  # noqa: FBT001
    """Q4_K_M without metadata, from the sizes of Qwen's own GGUF files."""
    shapes = model.tensor_shapes(tied=tied)
    types = tensor_types(FILE_TYPES["Q4_K_M"], shapes)
    size = 0
    for name, shape in shapes.items():
        rows = 1
        for length in shape[1:]:
            rows *= length
        size += rows * types[name].size(shape[0])
    assert len(shapes) == tensors
    assert round(size / 1e6) == pytest.approx(megabytes, abs=1)
