"""One LSTM layer over a window on the processor, forward and backward, written out.

PyTorch's own layer keeps the cell state in bfloat16 under autocast, and the rounding adds up over a
window: trained so, the lab's network never learns its tunes by heart as it does in float32. Here
only the inputs of matrix products are rounded; cell state, gates and sums over time stay float32,
and the gradient of each weight is one product over the whole window. The equations are those of
`torch.nn.LSTM` (gates in the order input, forget, cell, output), the backward pass is
backpropagation through time (Werbos 1990).

Shapes: T time, B batch, I input, H hidden. Time goes first.
"""

from typing import Any

import torch

from musicgen.models.packed_product import prepare_product

Weights = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def run_lstm_layer(
    values: torch.Tensor,
    h: torch.Tensor,
    c: torch.Tensor,
    weights: Weights,
    precision: torch.dtype = torch.float32,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Outputs (T, B, H) and the last h and c, each (B, H), differentiable in all but the state.

    Args:
        values: Inputs (T, B, I).
        h: Hidden state before the window (B, H); no gradient flows into it.
        c: Cell state before the window (B, H); no gradient flows into it.
        weights: Input (4H, I) and recurrent (4H, H) weights and the two biases (4H,).
        precision: Type that the factors of matrix products are rounded to.
    """
    outputs, last_c = _LSTMLayer.apply(values, h, c, *weights, precision)  # type: ignore[no-untyped-call]
    return outputs, outputs[-1].detach(), last_c


class _LSTMLayer(torch.autograd.Function):
    """The layer as one node of autograd's graph."""

    @staticmethod
    def forward(  # noqa: PLR0913 - autograd wants every tensor as an argument of its own
        ctx: Any,
        values: torch.Tensor,
        h: torch.Tensor,
        c: torch.Tensor,
        w_input: torch.Tensor,
        w_recurrent: torch.Tensor,
        bias_input: torch.Tensor,
        bias_recurrent: torch.Tensor,
        precision: torch.dtype,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        steps, batch, hidden = *values.shape[:2], h.shape[1]
        rounded = values.flatten(0, 1).to(precision)  # (TB, I)
        gates = (rounded @ w_input.to(precision).T).to(values.dtype)  # (TB, 4H), turns into gates
        gates = (gates + (bias_input + bias_recurrent)).view(steps, batch, 4 * hidden)
        recurrent = w_recurrent.to(precision)  # (4H, H)
        product = prepare_product(recurrent, batch, steps)
        outputs = values.new_empty(steps + 1, batch, hidden)
        cells = values.new_empty(steps + 1, batch, hidden)
        tanhs = values.new_empty(steps, batch, hidden)  # of the cells
        outputs[0], cells[0] = h, c
        for step in range(steps):
            gate = gates[step]
            gate += product(outputs[step].to(precision)).to(gate.dtype)
            i, f, g, o = gate.chunk(4, dim=1)
            g *= 2.0
            gate.sigmoid_()  # all four at once; tanh(x) = 2 sigmoid(2 x) - 1, which is faster
            g.mul_(2.0).sub_(1.0)
            cell = torch.mul(f, cells[step], out=cells[step + 1]).addcmul_(i, g)
            tanh = torch.mul(cell, 2.0, out=tanhs[step]).sigmoid_().mul_(2.0).sub_(1.0)
            torch.mul(o, tanh, out=outputs[step + 1])
        ctx.precision = precision
        ctx.save_for_backward(rounded, w_input, recurrent, gates, cells, tanhs, outputs)
        return outputs[1:], cells[-1].clone()

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        grad_outputs = grads[0]
        rounded, w_input, recurrent, gates, cells, tanh, outputs = ctx.saved_tensors
        steps, batch = grad_outputs.shape[:2]
        d_gates = torch.empty_like(gates)  # with respect to what goes into the gates
        # How each gate's input moves the cell, or the output where it is that gate, for all steps.
        i, f, g, o = gates.chunk(4, dim=2)
        slopes = torch.cat(
            [i * (1 - i) * g, f * (1 - f) * cells[:-1], i * (1 - g * g), o * (1 - o) * tanh], dim=2
        )
        cell_by_output = o * (1 - tanh * tanh)
        product = prepare_product(recurrent.T, batch, steps)
        d_h = torch.zeros_like(cells[0])
        d_c = torch.zeros_like(cells[0])
        for step in range(steps - 1, -1, -1):
            d_h = d_h + grad_outputs[step]
            d_c = d_c.addcmul(d_h, cell_by_output[step])
            moved = torch.cat([d_c, d_c, d_c, d_h], dim=1)
            d_gate = torch.mul(slopes[step], moved, out=d_gates[step])
            d_c = d_c * f[step]
            d_h = product(d_gate.to(ctx.precision)).to(d_h.dtype)
        flat = d_gates.flatten(0, 1)  # (TB, 4H)
        exact, low = flat.dtype, flat.to(ctx.precision)
        d_bias = flat.sum(0)
        d_values = (low @ w_input.to(ctx.precision)).to(exact).view(steps, batch, -1)
        d_input = (low.T @ rounded).to(exact)
        d_recurrent = (low.T @ outputs[:-1].flatten(0, 1).to(ctx.precision)).to(exact)
        return d_values, None, None, d_input, d_recurrent, d_bias, d_bias, None
