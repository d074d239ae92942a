"""Integer-only models with features, masks and arguments of very different magnitudes."""

import unittest

import numpy as np

from kernels import IntegerTest, model, results


class IntegerLimits(IntegerTest):
    seed = 12

    def test_scaled_inputs(self):
        """Features of eight orders of magnitude are scaled before they share an exponent."""
        scale = (10.0 ** np.linspace(-2, 6, 12)).astype("f4")
        constants = {"mean": scale / 2, "scale": scale, "variance": scale**2, "g": self.normal(12), "b": self.normal(12)}
        constants["by"] = (1 / scale).astype("f4")
        nodes = [
            ("Sub", "x mean", "centred"),
            ("Div", "centred scale", "scaled"),
            ("Relu", "scaled", "y_standard"),
            ("BatchNormalization", "x g b mean variance", "normal"),
            ("Relu", "normal", "y_norm"),
            ("Mul", "by x", "product"),
            ("Add", "b product", "shifted"),
            ("Tanh", "shifted", "y_affine"),
            ("Cast", "product", "y_integer", {"to": 7}),
        ]
        outputs = ["y_standard", "y_norm", "y_affine", "y_integer"]
        proto = model(nodes, {"x": ("f4", ["n", 12])}, outputs, constants)
        x = (2 * self.random.random((5, 12)) * scale).astype("f4")
        # Results are quantised once; a tanh is good to 2.4 units of 2^-15.
        self.check_close(proto, [{"x": x}], 2.0**-13)

    def test_large_factors(self):
        """An input of numbers by a large one is no mask, and a mask of integers is one, however often these meet."""
        nodes = [("Mul", "x high", "large"), ("Add", "large z", "sum"), ("MaxPool", "sum", "y_windows", {"kernel_shape": [3, 3]})]
        nodes += [("ReduceMax", "sum last", "y_rows", {"keepdims": 0})]
        depth = 64
        nodes += [("Mul", f"m{i} m{i}", f"m{i + 1}") for i in range(depth)]
        nodes += [("Cast", f"m{depth}", "is", {"to": 1}), ("Mul", "is low", "hides"), ("Add", "hides z", "seen")]
        nodes += [("ReduceMax", "seen last", "y_seen", {"keepdims": 0})]
        inputs = {"x": ("f4", ["n", 3, 8, 8]), "z": ("f4", ["n", 3, 8, 8]), "m0": ("i8", ["n", 1, 8, 8])}
        constants = {"high": np.float32(1e5), "low": np.float32(-1e9), "last": np.array([3])}
        proto = model(nodes, inputs, ["y_windows", "y_rows", "y_seen"], constants)
        x = -1 - np.abs(self.normal(2, 3, 8, 8))
        m = (self.random.random((2, 1, 8, 8)) < 0.5).astype("i8")
        m[..., 0] = 0
        # A row of the input is rounded to 16 bits, of up to 2^2, and so is what windows read; beside 2^16 units are 2^-13.
        self.check_close(proto, [{"x": x, "z": self.normal(2, 3, 8, 8), "m0": m}], 2.0**-12)

    def test_functions_beside_large_elements(self):
        """One element that saturates takes no bits of its row's others."""
        nodes = [
            ("Add", "x z", "sum"),
            ("Slice", "sum zero one last", "first"),
            ("Mul", "first huge", "large"),
            ("Concat", "sum large", "row", {"axis": 1}),
            ("Sigmoid", "row", "y_sigmoid"),
            ("Tanh", "row", "y_tanh"),
            ("Erf", "row", "y_erf"),
            ("Neg", "row", "negative"),
            ("Min", "row negative", "down"),
            ("Exp", "down", "y_exp"),
        ]
        constants = {"zero": np.array([0]), "one": np.array([1]), "last": np.array([1]), "huge": np.float32(1e5)}
        outputs = ["y_sigmoid", "y_tanh", "y_erf", "y_exp"]
        proto = model(nodes, {x: ("f4", ["n", 16]) for x in "xz"}, outputs, constants)
        # The element is below 2^20, of whose 30 bits the unit is 2^-10; that of a row that is limited to 2^5 is, too.
        # Half of both by slopes of up to 1.2; of an exponential, whose rows go to 2^7, half of 2^-8, and 3e-4.
        self.check_close(proto, [{x: self.normal(5, 16) for x in "xz"}], 2.0**-8)

    def test_fixed_size_beside_open(self):
        """What has a size of run time meets constants that fix it."""
        nodes = [
            ("MatMul", "x w", "product"),
            ("Add", "product table", "y_table"),
            ("LayerNormalization", "y_table gain", "y_norm", {"axis": -1}),
            ("Mul", "product column", "y_column"),
            ("Max", "product column", "y_max"),
            ("Where", "seen product zero", "y_seen"),
            ("Transpose", "x", "turned", {"perm": [0, 2, 1]}),
            ("MatMul", "product turned", "scores"),
            ("Mul", "scores sixth", "scaled"),
            ("Add", "scaled causal", "masked"),
            ("Softmax", "masked", "y_weights"),
        ]
        constants = {
            "w": self.normal(32, 32) / 6, "table": self.normal(9, 32), "column": self.normal(1, 9, 1),
            "gain": self.normal(32), "seen": self.normal(9, 1) > 0, "zero": np.float32(0), "sixth": np.float32(1 / 6),
            "causal": np.triu(np.full((9, 9), -1e9, "f4"), 1),
        }  # fmt: skip
        outputs = results(nodes)
        proto = model(nodes, {"x": ("f4", ["b", "s", 32])}, outputs, constants)
        # 32 products with 8 bits on both sides are off by 2^-6 of a row's largest; scores of up to 4 by as much of that,
        # and weights by what scores are.
        self.check_close(proto, [{"x": self.normal(2, 9, 32)}], 2.0**-4)

    def test_too_many_products(self):
        """Of 8 bits on both sides a sum of 32 bits holds 133,144 products, which is told where run time has more."""
        nodes = [("Relu", "x", "a"), ("Relu", "z", "b"), ("MatMul", "a b", "y")]
        proto = model(nodes, {"x": ("f4", ["n", "k"]), "z": ("f4", ["k", 2])}, ["y"])
        feed = {"x": np.ones((1, 133145), "f4"), "z": np.ones((133145, 2), "f4")}
        message = "there are more elements than a sum of 32 bits holds in 'y': 133144 at most"
        self.fails_at_run_time(proto, feed, message, "--integer-only")


if __name__ == "__main__":
    unittest.main()
