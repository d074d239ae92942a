"""Integer-only models of sums: pooled, long ones, of parts, and of products of what is computed."""

import unittest

import numpy as np

from kernels import INTEGER_TARGETS, IntegerTest, model

# A row of 8 bits with a power of two as scale is off by up to 2^-8 of its largest element, a sum of products by about
# a third of that of each side, of 12 bits by a sixteenth.
CODES = 2.0**-8


class IntegerSums(IntegerTest):
    seed = 11

    def test_depthwise(self):
        """Channels whose magnitudes differ by thousands have an exponent each, where none is added to another."""
        spread = np.exp(np.linspace(-4, 4, 40)).reshape(-1, 1, 1, 1).astype("f4")
        constants = {
            "first": self.normal(40, 3, 3, 3) * spread / 5, "own": self.normal(40, 1, 3, 3) / spread / 3,
            "last": self.normal(16, 40, 1, 1) / 6,
        }  # fmt: skip
        depthwise = {"group": 40, "pads": [1, 1, 1, 1], "strides": [2, 2]}
        nodes = [
            ("Conv", "x first", "a", {"pads": [1, 1, 1, 1]}),
            ("Relu", "a", "b"),
            ("Conv", "b own", "c", depthwise),
            ("Conv", "c last", "y"),
        ]
        proto = model(nodes, {"x": ("f4", ["n", 3, 13, 12])}, ["y"], constants)
        x = self.normal(3, 3, 13, 12)
        x[1] = 0
        # Three layers with both sides of 8 bits; a row is seven pixels of an image.
        self.check_close(proto, [{"x": x}], 24 * CODES)

    def test_running(self):
        """Positions of a running sum have exponents of their own: what grows by orders of magnitude is divided by that behind."""
        nodes = [("Tanh", "x", "t"), ("Mul", "t grow", "g"), ("CumSum", "g one", "s"), ("Div", "s grow", "y")]
        nodes += [("CumSum", "g one", "r", {"reverse": 1, "exclusive": 1}), ("Div", "r grow", "y_behind")]
        for length, most in ((12, 12), ("t", 4)):
            # Powers of two, which any number of bits holds.
            grow = 2.0 ** np.floor(np.arange(12) * most / 12).reshape(12, 1).astype("f4")
            proto = model(nodes, {"x": ("f4", ["n", length, 6])}, ["y", "y_behind"], {"grow": grow, "one": np.array(1)})
            # Units of 2^-30, or of 2^-22, of the largest element are 2^-18 at most of the least; a function is off by 1.2 of
            # 2^-15, factors and results by half of 2^-15 of their row, and an element by that of the steps before it.
            self.check_close(proto, [{"x": self.random.uniform(0.5, 2, (3, 12, 6)).astype("f4")}], 4 * 2.0**-14)

    def exact_weights(self, outputs, channels):
        """Weights that 8 bits hold exactly."""
        codes = self.random.integers(-126, 127, (outputs, channels)).astype("f4")
        codes[:, 0] = 127
        return codes / np.float32(128 * channels)

    def test_pooled(self):
        """What a pool leaves of an image, of sizes known at run time, is a left operand of 14 bits."""
        nodes = [
            ("GlobalAveragePool", "x", "p"),
            ("Conv", "p squeeze", "a"),
            ("Relu", "a", "b"),
            ("Conv", "b excite", "c"),
            ("HardSigmoid", "c", "gate"),
            ("Mul", "x gate", "image"),
            ("Flatten", "c", "y_gate"),
            ("Flatten", "image", "y_image"),
            ("ReduceMax", "x places", "q", {"keepdims": 0}),
            ("Gemm", "q hidden bias", "d", {"transB": 1}),
            ("Relu", "d", "e"),
            ("Gemm", "e head", "y_class", {"transB": 1}),
        ]
        constants = {
            "squeeze": self.exact_weights(12, 40)[:, :, None, None], "excite": self.exact_weights(40, 12)[:, :, None, None],
            "hidden": self.exact_weights(24, 40), "head": self.exact_weights(5, 24), "bias": self.normal(24) / 16,
            "places": np.array([2, 3]),
        }  # fmt: skip
        proto = model(nodes, {"x": ("f4", ["n", 40, "h", "w"])}, ["y_gate", "y_image", "y_class"], constants)
        feeds = [{"x": self.normal(n, 40, h, w)} for n, h, w in ((1, 1, 1), (3, 7, 5))]
        feeds[1]["x"][1] = 0
        feeds[1]["x"][2] *= 1000
        # Two layers of 14 bits each; with 8 bits it is 64 times as much.
        self.check_close(proto, feeds, 16 * 2.0**-14)

    def signs(self, *shape):
        return np.where(self.random.random(shape) < 0.5, np.float32(1), np.float32(-1)) / np.float32(100)

    def test_long_sums(self):
        """Sums that 32 bits do not hold are those of parts, of weights of 8 and of 4 bits, of a row and of an image."""
        nodes = [
            ("Gemm", "x first", "a", {"transB": 1}),
            ("Relu", "a", "b"),
            ("Gemm", "b long bias", "c", {"transB": 1}),
            ("Conv", "z wide", "d"),
            ("Relu", "d", "e"),
            ("Conv", "e taps", "f", {"pads": [2, 2, 2, 2]}),
            ("Flatten", "f", "g"),
            ("Concat", "c g", "h", {"axis": 1}),
            ("Gemm", "h last", "y", {"transB": 1}),
        ]
        constants = {
            "first": self.normal(12545, 16) / 4, "long": self.signs(6, 12545), "bias": self.normal(6),
            "wide": self.normal(520, 3, 1, 1), "taps": self.signs(5, 520, 5, 5), "last": self.normal(9, 51),
        }  # fmt: skip
        proto = model(nodes, {"x": ("f4", ["n", 16]), "z": ("f4", ["n", 3, 3, 3])}, ["y"], constants)
        feeds = [{"x": self.normal(3, 16), "z": self.normal(3, 3, 3, 3)}]
        feeds[0]["x"][1] = 0
        for recipe, limit in (("w8a8g32", 8 * CODES), ("w4a8", 8 * CODES)):
            with self.subTest(recipe):
                self.check_close(proto, feeds, limit, recipe=recipe)

    def test_beyond_floats(self):
        """Sums whose exponent no float has: what is 0 stays 0, the rest is infinite; and below the least float."""
        proto = model([("Transpose", "x", "t", {"perm": [1, 0]}), ("MatMul", "x t", "y")], {"x": ("f4", ["n", 4])}, ["y"])
        most, least = np.finfo("f4").max, 2.0**-70
        large = np.array([[most] * 4, [0] * 4, [1, 0, 0, 0]], "f4")
        small = np.array([[least] * 4, [0] * 4, [-least, 0, 0, 0]], "f4")
        with np.errstate(over="ignore"):
            exact = [{"y": x @ x.T} for x in (large, small)]
        meanings = self.mean(proto, [{"x": large}, {"x": small}], "--integer-only")
        np.testing.assert_array_equal(np.isinf(meanings[0]["y"]), np.isinf(exact[0]["y"]))
        np.testing.assert_array_equal(meanings[0]["y"][1], 0)
        np.testing.assert_allclose(meanings[1]["y"], exact[1]["y"], rtol=0, atol=CODES * 4 * least**2)
        for flags in INTEGER_TARGETS:
            self.compare(proto, [{"x": large}, {"x": small}], meanings, 0, 0, "--integer-only", flags)

    def test_products(self):
        """Both sides are computed; also over sizes of run time, and of a matrix on the left."""
        nodes = [
            ("Transpose", "x", "t", {"perm": [0, 2, 1]}),
            ("MatMul", "x t", "scores"),
            ("Softmax", "scores", "weights", {"axis": -1}),
            ("MatMul", "weights x", "y"),
            ("MatMul", "t x", "outer"),
            ("MatMul", "z zt", "flat"),
            ("MatMul", "left w", "mixed"),
        ]
        nodes.insert(0, ("Transpose", "z", "zt", {"perm": [1, 0]}))
        constants = {"left": self.normal(5, 6)}
        inputs = {"x": ("f4", ["b", "s", 20]), "z": ("f4", ["n", 20]), "w": ("f4", ["b", 6, 20])}
        proto = model(nodes, inputs, ["scores", "weights", "y", "outer", "flat", "mixed"], constants)
        sizes = ((1, 1), (2, 37))
        feeds = [{"x": self.normal(b, s, 20), "z": self.normal(b, 20), "w": self.normal(b, 6, 20)} for b, s in sizes]
        # 8 bits over the sizes of run time; scores reach 40, so a unit of theirs is a tenth of a power.
        self.check_close(proto, feeds, 16 * CODES)


if __name__ == "__main__":
    unittest.main()
