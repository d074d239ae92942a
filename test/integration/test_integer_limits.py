"""Integer-only models with features, masks and arguments of very different magnitudes."""

import unittest

import numpy as np

from kernels import IntegerTest, model


class IntegerLimits(IntegerTest):
    def setUp(self):
        self.random = np.random.default_rng(12)

    def normal(self, *shape):
        return self.random.standard_normal(shape).astype("f4")

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

    def test_hidden_tokens(self):
        """A maximum over what is not hidden keeps its bits, and so does a place, however it is hidden."""
        b, s = 3, 9
        nodes = [
            ("Add", "x z", "sum"),
            ("Cast", "m", "seen", {"to": 9}),
            ("Where", "seen sum low", "chosen"),
            ("ReduceMax", "chosen rows", "y_choice", {"keepdims": 0}),
            ("ArgMax", "chosen", "place", {"axis": 2, "keepdims": 0}),
            ("Sub", "m one", "less"),
            ("Mul", "less high", "added"),
            ("Add", "sum added", "masked"),
            ("ReduceMax", "masked rows", "y_sum", {"keepdims": 0}),
            ("Sub", "sum added", "raised"),
            ("ReduceMin", "raised rows", "y_least", {"keepdims": 0}),
        ]
        constants = {"rows": np.array([1]), "one": np.float32(1)}
        outputs = ["y_choice", "y_sum", "y_least", "place"]
        inputs = {"x": ("f4", ["b", "s", 24]), "z": ("f4", ["b", "s", 24]), "m": ("f4", ["b", "s", 1])}
        m = np.ones((b, s, 1), "f4")
        m[0, 4:] = m[1, 8:] = 0
        feed = {"x": self.normal(b, s, 24), "z": self.normal(b, s, 24), "m": m}
        for low in (-1e9, -1e4):
            numbers = {"low": np.float32(low), "high": np.float32(-low)}
            proto = model(nodes, inputs, outputs, constants | numbers)
            total = feed["x"] + feed["z"]
            chosen = np.where(m > 0, total, np.float32(low))
            exact = {"y_choice": chosen.max(1), "y_sum": chosen.max(1)}
            exact |= {"y_least": np.where(m > 0, total, np.float32(-low)).min(1), "place": chosen.argmax(2)}
            with self.subTest(low):
                # Beside 2^16 units of 30 bits are 2^-13; the largest element of a row is one at least.
                self.check_close(proto, [feed], 2.0**-12, [exact])

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


if __name__ == "__main__":
    unittest.main()
