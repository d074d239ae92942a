"""Integer-only models that hide elements by huge numbers beside what is seen."""

import unittest

import numpy as np
import onnxruntime

from kernels import IntegerTest, model, results

HIDING = np.float32(-1e9)


class Hidden(IntegerTest):
    seed = 15

    def test_scaled(self):
        """What a maximum sees may be larger than 2^16 by a constant factor, and is still told from what is hidden."""
        nodes = [
            ("Mul", "x factor", "scaled"),
            ("Cast", "hidden", "numbers", {"to": 1}),
            ("Mul", "numbers hiding", "mask"),
            ("Add", "scaled mask", "sum"),
            ("ReduceMax", "sum last", "y_sum", {"keepdims": 1}),
            ("Where", "hidden hiding scaled", "choice"),
            ("ReduceMax", "choice last", "y_choice", {"keepdims": 1}),
            ("Div", "x divisor", "divided"),
            ("Where", "hidden hiding divided", "other"),
            ("ReduceMax", "other last", "y_divided", {"keepdims": 1}),
        ]
        outputs = results(nodes)
        constants = {"factor": np.float32(1e5), "divisor": np.float32(1e-5), "hiding": HIDING, "last": np.array([2])}
        proto = model(nodes, {"x": ("f4", ["n", 8, 24]), "hidden": ("?", ["n", 8, 24])}, outputs, constants)
        hidden = self.random.random((3, 8, 24)) < 0.5
        hidden[..., 0] = False
        # All below -2^16; the limit is 2^32, of which a unit of 30 bits is 2^3. Inputs have 16 bits of up to 2^3, which
        # is 2^4 behind the factor.
        x = self.random.uniform(-8, -2, hidden.shape).astype("f4")
        self.check_close(proto, [{"x": x, "hidden": hidden}], 2.0**5 / 2e5)

    def test_penalties(self):
        """Integers that are an input are numbers: what is taken off for each of them keeps its order and its values."""
        nodes = [
            ("Cast", "count", "number", {"to": 1}),
            ("Mul", "number penalty", "off"),
            ("Sub", "x off", "sum"),
            ("TopK", "sum all", "values y_order", {"axis": 1}),
            ("ReduceMax", "sum last", "y_most", {"keepdims": 1}),
        ]
        constants = {"penalty": np.float32(1e5), "all": np.array([24]), "last": np.array([1])}
        proto = model(nodes, {"x": ("f4", ["n", 24]), "count": ("i8", ["n", 24])}, ["y_order", "y_most"], constants)
        # Distances of 1 / 4 are exact in floats and in 30 bits of sums below 2^19.
        x = np.stack([self.random.permutation(24) for _ in range(5)]).astype("f4") / 4 - 3
        # Inputs of 16 bits below 2^2 are exact, and the factor is as good as a float: 2^-15 of the largest.
        self.check_close(proto, [{"x": x, "count": self.random.integers(1, 5, x.shape)}], 2.0**-15)

    def test_tables(self):
        """Biases that are picked from a table by number keep their bits beside one that hides, in rows and alone."""
        biases = np.array([0.1, -0.05, 0.03, HIDING, 0.2], "f4")
        rows = np.stack([biases, biases[::-1], np.abs(biases) / 100], 1)
        nodes = [
            ("Gather", "biases i", "bias"),
            ("Add", "x bias", "scores"),
            ("Softmax", "scores", "y_softmax"),
            ("ReduceMax", "scores last", "y_most", {"keepdims": 1}),
            ("Gather", "rows i", "row"),
            ("Add", "z row", "pairs"),
            ("Softmax", "pairs", "y_rows"),
        ]
        outputs = results(nodes)
        inputs = {"x": ("f4", ["n", 24]), "z": ("f4", ["n", 24, 3]), "i": ("i8", ["n", 24])}
        rows[:, 2] = np.minimum(rows[:, 2], 1)
        proto = model(nodes, inputs, outputs, {"biases": biases, "rows": rows, "last": np.array([1])})
        feed = {"i": self.random.integers(0, 5, (4, 24))}
        feed["i"][:, 0] = 0
        feed |= {name: (self.random.normal(size=shape) / 8).astype("f4") for name, shape in {"x": (4, 24), "z": (4, 24, 3)}.items()}
        # Beside 2^16 the unit of 30 bits is 2^-13, half of which is lost of each summand: 2^-13 of a score, of the largest
        # share of a row, or of a maximum of 0.1 at least, which is 2^-9 of it; a power is good to 3e-4.
        self.check_close(proto, [feed], 2.0**-9)


class HiddenElements(IntegerTest):
    seed = 12

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

    def test_hidden_windows(self):
        """A maximum of windows over what a mask has left, down to windows of which nothing is left."""
        nodes = [
            ("Where", "m x low", "seen"),
            ("MaxPool", "seen", "y_windows", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}),
            ("GlobalMaxPool", "seen", "y_all"),
        ]
        inputs = {"x": ("f4", ["n", 6, 11, 11]), "m": ("?", ["n", 1, 11, 11])}
        m = self.random.random((3, 1, 11, 11)) < 0.5
        m[1, 0, :4, :4] = False
        feed = {"x": self.normal(3, 6, 11, 11), "m": m}
        hidden = 2.0**16
        for low in (-1e9, -np.inf):
            proto = model(nodes, inputs, ["y_windows", "y_all"], {"low": np.float32(low)})
            (got,) = self.mean(proto, [feed], "--integer-only")
            session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
            for name, value in zip(("y_windows", "y_all"), session.run(None, feed)):
                # Beside 2^16 the unit of 30 bits is 2^-13; an input has 16 bits of up to 2^3.
                with self.subTest((low, name)):
                    np.testing.assert_allclose(got[name], np.maximum(value, -hidden), atol=2.0**-12)
            self.check_integers(proto, [feed])


if __name__ == "__main__":
    unittest.main()
