"""Integer-only normalisations of rows far below epsilon, and of rows of small weights."""

import unittest

import numpy as np

from kernels import IntegerTest, model


class IntegerSmallNorms(IntegerTest):
    def test_small_rows(self):
        """They tend to 0 as the rows do, computed or not, down to nothing."""
        nodes = [
            ("LayerNormalization", "x ones zeros", "y_layer", {"epsilon": 1e-5}),
            ("Add", "x x", "twice"),
            ("LayerNormalization", "twice ones zeros", "y_computed", {"epsilon": 1e-6}),
        ]
        constants = {"ones": np.ones(16, "f4"), "zeros": np.zeros(16, "f4")}
        proto = model(nodes, {"x": ("f4", ["n", 16])}, ["y_layer", "y_computed"], constants)
        sizes = 10.0 ** np.array([0, -2, -4, -6, -8, -10, -20, -30, -37])
        x = (np.random.default_rng(41).standard_normal((9, 16)) * sizes[:, None]).astype("f4")
        (meaning,) = self.mean(proto, [{"x": x}], "--integer-only")
        for name, factor, epsilon in (("y_layer", 1, 1e-5), ("y_computed", 2, 1e-6)):
            v = factor * x.astype("f8")
            d = v - v.mean(1, keepdims=True)
            exact = d / np.sqrt((d * d).mean(1, keepdims=True) + epsilon)
            # Three units of 2^-27, and of the row's largest half a unit of 16 bits before it and behind.
            limit = 3 * 2.0**-27 + 2.0**-14 * np.abs(exact).max(1, keepdims=True)
            self.assertLess((np.abs(meaning[name] - exact) / limit).max(), 1, name)
            np.testing.assert_array_equal(meaning[name][-3:], 0)
        self.check_integers(proto, [{"x": x}])

    def test_weights_of_zeros(self):
        """An output without weights, or the empty row of a table, takes no bits from small ones beside it."""
        w, table = self.normal(20, 24) * 1e-8, self.normal(9, 24) * 1e-8
        w[:, 3] = table[0] = 0
        nodes = [
            ("MatMul", "x w", "product"),
            ("LayerNormalization", "product scale", "y_product", {"epsilon": 1e-30}),
            ("Gather", "table i", "rows"),
            ("LayerNormalization", "rows scale", "y_rows", {"epsilon": 1e-30}),
        ]
        constants = {"w": w, "table": table, "scale": np.ones(24, "f4")}
        proto = model(nodes, {"x": ("f4", ["n", 20]), "i": ("i8", ["n"])}, ["y_product", "y_rows"], constants)
        feeds = [{"x": self.normal(5, 20), "i": np.arange(4, 9)}]
        # Rows of 8 bits are off by up to 2^-8 of their largest element, a sum of products by a third of that of each side.
        self.check_close(proto, feeds, 2.0**-6)


if __name__ == "__main__":
    unittest.main()
