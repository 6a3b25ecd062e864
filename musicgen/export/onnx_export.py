"""ONNX: a step with states in and out, the same in 8 bits, and whole sequences; any batch.

The step is the graph that our own engine runs. The sequence uses ONNX's ``LSTM`` operator and is
for scoring texts and for reading beginnings; its states have the names and shapes of the step's, so
that one goes on from the other. A network with echoes reads numbers of rows instead of characters:
`musicgen.sampling.echo_reading` says which, and how logits come about from what is said.

Shapes: B batch, T time, E embedding, H hidden, L layers, R rows, S all that the last layer says.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from musicgen.config import to_json
from musicgen.errors import ExportError
from musicgen.export.comparison import (
    FLOAT_TOLERANCE,
    Ids,
    Logits,
    compare,
    compare_engine,
    compare_lengths,
    read_own_texts,
)
from musicgen.export.formats import STEP_LOGITS, STEP_LOGITS_INT8, Agreement, require_agreement
from musicgen.models.checkpoint import Checkpoint
from musicgen.models.lstm_weights import LSTM_KINDS, LSTMWeights
from musicgen.sampling.echo_engine import EchoEngine
from musicgen.sampling.echo_reading import EchoReader
from musicgen.sampling.engine import Engine, find_weights
from musicgen.sampling.lstm_engine import LSTMEngine, open_session
from musicgen.sampling.lstm_graph import (
    Graph,
    info,
    input_rows,
    last_layer,
    make_step,
)
from musicgen.sampling.onnx_writer import FLOAT, INT64, write_value_info
from musicgen.storage import replacing_folder
from musicgen.translatable import Sentence

STEP_FILE, INT8_FILE, SEQUENCE_FILE = "step.onnx", "step-int8.onnx", "sequence.onnx"
METADATA_VERSION = 1


def write_onnx(checkpoint: Checkpoint, path: Path) -> list[Agreement]:
    """Writes a folder with three models, once each says what our engine and torch say.

    Raises:
        ExportError: the network is not built around an LSTM, or a model does not agree with it.
        StorageError: the folder cannot be written.
    """
    weights = require_lstm(checkpoint)
    models = {
        STEP_FILE: make_step(weights, None, describe_model(checkpoint, "step")),
        INT8_FILE: make_step(weights, np.uint8, describe_model(checkpoint, "step, 8 bits")),
        SEQUENCE_FILE: make_sequence(weights, describe_model(checkpoint, "sequence")),
    }
    agreements = compare_models(checkpoint, weights, models)
    require_agreement("ONNX", agreements)
    with replacing_folder(path) as folder:
        for name, model in models.items():
            (folder / name).write_bytes(model)
    return agreements


def require_lstm(checkpoint: Checkpoint) -> LSTMWeights:
    """The weights of a network built around an LSTM.

    Raises:
        ExportError: it is another kind of network.
    """
    weights = find_weights(checkpoint)
    if weights is None:
        raise ExportError(
            "{name} is a network of the kind {kind!r}. Networks that are exported: {kinds}.",
            name=checkpoint.name,
            kind=checkpoint.metadata.network.kind,
            kinds=", ".join(LSTM_KINDS),
        )
    return weights


def describe_model(checkpoint: Checkpoint, part: str) -> dict[str, str]:
    """What is kept in a model about itself: texts, lists and settings as JSON."""
    known, network = checkpoint.metadata, checkpoint.metadata.network
    texts = {
        "musicgen.version": str(METADATA_VERSION),
        "musicgen.part": part,
        "musicgen.name": known.name,
        "musicgen.fingerprint": checkpoint.fingerprint,
        "musicgen.license": known.license,
        "musicgen.source": str(known.corpus.get("source", "")),
        "musicgen.vocabulary": json.dumps(known.vocabulary, ensure_ascii=False),
        "musicgen.network": to_json(network.to_dict()),
        "musicgen.training": to_json(known.training.to_dict()),
    }
    if network.kind == "echo":
        texts["musicgen.inputs"] = (
            "ids are numbers of rows: a character, 4 levels, 4 offers, then positions if they are "
            "read; the last columns of the logits are 4 gates, then degrees and intervals."
        )
    return texts


def make_sequence(weights: LSTMWeights, metadata: Mapping[str, str] | None = None) -> bytes:
    """A model with the inputs ``ids`` (T, B), of a network with echoes (R, T, B), and the states of
    the step, and the outputs ``logits`` (T, B, S) and the new states.
    """
    graph = Graph(None)
    size, layers = weights.config.hidden_size, weights.config.num_layers
    table = input_rows(weights) if weights.has_echoes else weights.arrays["embedding.weight"]
    values = graph.add("Gather", [graph.constant(table), "ids"])
    axis = graph.constant(np.array([0]))
    if weights.has_echoes:
        values = graph.add("ReduceSum", [values, axis], keepdims=0)  # (T, B, E)
    second = graph.constant(np.array([1]))
    for layer in range(layers):
        w_input, w_recurrent, *biases = weights.layer(layer)
        inputs = [
            values,
            *(graph.constant(_order(one)[None]) for one in (w_input, w_recurrent)),
            graph.constant(np.concatenate([_order(one) for one in biases])[None]),
            "",
            *(graph.add("Unsqueeze", [f"{letter}{layer}", axis]) for letter in "hc"),
        ]
        said, hidden, cell = (f"{name}_of_{layer}" for name in ("all", "last_h", "last_c"))
        graph.add_node("LSTM", inputs, [said, hidden, cell], hidden_size=size)
        values = graph.add("Squeeze", [said, second])  # (T, B, H)
        graph.add("Squeeze", [hidden, axis], f"h{layer}_new")
        graph.add("Squeeze", [cell, axis], f"c{layer}_new")
        norm = weights.norm(layer)
        if norm is not None:
            values = graph.normalize(*norm, values)
    weight, bias = last_layer(weights)
    product = graph.add("MatMul", [values, graph.constant(weight.T)])
    graph.add("Add", [product, graph.constant(bias)], "logits")
    states = [f"{letter}{layer}" for layer in range(layers) for letter in "hc"]
    shape = ["R", "T", "B"] if weights.has_echoes else ["T", "B"]
    ids = write_value_info("ids", INT64, shape)
    logits = write_value_info("logits", FLOAT, ["T", "B", len(bias)])
    return graph.to_bytes(
        [ids, *(info(name, size) for name in states)],
        [logits, *(info(f"{name}_new", size) for name in states)],
        metadata,
    )


def _order(values: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]") -> Logits:
    """Rows of gates in the order of torch to that of ONNX: input, output, forget, cell."""
    i, f, g, o = np.split(values, 4)
    ordered: Logits = np.ascontiguousarray(np.concatenate([i, o, f, g]))
    return ordered


def compare_models(
    checkpoint: Checkpoint, weights: LSTMWeights, models: Mapping[str, bytes]
) -> list[Agreement]:
    """All three models beside our engine, and our engine beside torch."""
    texts = read_own_texts(checkpoint)
    low = read_own_texts(checkpoint, "int8")
    build = EchoEngine if weights.has_echoes else LSTMEngine

    def engine(name: str) -> Engine:
        return build(weights, model=models[name])

    def read(ids: Ids) -> Logits:
        return _read_sequence(models[SEQUENCE_FILE], weights, ids)

    return [
        compare(Sentence("logits of torch"), texts.logits, _read_torch(checkpoint, texts.ids),
                FLOAT_TOLERANCE),
        *compare_engine(STEP_LOGITS, engine(STEP_FILE), texts, 0.0),
        *compare_engine(STEP_LOGITS_INT8, engine(INT8_FILE), low, 0.0),
        *compare_lengths(Sentence("logits of the sequence"), read, texts, FLOAT_TOLERANCE),
    ]  # fmt: skip


def _read_torch(checkpoint: Checkpoint, ids: Ids) -> Logits:
    import torch

    with torch.inference_mode():
        logits: Logits = checkpoint.network(torch.from_numpy(ids))[0].float().numpy()
    return logits


def _read_sequence(model: bytes, weights: LSTMWeights, ids: Ids) -> Logits:
    """Logits (B, T, V) of the sequence for ids (B, T)."""
    session = open_session(model)
    states = {
        one.name: np.zeros((len(ids), weights.config.hidden_size), np.float32)
        for one in session.get_inputs()[1:]
    }
    if not weights.has_echoes:
        (said,) = session.run(["logits"], {"ids": ids.T.copy()} | states)
        return np.asarray(said).swapaxes(0, 1)
    reader = EchoReader(weights)
    memory, places = reader.begin(len(ids))
    readings = []
    for column in ids.T:
        reading, memory, places = reader.read(column, memory, places)
        readings.append(reading)
    rows = np.stack([one.rows for one in readings], 1)  # (R, T, B)
    (said,) = session.run(["logits"], {"ids": rows} | states)
    pairs = zip(np.asarray(said), readings, strict=True)
    return np.stack([reader.add_up(one, reading) for one, reading in pairs], 1)
