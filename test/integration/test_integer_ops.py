"""Integer-only models of ops that few networks have, and of products and masks that are computed."""

import unittest

import numpy as np
import onnxruntime

from kernels import INTEGER_TARGETS, IntegerTest, model

# A row of 8 bits with a power of two as scale is off by up to 2^-8 of its largest element, a sum of products by about
# a third of that of each side, of 12 bits by a sixteenth.
CODES = 2.0**-8
# Half a unit of 16 bits with sign.
UNIT = 2.0**-16
INFINITY = np.float32(np.inf)


class IntegerOps(IntegerTest):
    def setUp(self):
        self.random = np.random.default_rng(11)

    def normal(self, *shape):
        return self.random.standard_normal(shape).astype("f4")

    def test_reductions(self):
        """Of sizes that are known at run time, of squares, along any axis."""
        nodes = [
            ("ReduceMean", "x rows", "y_mean", {"keepdims": 1}),
            ("ReduceSum", "x rows", "y_sum", {"keepdims": 0}),
            ("ReduceMax", "x rows", "y_max", {"keepdims": 0}),
            ("ReduceL1", "x last", "y_l1", {"keepdims": 1}),
            ("ReduceL2", "x last", "y_l2", {"keepdims": 1}),
            ("ReduceL2", "x rows", "y_l2_rows", {"keepdims": 1}),
            ("ReduceSumSquare", "x last", "y_squares", {"keepdims": 1}),
            ("Softmax", "x", "y_softmax", {"axis": 1}),
            ("ArgMax", "x", "place", {"axis": 2, "keepdims": 0}),
        ]
        outputs = [result for _, _, result, *_ in nodes]
        proto = model(nodes, {"x": ("f4", ["b", "s", 24])}, outputs, {"rows": np.array([1]), "last": np.array([2])})
        feeds = [{"x": self.normal(b, s, 24)} for b, s in ((1, 1), (2, 37), (3, 8))]
        # A sum over tokens is off by that of the longest one's unit; scales are the largest of the results.
        self.check_close(proto, feeds, 37 * UNIT)

    def test_functions(self):
        nodes = [
            ("Softplus", "x", "y_softplus"),
            ("Mish", "x", "y_mish"),
            ("Sin", "x", "y_sin"),
            ("Cos", "x", "y_cos"),
            ("Floor", "x", "y_floor"),
            ("Ceil", "x", "y_ceil"),
            ("Round", "x", "y_round"),
            ("Sign", "x", "y_sign"),
            ("Sinh", "x", "y_sinh"),
            ("Asinh", "x", "y_asinh"),
            ("Pow", "p x", "y_pow"),
            ("Pow", "two x", "y_exp2"),
            ("Pow", "p several", "y_several"),
        ]
        outputs = [result for _, _, result, *_ in nodes]
        constants = {"two": np.float32(2), "several": np.linspace(-1, 2, 24).astype("f4")}
        proto = model(nodes, {"x": ("f4", ["n", 24]), "p": ("f4", ["n", 24])}, outputs, constants)
        x = 3 * self.normal(5, 24)
        # Nothing is so near to where a step is that a unit would tell.
        x += np.where(np.abs(2 * x - np.round(2 * x)) < 1e-2, np.float32(0.02), np.float32(0))
        p = (self.random.random((5, 24)) + 0.25).astype("f4")
        # Powers of two are good to 3e-4; units of a row are multiplied by the slope of an exponential.
        self.check_close(proto, [{"x": x, "p": p}], 3e-3)

    def test_more_functions(self):
        nodes = [
            ("Atan", "x", "y_atan"),
            ("Asin", "x", "y_asin"),
            ("Acos", "x", "y_acos"),
            ("ReduceProd", "p last", "y_product", {"keepdims": 1}),
            ("CumSum", "x one", "y_running"),
            ("CumSum", "x one", "y_before", {"exclusive": 1, "reverse": 1}),
            ("ReduceMean", "x", "mean", {"keepdims": 0}),
            ("Mul", "mean x", "y_scaled"),
            ("Identity", "mean", "y_mean"),
        ]
        outputs = [result for _, _, result, *_ in nodes if result != "mean"]
        constants = {"last": np.array([1]), "one": np.int64(1)}
        proto = model(nodes, {"x": ("f4", ["n", 24]), "p": ("f4", ["n", 24])}, outputs, constants)
        x = (self.random.random((5, 24)) * 1.6 - 0.8).astype("f4")
        p = (self.random.random((5, 24)) * 0.2 + 0.9).astype("f4")
        # The arc sine's slope is 1.7 at most here; a product of 24 has five roundings of each half.
        self.check_close(proto, [{"x": x, "p": p}], 24 * UNIT)

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
        outputs = [node[2] for node in nodes if node[2].startswith("y_")]
        proto = model(nodes, {"x": ("f4", ["n", 6, 6]), "index": ("i8", ["n", 2, 6])}, outputs, constants)
        feeds = [
            {"x": self.normal(n, 6, 6) * 10.0 ** np.arange(n).reshape(-1, 1, 1).astype("f4"),
             "index": self.random.integers(0, 6, (n, 2, 6))}
            for n in (1, 2, 3)
        ]
        # The root of a unit of the smallest example's row, of outputs in which the largest is 100 times as large.
        self.check_close(proto, feeds, 4 * CODES)

    def test_depthwise(self):
        """Channels whose magnitudes differ by thousands have an exponent each, where none is added to another."""
        spread = np.exp(np.linspace(-4, 4, 40)).reshape(-1, 1, 1, 1).astype("f4")
        constants = {
            "first": self.normal(40, 3, 3, 3) * spread / 5, "own": self.normal(40, 1, 3, 3) / spread / 3,
            "last": self.normal(16, 40, 1, 1) / 6,
        }  # fmt: skip
        depthwise = {"group": 40, "pads": [1, 1, 1, 1], "strides": [2, 2]}
        nodes = [
            ("Conv", "x first", "a", {"pads": [1, 1, 1, 1]}),
            ("Relu", "a", "b"),
            ("Conv", "b own", "c", depthwise),
            ("Conv", "c last", "y"),
        ]
        proto = model(nodes, {"x": ("f4", ["n", 3, 13, 12])}, ["y"], constants)
        x = self.normal(3, 3, 13, 12)
        x[1] = 0
        # Three layers with both sides of 8 bits; a row is seven pixels of an image.
        self.check_close(proto, [{"x": x}], 24 * CODES)

    def exact_weights(self, outputs, channels):
        """Weights that 8 bits hold exactly."""
        codes = self.random.integers(-126, 127, (outputs, channels)).astype("f4")
        codes[:, 0] = 127
        return codes / np.float32(128 * channels)

    def test_pooled(self):
        """What a pool leaves of an image, of sizes known at run time, is a left operand of 14 bits."""
        nodes = [
            ("GlobalAveragePool", "x", "p"),
            ("Conv", "p squeeze", "a"),
            ("Relu", "a", "b"),
            ("Conv", "b excite", "c"),
            ("HardSigmoid", "c", "gate"),
            ("Mul", "x gate", "image"),
            ("Flatten", "c", "y_gate"),
            ("Flatten", "image", "y_image"),
            ("ReduceMax", "x places", "q", {"keepdims": 0}),
            ("Gemm", "q hidden bias", "d", {"transB": 1}),
            ("Relu", "d", "e"),
            ("Gemm", "e head", "y_class", {"transB": 1}),
        ]
        constants = {
            "squeeze": self.exact_weights(12, 40)[:, :, None, None], "excite": self.exact_weights(40, 12)[:, :, None, None],
            "hidden": self.exact_weights(24, 40), "head": self.exact_weights(5, 24), "bias": self.normal(24) / 16,
            "places": np.array([2, 3]),
        }  # fmt: skip
        proto = model(nodes, {"x": ("f4", ["n", 40, "h", "w"])}, ["y_gate", "y_image", "y_class"], constants)
        feeds = [{"x": self.normal(n, 40, h, w)} for n, h, w in ((1, 1, 1), (3, 7, 5))]
        feeds[1]["x"][1] = 0
        feeds[1]["x"][2] *= 1000
        # Two layers of 14 bits each; with 8 bits it is 64 times as much.
        self.check_close(proto, feeds, 16 * 2.0**-14)

    def signs(self, *shape):
        return np.where(self.random.random(shape) < 0.5, np.float32(1), np.float32(-1)) / np.float32(100)

    def test_long_sums(self):
        """Sums that 32 bits do not hold are those of parts, of weights of 8 and of 4 bits, of a row and of an image."""
        nodes = [
            ("Gemm", "x first", "a", {"transB": 1}),
            ("Relu", "a", "b"),
            ("Gemm", "b long bias", "c", {"transB": 1}),
            ("Conv", "z wide", "d"),
            ("Relu", "d", "e"),
            ("Conv", "e taps", "f", {"pads": [2, 2, 2, 2]}),
            ("Flatten", "f", "g"),
            ("Concat", "c g", "h", {"axis": 1}),
            ("Gemm", "h last", "y", {"transB": 1}),
        ]
        constants = {
            "first": self.normal(12545, 16) / 4, "long": self.signs(6, 12545), "bias": self.normal(6),
            "wide": self.normal(520, 3, 1, 1), "taps": self.signs(5, 520, 5, 5), "last": self.normal(9, 51),
        }  # fmt: skip
        proto = model(nodes, {"x": ("f4", ["n", 16]), "z": ("f4", ["n", 3, 3, 3])}, ["y"], constants)
        feeds = [{"x": self.normal(3, 16), "z": self.normal(3, 3, 3, 3)}]
        feeds[0]["x"][1] = 0
        for recipe, limit in (("w8a8g32", 8 * CODES), ("w4a8", 8 * CODES)):
            with self.subTest(recipe):
                self.check_close(proto, feeds, limit, recipe=recipe)

    def test_beyond_floats(self):
        """Sums whose exponent no float has: what is 0 stays 0, the rest is infinite; and below the least float."""
        proto = model([("Transpose", "x", "t", {"perm": [1, 0]}), ("MatMul", "x t", "y")], {"x": ("f4", ["n", 4])}, ["y"])
        most, least = np.finfo("f4").max, 2.0**-70
        large = np.array([[most] * 4, [0] * 4, [1, 0, 0, 0]], "f4")
        small = np.array([[least] * 4, [0] * 4, [-least, 0, 0, 0]], "f4")
        with np.errstate(over="ignore"):
            exact = [{"y": x @ x.T} for x in (large, small)]
        meanings = self.mean(proto, [{"x": large}, {"x": small}], "--integer-only")
        np.testing.assert_array_equal(np.isinf(meanings[0]["y"]), np.isinf(exact[0]["y"]))
        np.testing.assert_array_equal(meanings[0]["y"][1], 0)
        np.testing.assert_allclose(meanings[1]["y"], exact[1]["y"], rtol=0, atol=CODES * 4 * least**2)
        for flags in INTEGER_TARGETS:
            self.compare(proto, [{"x": large}, {"x": small}], meanings, 0, 0, "--integer-only", flags)

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

    def test_products(self):
        """Both sides are computed; also over sizes of run time, and of a matrix on the left."""
        nodes = [
            ("Transpose", "x", "t", {"perm": [0, 2, 1]}),
            ("MatMul", "x t", "scores"),
            ("Softmax", "scores", "weights", {"axis": -1}),
            ("MatMul", "weights x", "y"),
            ("MatMul", "t x", "outer"),
            ("MatMul", "z zt", "flat"),
            ("MatMul", "left w", "mixed"),
        ]
        nodes.insert(0, ("Transpose", "z", "zt", {"perm": [1, 0]}))
        constants = {"left": self.normal(5, 6)}
        inputs = {"x": ("f4", ["b", "s", 20]), "z": ("f4", ["n", 20]), "w": ("f4", ["b", 6, 20])}
        proto = model(nodes, inputs, ["scores", "weights", "y", "outer", "flat", "mixed"], constants)
        sizes = ((1, 1), (2, 37))
        feeds = [{"x": self.normal(b, s, 20), "z": self.normal(b, 20), "w": self.normal(b, 6, 20)} for b, s in sizes]
        # 8 bits over the sizes of run time; scores reach 40, so a unit of theirs is a tenth of a power.
        self.check_close(proto, feeds, 16 * CODES)

    def test_masks(self):
        """Biases keep their bits beside what hides a key, wherever that comes from."""
        random, (b, h, s, d) = self.random, (2, 2, 11, 16)
        bias = 2 * self.normal(1, h, s, s)
        constants = {"bias": bias, "lowest": np.finfo("f4").min, "one": np.float32(1), "zero": np.float32(0)}
        nodes = {
            "product": [
                ("Cast", "seen", "given", {"to": 1}),
                ("Sub", "one given", "not"),
                ("Mul", "not lowest", "hidden"),
                ("Add", "hidden bias", "mask"),
            ],
            "choice": [("Cast", "seen", "is", {"to": 9}), ("Where", "is bias lowest", "mask")],
            "input": [("Add", "given bias", "mask")],
        }
        seen = (random.random((b, 1, s, s)) < 0.7).astype("i8")
        seen[:, :, :, 0] = 1
        given = {x: self.normal(b, h, s, d) for x in "qkv"}
        for name, made in nodes.items():
            nodes = [*made, ("Attention", "q k v mask", "y")]
            inputs = {x: ("f4", ["b", h, s, d]) for x in "qkv"}
            if name == "input":
                inputs["given"] = ("f4", ["b", 1, s, s])
                feed = given | {"given": np.where(seen, np.float32(0.25), -INFINITY)}
            else:
                inputs["seen"] = ("i8", ["b", 1, s, s])
                feed = given | {"seen": seen}
            proto = model(nodes, inputs, ["y"], constants, opset=23)
            mask = np.where(seen, bias, -INFINITY)
            scores = given["q"] @ given["k"].swapaxes(2, 3) / 4 + mask
            weights = np.exp(scores - scores.max(-1, keepdims=True))
            exact = weights / weights.sum(-1, keepdims=True) @ given["v"]
            with self.subTest(name):
                self.check_close(proto, [feed], 4 * CODES, [{"y": exact}])

    def test_logarithm_of_softmax(self):
        """As two nodes: of probabilities that are too small for a unit, too."""
        nodes = [("Add", "x z", "sum"), ("Mul", "sum four", "s"), ("Softmax", "s", "p", {"axis": 1}), ("Log", "p", "y")]
        inputs = {x: ("f4", ["n", 16]) for x in "xz"}
        proto = model(nodes, inputs, ["y"], {"four": np.float32(4)})
        # Scores have 16 bits, powers of two are good to 3e-4.
        self.check_close(proto, [{x: self.normal(5, 16) for x in "xz"}], 2.0**-10)

    def test_masked_scores(self):
        """A softmax that no attention is made of: also over tokens, and where masks are numbers of any size."""
        b, s = 3, 13
        seen = self.random.random((b, s)) < 0.6
        seen[:, 0] = True
        constants = {"hidden": np.float32(-1e9), "huge": np.float32(1e9), "half": np.float32(-1e4)}
        constants |= {"one": np.float32(1), "last": np.array([2])}
        nodes = [
            ("Where", "seen x hidden", "chosen"),
            ("Softmax", "chosen", "p"),
            ("Where", "seen x half", "nearer"),
            ("Softmax", "nearer", "h"),
            ("Cast", "seen", "given", {"to": 1}),
            ("Sub", "given one", "less"),
            ("Mul", "less huge", "mask"),
            ("Add", "x mask", "added"),
            ("Softmax", "added", "a"),
            ("Unsqueeze", "chosen last", "tokens"),
            ("Softmax", "tokens", "column", {"axis": 1}),
            ("Squeeze", "column last", "t"),
        ]
        proto = model(nodes, {"x": ("f4", ["b", "s"]), "seen": ("?", ["b", "s"])}, ["p", "h", "a", "t"], constants)
        feed = {"x": self.normal(b, s), "seen": seen}
        scores = np.where(seen, feed["x"], -INFINITY)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        exact = weights / weights.sum(-1, keepdims=True)
        # A power and the sum of all are each off by 1.4e-4, and by what scores are: half a unit of 2^-14, which x has
        # where the largest is 2 to 4 and the sum beside 2^16, once and again.
        self.check_close(proto, [feed], 2 * 1.4e-4 + 4 * 2**-15 + UNIT, [{"p": exact, "h": exact, "a": exact, "t": exact}])

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

    def test_recipes(self):
        """Only the bits of weights count, not what else a recipe says."""
        rng = np.random.default_rng(17)
        weights = {name: rng.normal(size=(64, 64)).astype("f4") for name in "abc"}
        proto = model([("MatMul", "x a", "h"), ("Relu", "h", "r"), ("MatMul", "r b", "g"), ("MatMul", "g c", "y")],
                      {"x": ("f4", ["n", 64])}, ["y"], weights)  # fmt: skip
        feeds = [{"x": rng.normal(size=(3, 64)).astype("f4")}]
        bits = {r: self.mean(proto, feeds, "--integer-only", f"--recipe={r}")[0]["y"] for r in ("w8a8g32", "w8a8", "w8a16", "w4a8", "w4a16")}
        for other, same in (("w8a8", "w8a8g32"), ("w8a16", "w8a8g32"), ("w4a16", "w4a8")):
            np.testing.assert_array_equal(bits[other], bits[same])
        self.assertFalse(np.array_equal(bits["w4a8"], bits["w8a8"]))


if __name__ == "__main__":
    unittest.main()
