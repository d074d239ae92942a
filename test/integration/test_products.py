"""Products of two activations, whose right side is packed by nobody."""

import unittest

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from driver import DriverTest

# lhs, rhs with their dims in the model, and a bias behind which a GELU follows.
CASES = [
    ((5, 7), ["m", 7], (7, 9), [7, 9], None),
    ((2, 3, 5, 33), ["b", 3, 5, 33], (2, 3, 33, 4), ["b", 3, 33, 4], None),
    ((3, 5, 16), ["b", 5, 16], (16, 4), [16, 4], (4,)),
    ((2, 3, 5, 172), ["b", 3, 5, 172], (1, 3, 172, 1), [1, 3, 172, 1], None),
    ((5, 8), [5, 8], (3, 8, 6), [3, 8, 6], (3, 5, 6)),
    ((2, 4, 1), ["b", 4, 1], (2, 1, 3), ["b", 1, 3], (4, 1)),
    ((0, 5, 8), ["b", 5, 8], (8, 6), [8, 6], None),
]


class Products(DriverTest):
    def model(self, lhs, rhs, bias):
        nodes, constants = [helper.make_node("MatMul", ["a", "b"], ["y"])], []
        if bias is not None:
            constants = [numpy_helper.from_array(bias, "c")]
            nodes += [helper.make_node("Add", ["y", "c"], ["z"]), helper.make_node("Gelu", ["z"], ["out"])]
        else:
            nodes.append(helper.make_node("Identity", ["y"], ["out"]))
        inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, d) for n, d in (("a", lhs), ("b", rhs))]
        rank = max(len(lhs), len(rhs))
        output = helper.make_tensor_value_info("out", TensorProto.FLOAT, [None] * rank)
        graph = helper.make_graph(nodes, "product", inputs, [output], constants)
        path = self.folder / "product.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), path)
        return path

    def test_against_onnxruntime(self):
        rng = np.random.default_rng(0)
        for cpu in ("native", "x86-64-v3"):
            for lhs, lhs_dims, rhs, rhs_dims, bias in CASES:
                with self.subTest(f"{cpu} {lhs} {rhs}"):
                    c = None if bias is None else rng.normal(size=bias).astype(np.float32)
                    path = self.model(lhs_dims, rhs_dims, c)
                    inputs = {n: rng.normal(size=s).astype(np.float32) for n, s in (("a", lhs), ("b", rhs))}
                    expected = onnxruntime.InferenceSession(str(path)).run(None, inputs)[0]
                    artefact = self.compile(path, "product", "--recipe=w8a8", f"--mcpu={cpu}")
                    got = self.run_artefact(artefact, inputs)["out"]
                    self.assertEqual(got.shape, expected.shape)
                    # K roundings of products and sums up to |a| |b|, each half an ulp: K * 2^-24 * |a| |b|, twice
                    # because both sides round; GELU adds its 5e-7 and grows errors by at most 1.13.
                    k = lhs[-1]
                    if not expected.size:
                        continue
                    size = np.matmul(np.abs(inputs["a"]), np.abs(inputs["b"])).max()
                    self.assertLessEqual(np.abs(got - expected).max(), 2.26 * k * 2.0**-24 * size + 2e-6)


if __name__ == "__main__":
    unittest.main()
