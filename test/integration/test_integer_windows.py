"""Integer-only models of windows and of what is chosen from them."""

import unittest

import numpy as np
import onnxruntime

from kernels import INTEGER_TARGETS, IntegerTest, model

# Half a unit of 16 bits with sign.
UNIT = 2.0**-16
INFINITY = np.float32(np.inf)


class IntegerWindows(IntegerTest):
    seed = 11

    def test_windows(self):
        nodes = [
            ("AveragePool", "x", "a", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
            ("AveragePool", "x", "c", {"kernel_shape": [3, 2], "strides": [2, 2], "ceil_mode": 1}),
            ("LpPool", "x", "l", {"kernel_shape": [2, 2], "strides": [2, 2], "p": 2}),
            ("LpPool", "x", "m", {"kernel_shape": [2, 2], "p": 1}),
            ("LpPool", "x", "o", {"kernel_shape": [2, 2], "p": 3}),
            ("Pad", "x pads least", "p_low"),
            ("MaxPool", "p_low", "p", {"kernel_shape": [3, 3], "strides": [2, 2]}),
            ("Pad", "x pads seven", "q"),
            ("InstanceNormalization", "x scale bias", "n"),
        ]
        constants = {"pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]), "least": -INFINITY, "seven": np.float32(0.7)}
        constants |= {"scale": np.linspace(0.5, 1.5, 9).astype("f4"), "bias": self.normal(9)}
        outputs = ["a", "c", "l", "m", "o", "p", "q", "n"]
        proto = model(nodes, {"x": ("f4", ["b", 9, 9, 9])}, outputs, constants)
        x = self.normal(2, 9, 9, 9)
        # Of an image: its largest element is up to ten times that of a row.
        self.check_close(proto, [{"x": x}], 40 * UNIT * 10)

    def test_large_windows(self):
        """Of more than 65536 elements, the sums of which 32 bits do not hold."""
        nodes = [
            ("GlobalAveragePool", "x", "g"),
            ("GlobalMaxPool", "x", "m"),
            ("ReduceMean", "x", "r", {"axes": [2, 3], "keepdims": 0}),
            ("AveragePool", "x", "a", {"kernel_shape": [260, 257], "strides": [16, 30], "pads": [3, 0, 9, 2]}),
        ]
        proto = model(nodes, {"x": ("f4", ["b", 2, 300, 300])}, ["g", "m", "r", "a"], opset=17)
        # Means of elements of up to one, of which each is off by half a unit, and so are the mean of a dimension and the
        # result: three, and the factors that means are of.
        x = np.random.default_rng(5).uniform(0.5, 1, (1, 2, 300, 300)).astype("f4")
        self.check_close(proto, [{"x": x}], 8 * UNIT)

    def test_long_windows(self):
        """Of so many along one dimension, of which sums have 64 bits."""
        long, pads = {"kernel_shape": [66000], "strides": [1500]}, {"pads": [700, 300]}
        nodes = [
            ("AveragePool", "x", "a", long),
            ("AveragePool", "x", "c", long | pads | {"ceil_mode": 1}),
            ("AveragePool", "x", "d", long | pads | {"count_include_pad": 1}),
            ("LpPool", "x", "l", long | {"p": 2}),
            ("LpPool", "x", "m", long | pads | {"p": 1}),
        ]
        proto = model(nodes, {"x": ("f4", ["b", 2, 68000])}, list("acdlm"), opset=17)
        x = np.random.default_rng(6).uniform(0.5, 1, (1, 2, 68000)).astype("f4")
        # As above; a norm is rounded once more.
        self.check_close(proto, [{"x": x}], 8 * UNIT)

    def test_windows_of_run_time(self):
        """Windows that round up, over sizes and beside pads that are known when the model runs."""
        two, three = {"kernel_shape": [2, 2], "strides": [2, 2]}, {"kernel_shape": [3, 3], "strides": [2, 2]}
        pads, counts = {"ceil_mode": 1, "pads": [1, 1, 1, 1]}, {"ceil_mode": 1, "count_include_pad": 1}
        nodes = [
            ("MaxPool", "x", "m", two | pads),
            ("MaxPool", "x", "n", three | pads),
            ("AveragePool", "x", "a", three | pads),
            ("AveragePool", "x", "c", two | counts),
            ("AveragePool", "x", "d", two | counts | pads),
            ("AveragePool", "x", "e", three | counts | pads),
        ]
        proto = model(nodes, {"x": ("f4", ["b", 3, "h", "w"])}, ["m", "n", "a", "c", "d", "e"])
        feeds = [{"x": self.normal(b, 3, h, w)} for b, h, w in ((1, 3, 4), (2, 8, 7))]
        self.check_close(proto, feeds, 40 * UNIT)

    def test_peaks(self):
        """A maximum is the very integer that it is compared with, also of elements with an exponent each."""
        window = {"kernel_shape": [5, 5], "pads": [2, 2, 2, 2], "strides": [1, 1]}
        nodes = [
            ("Sigmoid", "x", "s"),
            ("MaxPool", "s", "s_most", window),
            ("Equal", "s_most s", "s_peaks"),
            ("Softmax", "x", "p", {"axis": 1}),
            ("DepthToSpace", "p", "t", {"blocksize": 2}),
            ("MaxPool", "t", "t_most", window),
            ("GreaterOrEqual", "t t_most", "t_peaks"),
        ]
        outputs = ["s", "s_peaks", "t", "t_peaks"]
        proto = model(nodes, {"x": ("f4", ["b", 4, 12, 12])}, outputs)
        feed = {"x": 3 * self.normal(3, 4, 12, 12)}
        (meaning,) = self.mean(proto, [feed], "--integer-only")
        for name in "st":
            h = meaning[name]
            size = h.shape[2]
            wide = np.pad(h, ((0, 0), (0, 0), (2, 2), (2, 2)), constant_values=-INFINITY)
            most = np.max([wide[:, :, i : i + size, j : j + size] for i in range(5) for j in range(5)], 0)
            # Below 2^-15 of the largest of its image an element has less than 16 bits where it is compared.
            counts = h > 2.0**-15 * h.max((1, 2, 3), keepdims=True)
            np.testing.assert_array_equal(meaning[f"{name}_peaks"][counts], (h == most)[counts], name)
        self.check_integers(proto, [feed])

    def test_largest_of_channels(self):
        """The maximum that an index is looked for by is one of the very integers."""
        weights = self.normal(7, 3, 3, 3)
        nodes = [
            ("Conv", "x w b", "y", {"pads": [1, 1, 1, 1]}),
            ("ArgMax", "y", "most", {"axis": 1}),
            ("ArgMin", "y", "least", {"axis": 1, "keepdims": 0}),
            ("ReduceMax", "y", "largest", {"axes": [1]}),
            ("Sub", "y largest", "below"),
        ]
        constants = {"w": weights, "b": self.normal(7)}
        proto = model(nodes, {"x": ("f4", ["b", 3, "h", "w_"])}, ["most", "least", "below"], constants, opset=17)
        feed = {"x": self.normal(2, 3, 9, 5)}
        (meaning,) = self.mean(proto, [feed], "--integer-only")
        # Where the index says the largest is, it is nothing below the largest.
        at = np.take_along_axis(meaning["below"], meaning["most"], axis=1)
        np.testing.assert_array_equal(at, np.zeros_like(at))
        session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
        exact = dict(zip(("most", "least", "below"), session.run(None, feed)))
        # Codes of 8 bits may change which is the largest where two are next to each other.
        for name in ("most", "least"):
            self.assertLess((meaning[name] != exact[name]).mean(), 0.05, name)
        for flags in INTEGER_TARGETS:
            with self.subTest(flags):
                self.compare(proto, [feed], [meaning], 0, 0, "--integer-only", flags)


if __name__ == "__main__":
    unittest.main()
