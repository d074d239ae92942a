"""What has no integers is named, all of a model at once, or stays in float where that is asked for."""

import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from driver import DriverTest, quantc

X = np.random.default_rng(0).standard_normal((3, 1, 8, 8)).astype(np.float32)
METHODS = ("fixed", "ibert", "ivit")


def node(op, inputs, name, **attributes):
    return helper.make_node(op, inputs.split(","), [f"{name}.out"], name=name, **attributes)


def make_model(nodes, constants, inputs=()):
    """Images x and further inputs; every value that no node reads is an output."""
    read = {name for each in nodes for name in each.input}
    outputs = [each.output[0] for each in nodes if each.output[0] not in read]
    given = {"x": ("n", 1, 8, 8), **dict(inputs)}
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in given.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def last(value, index, size=8):
    """Ones along the last axis but for one value."""
    row = np.ones(size)
    row[index] = value
    return row


# By what is said of each node, with the constants that it has.
FAULTS = [
    (node("Div", "r,den/om", "by zero"), {"den/om": last(0, 2)}, "constant 'den/om' is 0 at [2]; supported: divisors other than 0"),
    (node("Add", "r,far", "add"), {"far": last(np.inf, 1)}, "constant 'far' is infinite at [1]; supported: finite numbers"),
    (node("Mul", "r,nan", "scale"), {"nan": last(np.nan, 3)}, "constant 'nan' is NaN at [3]; supported: numbers"),
    (node("Pow", "r,most", "power"), {"most": last(np.inf, 0)}, "constant 'most' is infinite at [0]; supported: finite numbers"),
    (
        node("LayerNormalization", "r,gamma,beta", "norm"),
        {"gamma": last(np.inf, 1), "beta": last(np.nan, 4)},
        "constant 'gamma' is infinite at [1]; supported: finite numbers",
    ),
    (
        node("BatchNormalization", "r,g,b,m,v", "batch"),
        {"g": [1], "b": [0], "m": [0], "v": [-1]},
        "constant that its parameters make is NaN at [0, 0, 0]; supported: numbers",
    ),
    (node("Max", "r,low nan", "most"), {"low nan": np.nan}, "constant 'low nan' or 'high nan' is NaN; supported: numbers"),
    (node("Min", "r,high nan", "least"), {"high nan": np.nan}, "constant 'low nan' or 'high nan' is NaN; supported: numbers"),
    (
        node("Conv", "wide,ones", "taps", kernel_shape=[28, 28]),
        {"ones": np.ones((1, 32, 28, 28))},
        "sums of output 0 over 32 channels may reach",
    ),
    (node("Conv", "r,w", "computed", kernel_shape=[3, 3]), {}, "of weights that are computed has no integer-only form; supported: constant weights"),
]
NODES = [node("Relu", "x", "r.of"), helper.make_node("Relu", ["x"], ["r"]), *(each for each, _, _ in FAULTS)]
CONSTANTS = {name: value for _, own, _ in FAULTS for name, value in own.items()}
INPUTS = {"w": (2, 1, 3, 3), "wide": (1, 32, 30, 30)}


class Refusals(DriverTest):
    def save(self, model):
        path = self.folder / "model.onnx"
        onnx.save(model, path)
        return path

    def refuse(self, model, flag, lines):
        """What the driver says of a model whose faults are those of all nodes and so many lines besides."""
        out = self.folder / "refused.so"
        result = self.must_fail(1, "quantc compile: ", "compile", self.save(model), "-o", out, flag)
        said = result.stderr.removeprefix("quantc compile: ").splitlines()
        for each, _, text in FAULTS:
            about = [line for line in said if f"node '{each.name}'" in line]
            self.assertTrue(any(text in line for line in about), f"{each.name}: {about}")
            self.assertEqual(len(about), len(set(about)), about)
        # The normalisation has two faults.
        self.assertEqual(len(said), len(FAULTS) + 1 + lines, result.stderr)
        self.assertFalse(out.exists())
        return result.stderr

    def test_all_at_once(self):
        """Every method names every node, its constant and what is supported, and that these can stay in float."""
        for method in METHODS:
            with self.subTest(method):
                said = self.refuse(make_model(NODES, CONSTANTS, INPUTS), f"--integer-only={method}", 1)
                self.assertIn("--integer-partial leaves what has no integer-only form in float", said)

    def test_beside_other_faults(self):
        """Nothing helps weights that are no numbers, nor operators that do not exist; all are told with the others."""
        weight = node("MatMul", "r,wnan", "matmul")
        unknown = [node("Unheard", "r", "unheard"), node("Neg", "unheard.out", "behind"), node("Det", "r", "det")]
        constants = {**CONSTANTS, "wnan": np.full((8, 8), np.nan)}
        text = "node 'matmul' (output 'matmul.out'): 'nn.matmul' op weight 'wnan' is NaN at [0, 0]"
        for nodes, lines in (([weight], 1), ([weight, *unknown], 4)):
            said = self.refuse(make_model([*NODES, *nodes], constants, INPUTS), "--integer-only", lines)
            self.assertIn(text, said)
            self.assertNotIn("--integer-partial", said)
        for op in ("Unheard", "Det"):
            self.assertIn(f"operator {op} of opset 17 is not supported: node", said)
        # What is read by nothing else is an output of a model that can be built, and of one that cannot.
        said = self.refuse(make_model([*NODES, *unknown], constants, INPUTS), "--integer-only", 3)
        self.assertNotIn("--integer-partial", said)

    def test_partial(self):
        """The same nodes stay in float, and give what the model gives."""
        path = self.save(make_model(NODES, CONSTANTS, INPUTS))
        rng = np.random.default_rng(1)
        feed = {"x": X, **{name: rng.standard_normal(shape).astype(np.float32) for name, shape in INPUTS.items()}}
        expected = self.interpret(path, feed)
        out = self.folder / "partial.so"
        result = quantc("compile", path, "-o", out, "--integer-partial")
        self.assertEqual(result.returncode, 0, result.stderr)
        for each, _, text in FAULTS:
            self.assertRegex(result.stderr, f"node '{each.name}' .*stays in float: .*")
            self.assertIn(text, result.stderr)
        got = self.run_artefact(out, feed)
        for name, value in expected.items():
            with self.subTest(name):
                # What is infinite or no number is so behind the node, too.
                np.testing.assert_array_equal(np.isnan(got[name]), np.isnan(value))
                np.testing.assert_array_equal(np.isinf(got[name]), np.isinf(value))
                seen = np.isfinite(value)
                largest = np.abs(value[seen]).max(initial=0)
                # Rows of 16 bits in front of all of them, 2^-16 of their largest element, which a norm may divide by a
                # deviation of a tenth of it. The long convolution has 8 bits of its input besides: half a unit of 127,
                # which averages over the sum as what is summed does.
                bound = largest * (2**-12 if name != "taps.out" else 2 / 127)
                self.assertLessEqual(np.abs(got[name][seen] - value[seen]).max(initial=0), bound)

    def test_beside_infinities(self):
        """What stands beside an infinity of a node in float keeps its bits, whatever reads both."""
        nodes = [
            node("Relu", "x", "r"),
            node("Add", "r.out,far", "open"),
            node("Concat", "open.out,r.out", "joined", axis=3),
            node("Max", "joined.out,low", "beside"),
            node("Sigmoid", "open.out", "gate"),
            node("Mul", "open.out,gate.out", "swish"),
            node("Max", "swish.out,low", "gated"),
            node("LpPool", "open.out", "norms", kernel_shape=[1, 2], p=1),
            node("Min", "norms.out,high", "pooled"),
        ]
        path = self.save(make_model(nodes, {"far": last(-np.inf, 1) - 1, "low": -10, "high": 10}))
        expected = self.interpret(path, {"x": X})
        out = self.folder / "beside.so"
        result = quantc("compile", path, "-o", out, "--integer-partial")
        self.assertEqual(result.returncode, 0, result.stderr)
        got = self.run_artefact(out, {"x": X})
        for name in ("beside.out", "gated.out", "pooled.out"):
            with self.subTest(name):
                value, seen = expected[name], np.isfinite(expected[name])
                np.testing.assert_array_equal(np.isnan(got[name]), np.isnan(value))
                # Rows of 16 bits before the sum: half a unit is 2^-15 of what is largest in a row at most, which a
                # window of two has twice and the slope of a swish, 1.1 at most, less often.
                self.assertLessEqual(np.abs(got[name] - value)[seen].max(), 2**-14 * np.abs(X).max())

    def test_weights_are_never_left(self):
        """Weights that are no numbers are errors of every recipe."""
        path = self.save(make_model([node("MatMul", "x,wnan", "matmul")], {"wnan": np.full((8, 8), np.nan)}))
        for flag in ("--integer-partial", "--integer-only", "--recipe=w8a8g32"):
            self.must_fail(1, "weight 'wnan' is NaN at [0, 0]; supported: finite numbers", "compile", path, "-o", self.folder / "x.so", flag)


if __name__ == "__main__":
    unittest.main()
