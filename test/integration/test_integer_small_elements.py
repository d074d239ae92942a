"""Integer-only models that show how large small elements are."""

import unittest

import numpy as np

from kernels import IntegerTest, model, results

# Half a unit of 16 bits with sign.
UNIT = 2.0**-16


class IntegerSmallElements(IntegerTest):
    seed = 12

    def test_small_elements(self):
        """Logarithms and roots of elements that are nothing beside the largest of their row."""
        nodes = [
            ("Add", "x one", "s"),
            ("Log", "s", "y_shifted"),
            ("Max", "x one", "most"),
            ("Log", "most", "y_counts"),
            ("Sqrt", "x", "y_root"),
            ("Exp", "z", "e"),
            ("Log", "e", "y_chain"),
            ("Add", "e small", "more"),
            ("Log", "more", "y_more"),
            ("Div", "e s", "quotient"),
            ("Log", "quotient", "y_quotient"),
            ("ReduceSum", "w places", "total", {"keepdims": 0}),
            ("Log", "total", "y_total"),
        ]
        outputs = results(nodes)
        constants = {"one": np.float32(1), "small": np.float32(0.01), "places": np.array([1])}
        inputs = {"x": ("f4", ["n", 24]), "z": ("f4", ["n", 24]), "w": ("f4", ["n", 7, 24])}
        proto = model(nodes, inputs, outputs, constants)
        x = np.floor(10 ** (6 * self.random.random((5, 24)))).astype("f4")
        # Of 30 bits of 2^20 half a unit is 2^-11 of 1. An argument of up to 2^4 has 16 bits, and its exponential is good
        # to 3e-4. Together 1e-3 in a logarithm, the largest of whose row is 4 at least; roots are good to 2^-5 of 2^10.
        # So is the sum of 7 that are 1 at least.
        w = np.stack([np.roll(x, 5 * place, 0) for place in range(7)], 1)
        x[:, 1:] = np.where(self.random.random((5, 23)) < 0.3, np.float32(0), x[:, 1:])
        self.check_close(proto, [{"x": x, "z": 4 * self.normal(5, 24), "w": w}], 2.0**-12)

    def test_far_inputs(self):
        """Inputs far from 0 beside how much they vary, less their mean, their largest, and one another."""
        nodes = [
            ("ReduceMean", "x rows", "mean", {"keepdims": 1}),
            ("Sub", "x mean", "y_centred"),
            ("ReduceMax", "x last", "most", {"keepdims": 1}),
            ("Sub", "most x", "y_below"),
            ("Sub", "x z", "y_difference"),
            ("LayerNormalization", "x ones", "y_norm"),
            ("InstanceNormalization", "x ones_s zeros_s", "y_instance"),
        ]
        outputs = results(nodes)
        constants = {"rows": np.array([1]), "last": np.array([2]), "ones": np.ones(24, "f4")}
        constants |= {"ones_s": np.ones(12, "f4"), "zeros_s": np.zeros(12, "f4")}
        proto = model(nodes, {x: ("f4", ["b", 12, 24]) for x in "xz"}, outputs, constants)
        feeds = [{x: 5000 + self.normal(b, 12, 24) for x in "xz"} for b in (1, 3)]
        # The largest of a row of differences is 1 at least. A float of 5000 has units of 2^-11, as has what onnxruntime
        # computes; units of 30 bits are 2^-17.
        self.check_close(proto, feeds, 2.0**-10)

    def test_features(self):
        """Features of other units side by side, each normalised over the positions before them."""
        nodes = [
            ("ReduceMean", "x rows", "mean", {"keepdims": 1}),
            ("Sub", "x mean", "d"),
            ("Mul", "d d", "square"),
            ("ReduceMean", "square rows", "variance", {"keepdims": 1}),
            ("Add", "variance least_variance", "v"),
            ("Sqrt", "v", "deviation"),
            ("Div", "d deviation", "y_deviation"),
            ("Reciprocal", "deviation", "inverse"),
            ("Mul", "d inverse", "y_inverse"),
            ("Abs", "d", "size"),
            ("ReduceMean", "size rows", "distance", {"keepdims": 1}),
            ("Div", "d distance", "y_distance"),
            ("ReduceMax", "x rows", "most", {"keepdims": 1}),
            ("ReduceMin", "x rows", "least", {"keepdims": 1}),
            ("Sub", "x least", "above"),
            ("Sub", "most least", "span"),
            ("Div", "above span", "y_span"),
            ("ReduceL2", "x rows", "norm", {"keepdims": 1}),
            ("Div", "x norm", "y_norm"),
            ("Slice", "x one end rows", "after"),
            ("Slice", "x zero last rows", "before"),
            ("Sub", "after before", "change"),
            ("Div", "change before", "y_change"),
        ]
        outputs = results(nodes)
        constants = {"rows": np.array([1]), "least_variance": np.float32(1e-6)}
        constants |= {"zero": np.array([0]), "one": np.array([1]), "last": np.array([-1]), "end": np.array([99])}
        proto = model(nodes, {"x": ("f4", ["b", 12, 6])}, outputs, constants)
        units = np.array([1, 1000, 0.1, 10, 100, 0.1], "f4")
        feeds = [{"x": units * (3 + self.normal(b, 12, 6) / 2)} for b in (1, 3)]
        # Up to 2^13 on 30 bits are good to 2^-18, and so is a mean: 2^-17 beside a deviation of 0.05, and a third of that
        # as the largest of a row, is 2^-11. What is divided, by what, and the quotient have 16 bits each.
        self.check_close(proto, feeds, 2.0**-10)

    def test_channels(self):
        """Channels of images, computed, one of them far larger and one all but dead, each normalised over its image."""
        nodes = [
            ("Add", "x z", "h"),
            ("ReduceMean", "h places", "mean", {"keepdims": 1}),
            ("Sub", "h mean", "d"),
            ("Pow", "d two", "square"),
            ("ReduceMean", "square places", "variance", {"keepdims": 1}),
            ("Add", "variance least", "v"),
            ("Sqrt", "v", "deviation"),
            ("Div", "d deviation", "y_divided"),
            ("Reciprocal", "deviation", "reciprocal"),
            ("Mul", "reciprocal gain", "inverse"),
            ("Mul", "h inverse", "scaled"),
            ("Mul", "mean inverse", "offset"),
            ("Sub", "scaled offset", "y_scaled"),
        ]
        constants = {"places": np.array([1, 2]), "two": np.float32(2), "least": np.float32(1e-3)}
        constants |= {"gain": np.array([1, 1.5, 1, 0.75, 1, 1.25], "f4")}
        proto = model(nodes, {x: ("f4", ["b", 4, 5, 6]) for x in "xz"}, ["y_divided", "y_scaled"], constants)
        units = np.array([1, 1, 1000, 1, 0.01, 1], "f4")
        feeds = [{x: units * self.normal(b, 4, 5, 6) for x in "xz"} for b in (1, 3)]
        # Sums of up to 2^13 on 30 bits are good to 2^-17. A mean has 16 bits of up to four deviations, and half a unit is
        # 2^-15 of one; so have differences and quotients. That is 2^-13, of rows whose largest is 1/2 at least 2^-12.
        self.check_close(proto, feeds, 2.0**-12)

    def test_products_of_many(self):
        """Factors and parts of a product of any magnitude; what no float holds is infinite, or nothing."""
        proto = model([("ReduceProd", "x last", "y", {"keepdims": 0})], {"x": ("f4", ["n", 3, 64])}, ["y"], {"last": np.array([2])})
        x = np.exp(2 * self.normal(5, 3, 64)) * np.where(self.random.random((5, 3, 64)) < 0.5, -1, 1)
        logs = np.array([0, 40, -40, 200, -200])  # of the products, in powers of two
        x *= 2 ** ((logs.reshape(-1, 1) - np.log2(np.abs(x)).sum(2)) / 64)[:, :, None]
        exact = x.prod(2)
        exact[3] = np.where(exact[3] > 0, np.inf, -np.inf)
        exact[4] = 0
        feed = {"x": x.astype("f4")}
        y = self.mean(proto, [feed], "--integer-only")[0]["y"]
        # 64 factors that are rounded to 15 bits, and 63 products.
        np.testing.assert_allclose(y[:4], exact[:4], rtol=128 * UNIT)
        # The smallest exponent that is stored.
        self.assertLess(np.abs(y[4]).max(), 2.0**-113)
        self.check_integers(proto, [feed])


if __name__ == "__main__":
    unittest.main()
