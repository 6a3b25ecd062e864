"""A fixed-point network as the engine in C reads it: arrays in its order, filled up to its lanes.

Shapes: H hidden, M values that a product reads, N its outputs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgen.config import SampleConfig
from musicgen.errors import CompositionError, ExportError
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.composer import DEFAULT_PROMPT
from musicgen.sampling.engine import find_weights
from musicgen.sampling.fixed_point import FixedMatrix, FixedNetwork, FixedNorm, quantize
from musicgen.sampling.headers import list_prompts, read_counts

Array = NDArray[np.generic]

_GATES = 4


@dataclass(frozen=True, eq=False)
class NativeLayer:
    """Arrays of a layer by the names that the engine has for them; `size` is what it reads."""

    arrays: dict[str, Array]
    size: int
    norm: FixedNorm | None


@dataclass(frozen=True, eq=False)
class NativeModel:
    """All that the engine needs of a checkpoint.

    Attributes:
        network: The network in whole numbers.
        characters: The vocabulary in ASCII.
        layers: The lowest first.
        arrays: All other arrays, by the names that the engine has for them.
        prompts: What a tune may begin with, and how often.
    """

    network: FixedNetwork
    characters: bytes
    layers: tuple[NativeLayer, ...]
    arrays: dict[str, Array]
    prompts: dict[str, int]

    @property
    def fields(self) -> dict[str, int]:
        """The whole numbers of the engine's `mg_model`, in its order."""
        config = self.network.source.config
        has_echoes = self.network.source.has_echoes
        return {
            "vocabulary": config.vocab_size,
            "width": config.embedding_dim,
            "hidden": config.hidden_size,
            "layers": config.num_layers,
            "outputs": len(self.network.output.weights),
            "has_echoes": int(has_echoes),
            "has_positions": int(has_echoes and config.position),
            "has_relative": int("relative.weight" in self.network.source.arrays),
            "bar": config.bar_id,
            "line": config.line_id,
            "colon": config.colon_id,
        }


def make_native(checkpoint: Checkpoint, lanes: int) -> NativeModel:
    """A checkpoint for the engine.

    Args:
        checkpoint: The network and what it knows of headers.
        lanes: Products read so many values at once: rows are filled up with zeros.

    Raises:
        ExportError: it is no LSTM, or its characters are not all of ASCII.
    """
    weights = find_weights(checkpoint)
    if weights is None:
        raise ExportError(
            "A program in whole numbers is for LSTM networks; this one is of the kind {kind!r}.",
            kind=checkpoint.metadata.network.kind,
        )
    try:
        network = quantize(weights)
        characters = "".join(checkpoint.vocabulary.characters).encode("ascii")
    except CompositionError as error:
        raise ExportError(error.template, **error.values) from error
    except UnicodeEncodeError as error:
        raise ExportError(
            "The network writes {character!r}, and a program in whole numbers writes ASCII alone.",
            character=error.object[error.start],
        ) from error
    if b"\n" not in characters:
        raise ExportError("The network has no character for the end of a line, so no tune ends.")
    layers = tuple(
        NativeLayer(
            {
                "inputs": _by_unit(layer.inputs, lanes),
                "recurrent": _by_unit(layer.recurrent, lanes),
                "input_scales": _gates(layer.inputs.scales),
                "recurrent_scales": _gates(layer.recurrent.scales),
                "bias": _gates(layer.inputs.bias),
            }
            | ({} if layer.norm is None else {"norm_scale": layer.norm.scale.astype(np.int32),
                                              "norm_shift": layer.norm.shift.astype(np.int32)}),
            layer.inputs.weights.shape[1],
            layer.norm,
        )
        for layer in network.layers
    )  # fmt: skip
    output = _fill(network.output.weights, lanes)
    spare = -len(output) % _GATES
    trust = np.zeros(1, np.int32) if network.trust is None else network.trust.astype(np.int32)
    arrays: dict[str, Array] = {
        "rows": network.rows,
        "row_scales": network.row_scales.astype(np.int32),
        "output": np.pad(output, ((0, spare), (0, 0))),
        "output_scales": network.output.scales.astype(np.int32),
        "output_bias": network.output.bias.astype(np.int32),
        "trust": trust,
    }
    return NativeModel(network, characters, layers, arrays, find_prompts(checkpoint))


def find_prompts(checkpoint: Checkpoint) -> dict[str, int]:
    """What a tune may begin with where nothing is asked for, in the order of the seeds' choice."""
    if not checkpoint.metadata.training.described:
        return {DEFAULT_PROMPT: 1}
    settings = SampleConfig(free=True, precision="fixed")
    return list_prompts(read_counts(checkpoint.metadata), settings)


def _gates(values: Array) -> Array:
    """Values (4H,) in the order of units: the gates i, f, g, o of one after the other."""
    return np.ascontiguousarray(values.reshape(_GATES, -1).T).astype(np.int32)


def _by_unit(matrix: FixedMatrix, lanes: int) -> Array:
    weights = _fill(matrix.weights, lanes)
    by_gate = weights.reshape(_GATES, -1, weights.shape[1])
    return np.ascontiguousarray(by_gate.transpose(1, 0, 2))


def _fill(weights: NDArray[np.int8], lanes: int) -> NDArray[np.int8]:
    return np.pad(weights, ((0, 0), (0, -weights.shape[1] % lanes)))


def lines_of(array: Array, per_line: int = 24) -> Iterator[str]:
    """An array as lines of numbers for C."""
    words = [str(number) for number in array.ravel().tolist()]
    for start in range(0, len(words), per_line):
        yield ",".join(words[start : start + per_line])
