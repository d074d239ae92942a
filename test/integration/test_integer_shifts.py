"""Integer-only networks: what rows are shifted by at its ends, on every layout the bits of the interpreter."""

import unittest

import numpy as np

from kernels import IntegerTest, model


def rows_of_many_sizes(rng, count, width):
    """Rows of 2^-70 to 2^70, of zeros, of one number, of one element, of two numbers that are next to one another."""
    x = (rng.standard_normal((count, width)) * 2.0 ** rng.integers(-70, 71, (count, 1))).astype("f4")
    x[0], x[1] = 0, 3
    x[2, 1:] = 0
    x[3] = 1024
    x[3, 0] = np.nextafter(np.float32(1024), np.float32(2048))
    return x


class IntegerShifts(IntegerTest):
    def test_deviations(self):
        """Normalisations: rows without variance, of large ones, and far below epsilon beside others."""
        rng = np.random.default_rng(151)
        for width in (1, 33, 64, 96, 4096):
            nodes = [
                ("LayerNormalization", "x scale shift", "y", {"epsilon": 1e-5}),
                ("LayerNormalization", "x scale shift", "y_without", {"epsilon": 0.0}),
            ]
            constants = {"scale": rng.standard_normal(width).astype("f4"), "shift": rng.standard_normal(width).astype("f4")}
            proto = model(nodes, {"x": ("f4", ["n", width])}, ["y", "y_without"], constants)
            with self.subTest(width=width):
                self.check_integers(proto, [{"x": rows_of_many_sizes(rng, 21, width)}])

    def test_products(self):
        """Sums of products beside biases that are 2^60 times as large, or as small, and shifted by that."""
        rng = np.random.default_rng(157)
        for size in (0, -60, 60):
            bias = (rng.standard_normal(48) * 2.0**size).astype("f4")
            nodes = [("MatMul", "x w", "p"), ("Add", "p bias", "s"), ("Add", "s x", "y")]
            constants = {"w": (rng.standard_normal((48, 48)) / 7).astype("f4"), "bias": bias}
            proto = model(nodes, {"x": ("f4", ["n", 48])}, ["y"], constants)
            for rows in (1, 4, 21):
                # Of rows of one size the sums have the larger exponent, which takes a way of its own.
                of_one_size = rng.standard_normal((rows, 48)).astype("f4")
                for x in (rows_of_many_sizes(rng, max(rows, 4), 48)[-rows:], of_one_size, of_one_size * 2.0**-40):
                    with self.subTest(size=size, rows=rows):
                        self.check_integers(proto, [{"x": x.astype("f4")}])

    def test_functions(self):
        """Of rows at every exponent that a table knows, and beyond both ends of it."""
        sizes = 2.0 ** np.arange(-30, 18)
        x = (np.random.default_rng(163).uniform(-1, 1, (len(sizes), 40)) * sizes[:, None]).astype("f4")
        proto = model(
            [("Gelu", "x", "gelu"), ("Sigmoid", "x", "sigmoid"), ("Tanh", "x", "tanh"), ("Erf", "x", "erf")],
            {"x": ("f4", ["n", 40])},
            ["gelu", "sigmoid", "tanh", "erf"],
            {},
        )
        self.check_integers(proto, [{"x": x}])


if __name__ == "__main__":
    unittest.main()
