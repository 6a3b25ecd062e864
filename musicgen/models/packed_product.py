"""Products with the same weights many times over, which are laid out for that once.

A recurrent layer multiplies a few rows by the same large matrix at each step of time. PyTorch lays
the matrix out anew for each product, in the order in which the processor reads it; that takes as
long as the product itself. oneDNN can be asked to do it once (`torch.compile` does the same).
"""

from collections.abc import Callable
from functools import cache, partial

import torch
import torch.nn.functional as F

FEWEST = 16
"""Products from which the layout pays for itself: it takes as long as three to eight of them."""

Product = Callable[[torch.Tensor], torch.Tensor]


def prepare_product(weight: torch.Tensor, rows: int, times: int) -> Product:
    """What multiplies values (rows, I) by the transpose of a weight: (rows, O).

    Args:
        weight: Matrix (O, I), of the type of the values; no gradient flows through the product.
        rows: Of the values.
        times: How often it will be asked for.
    """
    if times < FEWEST or not can_be_packed(weight.device, weight.dtype):
        return partial(F.linear, weight=weight.contiguous())
    packed = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), rows)
    return partial(_multiply, packed)


def can_be_packed(device: torch.device, precision: torch.dtype) -> bool:
    """Whether oneDNN is here and has products of that type on this processor."""
    return device.type == "cpu" and _is_packed_right(precision)


@cache
def _is_packed_right(precision: torch.dtype) -> bool:
    """Tries it once: these operators are no promise of PyTorch's."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    if precision == torch.bfloat16 and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    if precision not in (torch.float32, torch.bfloat16):
        return False
    weight = torch.arange(32.0).view(8, 4).to(precision)
    values = torch.eye(4, dtype=precision)
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight, 4)
        return torch.equal(_multiply(packed, values), F.linear(values, weight))
    except (AttributeError, RuntimeError):
        return False


def _multiply(packed: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    found: torch.Tensor = torch.ops.mkldnn._linear_pointwise(values, packed, None, "none", [], "")
    return found
