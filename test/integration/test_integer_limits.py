"""Integer-only models with features, masks and arguments of very different magnitudes."""

import unittest

import numpy as np

from kernels import IntegerTest, model


class IntegerLimits(IntegerTest):
    def setUp(self):
        self.random = np.random.default_rng(12)

    def normal(self, *shape):
        return self.random.standard_normal(shape).astype("f4")

    def test_scaled_inputs(self):
        """Features of eight orders of magnitude are scaled before they share an exponent."""
        scale = (10.0 ** np.linspace(-2, 6, 12)).astype("f4")
        constants = {"mean": scale / 2, "scale": scale, "variance": scale**2, "g": self.normal(12), "b": self.normal(12)}
        constants["by"] = (1 / scale).astype("f4")
        nodes = [
            ("Sub", "x mean", "centred"),
            ("Div", "centred scale", "scaled"),
            ("Relu", "scaled", "y_standard"),
            ("BatchNormalization", "x g b mean variance", "normal"),
            ("Relu", "normal", "y_norm"),
            ("Mul", "by x", "product"),
            ("Add", "b product", "shifted"),
            ("Tanh", "shifted", "y_affine"),
            ("Cast", "product", "y_integer", {"to": 7}),
        ]
        outputs = ["y_standard", "y_norm", "y_affine", "y_integer"]
        proto = model(nodes, {"x": ("f4", ["n", 12])}, outputs, constants)
        x = (2 * self.random.random((5, 12)) * scale).astype("f4")
        # Results are quantised once; a tanh is good to 2.4 units of 2^-15.
        self.check_close(proto, [{"x": x}], 2.0**-13)


if __name__ == "__main__":
    unittest.main()
