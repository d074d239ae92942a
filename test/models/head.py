"""Writes a detector's head with random weights: four convolutions with ReLU, and one to the outputs."""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CHANNELS, OUTPUTS, SIZE, LAYERS = 256, 36, 32, 4


def main(path):
    random = np.random.default_rng(1)
    nodes, constants, value = [], [], "x"
    for layer in range(LAYERS + 1):
        outputs = CHANNELS if layer < LAYERS else OUTPUTS
        weights = random.standard_normal((outputs, CHANNELS, 3, 3)) * np.sqrt(2 / (9 * CHANNELS))
        for name, array in (("w", weights), ("b", random.standard_normal(outputs) * 0.1)):
            constants.append(numpy_helper.from_array(array.astype(np.float32), f"{name}{layer}"))
        result = f"c{layer}" if layer < LAYERS else "y"
        nodes.append(helper.make_node("Conv", [value, f"w{layer}", f"b{layer}"], [result], pads=[1] * 4))
        if layer < LAYERS:
            value = f"r{layer}"
            nodes.append(helper.make_node("Relu", [result], [value]))
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, CHANNELS, SIZE, SIZE])]
    results = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, OUTPUTS, SIZE, SIZE])]
    graph = helper.make_graph(nodes, "head", inputs, results, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


if __name__ == "__main__":
    main(sys.argv[1])
