"""Integer-only models of inputs whose columns have units of their own, which something found in them removes."""

import unittest

import numpy as np

from kernels import IntegerTest, model, results

# More orders of magnitude than a row of 31 bits holds.
UNITS = (10.0 ** np.linspace(-18, 7, 12)).astype("f4")


class IntegerColumns(IntegerTest):
    seed = 71

    def draw(self, *shape):
        """Columns around twice their unit, which vary by one."""
        return (self.random.uniform(1, 3, (*shape, 12)) * UNITS).astype("f4")

    def test_found_in_columns(self):
        """Deviations, norms, sums, ranges and largest elements over time, each of a feature for itself."""
        nodes = [
            ("ReduceMean", "x time", "mean", {"keepdims": 1}),
            ("Sub", "x mean", "apart"),
            ("Mul", "apart apart", "squares"),
            ("ReduceMean", "squares time", "variance", {"keepdims": 1}),
            ("Sqrt", "variance", "deviation"),
            ("Div", "apart deviation", "y_standard"),
            ("ReduceL2", "x time", "norm", {"keepdims": 1}),
            ("Div", "x norm", "y_norm"),
            ("ReduceSum", "x time", "sum", {"keepdims": 1}),
            ("Div", "x sum", "y_share"),
            ("ReduceMax", "x time", "most", {"keepdims": 1}),
            ("ReduceMin", "x time", "least", {"keepdims": 1}),
            ("Sub", "most least", "range"),
            ("Sub", "x least", "above"),
            ("Div", "above range", "y_range"),
            ("LpNormalization", "x", "y_lp", {"axis": 1, "p": 2}),
        ]
        outputs = results(nodes)
        feeds = [{"x": self.draw(2, 9)}, {"x": self.draw(3, 64)}]
        for time in ("t", 9):
            with self.subTest(time):
                proto = model(nodes, {"x": ("f4", ["b", time, 12])}, outputs, {"time": np.array([1])})
                # Both sides of a quotient and the result are rounded to half a unit of 16 bits, 2^-15 of themselves; a
                # deviation is of differences that are. Elements of a row are not smaller than a tenth of its largest.
                self.check_close(proto, feeds[: 1 if time == 9 else 2], 4 * 2.0**-15)

    def test_weighted_columns(self):
        """Means of the positions that a weight for each of them leaves, [.., 1] beside the features."""
        nodes = [
            ("Mul", "x w", "weighted"),
            ("ReduceSum", "weighted time", "sum", {"keepdims": 1}),
            ("ReduceSum", "w time", "total", {"keepdims": 1}),
            ("Div", "sum total", "mean"),
            ("Div", "x mean", "y_times"),
            ("Sub", "x mean", "apart"),
            ("Div", "apart mean", "y_apart"),
        ]
        inputs = {"x": ("f4", ["b", "t", 12]), "w": ("f4", ["b", "t", 1])}
        proto = model(nodes, inputs, results(nodes), {"time": np.array([1])})
        feed = {"x": self.draw(3, 16), "w": self.random.integers(0, 2, (3, 16, 1)).astype("f4")}
        feed["w"][:, 0] = 1
        # A mean of weights, its quotient, the product and the result: each by half a unit of 16 bits.
        self.check_close(proto, [feed], 5 * 2.0**-15)


if __name__ == "__main__":
    unittest.main()
