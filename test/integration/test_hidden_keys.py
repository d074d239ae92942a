"""Keys that no query sees take no part in integer attention, however large scores are."""

import unittest

import numpy as np

from kernels import INTEGER_TARGETS, KernelTest, model

INFINITY = np.float32(np.inf)
METHODS = ("fixed", "ibert", "ivit")


class HiddenKeys(KernelTest):
    B, H, S, T, D = 2, 4, 5, 9, 16
    seed = 21

    def setUp(self):
        super().setUp()
        self.seen = np.ones((self.B, 1, self.S, self.T), bool)
        self.seen[0, :, :, 6:] = self.seen[1, :, 2, 1:] = self.seen[1, :, 4] = False

    def masked(self, kind):
        """Attention with a mask of one kind that is an input, or made of one; and that input."""
        sizes = {"q": (self.H, "s"), "k": (2, "t"), "v": (2, "t")}
        inputs = {name: ("f4", ["b", *size, self.D]) for name, size in sizes.items()}
        dims, nodes, constants = ["b", 1, "s", "t"], [], {}
        if kind == "boolean":
            inputs["mask"], mask = (bool, dims), self.seen
        elif kind == "product":
            # As exporters write it, beside a finite bias.
            inputs["seen"], mask = ("f4", dims), self.seen.astype("f4")
            nodes = [("Sub", "one seen", "hidden"), ("Mul", "hidden low", "huge"), ("Add", "huge bias", "mask")]
            bias = 3 * self.random.standard_normal((1, self.H, 1, 1))
            constants = {"one": np.float32(1), "low": np.float32(-1e9), "bias": bias.astype("f4")}
        else:
            # Just as low as it takes, or as low as floats are.
            low = np.float32(-65536) if kind == "least" else -INFINITY
            inputs["mask"], mask = ("f4", dims), np.where(self.seen, np.float32(0), low)
        given = "seen" if kind == "product" else "mask"
        nodes.append(("Attention", "q k v mask", "y"))
        return model(nodes, inputs, ["y"], constants, opset=23), {given: mask}

    def draw(self):
        shapes = {"q": (self.H, self.S), "k": (2, self.T), "v": (2, self.T)}
        return {name: self.random.standard_normal((self.B, *shape, self.D)).astype("f4") for name, shape in shapes.items()}

    def check(self, proto, feeds, method, targets=INTEGER_TARGETS):
        """What split integers mean, and the targets give."""
        form = f"--integer-only={method}"
        means = self.mean(proto, feeds, form)
        for target in targets:
            self.compare(proto, feeds, means, 0, 0, form, target)
        return [mean["y"] for mean in means]

    def check_values(self, y, values):
        """Those of one key, up to half a unit of their 8 bits, of which the largest has 64, and a weight of 127 / 128."""
        expected = np.repeat(values, self.H // len(values), axis=0)
        limit = (0.5 / 64 + 1 / 128) * np.abs(expected).max(axis=-1, keepdims=True)
        self.assertLess((np.abs(y - expected) / limit).max(), 1)

    def test_masks(self):
        """However large they are, tokens that a query does not see change no bit of what it gets."""
        for kind in ("boolean", "product", "least", "infinite"):
            proto, mask = self.masked(kind)
            plain = self.draw() | mask
            large = plain | {name: plain[name].copy() for name in "kv"}
            for name in "kv":
                large[name][0, :, 6:] *= 1e5
                large[name][1, :, 1:] *= 1e5
            # All keys alike up to a sign, so that the only one that a query sees has the score -1e5 beside 1e5, or 1e5.
            unit = plain["q"][:, :1, :1]
            unit = unit * np.float32(np.sqrt(1e5 * np.sqrt(self.D))) / np.linalg.norm(unit, axis=-1, keepdims=True)
            sign = np.where(np.arange(self.T) == 0, np.float32(-1), np.float32(1))[:, None]
            low = plain | {"q": np.broadcast_to(unit, plain["q"].shape), "k": sign * np.broadcast_to(unit, plain["k"].shape)}
            feeds = [plain, large, low, low | {"k": -low["k"]}]
            feeds = [{name: np.ascontiguousarray(x) for name, x in feed.items()} for feed in feeds]
            for method in METHODS:
                with self.subTest(kind=kind, method=method):
                    ys = self.check(proto, feeds, method, INTEGER_TARGETS if kind == "product" else ())
                    # Of the second example the other queries see what is large.
                    for place in ((0,), (1, slice(None), 2)):
                        np.testing.assert_array_equal(ys[1][place], ys[0][place])
                    for y in ys:
                        self.check_values(y[1, :, 2], plain["v"][1, :, 0])
                        np.testing.assert_array_equal(y[1, :, 4], 0)

    def test_picked(self):
        """Scores with a bias from a table, of which ids pick numbers that hide."""
        sizes = {"q": ["b", self.S, self.D], "k": ["b", self.D, self.T], "v": ["b", self.T, self.D]}
        inputs = {name: ("f4", size) for name, size in sizes.items()} | {"ids": ("i8", [self.S, self.T])}
        low = np.float32(-600)
        table = np.append(self.random.standard_normal(15).astype("f4"), low)
        nodes = [("MatMul", "q k", "s"), ("Gather", "table ids", "bias", {"axis": 0}), ("Add", "s bias", "z")]
        proto = model([*nodes, ("Softmax", "z", "p", {"axis": -1}), ("MatMul", "p v", "y")], inputs, ["y"], {"table": table})
        q, k, v = (self.random.standard_normal((self.B, *size[1:])).astype("f4") for size in sizes.values())
        ids = self.random.integers(0, 16, (self.S, self.T))
        ids[:, 0] = 1
        y = self.check(proto, [{"q": q, "k": k, "v": v, "ids": ids}], "fixed")[0]
        scores = q.astype("f8") @ k + table[ids]
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        expected = powers / powers.sum(axis=-1, keepdims=True) @ v
        # Half a unit of a table of 15 bits below 1024; and of rows and columns, which have 11 below their largest or 10.
        rounded = [(np.abs(x).max(axis=axis, keepdims=True) / 2**11, np.abs(x).sum(axis=axis, keepdims=True)) for x, axis in ((q, -1), (k, -2))]
        error = 2**-6 + (rounded[0][0] * rounded[1][1] + rounded[1][0] * rounded[0][1]).max()
        # That changes each weight by a factor, and the second product rounds weights and values as the first does.
        most = np.abs(v).max()
        self.assertLess(np.abs(y - expected).max(), (np.expm1(2 * error) + 2 * self.T / 2**11) * most)

    def test_whole_rows(self):
        """Weights that are an output: zeros where nothing is seen, as a model says who asks for NaN there."""
        for hides in ("Add", "Where"):
            chosen = "seen product low" if hides == "Where" else "product mask"
            nodes = [
                ("Where", "seen zero low", "mask"),
                (hides, chosen, "scores"),
                ("Softmax", "scores", "weights", {"axis": -1}),
                ("IsNaN", "weights", "isnan"),
                ("Where", "isnan zero weights", "y"),
            ]
            sizes = {"q": ("f4", ["b", "s", 16]), "k": ("f4", ["b", 16, "t"]), "seen": (bool, ["b", "s", "t"])}
            proto = model([("MatMul", "q k", "product"), *nodes], sizes, ["y"], {"zero": np.float32(0), "low": -INFINITY})
            feed = {"q": self.random.standard_normal((2, 5, 16)), "k": self.random.standard_normal((2, 16, 9)) / 4}
            feed = {name: value.astype("f4") for name, value in feed.items()} | {"seen": self.seen[:, 0]}
            powers = np.where(feed["seen"], np.exp(feed["q"] @ feed["k"]), 0)
            expected = powers / np.maximum(powers.sum(axis=-1, keepdims=True), 1e-30)
            with self.subTest(hides):
                (y,) = self.check(proto, [feed], "fixed")
                np.testing.assert_array_equal(y[~feed["seen"]], 0)
                # Queries and keys of 8 bits: an error of scores, so of weights, of two times half a unit of each of 16 products.
                self.assertLess(np.abs(y - expected).max(), 16 * 2 / 128)

    def test_positions(self):
        """The same of keys that their positions hide: the first token of a causal model sees itself alone."""
        inputs = {name: ("f4", ["b", heads, "s", self.D]) for name, heads in (("q", self.H), ("k", 2), ("v", 2))}
        proto = model([("Attention", "q k v", "y", {"is_causal": 1})], inputs, ["y"], opset=23)
        plain = {name: self.random.standard_normal((1, heads, 7, self.D)).astype("f4") for name, (_, (_, heads, *_)) in inputs.items()}
        feeds = [plain]
        for factor in (1e3, -1e3):
            feeds.append(plain | {"q": plain["q"] * np.float32(1e3), "k": plain["k"] * np.float32(factor)})
        feeds.append(plain | {name: plain[name] * np.where(np.arange(7) < 3, 1, 1e5)[:, None].astype("f4") for name in "qkv"})
        for method in METHODS:
            with self.subTest(method):
                ys = self.check(proto, feeds, method)
                for y in ys:
                    self.check_values(y[0, :, 0], plain["v"][0, :, 0])
                np.testing.assert_array_equal(ys[3][:, :, :3], ys[0][:, :, :3])


if __name__ == "__main__":
    unittest.main()
