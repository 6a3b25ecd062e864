"""From logits to a character: temperature, top-k, top-p. Pure functions; randomness is passed in.

Shapes: B tunes at once, V vocabulary. Logits are (B, V) of any float type; probabilities are
float64, so that the character drawn does not hang on the last bits of a matrix product.
"""

import torch


def compute_probs(
    logits: torch.Tensor, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0
) -> torch.Tensor:
    """Probabilities (B, V) to draw from.

    Args:
        logits: (B, V).
        temperature: Logits are divided by it; towards 0 the likeliest character takes all.
        top_k: Keeps the k likeliest characters (Fan et al. 2018); 0 keeps all.
        top_p: Keeps the smallest set of likeliest characters whose probabilities reach this sum
            (Holtzman et al. 2020); the likeliest character always stays.
    """
    probs = torch.softmax(logits.double() / temperature, dim=-1)
    if top_k and top_k < probs.shape[-1]:
        least = probs.topk(top_k, dim=-1).values[:, -1:]
        probs = probs.where(probs >= least, 0.0)
    if top_p < 1.0:
        probs = _keep_nucleus(probs / probs.sum(-1, keepdim=True), top_p)
    return probs / probs.sum(-1, keepdim=True)


def draw(probs: torch.Tensor, uniforms: torch.Tensor) -> torch.Tensor:
    """Ids (B,) at the points `uniforms` (B,), each in [0, 1), of the cumulative probabilities.

    Inverting the distribution with one number a tune makes each tune's draw depend on its own
    generator only, whatever else is in the batch.
    """
    cumulative = probs.cumsum(-1)
    points = uniforms[:, None].to(cumulative) * cumulative[:, -1:]
    ids = torch.searchsorted(cumulative, points, right=True).squeeze(-1)
    last = probs.shape[-1] - 1 - probs.flip(-1).gt(0).int().argmax(-1)
    return torch.minimum(ids, last)


def _keep_nucleus(probs: torch.Tensor, top_p: float) -> torch.Tensor:
    ordered, order = probs.sort(dim=-1, descending=True)
    is_beyond = ordered.cumsum(-1) - ordered >= top_p  # the sum before it has reached top_p
    kept = ordered.masked_fill(is_beyond, 0.0)
    return torch.zeros_like(probs).scatter(-1, order, kept)
