"""An engine as a `Network`, so that what scores networks also scores engines."""

import numpy as np
import torch

from musicgen.models.network import Network
from musicgen.sampling.engine import Engine, EngineState, build_engine


class SteppedNetwork(Network):
    """Returns what the engine of a network returns, one character after the other.

    Args:
        network: The network.
        precision: Arithmetic of its engine, ``float32`` or ``int8``.
        engine: What steps it; one is built if none is given.

    Raises:
        CompositionError: there is no engine in this precision for this network.
    """

    def __init__(
        self, network: Network, precision: str = "float32", engine: Engine | None = None
    ) -> None:
        super().__init__(network.config)
        self.network = network
        self._engine = engine or build_engine(network, precision)

    def init_state(
        self,
        batch_size: int,
        device: torch.device | str | None = None,  # noqa: ARG002 - engines have one place
    ) -> EngineState:
        """The engine's first state."""
        return self._engine.init_state(batch_size)

    def forward(
        self, ids: torch.Tensor, state: EngineState = None
    ) -> tuple[torch.Tensor, EngineState]:
        """Logits (B, T, V) and the new state for ids (B, T)."""
        state = self.init_state(ids.shape[0]) if state is None else state
        steps = []
        for column in ids.cpu().numpy().T:  # (B,)
            logits, state = self._engine.step(np.ascontiguousarray(column), state)
            steps.append(logits)
        return torch.from_numpy(np.stack(steps, axis=1)), state
