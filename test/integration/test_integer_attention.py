"""Attention of integers, compiled, against the interpreter: the same bits."""

import unittest

import numpy as np

from kernels import CPUS, KernelTest, model
from test_kernels_attention import attention

INFINITY = np.float32(np.inf)


class IntegerAttention(KernelTest):
    def check_bits(self, proto, feeds, cpus=(*CPUS, "x86-64-v2")):
        path, text = self.save(proto), self.folder / "split.mlir"
        self.must("compile", path, "--stop-after=split", "-o", text, "--integer-only")
        self.assertIn("qt.integer_attention", text.read_text())
        expected = [self.interpret(text, feed) for feed in feeds]
        for cpu in cpus:
            with self.subTest(cpu):
                self.compare(proto, feeds, expected, 0, 0, "--integer-only", f"--mcpu={cpu}")
        return expected

    def feed(self, seed, q, k, v, mask=None, spread=1.0):
        """Rows of different magnitudes."""
        rng = np.random.default_rng(seed)
        drawn = [rng.normal(size=shape) * spread ** rng.normal(size=(*shape[:-1], 1)) for shape in (q, k, v)]
        given = {name: x.astype(np.float32) for name, x in zip("qkv", drawn)}
        return given if mask is None else given | {"mask": mask}

    def test_lengths_and_heads(self):
        # Dynamic sizes; Dv != D, grouped heads, one query, no keys, no queries, no batch, tails of every kind.
        proto = attention(["b", 4, "s", 20], ["b", 2, "t", 20], ["b", 2, "t", 9])
        sizes = [(2, 7, 19), (1, 1, 33), (3, 5, 1), (1, 131, 16), (2, 3, 0), (2, 0, 5), (0, 3, 4)]
        feeds = [self.feed(n, (b, 4, s, 20), (b, 2, t, 20), (b, 2, t, 9), spread=4) for n, (b, s, t) in enumerate(sizes)]
        self.check_bits(proto, feeds)

    def test_widths(self):
        # The last registers of keys and of columns: full, half full, of one.
        for keys, features, width in ((48, 64, 64), (56, 33, 40), (57, 128, 96), (49, 16, 17), (8, 16, 8)):
            shapes = [(2, 2, 9, features), (2, 2, keys, features), (2, 2, keys, width)]
            self.check_bits(attention(*shapes), [self.feed(features, *shapes, spread=s) for s in (1, 8)])

    def test_large_scores(self):
        # Scores beyond 2^15 are shifted to the left, and saturate; rows of zeros have an exponent of their own.
        shapes = [(2, 2, 6, 16), (2, 2, 37, 16), (2, 2, 37, 16)]
        feeds = []
        for n, factor in enumerate((1e2, 1e4, 1e9)):
            feeds.append(self.feed(n, *shapes, spread=10))
            feeds[-1]["q"] *= factor
            feeds[-1]["k"] *= factor
            feeds[-1]["k"][:, :, 3] = feeds[-1]["v"][:, :, 5] = feeds[-1]["q"][:, :, 1] = 0
        self.check_bits(attention(*shapes), feeds)

    def test_causal(self):
        proto = attention(["b", 2, "s", 16], ["b", 2, "s", 16], ["b", 2, "s", 16], is_causal=1)
        self.check_bits(proto, [self.feed(n, *[(2, 2, s, 16)] * 3, spread=3) for n, s in enumerate((1, 16, 37))])

    def test_masks(self):
        rng = np.random.default_rng(3)
        b, h, s, t = 2, 3, 6, 21
        operands = ([b, h, "s", 8], [b, h, "t", 8], [b, h, "t", 8])
        for shape in ((t,), (s, t), (1, t), (b, 1, 1, t), (1, h, s, t), (b, h, s, t)):
            dims = [{s: "s", t: "t"}.get(size, size) for size in shape]
            mask = rng.normal(size=shape).astype(np.float32)
            hidden = np.where(rng.random(shape) < 0.4, -INFINITY, 0).astype(np.float32)
            hidden[0] = -INFINITY  # rows that see nothing
            feeds = [self.feed(5, (b, h, s, 8), (b, h, t, 8), (b, h, t, 8), m, spread=4) for m in (mask, hidden)]
            with self.subTest(f"{shape}"):
                self.check_bits(attention(*operands, dims), feeds, CPUS)

    def test_heads_in_place(self):
        """No transpose of heads is left, on either side."""
        rng = np.random.default_rng(12)
        constants = {f"w{x}": 0.3 * rng.normal(size=(24, 24)) for x in "qkvo"}
        constants = {name: value.astype(np.float32) for name, value in constants.items()}
        constants |= {"split": np.array([0, 0, 3, 8]), "joined": np.array([0, 0, 24]), "b": np.ones(24, np.float32)}
        nodes = []
        for x in "qkv":
            nodes += [("MatMul", f"x w{x}", f"m{x}"), ("Reshape", f"m{x} split", f"r{x}"),
                      ("Transpose", f"r{x}", f"h{x}", {"perm": [0, 2, 1, 3]})]
        nodes += [("Attention", "hq hk hv", "h"), ("Transpose", "h", "t", {"perm": [0, 2, 1, 3]}),
                  ("Reshape", "t joined", "j"), ("MatMul", "j wo", "m"), ("Add", "m b", "y")]
        proto = model(nodes, {"x": (np.float32, ["b", "s", 24])}, ["y"], constants, opset=23)
        text = self.must("compile", self.save(proto), "--integer-only", "--stop-after=layout", "-o", "-")
        self.assertNotIn("perm [0, 2, 1, 3]", text)
        feeds = [{"x": rng.normal(size=shape).astype(np.float32)} for shape in ((2, 7, 24), (1, 33, 24))]
        self.check_bits(proto, feeds)

    def test_stages(self):
        """Ops with exponents mean what they are split to, whether run time knows the number of keys or the compiler."""
        shapes = [(2, 4, 7, 16), (2, 2, 19, 16), (2, 2, 19, 16)]
        proto = attention(["b", 4, "s", 16], ["b", 2, "t", 16], ["b", 2, "t", 16])
        feed, path = self.feed(7, *shapes, spread=4), self.save(proto)
        bits = {}
        for method in ("ibert", "ivit"):
            for flags in ((), ("--dim=t=1..64",), ("--dim=t=19",)):
                form = (f"--integer-only={method}", *flags)
                means = []
                for stage in ("integerize", "split"):
                    text = self.folder / f"{stage}.mlir"
                    self.must("compile", path, f"--stop-after={stage}", "-o", text, *form)
                    means.append(self.interpret(text, feed))
                np.testing.assert_array_equal(means[0]["y"], means[1]["y"], str(form))
                bits[form] = means[1]["y"]
                with self.subTest(form):
                    self.compare(proto, [feed], means[1:], 0, 0, *form)
            # A bound that leaves room for all bits does as well as the number itself.
            np.testing.assert_array_equal(bits[form[0], "--dim=t=1..64"], bits[form])

    def test_projected(self):
        """What reads attention over any number of keys has both signs, by any method."""
        nodes = [("Attention", "q k v", "a"), ("MatMul", "a w", "y")]
        inputs = {name: ("f4", ["b", 4, size, 16]) for name, size in zip("qkv", "stt")}
        weights = np.random.default_rng(9).normal(size=(16, 24)).astype("f4")
        proto = model(nodes, inputs, ["y"], {"w": weights}, opset=23)
        feeds = [self.feed(10, (2, 4, 9, 16), (2, 4, 11, 16), (2, 4, 11, 16))]
        for method in ("fixed", "ibert", "ivit"):
            means = self.mean(proto, feeds, f"--integer-only={method}")
            for flag in (*(f"--mcpu={cpu}" for cpu in CPUS), "--cpu-layout=generic"):
                with self.subTest(f"{method} {flag}"):
                    self.compare(proto, feeds, means, 0, 0, f"--integer-only={method}", flag)

    def test_hidden_keys(self):
        """Far larger tokens that no query sees change nothing, by any method: not a bit of those before them."""
        shapes = [(2, 4, 9, 16), (2, 2, 9, 16), (2, 2, 9, 16)]
        plain = self.feed(8, *shapes, spread=2)
        large = {name: np.concatenate([x[:, :, :8], 1000 * x[:, :, 8:]], axis=2) for name, x in plain.items()}
        feeds = [plain, large, {name: x[:, :, :8] for name, x in plain.items()}]
        for method in ("fixed", "ibert", "ivit"):
            for cap in ({}, {"softcap": 4.0}):
                proto = attention(["b", 4, "s", 16], ["b", 2, "s", 16], ["b", 2, "s", 16], is_causal=1, **cap)
                with self.subTest(f"{method} {cap}"):
                    means = self.mean(proto, feeds, f"--integer-only={method}")
                    for mean in means:
                        np.testing.assert_array_equal(mean["y"][:, :, :8], means[0]["y"][:, :, :8])
                    for cpu in (*CPUS, "x86-64-v2"):
                        self.compare(proto, feeds, means, 0, 0, f"--integer-only={method}", f"--mcpu={cpu}")


if __name__ == "__main__":
    unittest.main()
