"""From logits to a character: temperature, top-k, top-p. Pure functions; randomness is passed in.

Shapes: B tunes at once, V vocabulary. Logits are (B, V) of any float type; probabilities are
float64, so that the character drawn does not hang on the last bits of a matrix product. NumPy and
not torch: on so few numbers a call of torch costs several times what it computes.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Probs = NDArray[np.float64]


def compute_probs(
    logits: ArrayLike, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0
) -> Probs:
    """Probabilities (B, V) to draw from.

    Args:
        logits: (B, V); minus infinity where nothing may be drawn, but not in a whole row.
        temperature: Logits are divided by it; towards 0 the likeliest character takes all.
        top_k: Keeps the k likeliest characters (Fan et al. 2018); 0 keeps all.
        top_p: Keeps the smallest set of likeliest characters whose probabilities reach this sum
            (Holtzman et al. 2020); the likeliest character always stays.
    """
    values = np.asarray(logits, dtype=np.float64) / temperature
    values -= values.max(-1, keepdims=True)
    probs: Probs = np.exp(values, out=values)
    probs /= probs.sum(-1, keepdims=True)
    if top_k and top_k < probs.shape[-1]:
        least = np.partition(probs, -top_k, axis=-1)[:, -top_k, None]
        probs[probs < least] = 0.0
        probs /= probs.sum(-1, keepdims=True)
    if top_p < 1.0:
        probs = _keep_nucleus(probs, top_p)
        probs /= probs.sum(-1, keepdims=True)
    return probs


def draw(probs: ArrayLike, uniforms: ArrayLike) -> NDArray[np.int64]:
    """Ids (B,) at the points `uniforms` (B,), each in [0, 1), of the cumulative probabilities.

    Inverting the distribution with one number a tune makes each tune's draw depend on its own
    generator only, whatever else is in the batch.
    """
    cumulative = np.asarray(probs).cumsum(-1)
    total = cumulative[:, -1:]
    points = np.asarray(uniforms)[:, None] * total
    np.minimum(points, np.nextafter(total, 0.0), out=points)  # rounding must not lead to the end
    ids: NDArray[np.int64] = (cumulative > points).argmax(-1)  # the first that is beyond
    return ids


def _keep_nucleus(probs: Probs, top_p: float) -> Probs:
    order = np.argsort(-probs, axis=-1, kind="stable")
    ordered = np.take_along_axis(probs, order, -1)
    ordered[ordered.cumsum(-1) - ordered >= top_p] = 0.0  # the sum before it has reached top_p
    kept = np.zeros_like(probs)
    np.put_along_axis(kept, order, ordered, -1)
    return kept
