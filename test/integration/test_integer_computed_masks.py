"""Integer-only models with masks that are computed."""

import unittest

import numpy as np

from kernels import IntegerTest, model

# A row of 8 bits with a power of two as scale is off by up to 2^-8 of its largest element, a sum of products by about
# a third of that of each side, of 12 bits by a sixteenth.
CODES = 2.0**-8
# Half a unit of 16 bits with sign.
UNIT = 2.0**-16
INFINITY = np.float32(np.inf)


class IntegerComputedMasks(IntegerTest):
    seed = 11

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

    def test_logarithm_of_softmax(self):
        """As two nodes: of probabilities that are too small for a unit, too."""
        nodes = [("Add", "x z", "sum"), ("Mul", "sum four", "s"), ("Softmax", "s", "p", {"axis": 1}), ("Log", "p", "y")]
        inputs = {x: ("f4", ["n", 16]) for x in "xz"}
        proto = model(nodes, inputs, ["y"], {"four": np.float32(4)})
        # Scores have 16 bits, powers of two are good to 3e-4.
        self.check_close(proto, [{x: self.normal(5, 16) for x in "xz"}], 2.0**-10)


if __name__ == "__main__":
    unittest.main()
