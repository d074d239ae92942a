"""Integer-only models of many terms, one on the other."""

import unittest

import numpy as np

from kernels import IntegerTest, model


class IntegerDepth(IntegerTest):
    seed = 14

    def test_many_terms(self):
        """Sums and maxima of 40 rows keep the bits of a row."""
        count, width = 40, 4
        terms = [f"t{i}" for i in range(count)]
        nodes = [("Split", "x", " ".join(f"x{i}" for i in range(count)), {"axis": 1, "num_outputs": count})]
        nodes += [("Tanh", f"x{i}", term) for i, term in enumerate(terms)]
        nodes += [("Sum", " ".join(terms), "y_sum"), ("Max", " ".join(terms), "y_max")]
        proto = model(nodes, {"x": ("f4", ["n", count * width])}, ["y_sum", "y_max"])
        x = self.random.uniform(0.5, 1.5, (3, count * width)).astype("f4")
        # Terms are 0.46 to 0.91, good to 2.4 units of 2^-15 and one for the rounded input: 2.3e-4 of the results. A sum
        # has 22 bits at least: 39 times 2^-22 are 1e-5.
        self.check_close(proto, [{"x": x}], 2.0**-10)

    def test_small_elements(self):
        """Ten terms leave to a logarithm what is 10^-5 of the largest element."""
        names = [f"x{i}" for i in range(10)]
        nodes = [("Sum", " ".join(names), "s"), ("Log", "s", "y")]
        proto = model(nodes, {name: ("f4", ["n", 6]) for name in names}, ["y"])
        magnitudes = 10.0 ** -np.arange(6)
        feed = {name: (magnitudes * self.random.uniform(0.9, 1.1, (3, 6))).astype("f4") for name in names}
        # Inputs have units of 2^-30, sums of nine lost bits 2^-21 of 10: a relative 10 2^-21 / 10^-4 of the smallest is
        # its logarithm's error, 0.05, beside a 4th of 2^-22 of its own.
        self.check_close(proto, [feed], 0.05 / np.abs(np.log(10 * magnitudes)).max())

    def test_compared_extremes(self):
        """A maximum, or a minimum, of many inputs of 31 bits on other exponents each is exactly one of them."""
        count, width = 24, 8
        names = [f"x{i}" for i in range(count)]
        random = self.random.normal(size=(count, 40, width))
        # Rows that one element makes large, and rows each of which is larger than the last.
        places = np.arange(width) == np.arange(count)[:, None, None] % width
        powers = np.arange(count)[:, None, None]
        rows = [np.where(places, -np.abs(random) * 10.0 ** (powers % 6), random), -np.abs(random) * 1.7**powers]
        for op, sign in (("Max", 1), ("Min", -1)):
            # What is the difference of two inputs gives both 31 bits.
            nodes = [(op, " ".join(names), "m")]
            nodes += [("Sub", f"{name} x0", f"d{name}") for name in names[1:]]
            for i, name in enumerate(names):
                nodes += [("Equal", f"{name} m", f"e{i}"), ("Cast", f"e{i}", f"f{i}", {"to": 1})]
            nodes += [("Sum", " ".join(f"f{i}" for i in range(count)), "y"), ("Sum", " ".join(f"d{name}" for name in names[1:]), "z")]
            proto = model(nodes, {name: ("f4", ["n", width]) for name in names}, ["y", "z"])
            for x in rows:
                feed = {name: (sign * own).astype("f4") for name, own in zip(names, x)}
                (meaning,) = self.mean(proto, [feed], "--integer-only")
                # Equal to more than one where these differ by less than a unit of 31 bits: none of 40 x 8 random ones.
                np.testing.assert_array_equal(meaning["y"], 1)

    def test_peaks(self):
        """The peaks of a heat map equal the maximum of their windows, whatever it is computed by."""
        nodes = [("MatMul", "x weights", "h"), ("MaxPool", "h", "m", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]})]
        nodes += [("Equal", "h m", "e"), ("Cast", "e", "y", {"to": 1}), ("Identity", "h", "z")]
        weights = np.eye(8, dtype="f4") * 0.7
        weights[1, 0] = 0.7  # a sum, without which all would be inputs
        proto = model(nodes, {"x": ("f4", ["n", 4, 8, 8])}, ["y", "z"], {"weights": weights})
        (meaning,) = self.mean(proto, [{"x": self.random.normal(size=(3, 4, 8, 8)).astype("f4")}], "--integer-only")
        z = np.pad(meaning["z"], ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
        most = np.lib.stride_tricks.sliding_window_view(z, (3, 3), (2, 3)).max((-1, -2))
        # Neighbours may be as large in the units of the image, 2^-29 of its largest element.
        np.testing.assert_array_equal(meaning["y"][meaning["z"] == most], 1)
        np.testing.assert_allclose(meaning["z"][meaning["y"] == 1], most[meaning["y"] == 1], atol=2.0**-20)

    def test_residual_stream(self):
        """What is added to a stream in 30 steps is added in full, by products as by functions."""
        steps, width = 30, 16
        eye = np.eye(width, dtype="f4") / 64
        nodes = []
        for i in range(steps):
            nodes += [("MatMul", f"h{i} eye", f"p{i}"), ("Relu", f"p{i}", f"r{i}"), ("Add", f"h{i} r{i}", f"h{i + 1}")]
        nodes += [("Relu", f"h{steps}", "y")]
        proto = model(nodes, {"h0": ("f4", ["n", width])}, ["y"], {"eye": eye})
        h = self.random.uniform(0.5, 1, (3, width)).astype("f4")
        # Of each step, 2^-6 of the stream, a block of 8 bits loses up to 2^-7 of the row's largest element, and weights are
        # exact: 30 times 2^-13 of a stream that only grows. Rows in between are rounded four times: 2^-14.
        self.check_close(proto, [{"h0": h}], 30 * 2.0**-13 + 2.0**-14)

    def test_many_parts(self):
        """A product of so many channels that its sums have 37 parts, of 32 bits each with the largest weights."""
        channels = 37 * 8320
        proto = model([("MatMul", "x w", "y")], {"x": ("f4", ["n", channels])}, ["y"], {"w": np.ones((channels, 1), "f4")})
        x = np.ones((3, channels), "f4")
        x[1], x[2, ::3] = -1, 0
        # Inputs are exact codes of 8 bits, and parts have 30 bits, of which groups take seven and pairs of five groups three.
        (meaning,) = self.mean(proto, [{"x": x}], "--integer-only")
        np.testing.assert_allclose(meaning["y"][:, 0], x.sum(1, dtype="f8"), rtol=2.0**-18)

    def test_long_products(self):
        """A product of 10,000 factors, an odd number of them left now and then, is good to many bits of each."""
        proto = model([("ReduceProd", "x last", "y", {"keepdims": 1})], {"x": ("f4", ["n", 10000])}, ["y"], {"last": np.array([1])})
        x = self.random.uniform(0.998, 1.003, (2, 10000)).astype("f4")
        # Factors have 30 bits, and each of as many products 27.
        self.check_close(proto, [{"x": x}], 10000 * 2.0**-27, [{"y": x.prod(1, dtype="f8", keepdims=True)}])

    def test_long_logarithm(self):
        """The logarithm of a sum of more exponentials than 32 bits hold the sum of."""
        proto = model([("ReduceLogSumExp", "x last", "y", {"keepdims": 1})], {"x": ("f4", ["n", 65537])}, ["y"], {"last": np.array([1])})
        x = self.random.normal(size=(2, 65537)).astype("f4")
        # Inputs have 16 bits of up to 2^3, exponentials of their distance from the largest are good to 2^-11.
        self.check_close(proto, [{"x": x}], 2.0**-10 / 8, [{"y": np.log(np.exp(x.astype("f8")).sum(1, keepdims=True))}])


if __name__ == "__main__":
    unittest.main()
