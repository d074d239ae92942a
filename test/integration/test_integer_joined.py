"""Integer-only models whose rows are put together from what has units of its own, and scaled behind that."""

import unittest

import numpy as np

from kernels import IntegerTest, model


class IntegerJoined(IntegerTest):
    def test_joined(self):
        """Incomes beside their logarithms, ages beside sines of them: each column is standardised as if it were alone."""
        mean, deviation = (np.array(values, "f4") for values in ((10.9, 6e4, 245, 0.1, 45), (0.3, 1.5e4, 30, 0.7, 12)))
        nodes = [
            ("Split", "x", "income age", {"axis": 1, "num_outputs": 2}),
            ("Log", "income", "logarithm"),
            ("Sqrt", "income", "root"),
            ("Sin", "age", "sine"),
            ("Concat", "logarithm income root sine age", "joined", {"axis": 1}),
            ("Sub", "joined mean", "centred"),
            ("Mul", "centred inverse", "y"),
            # Rows of logarithms beside rows of what they are of.
            ("Log", "x", "logarithms"),
            ("Concat", "logarithms x", "both", {"axis": 1}),
            ("Sub", "both means", "both_centred"),
            ("Mul", "both_centred inverses", "y_both"),
        ]
        constants = {"mean": mean, "inverse": 1 / deviation, "means": np.array([10.9, 3.7, 6e4, 45], "f4")}
        constants["inverses"] = 1 / np.array([0.3, 0.3, 1.5e4, 12], "f4")
        proto = model(nodes, {"x": ("f4", ["n", 2])}, ["y", "y_both"], constants)
        x = np.random.default_rng(167).normal([6e4, 45], [1.5e4, 12], (9, 2)).clip([100, 18]).astype("f4")
        # Half a unit of 16 bits of the row; sines are of an age of 16 bits, 80 of 2^-9, which is 2^-10 of a 0.7th.
        self.check_close(proto, [{"x": x}], 2.0**-9)
        wide = np.random.default_rng(173).uniform(0, 1, (4, 2)).astype("f4") * np.array([1e30, 1e-3], "f4")
        self.check_integers(proto, [{"x": wide}])


if __name__ == "__main__":
    unittest.main()
