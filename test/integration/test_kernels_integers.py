"""Integer-only models of a few ops: every target computes the bits that the split form means, close to the floats."""

import unittest

import numpy as np

from kernels import IntegerTest, model

# Half a unit of 16 bits with sign.
UNIT = 2.0**-16


class Integers(IntegerTest):
    def test_rotary(self):
        """Angles of positions far behind the first: phases are exact."""
        frequencies = (10000.0 ** (-np.arange(8) / 8)).astype("f4")
        nodes = [
            ("Shape", "x", "length", {"start": 2, "end": 3}),
            ("Squeeze", "length", "n"),
            ("Range", "zero n one", "index"),
            ("Add", "index first", "shifted"),
            ("Cast", "shifted", "position", {"to": 1}),
            ("Unsqueeze", "position last", "column"),
            ("Mul", "column frequencies", "half"),
            ("Concat", "half half", "angles", {"axis": -1}),
            ("Cos", "angles", "cos"),
            ("Sin", "angles", "sin"),
            ("Split", "x", "a b", {"axis": -1, "num_outputs": 2}),
            ("Neg", "b", "minus"),
            ("Concat", "minus a", "turned", {"axis": -1}),
            ("Mul", "x cos", "straight"),
            ("Mul", "turned sin", "across"),
            ("Add", "straight across", "y"),
        ]
        constants = {"zero": np.int64(0), "one": np.int64(1), "first": np.int64(100000), "last": np.array([1])}
        constants["frequencies"] = frequencies
        proto = model(nodes, {"x": ("f4", [1, 3, "tokens", 16])}, ["y"], constants)
        x = np.random.default_rng(7).standard_normal((1, 3, 37, 16)).astype("f4")
        angles = (np.arange(37) + 100000)[:, None] * frequencies.astype("f8")
        cos, sin = np.cos(angles), np.sin(angles)
        a, b = x[..., :8], x[..., 8:]
        exact = np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)
        # Of each of two products: the row, and the table as off as it.
        self.check_close(proto, [{"x": x}], 4 * 2 * UNIT, [{"y": exact}])

    def test_elementwise(self):
        """Quotients, roots, powers, choices, and moving within rows."""
        random = np.random.default_rng(8)
        nodes = [
            ("Div", "x p", "y_div"),
            ("Div", "x three", "y_by"),
            ("Div", "three p", "y_of"),
            ("Sqrt", "p", "y_sqrt"),
            ("Reciprocal", "p", "y_reciprocal"),
            ("Exp", "x", "y_exp"),
            ("Log", "p", "y_log"),
            ("Pow", "x two", "y_square"),
            ("Pow", "p third", "y_root"),
            ("Pow", "x three", "y_cube"),
            ("Max", "x z", "y_max"),
            ("Min", "x column", "y_min"),
            ("Where", "given x z", "y_where"),
            ("Less", "x half", "y_less"),
            ("Where", "y_less x half", "y_limited"),
            ("Where", "given low zero", "y_mask"),
            ("Concat", "x z", "y_concat", {"axis": 1}),
            ("Slice", "x starts ends", "y_slice"),
            ("Gather", "x order", "y_gather", {"axis": 1}),
            ("Gather", "x one", "y_column", {"axis": 1}),
        ]
        constants = {"two": np.float32(2), "three": np.float32(3), "third": np.float32(1 / 3), "half": np.float32(0.5)}
        constants |= {"low": np.float32(-1e9), "zero": np.float32(0)}
        constants |= {"starts": np.array([1, 3]), "ends": np.array([4, 30]), "order": np.array([5, 0, 33])}
        constants["one"] = np.int64(1)
        inputs = {name: ("f4", ["rows", 37]) for name in ("x", "z", "p")} | {"column": ("f4", ["rows", 1])}
        inputs["given"] = ("?", ["rows", 37])
        outputs = [result for _, _, result, *_ in nodes]
        proto = model(nodes, inputs, outputs, constants)
        shape = (5, 37)
        feed = {name: random.standard_normal(shape).astype("f4") for name in ("x", "z")}
        feed |= {"p": (random.random(shape) + 0.25).astype("f4"), "column": random.standard_normal((5, 1)).astype("f4")}
        feed["given"] = random.random(shape) < 0.5
        # Nothing lies so near to what it is compared with that a unit of 16 bits would tell.
        feed["x"][np.abs(feed["x"] - 0.5) < 1e-3] = 0
        # Powers of two are good to 3e-4; a row's error of half a unit is one of up to 4 e of an exponential.
        self.check_close(proto, [feed], 6e-4)

    def test_gated_rows(self):
        """Rows of 16 bits, their products with a function and codes of 8 bits: of every size, with no positive element, of zeros."""
        random = np.random.default_rng(9)
        for kind, columns in (("Gelu", 96), ("Gelu", 40), ("Sigmoid", 64)):
            nodes = [("MatMul", "x up", "hidden"), (kind, "hidden", "gate"), ("MatMul", "gate down", "y")]
            if kind == "Sigmoid":
                nodes[2:2] = [("Mul", "hidden gate", "gated")]
                nodes[3] = ("MatMul", "gated down", "y")
            up = random.random((32, columns), "f4") / 32
            constants = {"up": up, "down": random.standard_normal((columns, 64)).astype("f4")}
            proto = model(nodes, {"x": ("f4", ["rows", 32])}, ["y"], constants)
            size = (4.0 ** np.arange(-12, 12)[:, None]).astype("f4")
            x = [random.standard_normal((24, 32)).astype("f4") * size, random.random((24, 32), "f4") * size]
            x += [-x[1], np.zeros((2, 32), "f4")]
            with self.subTest(kind, columns=columns):
                self.check_close(proto, [{"x": np.concatenate(x)}], 1, exact=[])  # the bits alone

    def test_elements(self):
        """Inputs with an exponent for each element, of every size and kind there is, in one vector and in several."""
        random = np.random.default_rng(12)
        nodes = [("Mul", "x x", "xx"), ("Mul", "z z", "zz"), ("Add", "xx zz", "sum"), ("Mul", "sum factors", "y")]
        for length in (1, 7, 16, 53):
            factors = (10.0 ** random.integers(-9, 9, length)).astype("f4")
            proto = model(nodes, {name: ("f4", ["rows", length]) for name in "xz"}, ["y"], {"factors": factors})
            x = random.standard_normal((9, length)).astype("f4") * np.exp(random.uniform(-80, 80, (9, length))).astype("f4")
            bad = np.array([0, -0.0, np.nan, np.inf, -np.inf, 1e-45, -1e-40, np.finfo("f4").max], "f4")
            self.check_integers(proto, [{"x": x, "z": x[::-1].copy()}, {"x": random.choice(bad, (5, length)), "z": x[:5]}])

    def test_full_rows(self):
        """Rows whose largest has ones in more than 16 bits: rounding those leaves them."""
        peaks = np.array([2**16 - 3, 2**16 - 2, 2**16 - 1, 2**16, 2**17 - 1, 2**17 - 4, 2**18 - 4, 2**18 - 5, 2**24 - 1, 2**30 - 1])
        peaks = np.concatenate([peaks, -peaks])
        nodes = [("Cast", "x", "f", {"to": 1}), ("Gelu", "f", "gate"), ("MatMul", "gate same", "y")]
        proto = model(nodes, {"x": ("i4", ["rows", 64])}, ["y"], {"same": np.eye(64, dtype="f4")})
        peaks = np.resize(peaks, (37, 1))
        x = np.random.default_rng(11).integers(-7, 8, (37, 64)) * (peaks // 8)
        x[:, 5:6] = peaks
        feeds = [{"x": x.astype("i4")}, {"x": x[::-2].astype("i4")}]
        # A function of 1 or 0, then half a unit of codes of which the largest has 64 or more.
        self.check_close(proto, feeds, 1.01 / 128, [{"y": np.maximum(feed["x"], 0).astype("f4")} for feed in feeds])

    def test_biased_rows(self):
        """Products with a bias and a residual: any of the three has the smallest exponent, in all rows of a unit or in some."""
        random = np.random.default_rng(10)
        nodes = [("MatMul", "x w", "product"), ("Add", "product bias", "biased"), ("Add", "biased x", "y")]
        constants = {"w": random.standard_normal((64, 64)).astype("f4"), "bias": random.standard_normal(64).astype("f4")}
        proto = model(nodes, {"x": ("f4", ["rows", 64])}, ["y"], constants)
        sizes = (4.0 ** np.arange(-12, 12)[:, None]).astype("f4")
        feeds = [{"x": random.standard_normal((24, 64)).astype("f4") * sizes}]
        feeds += [{"x": random.standard_normal((count, 64)).astype("f4") * np.float32(size)} for count, size in ((35, 8), (19, 2e-4))]
        self.check_close(proto, feeds, 0.05)


if __name__ == "__main__":
    unittest.main()
