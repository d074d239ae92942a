"""Integer-only models with features, masks and arguments of very different magnitudes."""

import unittest

import numpy as np
import onnxruntime

from kernels import CPUS, IntegerTest, model

# Half a unit of 16 bits with sign.
UNIT = 2.0**-16


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

    def test_hidden_tokens(self):
        """A maximum over what is not hidden keeps its bits, and so does a place, however it is hidden."""
        b, s = 3, 9
        nodes = [
            ("Add", "x z", "sum"),
            ("Cast", "m", "seen", {"to": 9}),
            ("Where", "seen sum low", "chosen"),
            ("ReduceMax", "chosen rows", "y_choice", {"keepdims": 0}),
            ("ArgMax", "chosen", "place", {"axis": 2, "keepdims": 0}),
            ("Sub", "m one", "less"),
            ("Mul", "less high", "added"),
            ("Add", "sum added", "masked"),
            ("ReduceMax", "masked rows", "y_sum", {"keepdims": 0}),
            ("Sub", "sum added", "raised"),
            ("ReduceMin", "raised rows", "y_least", {"keepdims": 0}),
        ]
        constants = {"rows": np.array([1]), "one": np.float32(1)}
        outputs = ["y_choice", "y_sum", "y_least", "place"]
        inputs = {"x": ("f4", ["b", "s", 24]), "z": ("f4", ["b", "s", 24]), "m": ("f4", ["b", "s", 1])}
        m = np.ones((b, s, 1), "f4")
        m[0, 4:] = m[1, 8:] = 0
        feed = {"x": self.normal(b, s, 24), "z": self.normal(b, s, 24), "m": m}
        for low in (-1e9, -1e4):
            numbers = {"low": np.float32(low), "high": np.float32(-low)}
            proto = model(nodes, inputs, outputs, constants | numbers)
            total = feed["x"] + feed["z"]
            chosen = np.where(m > 0, total, np.float32(low))
            exact = {"y_choice": chosen.max(1), "y_sum": chosen.max(1)}
            exact |= {"y_least": np.where(m > 0, total, np.float32(-low)).min(1), "place": chosen.argmax(2)}
            with self.subTest(low):
                # Beside 2^16 units of 30 bits are 2^-13; the largest element of a row is one at least.
                self.check_close(proto, [feed], 2.0**-12, [exact])

    def test_large_factors(self):
        """An input of numbers by a large one is no mask, and a mask of integers is one, however often these meet."""
        nodes = [("Mul", "x high", "large"), ("Add", "large z", "sum"), ("MaxPool", "sum", "y_windows", {"kernel_shape": [3, 3]})]
        nodes += [("ReduceMax", "sum last", "y_rows", {"keepdims": 0})]
        depth = 64
        nodes += [("Mul", f"m{i} m{i}", f"m{i + 1}") for i in range(depth)]
        nodes += [("Cast", f"m{depth}", "is", {"to": 1}), ("Mul", "is low", "hides"), ("Add", "hides z", "seen")]
        nodes += [("ReduceMax", "seen last", "y_seen", {"keepdims": 0})]
        inputs = {"x": ("f4", ["n", 3, 8, 8]), "z": ("f4", ["n", 3, 8, 8]), "m0": ("i8", ["n", 1, 8, 8])}
        constants = {"high": np.float32(1e5), "low": np.float32(-1e9), "last": np.array([3])}
        proto = model(nodes, inputs, ["y_windows", "y_rows", "y_seen"], constants)
        x = -1 - np.abs(self.normal(2, 3, 8, 8))
        m = (self.random.random((2, 1, 8, 8)) < 0.5).astype("i8")
        m[..., 0] = 0
        # A row of the input is rounded to 16 bits, of up to 2^2, and so is what windows read; beside 2^16 units are 2^-13.
        self.check_close(proto, [{"x": x, "z": self.normal(2, 3, 8, 8), "m0": m}], 2.0**-12)

    def test_functions_beside_large_elements(self):
        """One element that saturates takes no bits of its row's others."""
        nodes = [
            ("Add", "x z", "sum"),
            ("Slice", "sum zero one last", "first"),
            ("Mul", "first huge", "large"),
            ("Concat", "sum large", "row", {"axis": 1}),
            ("Sigmoid", "row", "y_sigmoid"),
            ("Tanh", "row", "y_tanh"),
            ("Erf", "row", "y_erf"),
            ("Neg", "row", "negative"),
            ("Min", "row negative", "down"),
            ("Exp", "down", "y_exp"),
        ]
        constants = {"zero": np.array([0]), "one": np.array([1]), "last": np.array([1]), "huge": np.float32(1e5)}
        outputs = ["y_sigmoid", "y_tanh", "y_erf", "y_exp"]
        proto = model(nodes, {x: ("f4", ["n", 16]) for x in "xz"}, outputs, constants)
        # The element is below 2^20, of whose 30 bits the unit is 2^-10; that of a row that is limited to 2^5 is, too.
        # Half of both by slopes of up to 1.2; of an exponential, whose rows go to 2^7, half of 2^-8, and 3e-4.
        self.check_close(proto, [{x: self.normal(5, 16) for x in "xz"}], 2.0**-8)

    def test_own_integers(self):
        """What floats are cast to is the model's own from there on: it wraps around as its type does."""
        nodes = [
            ("Add", "x z", "sum"),
            ("Relu", "sum", "positive"),
            ("Cast", "positive", "u8", {"to": 2}),
            ("Cast", "positive", "u16", {"to": 4}),
            ("Cast", "positive", "u32", {"to": 12}),
            ("Cast", "positive", "u64", {"to": 13}),
            ("BitShift", "u32 two", "shifted", {"direction": "RIGHT"}),
            ("Cast", "sum", "i32", {"to": 6}),
            ("Add", "i32 one", "next"),
            ("Neg", "i32", "negative"),
            ("Cast", "next", "i8", {"to": 3}),
            ("Cast", "sum", "i64", {"to": 7}),
            ("Mul", "i64 i64", "square"),
            ("Cast", "square", "y_square", {"to": 1}),
            ("Add", "y_square sum", "y_sum"),
        ]
        outputs = "u8 u16 u32 u64 shifted next negative i8 square y_sum".split()
        constants = {"one": np.int32(1), "two": np.uint32(2)}
        proto = model(nodes, {x: ("f4", ["n", 16]) for x in "xz"}, outputs, constants)
        x, z = (self.random.integers(-100, 101, (5, 16)).astype("f4") for _ in "xz")
        # Sums lie between integers, and a row of 16 bits has units of 2^-8. A square and a sum are rounded once each.
        self.check_close(proto, [{"x": x + np.float32(0.5), "z": z}], 2.0**-14)

    def test_large_own_integers(self):
        """Integers of the model's own become floats of 30 bits on the exponent of their row, whatever their size is."""
        nodes = [("Add", "x z", "sum"), ("Relu", "sum", "positive")]
        for name, kind in (("i32", 6), ("i64", 7)):
            nodes += [("Cast", "sum", name, {"to": kind}), ("Mul", f"{name} {name}", f"square_{name}")]
            nodes += [("Cast", f"square_{name}", f"y_{name}", {"to": 1})]
        nodes += [("Mul", "square_i64 square_i64", "fourth"), ("Neg", "fourth", "down"), ("Cast", "down", "y_fourth", {"to": 1})]
        nodes += [("Cast", "positive", "u32", {"to": 12}), ("Mul", "u32 u32", "square_u32")]
        nodes += [("Cast", "square_u32", "y_u32", {"to": 1})]
        proto = model(nodes, {x: ("f4", ["n", 16]) for x in "xz"}, ["y_i32", "y_i64", "y_fourth", "y_u32"])
        # Multiples of 4 below 2^17, which rows of 16 bits hold, and roots of what 31 and 62 bits hold.
        for most in (46000, 32000):
            x = (self.random.integers(-most // 8, most // 8, (5, 16)) * 4).astype("f4")
            x[0, 0] = most // 2
            z = np.where(np.arange(16) < 8, x, np.float32(0))
            exact = {f"y_i{bits}": ((x + z).astype("i8") ** 2).astype("f4") for bits in (32, 64)}
            exact["y_fourth"] = -((x + z).astype("i8") ** 4).astype("f4")
            exact["y_u32"] = (np.maximum(x + z, 0).astype("i8") ** 2).astype("f4")
            # Half a unit of 2^-29, and of floats.
            self.check_close(proto, [{"x": x, "z": z}], 2.0**-23, [exact])

    def wrapped(self, kinds, x):
        """A model that multiplies these integers of its own by 1, and its results: all wrap around to numbers below 0."""
        nodes = [
            ("Relu", "x", "positive"),
            ("Mul", "x x", "squares"),
            ("Add", "positive large", "sums"),
            ("Mul", "positive high", "products"),
            ("Mul", "positive some", "parts"),
            ("ReduceSum", "parts last", "totals"),
            ("Sub", "x x", "zeros"),
            ("Add", "zeros least", "lowest"),
            ("Abs", "lowest", "magnitudes"),
        ]
        for kind in kinds:
            nodes += [("Cast", kind, f"f_{kind}", {"to": 1}), ("Expand", f"f_{kind} size", f"e_{kind}"), ("MatMul", f"e_{kind} w", f"y_{kind}")]
        constants = {"large": np.int32(2**31 - 2**15), "least": np.int32(-(2**31)), "last": np.array([1]), "some": np.int32(1024), "high": np.int32(2**16)}
        constants |= {"w": np.eye(64, 16, dtype="f4"), "size": np.array([1, 64])}
        proto = model(nodes, {"x": ("i4", ["n", 64])}, [f"y_{kind}" for kind in kinds], constants)
        session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
        exact = dict(zip((output.name for output in session.get_outputs()), session.run(None, {"x": x})))
        total = np.sum(1024 * x, axis=1, keepdims=True, dtype="i4")  # onnxruntime's is limited to the type
        exact["y_totals"] = np.repeat(total.astype("f4"), 16, axis=1)
        for name, value in exact.items():
            self.assertLess(value.max(), -(2.0**16), name)
        return proto, exact

    def test_own_integers_in_products(self):
        """Squares, sums and magnitudes of integers wrap around to numbers below 0, whose codes have a sign."""
        x = np.full((5, 64), 46341, "i4")
        x[3:] += self.random.integers(0, 100, (2, 64)).astype("i4")
        proto, exact = self.wrapped(("squares", "sums", "products", "totals", "magnitudes"), x)
        # Half a code of 8 bits of one element of up to 2^31, which blocks of w8a8g32 round twice.
        for recipe in ("w8a8", "w8a8g32"):
            for cpu in CPUS:
                self.compare(proto, [{"x": x}], [exact], 0, 2.0**31 / 127, f"--recipe={recipe}", f"--mcpu={cpu}")
        # Floats of integer-only networks are below 2^30.
        x += 60000 - 46341
        proto, exact = self.wrapped(("squares", "totals"), x)
        self.check_close(proto, [{"x": x}], 2.0**-7, [exact])

    def test_fixed_size_beside_open(self):
        """What has a size of run time meets constants that fix it."""
        nodes = [
            ("MatMul", "x w", "product"),
            ("Add", "product table", "y_table"),
            ("LayerNormalization", "y_table gain", "y_norm", {"axis": -1}),
            ("Mul", "product column", "y_column"),
            ("Max", "product column", "y_max"),
            ("Where", "seen product zero", "y_seen"),
            ("Transpose", "x", "turned", {"perm": [0, 2, 1]}),
            ("MatMul", "product turned", "scores"),
            ("Mul", "scores sixth", "scaled"),
            ("Add", "scaled causal", "masked"),
            ("Softmax", "masked", "y_weights"),
        ]
        constants = {
            "w": self.normal(32, 32) / 6, "table": self.normal(9, 32), "column": self.normal(1, 9, 1),
            "gain": self.normal(32), "seen": self.normal(9, 1) > 0, "zero": np.float32(0), "sixth": np.float32(1 / 6),
            "causal": np.triu(np.full((9, 9), -1e9, "f4"), 1),
        }  # fmt: skip
        outputs = [node[2] for node in nodes if node[2].startswith("y_")]
        proto = model(nodes, {"x": ("f4", ["b", "s", 32])}, outputs, constants)
        # 32 products with 8 bits on both sides are off by 2^-6 of a row's largest; scores of up to 4 by as much of that,
        # and weights by what scores are.
        self.check_close(proto, [{"x": self.normal(2, 9, 32)}], 2.0**-4)

    def test_too_many_products(self):
        """Of 8 bits on both sides a sum of 32 bits holds 133,144 products, which is told where run time has more."""
        nodes = [("Relu", "x", "a"), ("Relu", "z", "b"), ("MatMul", "a b", "y")]
        proto = model(nodes, {"x": ("f4", ["n", "k"]), "z": ("f4", ["k", 2])}, ["y"])
        feed = {"x": np.ones((1, 133145), "f4"), "z": np.ones((133145, 2), "f4")}
        message = "there are more elements than a sum of 32 bits holds in 'y': 133144 at most"
        self.fails_at_run_time(proto, feed, message, "--integer-only")

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
        outputs = [node[2] for node in nodes if node[2].startswith("y_")]
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
        outputs = [node[2] for node in nodes if node[2].startswith("y_")]
        constants = {"rows": np.array([1]), "last": np.array([2]), "ones": np.ones(24, "f4")}
        constants |= {"ones_s": np.ones(12, "f4"), "zeros_s": np.zeros(12, "f4")}
        proto = model(nodes, {x: ("f4", ["b", 12, 24]) for x in "xz"}, outputs, constants)
        feeds = [{x: 5000 + self.normal(b, 12, 24) for x in "xz"} for b in (1, 3)]
        # The largest of a row of differences is 1 at least. A float of 5000 has units of 2^-11, as has what onnxruntime
        # computes; units of 30 bits are 2^-17.
        self.check_close(proto, feeds, 2.0**-10)

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

    def test_hidden_windows(self):
        """A maximum of windows over what a mask has left, down to windows of which nothing is left."""
        nodes = [
            ("Where", "m x low", "seen"),
            ("MaxPool", "seen", "y_windows", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}),
            ("GlobalMaxPool", "seen", "y_all"),
        ]
        inputs = {"x": ("f4", ["n", 6, 11, 11]), "m": ("?", ["n", 1, 11, 11])}
        m = self.random.random((3, 1, 11, 11)) < 0.5
        m[1, 0, :4, :4] = False
        feed = {"x": self.normal(3, 6, 11, 11), "m": m}
        hidden = 2.0**16
        for low in (-1e9, -np.inf):
            proto = model(nodes, inputs, ["y_windows", "y_all"], {"low": np.float32(low)})
            (got,) = self.mean(proto, [feed], "--integer-only")
            session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
            for name, value in zip(("y_windows", "y_all"), session.run(None, feed)):
                # Beside 2^16 the unit of 30 bits is 2^-13; an input has 16 bits of up to 2^3.
                with self.subTest((low, name)):
                    np.testing.assert_allclose(got[name], np.maximum(value, -hidden), atol=2.0**-12)
            self.check_integers(proto, [feed])


if __name__ == "__main__":
    unittest.main()
