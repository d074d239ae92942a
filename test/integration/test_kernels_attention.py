"""Attention, compiled, against the interpreter: masks, lengths, heads, in floats and in codes."""

import unittest

import numpy as np

from kernels import KernelTest, model

# Floats: sums over D and T in another order than the interpreter's, exponentials of 1 ulp: a few 1e-6 of the largest
# value, which is about 4. Codes: where a weight lies between two codes, its rounding may differ; one step of 1/127 of
# the largest weight times a value.
FLOAT = {"rtol": 1e-5, "atol": 1e-5}
CODES = {"rtol": 1e-5, "atol": 4 / 127}

LOWEST = np.finfo(np.float32).min
INFINITY = np.float32(np.inf)


def attention(q, k, v, mask=None, **attributes):
    """The model of one Attention; operands as (dtype, dims) or dims of floats, heads as a dim of their own."""
    inputs = {"q": (np.float32, q), "k": (np.float32, k), "v": (np.float32, v)}
    if mask is not None:
        inputs["mask"] = mask if isinstance(mask, tuple) else (np.float32, mask)
    node = ("Attention", " ".join(inputs), "y", attributes)
    return model([node], inputs, ["y"], opset=23)


def draw(seed, *shapes):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


class Attention(KernelTest):
    def check_all(self, proto, feeds, recipes=("f32", "w8a8")):
        for recipe in recipes:
            with self.subTest(recipe):
                self.check_quantised(proto, feeds, recipe, **(FLOAT if recipe == "f32" else CODES))

    def feed(self, seed, q, k, v, mask=None):
        given = dict(zip("qkv", draw(seed, q, k, v)))
        return given if mask is None else given | {"mask": mask}

    def test_lengths_and_heads(self):
        # Dynamic sizes; Dv != D, grouped heads, one query, no keys, no queries, no batch, tails of every kind.
        proto = attention(["b", 4, "s", 20], ["b", 2, "t", 20], ["b", 2, "t", 9])
        sizes = [(2, 7, 19), (1, 1, 33), (3, 5, 1), (1, 131, 16), (2, 3, 0), (2, 0, 5), (0, 3, 4)]
        self.check_all(proto, [self.feed(n, (b, 4, s, 20), (b, 2, t, 20), (b, 2, t, 9)) for n, (b, s, t) in enumerate(sizes)])

    def test_widths(self):
        # Several vectors of features and of columns, with and without a tail.
        for features, width in ((64, 64), (40, 33), (100, 96)):
            proto = attention(["b", 2, "s", features], ["b", 2, "t", features], ["b", 2, "t", width])
            shapes = [(2, 2, 9, features), (2, 2, 50, features), (2, 2, 50, width)]
            self.check_all(proto, [self.feed(features, *shapes)])

    def test_causal(self):
        # Without a past queries and keys are of one length; with one, query i sees keys up to T - S + i.
        proto = attention(["b", 2, "s", 16], ["b", 2, "s", 16], ["b", 2, "s", 16], is_causal=1)
        self.check_all(proto, [self.feed(n, *[(2, 2, s, 16)] * 3) for n, s in enumerate((1, 16, 37))])

    def test_blocks_of_grouped_heads(self):
        # More rows than one block has; the query heads that share keys differ in their masks.
        b, h, s, t = 1, 4, 270, 290
        operands = [b, h, "s", 8], [b, 2, "t", 8], [b, 2, "t", 8]
        mask = np.where(np.random.default_rng(13).random((1, h, 1, t)) < 0.3, -INFINITY, 0).astype(np.float32)
        given = self.feed(14, (b, h, s, 8), (b, 2, t, 8), (b, 2, t, 8), mask)
        self.check_all(attention(*operands, [1, h, 1, "t"]), [given])
        causal = attention([b, h, "s", 8], [b, 2, "s", 8], [b, 2, "s", 8], is_causal=1)
        self.check_all(causal, [self.feed(15, (b, h, s, 8), (b, 2, s, 8), (b, 2, s, 8))])

    def past(self):
        dims = {"q": ["b", 2, "s", 16], "k": ["b", 2, "s", 16], "v": ["b", 2, "s", 16],
                "pk": ["b", 2, "p", 16], "pv": ["b", 2, "p", 16]}
        node = ("Attention", "q k v - pk pv", "y", {"is_causal": 1})
        return model([node], {name: (np.float32, dim) for name, dim in dims.items()}, ["y"], opset=23)

    def test_past(self):
        feeds = []
        for n, (past, new) in enumerate(((0, 5), (18, 1), (7, 12))):
            q, k, v, pk, pv = draw(n, *[(2, 2, new, 16)] * 3, *[(2, 2, past, 16)] * 2)
            feeds.append({"q": q, "k": k, "v": v, "pk": pk, "pv": pv})
        self.check_all(self.past(), feeds)

    def test_masks(self):
        rng = np.random.default_rng(3)
        b, h, s, t = 2, 3, 6, 21
        operands = ([b, h, "s", 8], [b, h, "t", 8], [b, h, "t", 8])
        shapes = [(t,), (s, t), (1, t), (s, 1), (1, 1, s, t), (b, 1, 1, t), (1, h, s, t), (b, h, s, t), (1, h, 1, 1)]
        for shape in shapes:
            dims = [{s: "s", t: "t"}.get(size, size) for size in shape]
            mask = rng.normal(size=shape).astype(np.float32)
            hidden = np.where(rng.random(shape) < 0.4, rng.choice([-INFINITY, LOWEST], size=shape), mask)
            feeds = [self.feed(5, (b, h, s, 8), (b, h, t, 8), (b, h, t, 8), m) for m in (mask, hidden)]
            with self.subTest(f"{shape}"):
                self.check_all(attention(*operands, dims), feeds)

    def test_boolean_mask(self):
        visible = np.random.default_rng(4).random((2, 1, 5, 9)) < 0.6
        visible[1, 0, 2] = False  # a row without keys: zeros
        proto = attention(["b", 2, 5, 8], ["b", 2, 9, 8], ["b", 2, 9, 8], (np.bool_, ["b", 1, 5, 9]))
        given = self.feed(6, (2, 2, 5, 8), (2, 2, 9, 8), (2, 2, 9, 8), visible)
        self.check_all(proto, [given])
        for recipe in ("f32", "w8a8"):
            got = self.run_artefact(self.compile(self.save(proto), "model", f"--recipe={recipe}"), given)["y"]
            np.testing.assert_array_equal(got[1, :, 2], 0)

    def test_mask_of_sizes_known_at_run_time(self):
        # Each dim of the mask is 1 or the scores'; anything else is refused.
        proto = attention(["b", 2, "s", 8], ["b", 2, "t", 8], ["b", 2, "t", 8], ["mb", "mh", "ms", "mt"])
        rng = np.random.default_rng(7)
        feeds = [
            self.feed(8, (3, 2, 5, 8), (3, 2, 18, 8), (3, 2, 18, 8), rng.normal(size=shape).astype(np.float32))
            for shape in ((3, 2, 5, 18), (1, 1, 1, 18), (3, 1, 5, 1), (1, 2, 1, 1))
        ]
        self.check_all(proto, feeds)
        wrong = feeds[0] | {"mask": np.zeros((2, 2, 5, 18), np.float32)}
        self.fails_at_run_time(proto, wrong, "the sizes of the operands do not fit together in 'y'")

    def test_projections(self):
        # From one activation to its result: heads split off by reshapes and transposes, one product for all three.
        rng = np.random.default_rng(12)
        constants = {f"w{x}": 0.3 * rng.normal(size=(24, 24)) for x in "qkvo"} | {f"b{x}": rng.normal(size=24) for x in "qkv"}
        constants = {name: value.astype(np.float32) for name, value in constants.items()}
        constants |= {"split": np.array([0, 0, 3, 8]), "joined": np.array([0, 0, 24])}
        nodes = []
        for x in "qkv":
            nodes += [("MatMul", f"x w{x}", f"m{x}"), ("Add", f"m{x} b{x}", f"a{x}"), ("Reshape", f"a{x} split", f"r{x}"),
                      ("Transpose", f"r{x}", f"h{x}", {"perm": [0, 2, 1, 3]})]
        nodes += [("Attention", "hq hk hv", "h"), ("Transpose", "h", "t", {"perm": [0, 2, 1, 3]}),
                  ("Reshape", "t joined", "j"), ("MatMul", "j wo", "y")]
        proto = model(nodes, {"x": (np.float32, ["b", "s", 24])}, ["y"], constants, opset=23)
        text = self.must("compile", self.save(proto), "--recipe=w8a8", "--stop-after=layout", "-o", "-")
        self.assertEqual(text.count("qt.contract "), 2)
        self.assertNotIn("perm [0, 2, 1, 3]", text)
        feeds = [{"x": draw(n, shape)[0]} for n, shape in enumerate(((2, 7, 24), (1, 33, 24)))]
        self.check_all(proto, feeds)

    def test_operands_that_do_not_match(self):
        proto = attention(["b", 2, "s", 8], ["c", 2, "t", 8], ["d", 2, "u", 8])
        for k, v in (((2, 2, 5, 8), (2, 2, 6, 8)), ((1, 2, 5, 8), (1, 2, 5, 8)), ((2, 2, 5, 8), (3, 2, 5, 8))):
            # Dims of different names that have to be equal are one dim of the model.
            self.fails_at_run_time(proto, self.feed(0, (2, 2, 4, 8), k, v), "but the model takes", "--recipe=f32")

    def test_masked_values_do_not_count(self):
        # Behind -inf anything may lie, numbers or not.
        proto = attention([2, 1, 5, 16], [2, 1, 20, 16], [2, 1, 20, 16], [2, 1, 1, 20])
        mask = np.zeros((2, 1, 1, 20), np.float32)
        mask[0, ..., 13:] = mask[1, ..., :4] = -INFINITY
        given = self.feed(9, (2, 1, 5, 16), (2, 1, 20, 16), (2, 1, 20, 16), mask)
        given["v"][0, 0, 13:] = np.nan
        given["v"][1, 0, :4] = np.inf
        self.check_all(proto, [given])

    def test_invariances(self):
        # The scales of one token depend on that token alone: neither the batch, nor padding, nor queries that come
        # in two parts change a result. Padding on the left moves keys to other lanes, hence FLOAT and CODES.
        proto = attention(["b", 2, "s", 16], ["b", 2, "t", 16], ["b", 2, "t", 16], ["b", 1, "s", "t"])
        b, s = 4, 21
        q, k, v = draw(10, *[(b, 2, s, 16)] * 3)
        # Items and pads differ in magnitude by far: a scale shared by accident shows.
        for x in (q, k, v):
            x *= np.array([1, 30, 0.02, 4], np.float32).reshape(b, 1, 1, 1)
        causal = np.where(np.tri(s, dtype=bool), 0, -INFINITY).astype(np.float32)
        mask = np.broadcast_to(causal, (b, 1, s, s)).copy()
        pad = 100 * draw(11, (b, 2, 9, 16))[0]
        hidden = np.full((b, 1, s, 9), -INFINITY)
        for recipe in ("f32", "w8a8"):
            artefact = self.compile(self.save(proto), "model", f"--recipe={recipe}")
            tolerance = FLOAT if recipe == "f32" else CODES

            def run(q, k, v, mask):
                return self.run_artefact(artefact, {"q": q, "k": k, "v": v, "mask": np.ascontiguousarray(mask, np.float32)})["y"]

            whole = run(q, k, v, mask)
            order = [2, 0, 3, 1]
            np.testing.assert_array_equal(run(q[order], k[order], v[order], mask), whole[order])
            behind = run(q, np.concatenate([k, pad], 2), np.concatenate([v, pad], 2), np.concatenate([mask, hidden], 3))
            np.testing.assert_array_equal(behind, whole)
            before = run(q, np.concatenate([pad, k], 2), np.concatenate([pad, v], 2), np.concatenate([hidden, mask], 3))
            scale = np.abs(v).max(axis=(1, 2, 3), keepdims=True)
            np.testing.assert_allclose(before / scale, whole / scale, **tolerance)
            first = run(q[:, :, :8], k[:, :, :8], v[:, :, :8], mask[:, :, :8, :8])
            rest = run(q[:, :, 8:], k, v, mask[:, :, 8:])
            np.testing.assert_array_equal(np.concatenate([first, rest], 2), whole)


if __name__ == "__main__":
    unittest.main()
