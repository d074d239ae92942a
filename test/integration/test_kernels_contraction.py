"""Matrix products with their epilogues: every form, tails of rows, columns and depth."""

import unittest

import numpy as np

from kernels import KernelTest, model

DEPTHS = (1, 8, 31, 33, 172, 4097)
ROWS = (0, 1, 3, 4, 5, 17)
COLUMNS = (1, 12, 33, 64)


def layer(depth, epilogue, seed=0):
    """Products of one input with weights of all widths, and what follows them in a network."""
    random = np.random.default_rng(seed)
    nodes, constants, outputs = [], {}, []
    inputs = {"x": ("f4", ["rows", depth])}
    for n in COLUMNS:
        constants[f"w{n}"] = (random.standard_normal((depth, n)) / np.sqrt(depth)).astype("f4")
        nodes.append(("MatMul", f"x w{n}", f"p{n}"))
        last = f"p{n}"
        if epilogue:
            constants[f"b{n}"] = random.standard_normal(n).astype("f4")
            inputs[f"r{n}"] = ("f4", ["rows", n])
            nodes += [
                ("Add", f"{last} b{n}", f"s{n}"),
                ("Gelu", f"s{n}", f"g{n}"),
                ("Add", f"g{n} r{n}", f"y{n}"),
            ]
            last = f"y{n}"
        outputs.append(last)
    return model(nodes, inputs, outputs, constants)


def feeds(proto, depth, rows=ROWS, seed=1):
    random = np.random.default_rng(seed)
    result = []
    for m in rows:
        feed = {}
        for value in proto.graph.input:
            width = value.type.tensor_type.shape.dim[-1].dim_value
            feed[value.name] = random.standard_normal((m, width)).astype("f4")
        result.append(feed)
    return result


class Contraction(KernelTest):
    def test_float(self):
        for depth in DEPTHS:
            with self.subTest(depth=depth):
                proto = layer(depth, epilogue=False)
                # Sums of depth products of size 1 / sqrt(depth), regrouped.
                self.check(proto, feeds(proto, depth), rtol=1e-5, atol=2e-7 * max(8, depth**0.5))

    def test_float_epilogue(self):
        for depth in (8, 33, 172):
            with self.subTest(depth=depth):
                proto = layer(depth, epilogue=True)
                self.check(proto, feeds(proto, depth), rtol=1e-5, atol=5e-6)

    def test_masks(self):
        """A product kept where a condition says so: whole, by row, by column, constant."""
        random = np.random.default_rng(5)
        shapes = {"whole": ["rows", 33], "row": ["rows", 1], "column": [33]}
        constants = {"w": random.standard_normal((16, 33)).astype("f4"), "b": np.array(-1, "f4")}
        constants["fixed"] = random.random((1, 33)) < 0.5
        nodes = [("MatMul", "x w", "p")]
        for name in (*shapes, "fixed"):
            nodes += [("MatMul", "x w", f"p_{name}"), ("Where", f"{name} p_{name} b", f"y_{name}")]
        nodes.append(("Trilu", "p", "y_lower", {"upper": 0}))
        inputs = {"x": ("f4", ["rows", 16])} | {name: ("?", dims) for name, dims in shapes.items()}
        proto = model(nodes, inputs, [f"y_{name}" for name in (*shapes, "fixed", "lower")], constants)
        feeds = [
            {
                name: random.standard_normal([rows if d == "rows" else d for d in dims]).astype("f4")
                if dtype == "f4"
                else random.random([rows if d == "rows" else d for d in dims]) < 0.5
                for name, (dtype, dims) in inputs.items()
            }
            for rows in (1, 2, 17)
        ]
        self.check(proto, feeds, atol=2e-6)
        self.check_quantised(proto, feeds, "w8a8")

    def quantised(self, recipe):
        for depth in DEPTHS:
            with self.subTest(depth=depth):
                proto = layer(depth, epilogue=depth in (8, 33, 172))
                self.check_quantised(proto, feeds(proto, depth), recipe, rtol=2e-6, atol=5e-6)

    def test_w8a8(self):
        self.quantised("w8a8")

    def test_w8a8g32(self):
        self.quantised("w8a8g32")

    def test_w4a8(self):
        self.quantised("w4a8")

    def test_w8a16(self):
        self.weights_only("w8a16")

    def test_w4a16(self):
        self.weights_only("w4a16")

    def weights_only(self, recipe):
        for depth in DEPTHS:
            with self.subTest(depth=depth):
                proto = layer(depth, epilogue=depth in (8, 33, 172))
                # Sums of floats, regrouped.
                self.check_quantised(proto, feeds(proto, depth), recipe, rtol=1e-5, atol=2e-7 * max(25, depth**0.5))

    def test_extreme_values(self):
        """Codes at the ends of their ranges, where sums of 16 bits would saturate."""
        depth, n = 4096, 16
        weights = np.where(np.arange(depth * n).reshape(depth, n) % 3 == 0, -1, 1).astype("f4")
        weights[:, 3] = 1
        weights[:, 4] = -1
        proto = model([("MatMul", "x w", "y")], {"x": ("f4", ["m", depth])}, ["y"], {"w": weights})
        x = np.stack([np.ones(depth), -np.ones(depth), np.where(np.arange(depth) % 2, 1, -1), np.zeros(depth)])
        for recipe in ("w8a8", "w8a8g32", "w4a8"):
            with self.subTest(recipe):
                self.check_quantised(proto, [{"x": x.astype("f4")}], recipe, rtol=1e-6, atol=1e-4)

    def test_not_finite(self):
        """A NaN or an infinity in a row spoils that row and no other."""
        random = np.random.default_rng(4)
        weights = random.standard_normal((40, 20)).astype("f4")
        proto = model([("MatMul", "x w", "y")], {"x": ("f4", ["m", 40])}, ["y"], {"w": weights})
        x = random.standard_normal((6, 40)).astype("f4")
        x[1, 7], x[3, 39], x[4] = np.nan, np.inf, 1e-38
        for recipe in ("w8a8", "w8a8g32", "w4a8"):
            with self.subTest(recipe):
                self.check_quantised(proto, [{"x": x}], recipe, rtol=2e-6, atol=5e-6)

    def test_broadcast_at_run_time(self):
        """A summand whose sizes in front of the last are those of the product, or 1, as the run has it."""
        random = np.random.default_rng(6)
        constants = {"w": random.standard_normal((16, 33)).astype("f4")}
        inputs = {"x": ("f4", ["n", "m", 16]), "s": ("f4", ["a", "b", 33]), "y": ("f4", ["n", 16, "k"])}
        nodes = [
            ("MatMul", "x w", "p"),
            ("Add", "p s", "r"),
            # Computed weights: another kernel.
            ("MatMul", "x y", "q"),
            ("Add", "q t", "u"),
        ]
        inputs["t"] = ("f4", ["a", "b", "k"])
        proto = model(nodes, inputs, ["r", "u"], constants)
        feeds = []
        for a, b in ((3, 5), (1, 5), (3, 1), (1, 1)):
            sizes = {"n": 3, "m": 5, "k": 4, "a": a, "b": b}
            feeds.append(
                {
                    name: random.standard_normal([sizes.get(d, d) for d in dims]).astype("f4")
                    for name, (_, dims) in inputs.items()
                }
            )
        self.check(proto, feeds, atol=2e-6)
        self.check_quantised(proto, feeds, "w8a8")


if __name__ == "__main__":
    unittest.main()
