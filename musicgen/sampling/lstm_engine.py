"""The fast engine of the LSTM: one step is one small graph that ONNX Runtime runs on one core.

`nn.LSTM` repacks its weights at every call; drawn one character at a time that is most of the cost.
Here weights are packed once, and a step is no more than reading them: what was tried and measured
stands in ``docs/speed.md``.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from musicgen.models.lstm_weights import LSTMWeights
from musicgen.sampling.lstm_graph import make_product, make_step

if TYPE_CHECKING:
    import onnxruntime as ort

LSTMEngineState = tuple["ort.OrtValue", ...]
"""h and c of each layer, the lowest first, each (B, H)."""


class LSTMEngine:
    """Steps an `LSTMNetwork`; holds nothing that changes, so that threads may share it.

    In ``float32`` the equations are those of `torch.nn.LSTM` and only the order of additions
    differs, so logits agree to rounding. In ``int8`` every tune of a batch has, to the last bit,
    the logits that it has alone.

    Args:
        weights: The network's.
        precision: ``float32`` or ``int8``.
        model: A step that was made before, as ONNX, to be run instead of a new one.
    """

    def __init__(
        self, weights: LSTMWeights, precision: str = "float32", model: bytes = b""
    ) -> None:
        int8 = _weight_type() if precision == "int8" and not model else None
        self._session = open_session(model or make_step(weights, int8))
        self._inputs = [value.name for value in self._session.get_inputs()]
        self._outputs = [value.name for value in self._session.get_outputs()]
        self._hidden_size = weights.config.hidden_size

    def init_state(self, batch_size: int) -> LSTMEngineState:
        """Zeros."""
        shape = (batch_size, self._hidden_size)
        return tuple(_value(np.zeros(shape, np.float32)) for _ in self._inputs[1:])

    def step(
        self, ids: NDArray[np.int64], state: LSTMEngineState
    ) -> tuple[NDArray[np.float32], LSTMEngineState]:
        """One character through all layers."""
        feeds = dict(zip(self._inputs, (_value(ids), *state), strict=True))
        logits, *after = self._session.run_with_ort_values(self._outputs, feeds)
        return logits.numpy(), tuple(after)

    def read(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.float32], LSTMEngineState]:
        """Step by step: what comes back of a product goes into the next, so one pass saves none."""
        state = self.init_state(1)
        for index in range(len(ids) - 1):
            _, state = self.step(ids[index : index + 1], state)
        return self.step(ids[-1:], state)

    def select(self, state: LSTMEngineState, rows: list[int]) -> LSTMEngineState:
        """Rows of h and c."""
        return tuple(_value(part.numpy()[rows]) for part in state)

    def join(self, states: Sequence[LSTMEngineState]) -> LSTMEngineState:
        """h and c of all."""
        parts = zip(*states, strict=True)
        return tuple(_value(np.concatenate([one.numpy() for one in part])) for part in parts)


def _value(array: NDArray[np.generic]) -> "ort.OrtValue":
    from onnxruntime import OrtValue  # 0.3 seconds the first time: only who composes waits for it

    return OrtValue.ortvalue_from_numpy(array)


def open_session(model: bytes) -> "ort.InferenceSession":
    """A session on the thread that calls it.

    A step is too small to share: two cores gain little, and beside a training they wait for one
    another.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@lru_cache(maxsize=1)
def _weight_type() -> type[np.int8] | type[np.uint8]:
    """The type of 8-bit weights whose products are right on this processor.

    Without VNNI, x86 adds pairs of products of unsigned and signed bytes in 16 bits, where they
    can overflow; unsigned weights take another way, slower and right.
    """
    values, weights = np.full((1, 64), 255, np.uint8), np.full((64, 64), 127, np.int8)
    (found,) = open_session(make_product(weights)).run(None, {"values": values})
    return np.int8 if (found == 255 * 127 * 64).all() else np.uint8
