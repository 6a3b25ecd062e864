"""The model we write beside the one that the package onnx writes."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from musicgen.config import NetworkConfig
from musicgen.models.lstm_weights import take_weights
from musicgen.models.registry import build_network
from musicgen.sampling import onnx_writer as writer
from musicgen.sampling.lstm_graph import make_step

ARRAYS = [
    np.arange(6, dtype=np.float32).reshape(2, 3).T,
    np.array(0.5, np.float32),
    np.array([-1, 3], np.int64),
    np.array([[200]], np.uint8),
    np.array([-7], np.int8),
    np.zeros((0, 4), np.float32),
]


@pytest.mark.parametrize("array", ARRAYS, ids=str)
def test_a_constant_is_read_back(array: np.ndarray) -> None:
    tensor = onnx.TensorProto.FromString(writer.write_tensor("c", array))
    assert tensor == numpy_helper.from_array(np.asarray(array, order="C"), "c")


def test_a_node_and_a_value_are_those_of_the_package() -> None:
    attributes = {"axis": -1, "epsilon": 1e-5, "keepdims": 0}
    node = writer.write_node("Made", ["a", "b"], ["c"], "com.microsoft", attributes)
    expected = helper.make_node("Made", ["a", "b"], ["c"], domain="com.microsoft", **attributes)
    assert onnx.NodeProto.FromString(node) == expected
    value = writer.write_value_info("ids", writer.INT64, ["B", 300])
    expected = helper.make_tensor_value_info("ids", TensorProto.INT64, ["B", 300])
    assert onnx.ValueInfoProto.FromString(value) == expected


@pytest.mark.parametrize("kind", ["lstm", "echo"])
@pytest.mark.parametrize("layer_norm", [False, True])
@pytest.mark.parametrize("int8", [None, np.int8, np.uint8])
def test_a_step_is_a_model_that_onnx_accepts(
    kind: str, layer_norm: bool, int8: type | None
) -> None:
    config = NetworkConfig(
        kind=kind, vocab_size=9, embedding_dim=4, hidden_size=8, num_layers=2, layer_norm=layer_norm
    )
    model = onnx.load_model_from_string(make_step(take_weights(build_network(config, 1)), int8))
    onnx.checker.check_model(model)
    expected = [("", 21), ("com.microsoft", 1)] if int8 else [("", 21)]
    assert [(one.domain, one.version) for one in model.opset_import] == expected
    assert (
        model.SerializeToString()
        == onnx.load_model_from_string(model.SerializeToString()).SerializeToString()
    )
