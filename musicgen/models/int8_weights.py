"""Weights in 8 bits, as a checkpoint keeps them: the scheme of the engine's 8-bit products.

Each row of a matrix has one scale, its largest absolute value over 127 (symmetric, after Jacob et
al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference", §2). An LSTM layer above the first reads its input and its own past in one product, so
both of its matrices share a scale for each row. What is small, such as a bias, stays as it is.
Quantising what was read back gives the same integers: an engine in 8 bits says of such a checkpoint
what it says of the one that it was made from, but for what the first layer reads.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.float32]]
Tensors = Mapping[str, NDArray[Any]]

LEVELS = 127
SCALE_SUFFIX = ".scale"
SMALLEST = 1024
"""Numbers that an array has at least to be kept in 8 bits."""

_HIGHER_INPUT = re.compile(r"layers\.[1-9]\d*\.weight_ih_l0")
_TINY = 1e-30


def quantize(arrays: Arrays) -> dict[str, NDArray[Any]]:
    """Arrays as a checkpoint keeps them: int8 with float32 scales (``NAME.scale``), or float32."""
    kept: dict[str, NDArray[Any]] = {}
    for name, values in arrays.items():
        if values.ndim < 2 or values.size < SMALLEST:
            kept[name] = np.ascontiguousarray(values, dtype=np.float32)
            continue
        scales = _scales(name, arrays)
        kept[name] = np.round(values / scales[..., None]).astype(np.int8)
        kept[name + SCALE_SUFFIX] = scales
    return kept


def _scales(name: str, arrays: Arrays) -> NDArray[np.float32]:
    largest = np.abs(arrays[name]).max(-1)
    partner = name.replace("weight_hh_l0", "weight_ih_l0")
    if _HIGHER_INPUT.fullmatch(partner):
        both = (partner, partner.replace("weight_ih_l0", "weight_hh_l0"))
        largest = np.maximum(*(np.abs(arrays[one]).max(-1) for one in both))
    scales: NDArray[np.float32] = (np.maximum(largest, _TINY) / LEVELS).astype(np.float32)
    return scales


def dequantize(tensors: Tensors) -> dict[str, NDArray[np.float32]]:
    """Arrays in float32 from what `quantize` gave.

    Raises:
        ValueError: an array of whole numbers lacks its scales, or they do not fit.
    """
    arrays = {}
    for name, values in tensors.items():
        if name.endswith(SCALE_SUFFIX) and name.removesuffix(SCALE_SUFFIX) in tensors:
            continue
        if values.dtype != np.int8:
            arrays[name] = np.asarray(values, dtype=np.float32)
            continue
        scales = tensors.get(name + SCALE_SUFFIX)
        fits = scales is not None and scales.shape == values.shape[:-1]
        if scales is None or not fits or scales.dtype != np.float32 or not _is_finite(scales):
            raise ValueError(f"{name} has no scales that fit")
        arrays[name] = values.astype(np.float32) * scales[..., None]
    return arrays


def _is_finite(values: NDArray[Any]) -> bool:
    return bool(np.isfinite(values).all())
