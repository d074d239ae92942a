"""Integer-only models of ops that few networks have."""

import unittest

import numpy as np

from kernels import IntegerTest, model, results

# Half a unit of 16 bits with sign.
UNIT = 2.0**-16


class IntegerOps(IntegerTest):
    seed = 11

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
