"""Integer-only models that show how small squares are, and what they are sums of."""

import unittest

import numpy as np

from kernels import IntegerTest, model


class IntegerSpectra(IntegerTest):
    def test_power_spectra(self):
        """Logarithms and roots of squares, their sums along rows and between values, scaled and joined on the way."""
        nodes = [
            ("Relu", "re", "re_0"),
            ("Relu", "im", "im_0"),
            ("Unsqueeze", "re_0 last", "re_1"),
            ("Unsqueeze", "im_0 last", "im_1"),
            ("Concat", "re_1 im_1", "parts", {"axis": 3}),
            ("Mul", "parts lengths", "scaled"),
            ("Mul", "scaled scaled", "squares"),
            ("ReduceSum", "squares last", "power", {"keepdims": 0}),
            ("Log", "power", "y_power"),
            ("Sqrt", "power", "magnitude"),
            ("Transpose", "magnitude", "turned", {"perm": [0, 2, 1]}),
            ("Mul", "turned turned", "again"),
            ("Add", "again floor", "above"),
            ("Log", "above", "y_floor"),
            ("Mul", "re_0 re_0", "re_2"),
            ("Mul", "im_0 im_0", "im_2"),
            ("Add", "re_2 im_2", "sum"),
            ("Log", "sum", "y_sum"),
            ("Mul", "re_0 im_0", "product"),
            ("Sqrt", "product", "mean"),
            ("Log", "mean", "y_mean"),
        ]
        outputs = [node[2] for node in nodes if node[2].startswith("y_")]
        lengths = np.linspace(0.5, 2, 6, dtype="f4").reshape(6, 1, 1)
        constants = {"last": np.array([3]), "lengths": lengths, "floor": np.float32(1e-12)}
        proto = model(nodes, {"re": ("f4", ["n", 6, 20]), "im": ("f4", ["n", 6, 20])}, outputs, constants)
        random = np.random.default_rng(5)
        # Six decades within a row: of inputs of 31 bits half a unit is 2^-11 of the smallest, and squares keep 16 bits.
        # Twice that in the logarithm of a square, half of which is a root's; the largest logarithm of a row is 6 at least.
        re, im = (10 ** (6 * random.random((4, 6, 20)) - 6) for _ in range(2))
        self.check_close(proto, [{"re": re.astype("f4"), "im": im.astype("f4")}], 2.0**-12)


if __name__ == "__main__":
    unittest.main()
