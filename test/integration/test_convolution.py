"""Convolutions of odd geometry in floats, against onnxruntime; and those that no geometry drawn at random covers."""

import unittest

import numpy as np
import onnxruntime

from convolutions import ConvolutionTest, feed, network
from kernels import CPUS, model


class Convolution(ConvolutionTest):
    def test_float(self):
        for cases in self.groups_of_cases():
            with self.subTest("\n".join(map(str, cases))):
                # Sums of about one that onnxruntime adds in another order.
                self.check(network(cases), [feed(cases)], rtol=1e-5, atol=4e-6)

    def test_large_images(self):
        """Results that leave the second-level cache: tiles go along several panels; and units of as many lines as are equal."""
        random = np.random.default_rng(5)
        shapes = {"w": (83, 40, 1, 1), "p": (83, 83, 1, 1), "v": (36, 83, 1, 1), "u": (36, 36, 3, 3)}
        weights = {n: (random.standard_normal(s) / np.sqrt(np.prod(s[1:]))).astype("f4") for n, s in shapes.items()}
        nodes = [
            ("Conv", "x w", "c"),
            ("Relu", "c", "y"),
            ("Conv", "y p", "q"),
            ("Add", "q y", "s"),
            ("Relu", "s", "t"),
            ("Conv", "t v", "d"),
            ("Conv", "d u", "z", {"pads": [1, 1, 1, 1]}),
        ]
        proto = model(nodes, {"x": ("f4", ["b", 40, 41, 43])}, ["z"], weights)
        given = {"x": random.standard_normal((2, 40, 41, 43)).astype("f4")}
        self.check(proto, [given], rtol=1e-5, atol=4e-6)
        for recipe in ("w8a8", "w4a8"):
            with self.subTest(recipe):
                self.check_quantised(proto, [given], recipe, rtol=2e-6, atol=5e-6)

    def test_not_finite(self):
        """A NaN or an infinity spoils what its window, or with one scale its image, gives; no other image."""
        random = np.random.default_rng(3)
        weights = random.standard_normal((5, 4, 3, 3)).astype("f4")
        proto = model([("Conv", "x w", "y", {"pads": [1, 1, 1, 1]})], {"x": ("f4", ["b", 4, 6, 6])}, ["y"], {"w": weights})
        x = random.standard_normal((4, 4, 6, 6)).astype("f4")
        x[1, 2, 3, 3], x[2, 0, 0, 0] = np.nan, np.inf
        self.check(proto, [{"x": x}], rtol=1e-5, atol=1e-5)
        for recipe in ("w8a8", "w8a8g32"):
            with self.subTest(recipe):
                self.check_quantised(proto, [{"x": x}], recipe, rtol=2e-6, atol=5e-6)

    def test_weights_of_run_time(self):
        proto = model([("Conv", "x w", "y")], {"x": ("f4", ["b", 4, 6, 6]), "w": ("f4", [5, 4, 3, 3])}, ["y"])
        random = np.random.default_rng(4)
        given = {name: random.standard_normal(shape).astype("f4") for name, shape in (("x", (2, 4, 6, 6)), ("w", (5, 4, 3, 3)))}
        self.check(proto, [given], rtol=1e-5, atol=1e-5)

    def test_scales_of_channels(self):
        """Depthwise: one scale for an image, and one for each of its channels, which are of very different sizes."""
        random = np.random.default_rng(8)
        row = {"element": "s8", "grid": "row", "range": [-127, 127]}
        nodes, inputs, constants, feed = [], {}, {}, {}
        for channels, sizes, pads in ((5, [7], [2, 0]), (16, [5, 4], [1, 0, 1, 1]), (67, [6, 5], [0] * 4), (96, [3, 4], [1] * 4), (200, [4, 4], [2, 1, 0, 1])):
            inputs[f"x{channels}"] = ("f4", ["n", channels, *sizes])
            constants[f"w{channels}"] = random.standard_normal((channels, 1, *[2] * len(sizes))).astype("f4")
            nodes.append(("Conv", f"x{channels} w{channels}", f"y{channels}", {"group": channels, "pads": pads}))
            x = random.standard_normal((3, channels, *sizes)).astype("f4")
            feed[f"x{channels}"] = x * np.exp2(-(np.arange(channels) % 12)).reshape(1, -1, *[1] * len(sizes)).astype("f4")
        # An image with an infinity, a NaN, and zeros.
        feed["x16"][0, 3, 0, 0], feed["x16"][1, 4, 2, 1], feed["x96"][1] = np.inf, np.nan, 0
        proto = model(nodes, inputs, [node[2] for node in nodes], constants)
        for grid in ("image", "channel"):
            with self.subTest(grid):
                recipe = self.recipe(row, row, grid)
                self.check_against_split(proto, [feed], 2e-6, 5e-6, CPUS, f"--recipe={recipe}")
        # Each factor is off by half a code of its own channel at most, whatever the others hold.
        text = self.folder / "channels.mlir"
        self.must("compile", self.save(proto), "--stop-after=split", "-o", text, f"--recipe={recipe}")
        exact = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"]).run(["y67", "y200"], feed)
        for channels, wanted in zip((67, 200), exact):
            got = self.interpret(text, feed)[f"y{channels}"]
            largest = [np.abs(a).max((2, 3)) for a in (feed[f"x{channels}"], constants[f"w{channels}"].swapaxes(0, 1))]
            bound = 4 * largest[0] * largest[1] * (2 / 254 + 1 / 254**2)
            self.assertTrue((np.abs(got - wanted).max((2, 3)) <= bound).all(), channels)


if __name__ == "__main__":
    unittest.main()
