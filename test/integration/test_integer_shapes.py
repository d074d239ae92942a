"""Integer-only models that pick elements and change shapes, whose sizes may be known at run time only."""

import unittest

import numpy as np

from kernels import IntegerTest, model, results

# A row of 8 bits with a power of two as scale is off by up to 2^-8 of its largest element.
CODES = 2.0**-8
# Half a unit of 16 bits with sign.
UNIT = 2.0**-16


class IntegerShapes(IntegerTest):
    seed = 11

    def test_order(self):
        """Positions of the largest, integers of floats and floats of integers that are computed."""
        nodes = [
            ("Relu", "x", "r"),
            ("TopK", "r k", "unused places", {"axis": 1}),
            ("Cast", "r", "whole", {"to": 7}),
            ("Cast", "whole", "y_whole", {"to": 1}),
            ("Reshape", "r shape", "y_cut"),
        ]
        outputs = ["places", "y_whole", "y_cut"]
        constants = {"k": np.array([3]), "shape": np.array([-1, 32])}
        proto = model(nodes, {"x": ("f4", ["n", 4, 24])}, outputs, constants)
        x = 3 * self.normal(4, 4, 24)
        # No number is next to a whole one, and no two are within a unit.
        x = (np.round(x * 64) / 64 + 1 / 128).astype("f4") + np.arange(24, dtype="f4") / 8192
        self.check_close(proto, [{"x": x}], 4 * UNIT)

    def test_elements(self):
        """Shapes that mix examples, which have an exponent an element, and what constants alone are computed to."""
        nodes = [
            ("Relu", "x", "r"),
            ("Reshape", "r all", "flat"),
            ("Sqrt", "flat", "y_flat"),
            ("Reshape", "r thirds", "three"),
            ("Sqrt", "three", "y_three"),
            ("TopK", "r k", "top places", {"axis": 2}),
            ("Sqrt", "top", "y_top"),
            ("GatherElements", "r index", "picked", {"axis": 1}),
            ("Sqrt", "picked", "y_picked"),
            ("Pad", "r pads", "padded"),
            ("Add", "padded one", "y_padded"),
            ("MatMul", "left right", "product"),
            ("Add", "r product", "y_sum"),
        ]
        constants = {
            "all": np.array([-1]), "thirds": np.array([3, -1]), "k": np.array([2]), "pads": np.array([1, 0, 1, 2, 0, 0]),
            "one": np.float32(1), "left": np.abs(self.normal(6, 1)), "right": self.normal(1, 6),
        }  # fmt: skip
        outputs = results(nodes)
        proto = model(nodes, {"x": ("f4", ["n", 6, 6]), "index": ("i8", ["n", 2, 6])}, outputs, constants)
        feeds = [
            {"x": self.normal(n, 6, 6) * 10.0 ** np.arange(n).reshape(-1, 1, 1).astype("f4"),
             "index": self.random.integers(0, 6, (n, 2, 6))}
            for n in (1, 2, 3)
        ]
        # The root of a unit of the smallest example's row, of outputs in which the largest is 100 times as large.
        self.check_close(proto, feeds, 4 * CODES)

    def test_places(self):
        """The largest of a map and of each of its channels, whose sizes are known when the model runs."""
        nodes = [
            ("Reshape", "x flat", "row"),
            ("Reshape", "x channels", "rows"),
            ("Transpose", "rows", "columns", {"perm": [0, 2, 1]}),
            ("TopK", "row five", "a pa"),
            ("TopK", "rows five", "c pc"),
            ("TopK", "columns five", "d pd", {"axis": 1}),
        ]
        constants = {"flat": np.array([0, -1]), "channels": np.array([0, 3, -1]), "five": np.array([5])}
        proto = model(nodes, {"x": ("f4", ["b", 3, "h", "w"])}, ["a", "c", "d"], constants)
        feeds = [{"x": self.normal(b, 3, h, w)} for b, h, w in ((1, 3, 4), (2, 8, 7))]
        self.check_close(proto, feeds, 2 * UNIT)

    def test_empty_batch(self):
        """What a reshape leaves open has the size that it has for every batch, also where there is nothing to count."""
        nodes = [
            ("Reshape", "x flat", "row"),
            ("Reshape", "x channels", "rows"),
            ("TopK", "row five", "a pa"),
            ("TopK", "rows five", "c pc"),
            ("ReduceL2", "x places", "y_l2", {"keepdims": 1}),
            ("ReduceMax", "x places", "y_max", {"keepdims": 0}),
            ("AveragePool", "x", "y_pool", {"kernel_shape": [2, 2], "strides": [2, 2]}),
            ("GlobalAveragePool", "x", "y_global"),
            ("Softmax", "row", "y_softmax", {"axis": 1}),
        ]
        outputs = ["a", "c", "row", "y_l2", "y_max", "y_pool", "y_global", "y_softmax"]
        constants = {"flat": np.array([0, -1]), "channels": np.array([0, 3, -1]), "places": np.array([2, 3]), "five": np.array([5])}
        proto = model(nodes, {"x": ("f4", ["b", 3, "h", "w"])}, outputs, constants)
        feeds = [{"x": self.normal(0, 3, 8, 7)}, {"x": self.normal(2, 3, 4, 5)}]
        self.check_integers(proto, feeds)
        joint, split = (self.folder / f"{stage}.mlir" for stage in ("integerize", "split"))
        for path in (joint, split):
            self.must("compile", self.save(proto), "--integer-only", f"--stop-after={path.stem}", "-o", path)
        for feed in feeds:
            meaning, wanted = self.interpret(joint, feed), self.interpret(split, feed)
            for name in outputs:
                self.assertEqual(meaning[name].shape[0], feed["x"].shape[0])
                np.testing.assert_array_equal(meaning[name], wanted[name], name)
        self.assertEqual(self.interpret(split, feeds[0])["row"].shape, (0, 168))

    def test_empty_batch_of_windows(self):
        """Images whose sizes are those of windows, of which the largest magnitude is taken, are rows of so many elements."""
        nodes = [
            ("Conv", "x widen", "a"),
            ("Relu", "a", "b"),
            ("Conv", "b taps", "c", {"group": 8, "strides": [2, 2], "pads": [1, 1, 1, 1]}),
            ("Relu", "c", "d"),
            ("Conv", "d narrow", "y"),
        ]
        constants = {"widen": self.normal(8, 3, 1, 1), "taps": self.normal(8, 1, 3, 3), "narrow": self.normal(9, 8, 1, 1)}
        proto = model(nodes, {"x": ("f4", ["b", 3, "h", "w"])}, ["y"], constants)
        self.check_integers(proto, [{"x": self.normal(0, 3, 8, 4)}, {"x": self.normal(2, 3, 7, 5)}])


if __name__ == "__main__":
    unittest.main()
