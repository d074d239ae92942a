"""What the training scripts share: an ONNX graph as PyTorch's exporter spells it, and the check of the file."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import digits


class Graph:
    """Collects nodes and initialisers, naming values as PyTorch's exporter does."""

    def __init__(self):
        self.nodes, self.initialisers, self.known = [], [], set()

    def weight(self, name, value):
        if name not in self.known:
            self.known.add(name)
            self.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, op, inputs, path, **attributes):
        output = f"{path}/{op}_output_0"
        count = 1
        while output in self.known:
            output = f"{path}/{op}_{count}_output_0"
            count += 1
        self.known.add(output)
        self.nodes.append(helper.make_node(op, inputs, [output], name=output[: -len("_output_0")], **attributes))
        return output

    def ints(self, values, path):
        return self.add("Constant", [], path, value=numpy_helper.from_array(np.array(values, np.int64)))

    def scalar(self, value, path):
        return self.add("Constant", [], path, value=numpy_helper.from_array(np.array(value, np.float32)))

    def finish(self, x, values, kind, path):
        """Appends the linear head on `x` [batch, features] and writes the model of images [batch, 1, 8, 8] to `path`."""
        head = [x, self.weight("head.weight", values["head.weight"].T), self.weight("head.bias", values["head.bias"])]
        self.nodes.append(helper.make_node("Gemm", head, ["logits"], name="/head/Gemm", transB=1))
        graph = helper.make_graph(
            self.nodes,
            "digits_" + kind,
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", values["head.bias"].shape[0]])],
            self.initialisers,
        )
        opset, producer = helper.make_opsetid("", 17), f"train_{kind}.py"
        model = helper.make_model(graph, opset_imports=[opset], ir_version=8, producer_name=producer)
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)


def check(path, forward):
    """Ends the program where the file differs from `forward` (images to logits) or is right in less than 97 %."""
    _, _, images, labels = digits.load()
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    logits = session.run(None, {"image": images})[0]
    if np.abs(logits - forward(images)).max() > 1e-3:
        raise SystemExit("the exported graph differs from the trained model")
    right = 100 * float((logits.argmax(-1) == labels).mean())
    print(f"{right:.2f} % of {len(labels)} held-out images right, {Path(path).stat().st_size} bytes")
    if right < 97:
        raise SystemExit("below 97 %")
