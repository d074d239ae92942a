"""Integer-only models that put images of several sizes together, with gates of channels, as detectors have them."""

import unittest

import numpy as np

from kernels import IntegerTest, model

# Half a unit of 16 bits with sign.
UNIT = 2.0**-16
TWICE = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}


class IntegerPyramids(IntegerTest):
    seed = 15

    def test_copies(self):
        """What is copied along both axes keeps the exponent of its image, whatever is known of the sizes."""
        nodes = [
            ("Relu", "x", "r"),
            ("Resize", "r - s", "u", TWICE),
            ("Add", "u z", "v"),
            ("Sqrt", "r", "q"),
            ("Resize", "q - t", "y_wide", TWICE),
            ("Concat", "v u", "y_joined", {"axis": 1}),
        ]
        constants = {"s": np.array([1, 1, 2, 3], "f4"), "t": np.array([1, 1, 1, 4], "f4")}
        for sizes in (["b", 5, "h", "w"], ["b", 5, 4, 3]):
            wide = ["b", 5, *("HW" if "h" in sizes else (8, 9))]
            with self.subTest(sizes=sizes):
                proto = model(nodes, {"x": ("f4", sizes), "z": ("f4", wide)}, ["y_wide", "y_joined"], constants)
                feeds = [
                    {"x": self.normal(n, 5, 4, 3) * 10.0 ** np.arange(n).reshape(-1, 1, 1, 1).astype("f4"),
                     "z": self.normal(n, 5, 8, 9)}
                    for n in (3, 1)
                ]  # fmt: skip
                # Of an image: its largest element is up to ten times that of a row, and of the two that are added the
                # larger one gives the units.
                self.check_close(proto, feeds[1:], 40 * UNIT * 10)
                self.check_integers(proto, feeds)

    def test_gates(self):
        """Gates of channels, beside which everything stays channels-last."""
        nodes = [
            ("Conv", "x w0", "c", {"pads": [1, 1, 1, 1]}),
            ("GlobalAveragePool", "c", "p"),
            ("Conv", "p w1 b1", "h"),
            ("Relu", "h", "i"),
            ("Conv", "i w2 b2", "j"),
            ("HardSigmoid", "j", "g", {"alpha": 0.2, "beta": 0.5}),
            ("Mul", "c g", "d"),
            ("Add", "c d", "e"),
            ("Resize", "e - s", "u", TWICE),
            ("Conv", "u w3", "y", {"pads": [1, 1, 1, 1]}),
        ]
        shapes = {"w0": (24, 3, 3, 3), "w1": (6, 24, 1, 1), "w2": (24, 6, 1, 1), "w3": (4, 24, 3, 3)}
        constants = {name: self.normal(*shape) / np.prod(shape[1:]) ** 0.5 for name, shape in shapes.items()}
        constants |= {"b1": self.normal(6), "b2": self.normal(24), "s": np.array([1, 1, 2, 2], "f4")}
        proto = model(nodes, {"x": ("f4", ["b", 3, "h_", "w_"])}, ["y"], constants)
        feeds = [{"x": self.normal(n, 3, 6, 5)} for n in (2, 0, 1)]
        self.check_integers(proto, feeds)
        path, text = self.save(proto), self.folder / "transform.mlir"
        self.must("compile", path, "--stop-after=transform", "-o", text)
        # Of images: one before, one behind.
        moved = [line for line in text.read_text().splitlines() if "nn.transpose" in line and "?x?" in line]
        self.assertEqual(len(moved), 2, moved)


if __name__ == "__main__":
    unittest.main()
