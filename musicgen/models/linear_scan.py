"""The recurrence ``h[t] = a[t] h[t-1] + x[t]``, element by element, forward and backward.

The gradients follow by hand: with g[t] that of h[t], all later steps included,
``g[t] = d[t] + a[t+1] g[t+1]``, the gradient of x[t] is g[t], that of a[t] is ``g[t] h[t-1]``.

Shapes: T time, B batch, H hidden. Time goes first.
"""

from typing import Any

import torch


def scan(a: torch.Tensor, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    """All h (T, B, H) for factors and inputs (T, B, H) and the h before them (B, H).

    No gradient flows into the h before.
    """
    return _Scan.apply(a, x, h)  # type: ignore[no-any-return, no-untyped-call]


class _Scan(torch.autograd.Function):
    """The scan as one node of autograd's graph."""

    @staticmethod
    def forward(ctx: Any, a: torch.Tensor, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        outputs = torch.empty_like(x)
        before = h
        for factor, value, output in zip(a, x, outputs, strict=True):
            before = torch.addcmul(value, factor, before, out=output)
        ctx.save_for_backward(a, outputs, h)
        return outputs

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        a, outputs, h = ctx.saved_tensors
        total = grads[0].clone()  # (T, B, H)
        for step in range(len(total) - 2, -1, -1):
            total[step].addcmul_(a[step + 1], total[step + 1])
        before = torch.cat([h[None], outputs[:-1]])
        return total * before, total, None
