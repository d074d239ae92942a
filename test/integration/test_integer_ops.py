"""Integer-only models of ops that few networks have."""

import unittest

import numpy as np

from kernels import IntegerTest, model

# A row of 8 bits with a power of two as scale is off by up to 2^-8 of its largest element, a sum of products by about
# a third of that of each side, of 12 bits by a sixteenth.
CODES = 2.0**-8
# Half a unit of 16 bits with sign.
UNIT = 2.0**-16


class IntegerOps(IntegerTest):
    def setUp(self):
        self.random = np.random.default_rng(11)

    def normal(self, *shape):
        return self.random.standard_normal(shape).astype("f4")

    def test_reductions(self):
        """Of sizes that are known at run time, of squares, along any axis."""
        nodes = [
            ("ReduceMean", "x rows", "y_mean", {"keepdims": 1}),
            ("ReduceSum", "x rows", "y_sum", {"keepdims": 0}),
            ("ReduceMax", "x rows", "y_max", {"keepdims": 0}),
            ("ReduceL1", "x last", "y_l1", {"keepdims": 1}),
            ("ReduceL2", "x last", "y_l2", {"keepdims": 1}),
            ("ReduceL2", "x rows", "y_l2_rows", {"keepdims": 1}),
            ("ReduceSumSquare", "x last", "y_squares", {"keepdims": 1}),
            ("Softmax", "x", "y_softmax", {"axis": 1}),
            ("ArgMax", "x", "place", {"axis": 2, "keepdims": 0}),
        ]
        outputs = [result for _, _, result, *_ in nodes]
        proto = model(nodes, {"x": ("f4", ["b", "s", 24])}, outputs, {"rows": np.array([1]), "last": np.array([2])})
        feeds = [{"x": self.normal(b, s, 24)} for b, s in ((1, 1), (2, 37), (3, 8))]
        # A sum over tokens is off by that of the longest one's unit; scales are the largest of the results.
        self.check_close(proto, feeds, 37 * UNIT)

    def test_functions(self):
        nodes = [
            ("Softplus", "x", "y_softplus"),
            ("Mish", "x", "y_mish"),
            ("Sin", "x", "y_sin"),
            ("Cos", "x", "y_cos"),
            ("Floor", "x", "y_floor"),
            ("Ceil", "x", "y_ceil"),
            ("Round", "x", "y_round"),
            ("Sign", "x", "y_sign"),
            ("Sinh", "x", "y_sinh"),
            ("Asinh", "x", "y_asinh"),
            ("Pow", "p x", "y_pow"),
            ("Pow", "two x", "y_exp2"),
            ("Pow", "p several", "y_several"),
        ]
        outputs = [result for _, _, result, *_ in nodes]
        constants = {"two": np.float32(2), "several": np.linspace(-1, 2, 24).astype("f4")}
        proto = model(nodes, {"x": ("f4", ["n", 24]), "p": ("f4", ["n", 24])}, outputs, constants)
        x = 3 * self.normal(5, 24)
        # Nothing is so near to where a step is that a unit would tell.
        x += np.where(np.abs(2 * x - np.round(2 * x)) < 1e-2, np.float32(0.02), np.float32(0))
        p = (self.random.random((5, 24)) + 0.25).astype("f4")
        # Powers of two are good to 3e-4; units of a row are multiplied by the slope of an exponential.
        self.check_close(proto, [{"x": x, "p": p}], 3e-3)

    def test_more_functions(self):
        nodes = [
            ("Atan", "x", "y_atan"),
            ("Asin", "x", "y_asin"),
            ("Acos", "x", "y_acos"),
            ("ReduceProd", "p last", "y_product", {"keepdims": 1}),
            ("CumSum", "x one", "y_running"),
            ("CumSum", "x one", "y_before", {"exclusive": 1, "reverse": 1}),
            ("ReduceMean", "x", "mean", {"keepdims": 0}),
            ("Mul", "mean x", "y_scaled"),
            ("Identity", "mean", "y_mean"),
        ]
        outputs = [result for _, _, result, *_ in nodes if result != "mean"]
        constants = {"last": np.array([1]), "one": np.int64(1)}
        proto = model(nodes, {"x": ("f4", ["n", 24]), "p": ("f4", ["n", 24])}, outputs, constants)
        x = (self.random.random((5, 24)) * 1.6 - 0.8).astype("f4")
        p = (self.random.random((5, 24)) * 0.2 + 0.9).astype("f4")
        # The arc sine's slope is 1.7 at most here; a product of 24 has five roundings of each half.
        self.check_close(proto, [{"x": x, "p": p}], 24 * UNIT)

    def test_order(self):
        """Positions of the largest, integers of floats and floats of integers that are computed."""
        nodes = [
            ("Relu", "x", "r"),
            ("TopK", "r k", "unused places", {"axis": 1}),
            ("Cast", "r", "whole", {"to": 7}),
            ("Cast", "whole", "y_whole", {"to": 1}),
            ("Reshape", "r shape", "y_cut"),
        ]
        outputs = ["places", "y_whole", "y_cut"]
        constants = {"k": np.array([3]), "shape": np.array([-1, 32])}
        proto = model(nodes, {"x": ("f4", ["n", 4, 24])}, outputs, constants)
        x = 3 * self.normal(4, 4, 24)
        # No number is next to a whole one, and no two are within a unit.
        x = (np.round(x * 64) / 64 + 1 / 128).astype("f4") + np.arange(24, dtype="f4") / 8192
        self.check_close(proto, [{"x": x}], 4 * UNIT)

    def test_elements(self):
        """Shapes that mix examples, which have an exponent an element, and what constants alone are computed to."""
        nodes = [
            ("Relu", "x", "r"),
            ("Reshape", "r all", "flat"),
            ("Sqrt", "flat", "y_flat"),
            ("Reshape", "r thirds", "three"),
            ("Sqrt", "three", "y_three"),
            ("TopK", "r k", "top places", {"axis": 2}),
            ("Sqrt", "top", "y_top"),
            ("GatherElements", "r index", "picked", {"axis": 1}),
            ("Sqrt", "picked", "y_picked"),
            ("Pad", "r pads", "padded"),
            ("Add", "padded one", "y_padded"),
            ("MatMul", "left right", "product"),
            ("Add", "r product", "y_sum"),
        ]
        constants = {
            "all": np.array([-1]), "thirds": np.array([3, -1]), "k": np.array([2]), "pads": np.array([1, 0, 1, 2, 0, 0]),
            "one": np.float32(1), "left": np.abs(self.normal(6, 1)), "right": self.normal(1, 6),
        }  # fmt: skip
        outputs = [node[2] for node in nodes if node[2].startswith("y_")]
        proto = model(nodes, {"x": ("f4", ["n", 6, 6]), "index": ("i8", ["n", 2, 6])}, outputs, constants)
        feeds = [
            {"x": self.normal(n, 6, 6) * 10.0 ** np.arange(n).reshape(-1, 1, 1).astype("f4"),
             "index": self.random.integers(0, 6, (n, 2, 6))}
            for n in (1, 2, 3)
        ]
        # The root of a unit of the smallest example's row, of outputs in which the largest is 100 times as large.
        self.check_close(proto, feeds, 4 * CODES)

    def test_places(self):
        """The largest of a map and of each of its channels, whose sizes are known when the model runs."""
        nodes = [
            ("Reshape", "x flat", "row"),
            ("Reshape", "x channels", "rows"),
            ("Transpose", "rows", "columns", {"perm": [0, 2, 1]}),
            ("TopK", "row five", "a pa"),
            ("TopK", "rows five", "c pc"),
            ("TopK", "columns five", "d pd", {"axis": 1}),
        ]
        constants = {"flat": np.array([0, -1]), "channels": np.array([0, 3, -1]), "five": np.array([5])}
        proto = model(nodes, {"x": ("f4", ["b", 3, "h", "w"])}, ["a", "c", "d"], constants)
        feeds = [{"x": self.normal(b, 3, h, w)} for b, h, w in ((1, 3, 4), (2, 8, 7))]
        self.check_close(proto, feeds, 2 * UNIT)

    def test_empty_batch(self):
        """What a reshape leaves open has the size that it has for every batch, also where there is nothing to count."""
        nodes = [
            ("Reshape", "x flat", "row"),
            ("Reshape", "x channels", "rows"),
            ("TopK", "row five", "a pa"),
            ("TopK", "rows five", "c pc"),
            ("ReduceL2", "x places", "y_l2", {"keepdims": 1}),
            ("ReduceMax", "x places", "y_max", {"keepdims": 0}),
            ("AveragePool", "x", "y_pool", {"kernel_shape": [2, 2], "strides": [2, 2]}),
            ("GlobalAveragePool", "x", "y_global"),
            ("Softmax", "row", "y_softmax", {"axis": 1}),
        ]
        outputs = ["a", "c", "row", "y_l2", "y_max", "y_pool", "y_global", "y_softmax"]
        constants = {"flat": np.array([0, -1]), "channels": np.array([0, 3, -1]), "places": np.array([2, 3]), "five": np.array([5])}
        proto = model(nodes, {"x": ("f4", ["b", 3, "h", "w"])}, outputs, constants)
        feeds = [{"x": self.normal(0, 3, 8, 7)}, {"x": self.normal(2, 3, 4, 5)}]
        self.check_integers(proto, feeds)
        joint, split = (self.folder / f"{stage}.mlir" for stage in ("integerize", "split"))
        for path in (joint, split):
            self.must("compile", self.save(proto), "--integer-only", f"--stop-after={path.stem}", "-o", path)
        for feed in feeds:
            meaning, wanted = self.interpret(joint, feed), self.interpret(split, feed)
            for name in outputs:
                self.assertEqual(meaning[name].shape[0], feed["x"].shape[0])
                np.testing.assert_array_equal(meaning[name], wanted[name], name)
        self.assertEqual(self.interpret(split, feeds[0])["row"].shape, (0, 168))

    def test_recipes(self):
        """Only the bits of weights count, not what else a recipe says."""
        rng = np.random.default_rng(17)
        weights = {name: rng.normal(size=(64, 64)).astype("f4") for name in "abc"}
        proto = model([("MatMul", "x a", "h"), ("Relu", "h", "r"), ("MatMul", "r b", "g"), ("MatMul", "g c", "y")],
                      {"x": ("f4", ["n", 64])}, ["y"], weights)  # fmt: skip
        feeds = [{"x": rng.normal(size=(3, 64)).astype("f4")}]
        bits = {r: self.mean(proto, feeds, "--integer-only", f"--recipe={r}")[0]["y"] for r in ("w8a8g32", "w8a8", "w8a16", "w4a8", "w4a16")}
        for other, same in (("w8a8", "w8a8g32"), ("w8a16", "w8a8g32"), ("w4a16", "w4a8")):
            np.testing.assert_array_equal(bits[other], bits[same])
        self.assertFalse(np.array_equal(bits["w4a8"], bits["w8a8"]))


if __name__ == "__main__":
    unittest.main()
