"""Convolutions of odd geometry on codes with scales, against the interpreter."""

import unittest

import numpy as np

from convolutions import ConvolutionTest
from kernels import model


class ConvolutionCodes(ConvolutionTest):
    def test_w8a8(self):
        self.quantised("w8a8")

    def test_w8a8g32(self):
        self.quantised("w8a8g32")

    def test_w4a8(self):
        self.quantised("w4a8")

    def test_behind_relu(self):
        """Codes that have no sign, in every form that knows of it."""
        for recipe in ("w8a8", "w4a8"):
            self.quantised(recipe, step=8, unsigned=True)
        random = np.random.default_rng(5)
        weights = {"w": random.standard_normal((19, 160, 3, 3)), "v": random.standard_normal((70, 19))}
        nodes = [
            ("Relu", "x", "u"),
            ("Conv", "u w", "c", {"pads": [1, 1, 1, 1]}),
            ("Relu", "c", "d"),
            ("GlobalAveragePool", "d", "e"),
            ("Flatten", "e", "f"),
            ("Gemm", "f v", "y", {"transB": 1}),
        ]
        proto = model(nodes, {"x": ("f4", ["b", 160, 5, 7])}, ["y"], {n: w.astype("f4") / 40 for n, w in weights.items()})
        x = random.standard_normal((3, 160, 5, 7)).astype("f4")
        odd = x.copy()
        odd[1, 2, 3, 3], odd[2, 0, 0, 0] = np.nan, np.inf
        for recipe in ("w8a8", "w8a8g32", "w4a8"):
            with self.subTest(recipe):
                self.check_quantised(proto, [{"x": x}, {"x": odd}, {"x": -abs(x)}], recipe, rtol=4e-6, atol=5e-6)

    def test_narrow_weights(self):
        """4 bits everywhere; the recipes keep the first and the last contraction at 8."""
        image = {"element": "s8", "grid": "image", "range": [-127, 127]}
        weight = {"element": "s4", "grid": 32, "scale": "s8", "outer": "f32", "encoding": "search", "range": [-8, 7]}
        self.quantised(self.recipe(activation=image, weight=weight))

    def test_blocks(self):
        """Blocks of 32 channels on both sides, however few channels there are."""
        block = {"element": "s8", "grid": 32, "range": [-127, 127]}
        self.quantised(self.recipe(activation=block, weight=block), lambda case: case.groups == 1)


if __name__ == "__main__":
    unittest.main()
