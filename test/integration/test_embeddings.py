"""Embedding tables at 8 bits: what is looked up is what numpy decodes, and the table takes a quarter of the bytes."""

import json
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from driver import DriverTest

VOCABULARY, WIDTH = 500, 67  # no multiple of what a vector holds
random = np.random.default_rng(11)
# Rows of different sizes, one of zeros.
TABLE = (random.standard_normal((VOCABULARY, WIDTH)) * 10.0 ** random.integers(-3, 3, (VOCABULARY, 1))).astype(np.float32)
TABLE[7] = 0


def model(path):
    """The sum of a row by token and one of a second table by type, and that times a matrix."""
    initializers = {"table": TABLE, "types": TABLE[:2] * 3, "w": random.standard_normal((WIDTH, 8)).astype(np.float32)}
    nodes = [helper.make_node("Gather", ["table", "ids"], ["rows"]), helper.make_node("Gather", ["types", "kind"], ["kinds"]),
             helper.make_node("Add", ["rows", "kinds"], ["sum"]), helper.make_node("MatMul", ["sum", "w"], ["y"])]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in ("ids", "kind")]
    outputs = [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["batch", "length", WIDTH]),
               helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", "length", 8])]
    graph = helper.make_graph(nodes, "lookup", inputs, outputs,
                              [numpy_helper.from_array(value, name) for name, value in initializers.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


def decoded(table):
    scales = np.abs(table).max(axis=1, keepdims=True) / np.float32(127)
    codes = np.round(np.divide(table, scales, where=scales > 0, out=np.zeros_like(table)))
    return (codes * scales).astype(np.float32)


class Embeddings(DriverTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.folder / "model.onnx"
        model(cls.model)

    def test_rows(self):
        expected = decoded(TABLE)
        for cpu in ("native", "x86-64"):
            artefact = self.compile(self.model, "e8", "--recipe=w8a8+e8", f"--mcpu={cpu}")
            for shape in ((1, 1), (3, 40), (0, 3)):
                ids = random.integers(-VOCABULARY, VOCABULARY, shape)
                if ids.size > 1:
                    ids[0, :3] = (0, VOCABULARY - 1, 7)
                rows = self.run_artefact(artefact, {"ids": ids, "kind": np.zeros_like(ids)}, "--threads", 2)["rows"]
                # The quotient is rounded once more or less than numpy does: a code may be the next one.
                steps = np.abs(TABLE).max(axis=1)[ids] / 127
                self.assertLessEqual(np.max(np.abs(rows - expected[ids]) / np.maximum(steps, 1e-30)[..., None], initial=0), 1.001)
                self.assertGreaterEqual(np.mean(np.isclose(rows, expected[ids], rtol=1e-6, atol=0)) if ids.size else 1, 0.99)

    def test_out_of_range(self):
        artefact = self.compile(self.model, "range", "--recipe=f32+e8")
        for wrong, told in ((VOCABULARY,) * 2, (-VOCABULARY - 1,) * 2, (2**62, "4194303 or more")):
            np.savez(self.folder / "wrong.npz", ids=np.array([[wrong]]), kind=np.array([[0]]))
            self.must_fail(1, f"an index lies outside its dimension in 'rows': {told}\n", "run", artefact, "--inputs", self.folder / "wrong.npz")

    def test_bytes_and_errors(self):
        tables = {}
        for recipe in ("w8a8", "w8a8+e8"):
            layers = json.loads(self.must("inspect", self.model, f"--recipe={recipe}", "--json"))["layers"]
            tables[recipe] = next(layer for layer in layers if layer["name"] == "rows")
        self.assertEqual(tables["w8a8"]["bytes"], 4 * TABLE.size)
        self.assertEqual(tables["w8a8+e8"]["bytes"], TABLE.size + 4 * VOCABULARY)
        self.assertIn("s8", tables["w8a8+e8"]["formats"]["table"])
        found = json.loads(self.must("compare", self.model, "--recipe=f32+e8", "--dim=batch=2", "--dim=length=9", "--json"))
        local = {layer["name"]: layer["own"]["relative_rms"] for layer in found["layers"] if "own" in layer}
        self.assertEqual(set(local), {"rows", "kinds"})
        self.assertLess(max(local.values()), 0.02)

    def test_by_name(self):
        recipe = self.folder / "one.json"
        recipe.write_text(json.dumps({"base": "f32", "rules": [
            {"name": "rows", "role": "embedding", "element": "s8", "grid": "row", "scale": "f32", "encoding": "absmax",
             "range": [-127, 127]}]}))
        text = self.must("compile", self.model, "--recipe", recipe, "--stop-after=split")
        self.assertEqual(text.count("qt.gather"), 1)
        wrong = json.loads(recipe.read_text())
        wrong["rules"][0]["grid"] = 32
        recipe.write_text(json.dumps(wrong))
        self.must_fail(1, "'rows': recipe 'custom': no kernel takes its embedding: grid \"32\" (supported: \"row\")", "compile", self.model, "--recipe", recipe, "-o", self.folder / "x.so")


if __name__ == "__main__":
    unittest.main()
