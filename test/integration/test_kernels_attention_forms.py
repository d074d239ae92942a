"""Attention with windows, lengths, a soft cap, short masks and scores given out: compiled, against the interpreter and
ONNX's reference evaluator."""

import itertools
import unittest

import numpy as np
from onnx.reference import ReferenceEvaluator

from kernels import CPUS, KernelTest, model

# As in test_kernels_attention.py: floats differ by the order of sums and exponentials of 1 ulp (a tanh of 1.5 ulp comes
# on top, times a cap below 4); codes by one step of 1/127 of the largest weight times a value.
FLOAT = {"rtol": 1e-5, "atol": 1e-5}
CODES = {"rtol": 1e-5, "atol": 4 / 127}
# The reference multiplies both sides by the root of the scale and sums in float32.
REFERENCE = {"rtol": 1e-4, "atol": 1e-5}

INPUTS = ("q", "k", "v", "mask", "pk", "pv", "lengths")
F, I = np.float32, np.int64


def attention(inputs, outputs="y", opset=25, **attributes):
    """The model of one Attention with the inputs of these names, as dims of floats or (dtype, dims). Gives y, and z
    where the node has it."""
    inputs = {name: dims if isinstance(dims, tuple) else (F, dims) for name, dims in inputs.items()}
    last = max(INPUTS.index(name) for name in inputs)
    named = " ".join(name if name in inputs else "-" for name in INPUTS[: last + 1])
    node = ("Attention", named, outputs, attributes)
    return model([node], inputs, [name for name in ("y", "z") if name in outputs], opset=opset)


def heads(count, key_count, size, value_size):
    return {"q": ["b", count, "s", size], "k": ["b", key_count, "t", size], "v": ["b", key_count, "t", value_size]}


class AttentionForms(KernelTest):
    def feed(self, seed, proto, **sizes):
        """Random floats for the inputs, whose dims have these sizes."""
        rng = np.random.default_rng(seed)
        made = {}
        for value in proto.graph.input:
            shape = [sizes[dim.dim_param] if dim.dim_param else dim.dim_value for dim in value.type.tensor_type.shape.dim]
            made[value.name] = rng.normal(size=shape).astype(F)
        return made

    def with_rows(self, feed):
        """The mask with a row for each query: the reference evaluator takes no others where it is causal."""
        if "mask" not in feed:
            return feed
        shape = np.broadcast_shapes(feed["mask"].shape, (feed["q"].shape[-2], 1))
        return feed | {"mask": np.broadcast_to(feed["mask"], shape)}

    def check_form(self, proto, feeds, recipes=("f32", "w8a8")):
        for recipe in recipes:
            with self.subTest(recipe):
                self.check_quantised(proto, feeds, recipe, **(FLOAT if recipe == "f32" else CODES))
        reference = ReferenceEvaluator(proto)
        # NumPy has no maximum of no keys.
        feeds = [feed for feed in feeds if all(array.size for array in feed.values())]
        names = [output.name for output in proto.graph.output]
        expected = [dict(zip(names, reference.run(None, self.with_rows(feed)))) for feed in feeds]
        self.compare(proto, feeds, expected, REFERENCE["rtol"], REFERENCE["atol"], "--recipe=f32")

    def test_softcap(self):
        proto = attention(heads(4, 2, 20, 9), softcap=1.5)
        sizes = [(2, 7, 19), (1, 1, 33), (2, 3, 0), (2, 0, 5), (1, 6, 16)]
        self.check_form(proto, [self.feed(n, proto, b=b, s=s, t=t) for n, (b, s, t) in enumerate(sizes)])

    def test_softcap_before_the_mask(self):
        # What the mask hides stays hidden: the cap comes first.
        proto = attention(heads(2, 2, 8, 8) | {"mask": ["s", "t"]}, softcap=0.5)
        given = self.feed(1, proto, b=2, s=5, t=18)
        given["mask"][:, 7:] = -np.inf
        given["mask"][3] = -np.inf
        self.check_form(proto, [given])

    def test_causal_lengths_differ(self):
        # Query i sees keys up to i, whether there are more keys than queries or fewer.
        for causal_sizes in (("s", "t"), (5, 9), (9, 5)):
            s, t = causal_sizes
            dims = {"q": [2, 2, s, 16], "k": [2, 2, t, 16], "v": [2, 2, t, 16]}
            proto = attention(dims, opset=23, is_causal=1)
            sizes = [(5, 21), (21, 5), (1, 33), (33, 1), (17, 17), (0, 3), (3, 0)] if s == "s" else [(s, t)]
            self.check_form(proto, [self.feed(n, proto, s=m, t=k) for n, (m, k) in enumerate(sizes)])

    def test_causal_with_a_past(self):
        # The past is seen whole, also where queries and new keys differ in number.
        for masked in (False, True):
            dims = heads(4, 2, 16, 8) | {"pk": ["b", 2, "p", 16], "pv": ["b", 2, "p", 8]}
            if masked:
                dims |= {"mask": ["b", 1, "s", "all"]}
            proto = attention(dims, opset=24, is_causal=1)
            sizes = [(3, 3, 0), (1, 1, 18), (4, 7, 5), (7, 4, 12), (6, 1, 33)]
            feeds = [self.feed(n, proto, b=2, s=s, t=t, p=p, all=t + p) for n, (s, t, p) in enumerate(sizes)]
            self.check_form(proto, feeds)

    def test_windows(self):
        # Many more keys than a window, so that whole panels are skipped; blocks of several rows.
        sizes = [(2, 5, 70), (1, 1, 1), (1, 70, 70), (2, 270, 300), (1, 9, 3), (2, 0, 4), (2, 4, 0)]
        for left, right, causal in ((0, -1, 0), (3, 2, 0), (-1, 1, 0), (20, -1, 1), (33, 5, 1), (2**62, 2**62, 0)):
            proto = attention(heads(2, 1, 8, 8), left_window_size=left, right_window_size=right, is_causal=causal)
            with self.subTest(f"{left} {right} {causal}"):
                feeds = [self.feed(n, proto, b=b, s=s, t=t) for n, (b, s, t) in enumerate(sizes)]
                self.check_form(proto, feeds)

    def test_windows_with_a_past(self):
        dims = heads(2, 2, 8, 8) | {"pk": ["b", 2, "p", 8], "pv": ["b", 2, "p", 8], "mask": ["t"]}
        proto = attention(dims, is_causal=1, left_window_size=6)
        # The mask is shorter than the keys: what is behind it is hidden.
        feeds = [self.feed(n, proto, b=2, s=s, t=s, p=p) for n, (s, p) in enumerate(((5, 3), (20, 2), (1, 0)))]
        self.check_form(proto, feeds)

    def test_lengths(self):
        # Panels that are whole or not, masks with a row for each query, one for all and none.
        causal, left, both = {"is_causal": 1}, {"left_window_size": 4}, {"left_window_size": 3, "right_window_size": 1}
        rows, row = ["b", 1, "s", "t"], [1, 1, 1, "t"]
        for attributes, mask in (({}, None), ({}, rows), ({}, row), (causal, None), (causal, row), (left, ["t"]), (both, rows)):
            dims = heads(4, 2, 16, 8) | ({"mask": mask} if mask else {}) | {"lengths": (I, ["b"])}
            proto = attention(dims, **attributes)
            sizes = [(3, 19, (19, 4, 0)), (1, 32, (32, 17, 1)), (6, 16, (2, 16, 5)), (5, 0, (0, 0, 0))]
            feeds = [self.feed(n, proto, b=3, s=s, t=t) | {"lengths": np.array(l)} for n, (s, t, l) in enumerate(sizes)]
            with self.subTest(f"{attributes} {mask}"):
                self.check_form(proto, feeds)

    def test_lengths_beyond_the_keys(self):
        # No key more than there are, none fewer than none. The reference evaluator has no such lengths with causal.
        proto = attention(heads(1, 1, 8, 8) | {"lengths": (I, ["b"])})
        given = self.feed(5, proto, b=3, s=4, t=18) | {"lengths": np.array([2**62, -(2**62), 18])}
        self.check_form(proto, [given])

    def test_short_masks(self):
        # From opset 24 on a mask that ends before the keys hides the rest, with one number a row as well.
        for covered in ("m", 1, 5):
            for kind in (F, np.bool_):
                proto = attention(heads(2, 2, 8, 8) | {"mask": (kind, ["s", covered])}, opset=24)
                feeds = []
                for n, (s, t, m) in enumerate(((4, 21, 13), (3, 16, 16), (1, 7, 1))):
                    given = self.feed(n, proto, b=2, s=s, t=t, m=m)
                    given["mask"] = given["mask"] > -0.5 if kind is np.bool_ else given["mask"]
                    feeds.append(given)
                with self.subTest(f"{covered} {kind}"):
                    self.check_form(proto, feeds)
        longer = self.feed(0, proto := attention(heads(2, 2, 8, 8) | {"mask": ["s", "m"]}, opset=24), b=2, s=4, t=7, m=9)
        self.fails_at_run_time(proto, longer, "a computed size is negative in 'y': -2")

    def test_scores(self):
        # All four modes of output 3, the scores of every query head. No cap with mode 0, where the reference evaluator
        # gives capped scores and the operator's text raw ones.
        masks = ((None, 2), (["s", "t"], 1), (["b", 1, 1, "t"], 2))
        for mode, (mask, grouped) in itertools.product(range(4), masks):
            dims = heads(4, 4 // grouped, 8, 8) | ({"mask": mask} if mask else {})
            attributes = {"is_causal": mode % 2} | ({"softcap": 1.5} if mask and mode else {"left_window_size": 6})
            proto = attention(dims, "y nk nv z", qk_matmul_output_mode=mode, **attributes)
            feeds = []
            for n, (s, t) in enumerate(((3, 19), (7, 7), (1, 16))):
                given = self.feed(n, proto, b=2, s=s, t=t)
                if mask:
                    given["mask"][..., 0, :] = -np.inf  # a row without keys has weights of 0
                feeds.append(given)
            with self.subTest(f"{mode} {mask} {grouped}"):
                self.check_form(proto, feeds, ("f32",))

    def test_flat(self):
        # Heads side by side; everything at once that may be.
        attributes = {"q_num_heads": 4, "kv_num_heads": 2, "softcap": 3.0, "is_causal": 1, "left_window_size": 9}
        flat = {"q": ["b", "s", 32], "k": ["b", "t", 16], "v": ["b", "t", 8]}
        sizes = [(3, 19), (17, 40)]
        scores = attention(flat, "y nk nv z", qk_matmul_output_mode=3, **attributes)
        self.check_form(scores, [self.feed(n, scores, b=2, s=s, t=t) for n, (s, t) in enumerate(sizes)])
        padded = attention(flat | {"lengths": (I, ["b"])}, **attributes)
        feeds = [self.feed(n, padded, b=2, s=s, t=t) | {"lengths": np.array([t, t // 2])} for n, (s, t) in enumerate(sizes)]
        self.check_form(padded, feeds)

    def test_integer_only(self):
        # Bit by bit what the interpreter gives, and near what floats give: a value of up to 4 in 8 bits on a power of two
        # is off by half a step of 4 / 64, and weights of 8 bits add as much; queries and keys have 12.
        given = heads(4, 2, 16, 8)
        lengths = {"lengths": (I, ["b"])}
        for dims, attributes in ((given, {"is_causal": 1}), (given | lengths, {}), (given | lengths, {"is_causal": 1, "left_window_size": 4}),
                                 (given, {"left_window_size": 2, "right_window_size": 3})):
            proto = attention(dims, **attributes)
            feeds = []
            for n, (s, t) in enumerate(((3, 19), (7, 7), (1, 16))):
                feed = self.feed(n, proto, b=3, s=s, t=t)
                feeds.append(feed | ({"lengths": np.array([t, 4, 0])} if "lengths" in dims else {}))
            with self.subTest(f"{list(dims)} {attributes}"):
                text = self.folder / "split.mlir"
                self.must("compile", self.save(proto), "--stop-after=split", "-o", text, "--integer-only")
                bits = [self.interpret(text, feed) for feed in feeds]
                for cpu in CPUS:
                    self.compare(proto, feeds, bits, 0, 0, "--integer-only", f"--mcpu={cpu}")
                for feed, result in zip(feeds, bits):
                    (expected,) = ReferenceEvaluator(proto).run(None, feed)
                    np.testing.assert_allclose(result["y"], expected, rtol=0, atol=4 / 64)


if __name__ == "__main__":
    unittest.main()
