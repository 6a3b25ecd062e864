"""TensorRT: the step of a network, built for the NVIDIA GPU of this machine.

TensorRT reads the step as ONNX and chooses its kernels on the GPU that it will run on; a plan is
good for that kind of GPU and that version of TensorRT. Without either this is a sentence.
"""

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from musicgen.errors import ExportError
from musicgen.export.comparison import Ids, Logits, compare, one_tune, read_own_texts, several_tunes
from musicgen.export.formats import STEP_LOGITS, Agreement, require_agreement
from musicgen.export.onnx_export import describe_model, require_lstm
from musicgen.models.checkpoint import Checkpoint
from musicgen.models.lstm_weights import LSTMWeights
from musicgen.sampling.echo_reading import EchoReader
from musicgen.sampling.lstm_graph import count_rows, make_step
from musicgen.storage import write_file

MOST_AT_ONCE = 64
"""Tunes that a plan steps at once at most."""

TOLERANCE = 5e-3
"""Accepted of a logit: float32 without the shortened products of tensor cores, other kernels."""

_USUAL = 16


def write_tensorrt(checkpoint: Checkpoint, path: Path) -> list[Agreement]:
    """Writes the plan of a step, once it says what our engine says.

    Raises:
        ExportError: there is no NVIDIA GPU or no TensorRT, the network is not built around an LSTM,
            or the plan does not agree with it.
        StorageError: the file cannot be written.
    """
    weights = require_lstm(checkpoint)
    trt = _require_tensorrt()
    plan = _build(trt, make_step(weights, None, describe_model(checkpoint, "step")), weights)
    texts = read_own_texts(checkpoint)
    theirs = _read(trt, plan, weights, texts.ids)
    alone = _read(trt, plan, weights, texts.ids[:1])
    agreements = [
        compare(several_tunes(STEP_LOGITS, texts), texts.logits, theirs, TOLERANCE),
        compare(one_tune(STEP_LOGITS), texts.logits[:1], alone, TOLERANCE),
    ]
    require_agreement("TensorRT", agreements)
    write_file(path, plan)
    return agreements


def _require_tensorrt() -> Any:
    import torch

    if not torch.cuda.is_available():
        raise ExportError(
            "TensorRT builds for the NVIDIA GPU that it runs on, and this machine has none. Take "
            "ONNX along, and make the plan there: trtexec --onnx=step.onnx"
        )
    try:
        return importlib.import_module("tensorrt")
    except ImportError as error:
        raise ExportError(
            "TensorRT is not installed here. Install it with: pip install tensorrt"
        ) from error


def _build(trt: Any, model: bytes, weights: LSTMWeights) -> bytes:
    """The plan of a step for 1 to `MOST_AT_ONCE` tunes."""
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(model):
        reason = str(parser.get_error(0))[:200]
        raise ExportError("TensorRT does not take the model: {reason}", reason=reason)
    config = builder.create_builder_config()
    config.clear_flag(trt.BuilderFlag.TF32)
    profile = builder.create_optimization_profile()
    for number in range(network.num_inputs):
        one = network.get_input(number)
        counts = (1, _USUAL, MOST_AT_ONCE)
        profile.set_shape(one.name, *(_shape(one.name, count, weights) for count in counts))
    config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise ExportError("TensorRT could not build a plan of the step on this GPU.")
    return bytes(plan)


def _shape(name: str, count: int, weights: LSTMWeights) -> tuple[int, ...]:
    """Of an input or output but for the logits, of so many tunes at once."""
    if name != "ids":
        return count, weights.config.hidden_size
    return (count_rows(weights), count) if weights.has_echoes else (count,)


def _read(trt: Any, plan: bytes, weights: LSTMWeights, ids: Ids) -> Logits:
    """Logits (B, T, V) of a plan for ids (B, T)."""
    step = _Step(trt, plan, weights, len(ids))
    reader = EchoReader(weights) if weights.has_echoes else None
    memory, places = reader.begin(len(ids)) if reader else (ids[:, :0], ())
    found = []
    for column in ids.T:
        if reader is None:
            found.append(step.run(column))
        else:
            reading, memory, places = reader.read(column, memory, places)
            found.append(reader.add_up(step.run(reading.rows), reading))
    return np.stack(found, 1)


class _Step:
    """A plan on the GPU; states stay there from one character to the next.

    Args:
        trt: The package.
        plan: What was built.
        weights: Of the network.
        count: Tunes at once.
    """

    def __init__(self, trt: Any, plan: bytes, weights: LSTMWeights, count: int) -> None:
        import torch

        self._engine = trt.Runtime(trt.Logger(trt.Logger.ERROR)).deserialize_cuda_engine(plan)
        self._context = self._engine.create_execution_context()
        layers = range(weights.config.num_layers)
        self._states = [f"{letter}{layer}" for layer in layers for letter in "hc"]
        self._values: dict[str, torch.Tensor] = {}
        for name in ("ids", *self._states):
            kind = torch.int64 if name == "ids" else torch.float32
            shape = _shape(name, count, weights)
            self._values[name] = torch.zeros(shape, dtype=kind, device="cuda")
            self._context.set_input_shape(name, shape)
        for name in ("logits", *(f"{one}_new" for one in self._states)):
            shape = tuple(self._context.get_tensor_shape(name))
            self._values[name] = torch.zeros(shape, dtype=torch.float32, device="cuda")
        for name, value in self._values.items():
            self._context.set_tensor_address(name, value.data_ptr())

    def run(self, ids: Ids) -> Logits:
        """What the last layer says after these rows (R, B), or characters (B,)."""
        import torch

        self._values["ids"].copy_(torch.from_numpy(ids))
        stream = torch.cuda.current_stream()
        if not self._context.execute_async_v3(stream.cuda_stream):
            raise ExportError("TensorRT stopped while it read a text.")
        stream.synchronize()
        for name in self._states:
            self._values[name].copy_(self._values[f"{name}_new"])
        said: Logits = self._values["logits"].cpu().numpy()
        return said
