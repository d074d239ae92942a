"""Integer-only models that hide elements by huge numbers beside what is seen."""

import unittest

import numpy as np

from kernels import IntegerTest, model

HIDING = np.float32(-1e9)


class Hidden(IntegerTest):
    def setUp(self):
        self.random = np.random.default_rng(15)

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
        outputs = [node[2] for node in nodes if node[2].startswith("y_")]
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
        outputs = [node[2] for node in nodes if node[2].startswith("y_")]
        inputs = {"x": ("f4", ["n", 24]), "z": ("f4", ["n", 24, 3]), "i": ("i8", ["n", 24])}
        rows[:, 2] = np.minimum(rows[:, 2], 1)
        proto = model(nodes, inputs, outputs, {"biases": biases, "rows": rows, "last": np.array([1])})
        feed = {"i": self.random.integers(0, 5, (4, 24))}
        feed["i"][:, 0] = 0
        feed |= {name: (self.random.normal(size=shape) / 8).astype("f4") for name, shape in {"x": (4, 24), "z": (4, 24, 3)}.items()}
        # Beside 2^16 the unit of 30 bits is 2^-13, half of which is lost of each summand: 2^-13 of a score, of the largest
        # share of a row, or of a maximum of 0.1 at least, which is 2^-9 of it; a power is good to 3e-4.
        self.check_close(proto, [feed], 2.0**-9)


if __name__ == "__main__":
    unittest.main()
