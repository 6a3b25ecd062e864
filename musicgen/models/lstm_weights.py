"""The weights of an LSTM as plain arrays: enough to compose with, without waiting for torch.

Names and shapes are those of the state of `LSTMNetwork` and `EchoNetwork`. Shapes: V vocabulary, E
embedding, H hidden, K echoes, N levels.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from musicgen.config import NetworkConfig
from musicgen.models.copy_candidates import ECHOES, LEVELS, StructureTokens
from musicgen.models.position import FEATURE_ROWS
from musicgen.models.relative import CLASSES

if TYPE_CHECKING:
    from musicgen.models.lstm_stack import LSTMStack

Array = NDArray[np.float32]

LSTM_KINDS = ("lstm", "echo")
"""The kinds of networks whose weights these are."""

NORM_EPSILON = 1e-5
"""What `torch.nn.LayerNorm` adds to a variance before it divides."""

_PARTS = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


@dataclass(frozen=True, eq=False)
class LSTMWeights:
    """Weights by the names that the network's state has, in float32."""

    config: NetworkConfig
    arrays: Mapping[str, Array]

    @property
    def has_echoes(self) -> bool:
        """Whether they are those of an `EchoNetwork`."""
        return "gates.weight" in self.arrays

    @property
    def signs(self) -> StructureTokens:
        """The characters that order a tune."""
        return StructureTokens(self.config.bar_id, self.config.line_id, self.config.colon_id)

    def layer(self, number: int) -> tuple[Array, Array, Array, Array]:
        """Input (4H, ·) and recurrent (4H, H) weights and two biases (4H,) of a layer, from 0."""
        first, second, third, fourth = (self.arrays[f"layers.{number}.{part}"] for part in _PARTS)
        return first, second, third, fourth

    def norm(self, number: int) -> tuple[Array, Array] | None:
        """Scale and shift (H,) of the norm behind a layer; None where there is none."""
        scale = self.arrays.get(f"norms.{number}.weight")
        return None if scale is None else (scale, self.arrays[f"norms.{number}.bias"])


def take_weights(network: "LSTMStack") -> LSTMWeights:
    """The weights of a network as they are now."""
    arrays = {
        name: np.asarray(value.detach().float().cpu().numpy())
        for name, value in network.state_dict().items()
    }
    return LSTMWeights(network.config, arrays)


def expected_shapes(config: NetworkConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight of a network of one of the `LSTM_KINDS`."""
    vocabulary, width, hidden = config.vocab_size, config.embedding_dim, config.hidden_size
    shapes: dict[str, tuple[int, ...]] = {
        "embedding.weight": (vocabulary, width),
        "linear.weight": (vocabulary, hidden),
        "linear.bias": (vocabulary,),
    }
    for number in range(config.num_layers):
        inputs = hidden if number else width
        sizes = ((4 * hidden, inputs), (4 * hidden, hidden), (4 * hidden,), (4 * hidden,))
        shapes |= {
            f"layers.{number}.{part}": size for part, size in zip(_PARTS, sizes, strict=True)
        }
        if config.layer_norm:
            shapes |= {f"norms.{number}.{part}": (hidden,) for part in ("weight", "bias")}
    if config.kind == "echo":
        shapes |= {
            "offers": (vocabulary, ECHOES, width),
            "levels": (LEVELS, ECHOES, width),
            "gates.weight": (ECHOES, hidden),
            "trust": (LEVELS, ECHOES),
        }
        if config.position:
            shapes["position.weight"] = (FEATURE_ROWS, width)
            if config.relative:
                shapes["relative.weight"] = (CLASSES, hidden)
    return shapes
