"""Integer-only squared distances from constants, as clusters and kernels have them."""

import unittest

import numpy as np

from kernels import IntegerTest, model, results


class IntegerDistances(IntegerTest):
    seed = 83

    def test_near_constants(self):
        """The squares, less twice a product, and the constants' own: small ones are what they are, however they are written."""
        centres = self.normal(10, 16)
        nodes = [
            ("ReduceSumSquare", "x last", "squares", {"keepdims": 1}),
            ("Gemm", "x centres", "product", {"alpha": -2.0, "transB": 1}),
            ("Add", "squares product", "less"),
            ("Add", "less own", "y_gemm"),
            ("Mul", "x x", "elements"),
            ("ReduceSum", "elements last", "sums", {"keepdims": 1}),
            ("MatMul", "x turned", "by"),
            ("Mul", "two by", "twice"),
            ("Sub", "own twice", "rest"),
            ("Add", "rest sums", "y_matmul"),
            ("ArgMin", "y_gemm", "label", {"axis": 1, "keepdims": 0}),
            ("ArgMax", "y_gemm", "other", {"axis": 1, "keepdims": 0}),
        ]
        outputs = [*results(nodes), "label", "other"]
        constants = {
            "centres": centres,
            "turned": centres.T.copy(),
            "own": np.square(centres).sum(1)[None],
            "two": np.float32(2),
            "last": np.array([1]),
        }
        proto = model(nodes, {"x": ("f4", ["n", 16])}, outputs, constants)
        label = self.random.integers(0, 10, 24)
        x = (centres[label] + self.normal(24, 16) * 10.0 ** self.random.uniform(-3, 0, (24, 1))).astype("f4")
        apart = x[:, None].astype("f8") - centres
        exact = np.square(apart).sum(-1)
        wanted = {"y_gemm": exact, "y_matmul": exact, "label": exact.argmin(1), "other": exact.argmax(1)}
        # Differences have 31 bits, their squares 16 of the largest of 16, and those of constants are rounded as floats.
        self.check_close(proto, [{"x": x}], 2.0**-13, exact=[wanted])
        # So near ones, 10^-6 of the others, are, of themselves.
        (meaning,) = self.mean(proto, [{"x": x}], "--integer-only")
        near = exact.min(1)
        own = np.abs(meaning["y_gemm"].min(1) - near)
        self.assertLess((own / (near + 16 * 2.0**-22 * np.square(centres).sum(1).max())).max(), 2.0**-13)


if __name__ == "__main__":
    unittest.main()
