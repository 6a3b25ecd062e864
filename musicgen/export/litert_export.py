"""LiteRT (formerly TensorFlow Lite): a step for telephones, in float32 and with 8-bit weights.

Both are run in LiteRT's own interpreter before they are written. In float32 they say what our
engine says, up to rounding. With 8-bit weights LiteRT scales what a product reads by its largest
value, where our engine has a fixed scale, so that the two differ as much as either does from
float32; what is held to are the logits and the loss on the texts that are read.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from musicgen.errors import ExportError
from musicgen.export.comparison import (
    FLOAT_TOLERANCE,
    Ids,
    Logits,
    ReadTexts,
    compare,
    read_own_texts,
)
from musicgen.export.formats import STEP_LOGITS, STEP_LOGITS_INT8, Agreement, require_agreement
from musicgen.export.litert_graph import SIGNATURE, make_step
from musicgen.export.onnx_export import describe_model, require_lstm
from musicgen.models.checkpoint import Checkpoint
from musicgen.models.lstm_weights import LSTMWeights
from musicgen.sampling.echo_reading import EchoReader
from musicgen.storage import replacing_folder
from musicgen.translatable import Sentence

STEP_FILE, INT8_FILE = "step.tflite", "step-int8.tflite"

INT8_TOLERANCE = 1.0
"""Accepted of a logit with 8-bit weights, some tens in size."""

LOSS_TOLERANCE = 0.005
"""Accepted of the loss with 8-bit weights, as a share of the loss in float32."""


def write_litert(checkpoint: Checkpoint, path: Path) -> list[Agreement]:
    """Writes a folder with two models, once each says what our engine says.

    Raises:
        ExportError: LiteRT is not installed, the network is not built around an LSTM, or a model
            does not agree with it.
        StorageError: the folder cannot be written.
    """
    weights = require_lstm(checkpoint)
    models = {
        STEP_FILE: make_step(weights, is_int8=False, metadata=describe_model(checkpoint, "step")),
        INT8_FILE: make_step(
            weights, is_int8=True, metadata=describe_model(checkpoint, "step, 8-bit weights")
        ),
    }
    agreements = compare_models(checkpoint, weights, models)
    require_agreement("LiteRT", agreements)
    with replacing_folder(path) as folder:
        for name, model in models.items():
            (folder / name).write_bytes(model)
    return agreements


def compare_models(
    checkpoint: Checkpoint, weights: LSTMWeights, models: Mapping[str, bytes]
) -> list[Agreement]:
    """Both models beside our engine in float32, one tune after the other."""
    texts = read_own_texts(checkpoint)
    plain = read_texts(models[STEP_FILE], weights, texts.ids)
    low = read_texts(models[INT8_FILE], weights, texts.ids)
    return [
        compare(STEP_LOGITS, texts.logits, plain, FLOAT_TOLERANCE),
        compare(STEP_LOGITS_INT8, texts.logits, low, INT8_TOLERANCE),
        _compare_loss(texts, low),
    ]


def _compare_loss(texts: ReadTexts, low: Logits) -> Agreement:
    """The loss of what is said with 8-bit weights, beside that of float32."""
    losses = [_loss(logits, texts.ids) for logits in (texts.logits, low)]
    largest = abs(losses[1] / losses[0] - 1.0)
    subject = Sentence("losses of the step in 8 bits (as shares)")
    return Agreement(subject, texts.ids.size, len(texts.ids), largest, LOSS_TOLERANCE)


def _loss(logits: Logits, ids: Ids) -> float:
    """Nats a character of texts (B, T) by logits (B, T, V)."""
    said = logits[:, :-1].astype(np.float64)
    largest = said.max(-1, keepdims=True)
    totals = np.log(np.exp(said - largest).sum(-1)) + largest[..., 0]
    chosen = np.take_along_axis(said, ids[:, 1:, None], -1)[..., 0]
    return float((totals - chosen).mean())


def read_texts(model: bytes, weights: LSTMWeights, ids: Ids) -> Logits:
    """Logits (B, T, V) of a model for ids (B, T), in LiteRT's interpreter.

    Raises:
        ExportError: the interpreter does not take the model, or is not installed.
    """
    run = _open(model)
    return np.concatenate([_read(run, weights, row[None]) for row in ids])


def _read(run: Any, weights: LSTMWeights, ids: Ids) -> Logits:
    """Logits (1, T, V) of one tune."""
    reader = EchoReader(weights) if weights.has_echoes else None
    memory, places = reader.begin(1) if reader else (ids[:, :0], ())
    names = [f"{letter}{layer}" for layer in range(weights.config.num_layers) for letter in "hc"]
    state = {name: np.zeros((1, weights.config.hidden_size), np.float32) for name in names}
    found = []
    for column in ids.T:
        if reader is None:
            said = run(ids=column.astype(np.int32), **state)
            found.append(said["logits"].copy())
        else:
            reading, memory, places = reader.read(column, memory, places)
            said = run(ids=reading.rows[:, 0].astype(np.int32), **state)
            found.append(reader.add_up(said["logits"], reading))
        state = {name: said[f"{name}_new"].copy() for name in names}
    return np.stack(found, 1)


def _open(model: bytes) -> Any:
    """The step of a model, as a function of its inputs by name."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise ExportError(
            "LiteRT is not installed here. Install it with: pip install -r requirements-litert.txt"
        ) from error
    try:
        interpreter = Interpreter(model_content=model, num_threads=1)
        interpreter.allocate_tensors()
        return interpreter.get_signature_runner(SIGNATURE)
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0][:200]
        raise ExportError("LiteRT does not take the model: {reason}", reason=reason) from error
