"""Integer-only models that show how small squares are, and what they are sums of."""

import unittest

import numpy as np

from kernels import IntegerTest, model, results


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
        outputs = results(nodes)
        lengths = np.linspace(0.5, 2, 6, dtype="f4").reshape(6, 1, 1)
        constants = {"last": np.array([3]), "lengths": lengths, "floor": np.float32(1e-12)}
        proto = model(nodes, {"re": ("f4", ["n", 6, 20]), "im": ("f4", ["n", 6, 20])}, outputs, constants)
        random = np.random.default_rng(5)
        # Six decades within a row: of inputs of 31 bits half a unit is 2^-11 of the smallest, and squares keep 16 bits.
        # Twice that in the logarithm of a square, half of which is a root's; the largest logarithm of a row is 6 at least.
        re, im = (10 ** (6 * random.random((4, 6, 20)) - 6) for _ in range(2))
        self.check_close(proto, [{"re": re.astype("f4"), "im": im.astype("f4")}], 2.0**-12)

    def test_bands(self):
        """Logarithms of sums by constant weights: of inputs, of squares, by a convolution, by the left side of a product."""
        nodes = [
            ("MatMul", "x bands", "sums"),
            ("Max", "sums floor", "above"),
            ("Log", "above", "y_bands"),
            ("Mul", "x x", "squares"),
            ("MatMul", "squares bands", "powers"),
            ("Sqrt", "powers", "roots"),
            ("Add", "roots floor", "more"),
            ("Log", "more", "y_powers"),
            ("Transpose", "squares", "columns", {"perm": [0, 2, 1]}),
            ("Conv", "columns filters", "filtered"),
            ("Log", "filtered", "y_filtered"),
            ("MatMul", "turned columns", "left"),
            ("Log", "left", "y_left"),
        ]
        outputs = results(nodes)
        bands = np.zeros((67, 13), "f4")
        for band in range(13):
            bands[5 * band : 5 * band + 7, band] = 1
        constants = {"bands": bands, "turned": bands.T, "filters": bands.T[:, :, None], "floor": np.float32(1e-9)}
        proto = model(nodes, {"x": ("f4", ["n", 9, 67])}, outputs, constants)
        # Two decades within a row, of 16 bits: half a unit is 2^-9.3 of the smallest, 2^-8.3 of its square, half of that of a
        # root. Logarithms of rows reach 2 and 4: 2^-10 of these. Elements of 8 bits would leave nothing of the smallest.
        x = 10 ** (-2 * np.random.default_rng(6).random((4, 9, 67)) ** 0.25)
        self.check_close(proto, [{"x": x.astype("f4")}], 2.0**-10)


if __name__ == "__main__":
    unittest.main()
