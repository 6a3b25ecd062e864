"""Weights in 4 bits, as a checkpoint keeps them: for those in which nearly all numbers lie.

The matrices of LSTM layers are cut into groups of `GROUP` neighbours along what they read; each
group has a scale in float16, and each weight is a whole number of it from −8 to 7. The sign of a
scale is such that the largest weight of its group falls on the longer side, and among some lengths
that one is taken which leaves the smallest squares (the group-wise scheme of Dettmers &
Zettlemoyer 2023, "The case for 4-bit precision: k-bit Inference Scaling Laws", §2, with signed
scales). All other weights are kept in 8 bits (`musicgen.models.int8_weights`).

Shapes: N rows, K columns, padded with zeros to G groups; a byte holds two numbers, the earlier in
its lower half.
"""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgen.models import int8_weights
from musicgen.models.int8_weights import SMALLEST, Arrays, Tensors

Array = NDArray[np.float32]

GROUP = 32
FOUR_SUFFIX, SCALES_SUFFIX, WIDTH_SUFFIX = ".four", ".scales", ".width"

_LOWEST, _HIGHEST = -8, 7
_TRIED = np.linspace(0.6, 1.05, 19)
"""Lengths of a scale that are tried, as shares of the one that just holds the largest weight."""

_LAYER = re.compile(r"layers\.\d+\.weight_[ih]h_l0")
_TINY = 2.0**-14  # the smallest normal number of float16


def quantize(arrays: Arrays) -> dict[str, NDArray[Any]]:
    """Arrays as a checkpoint keeps them: matrices of layers in 4 bits, all others in 8 or float32.

    A matrix ``NAME`` becomes ``NAME.four`` uint8 (N, G · `GROUP` / 2), ``NAME.scales`` float16
    (N, G) and ``NAME.width``, its K.
    """
    fours = {
        name for name, one in arrays.items() if _LAYER.fullmatch(name) and one.size >= SMALLEST
    }
    kept = int8_weights.quantize({name: one for name, one in arrays.items() if name not in fours})
    for name in sorted(fours):
        numbers, scales = _round(arrays[name])
        kept[name + FOUR_SUFFIX] = numbers[..., 0::2] | (numbers[..., 1::2] << 4)
        kept[name + SCALES_SUFFIX] = scales
        kept[name + WIDTH_SUFFIX] = np.array([arrays[name].shape[1]], np.int64)
    return kept


def _round(matrix: Array) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    """Numbers (N, G · `GROUP`), those below zero as 8 to 15, and scales (N, G)."""
    rows, columns = matrix.shape
    groups = np.pad(matrix, ((0, 0), (0, -columns % GROUP))).reshape(rows, -1, GROUP)
    places = np.abs(groups).argmax(-1)[..., None]
    longest = np.take_along_axis(groups, places, -1)[..., 0] / _LOWEST  # (N, G), signed
    best = np.full(longest.shape, np.inf, np.float32)
    scales: NDArray[np.float16] = np.zeros(longest.shape, np.float16)
    for share in _TRIED:
        tried = _keep_away_from_zero(longest * share)
        error = np.square(_numbers(groups, tried) * _wide(tried) - groups).sum(-1)
        scales = np.where(error < best, tried, scales)
        best = np.minimum(best, error)
    signed = _numbers(groups, scales).astype(np.int8)
    numbers: NDArray[np.uint8] = signed.view(np.uint8) & np.uint8(15)
    return numbers.reshape(rows, -1), scales


def _keep_away_from_zero(scales: Array) -> NDArray[np.float16]:
    signs = np.where(scales < 0, -1.0, 1.0)
    return (signs * np.maximum(np.abs(scales), _TINY)).astype(np.float16)


def _wide(scales: NDArray[np.float16]) -> Array:
    return scales.astype(np.float32)[..., None]


def _numbers(groups: Array, scales: NDArray[np.float16]) -> Array:
    found: Array = np.clip(np.round(groups / _wide(scales)), _LOWEST, _HIGHEST)
    return found


def dequantize(tensors: Tensors) -> dict[str, Array]:
    """Arrays in float32 from what `quantize` gave.

    Raises:
        ValueError: an array lacks its scales or its width, or they do not fit.
    """
    fours = [name.removesuffix(FOUR_SUFFIX) for name in tensors if name.endswith(FOUR_SUFFIX)]
    parts = {f"{name}{end}" for name in fours
             for end in (FOUR_SUFFIX, SCALES_SUFFIX, WIDTH_SUFFIX)}  # fmt: skip
    rest = {name: value for name, value in tensors.items() if name not in parts}
    return int8_weights.dequantize(rest) | {name: _restore(name, tensors) for name in fours}


def _restore(name: str, tensors: Tensors) -> Array:
    packed, scales, width = (
        tensors.get(name + end) for end in (FOUR_SUFFIX, SCALES_SUFFIX, WIDTH_SUFFIX)
    )
    if packed is None or scales is None or width is None:
        raise ValueError(f"{name} lacks its scales or its width")
    kinds = packed.dtype == np.uint8, scales.dtype == np.float16, width.dtype == np.int64
    if not all(kinds) or packed.ndim != 2 or scales.ndim != 2 or width.shape != (1,):
        raise ValueError(f"{name} has parts of the wrong kind")
    rows, columns = len(scales), int(width[0])
    padded = scales.shape[1] * GROUP
    fits = packed.shape == (rows, padded // 2) and padded - GROUP < columns <= padded
    if not fits or not np.isfinite(scales).all():
        raise ValueError(f"{name} has scales that do not fit")
    numbers = np.stack([packed & 15, packed >> 4], -1).reshape(rows, -1, GROUP).astype(np.int8)
    signed = np.where(numbers > _HIGHEST, numbers - 16, numbers)
    restored: Array = (signed * _wide(scales)).reshape(rows, -1)[:, :columns]
    return np.ascontiguousarray(restored, np.float32)
