"""The tensor types of ggml: how a row of numbers is laid out in blocks of bytes.

Numbers and sizes are those of `enum ggml_type` and `ggml_blck_size` / `ggml_type_size` in ggml.h; numbers that ggml has
retired (4, 5, 31 to 33, 36 to 38) are left out, as no current llama.cpp reads them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class TensorType:
    """One tensor's blocks: `block_length` numbers take `block_bytes` bytes; `number` stands for it in a GGUF."""

    name: str
    number: int
    block_length: int
    block_bytes: int

    def size(self, length: int) -> int:
        """Bytes that `length` numbers take; `length` must be a multiple of the block length."""
        return length // self.block_length * self.block_bytes


F32 = TensorType("F32", 0, 1, 4)
F16 = TensorType("F16", 1, 1, 2)
Q5_0 = TensorType("Q5_0", 6, 32, 22)
Q8_0 = TensorType("Q8_0", 8, 32, 34)
Q4_K = TensorType("Q4_K", 12, 256, 144)
Q6_K = TensorType("Q6_K", 14, 256, 210)
BF16 = TensorType("BF16", 30, 1, 2)

WEIGHT_TYPES = (
    *(F32, F16, Q5_0, Q8_0, Q4_K, Q6_K, BF16),
    TensorType("Q4_0", 2, 32, 18),
    TensorType("Q4_1", 3, 32, 20),
    TensorType("Q5_1", 7, 32, 24),
    TensorType("Q2_K", 10, 256, 84),
    TensorType("Q3_K", 11, 256, 110),
    TensorType("Q5_K", 13, 256, 176),
    TensorType("IQ2_XXS", 16, 256, 66),
    TensorType("IQ2_XS", 17, 256, 74),
    TensorType("IQ3_XXS", 18, 256, 98),
    TensorType("IQ1_S", 19, 256, 50),
    TensorType("IQ4_NL", 20, 32, 18),
    TensorType("IQ3_S", 21, 256, 110),
    TensorType("IQ2_S", 22, 256, 82),
    TensorType("IQ4_XS", 23, 256, 136),
    TensorType("IQ1_M", 29, 256, 56),
    TensorType("TQ1_0", 34, 256, 54),
    TensorType("TQ2_0", 35, 256, 66),
    TensorType("MXFP4", 39, 32, 17),
    TensorType("NVFP4", 40, 64, 36),
    TensorType("Q1_0", 41, 128, 18),
    TensorType("Q2_0", 42, 64, 18),
)
"""Types that a weight of a model may have."""

_OTHER_TYPES = (
    TensorType("Q8_1", 9, 32, 36),
    TensorType("Q8_K", 15, 256, 292),
    TensorType("I8", 24, 1, 1),
    TensorType("I16", 25, 1, 2),
    TensorType("I32", 26, 1, 4),
    TensorType("I64", 27, 1, 8),
    TensorType("F64", 28, 1, 8),
)
"""Types that a GGUF may hold but no weight has: llama.cpp's own working types, whole numbers, doubles."""

TENSOR_TYPES = {kind.number: kind for kind in (*WEIGHT_TYPES, *_OTHER_TYPES)}
"""Every tensor type by its number in a GGUF."""
