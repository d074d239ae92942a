"""Integer-only models whose rows fall below the least exponents that are stored: images, and products of two that are computed."""

import unittest

import numpy as np

from kernels import model, results
from underflow import OPERAND, ROW, UP, UnderflowTest


class UnderflowProducts(UnderflowTest):
    def test_images(self):
        """Convolutions, one whose channels have exponents of their own, a residual connection, a maximum of windows."""
        shifted = np.zeros((32, 32, 3, 3), "f4")
        shifted[range(32), range(32), 1, 1] = 1
        pads = {"pads": [1, 1, 1, 1]}
        nodes = [
            ("Conv", "x eye", "c"),
            ("Relu", "c", "a"),
            ("Conv", "a shifted", "d", pads),
            ("Add", "d a", "sum"),
            ("Mul", "sum up", "y_residual"),
            ("Conv", "sum own", "e", {"group": 32}),
            ("Mul", "e up", "y_own"),
            ("Conv", "sum eye", "f"),
            ("MaxPool", "f", "m", {"kernel_shape": [2, 2]}),
            ("Mul", "m up", "y_windows"),
        ]
        constants = {"eye": shifted[..., 1:2, 1:2], "shifted": shifted, "own": np.ones((32, 1, 1, 1), "f4"), "up": UP}
        outputs = results(nodes)
        proto = model(nodes, {"x": ("f4", ["n", 32, 6, 5])}, outputs, constants)
        feed = {"x": self.rows(32, 6, 5)}
        up, exact = float(UP), 2 * np.maximum(feed["x"].astype("f8"), 0)
        windows = np.lib.stride_tricks.sliding_window_view(exact, (2, 2), (2, 3)).max((-1, -2))
        # The sum: two inputs of one product, and one of another.
        sums = 2 * (ROW + OPERAND) + ROW + OPERAND
        expected = {
            "y_residual": (exact * up, (sums + ROW) * up),
            "y_own": (exact * up, (sums + 2 * ROW) * up),
            "y_windows": (windows * up, (sums + 2 * ROW + OPERAND) * up),
        }
        self.check_rows(proto, feed, expected)

    def test_computed_products(self):
        """Rows times rows, values of attention, quotients, and rows beside each other."""
        nodes = [
            ("MatMul", "x turned", "pairs"),
            ("Relu", "pairs", "both"),
            ("Mul", "both up", "y_pairs"),
            ("MatMul", "z turned", "products"),
            ("Softmax", "products", "weights"),
            ("MatMul", "weights x", "mean"),
            ("Relu", "mean", "means"),
            ("Mul", "means up", "y_mean"),
            ("Div", "x divisors", "quotient"),
            ("Relu", "quotient", "quotients"),
            ("Mul", "quotients up", "y_quotient"),
            ("Concat", "x mean", "beside", {"axis": 1}),
            ("Relu", "beside", "all"),
            ("Mul", "all up", "y_all"),
        ]
        nodes = [("Transpose", "z", "turned", {"perm": [0, 2, 1]}), ("Exp", "z", "divisors"), *nodes]
        outputs = results(nodes)
        inputs = {name: ("f4", ["n", 6, 32]) for name in "xz"}
        feed = {"x": self.rows(6, 32)}
        feed["z"] = self.random.uniform(0, 1, feed["x"].shape).astype("f4")
        x, z, up = feed["x"].astype("f8"), feed["z"].astype("f8"), float(UP)
        products = z @ z.transpose(0, 2, 1)
        weights = np.exp(products - products.max(-1, keepdims=True))
        mean = np.maximum(weights @ x / weights.sum(-1, keepdims=True), 0)
        expected = {
            # Of 32 products by up to one each side has 12 bits, and the exponent of a row on the left.
            "y_pairs": (np.maximum(x @ z.transpose(0, 2, 1), 0) * up, 32 * 3 * ROW * up),
            "y_mean": (mean * up, 4 * ROW * up),
            "y_quotient": (np.maximum(x / np.exp(z), 0) * up, 3 * ROW * up),
            "y_all": (np.concatenate([np.maximum(x, 0), mean], 1) * up, 4 * ROW * up),
        }
        self.check_rows(model(nodes, inputs, outputs, {"up": UP}), feed, expected)


if __name__ == "__main__":
    unittest.main()
