"""Attention blocks in the words of different exporters, compiled, against onnxruntime."""

import unittest

import numpy as np

from driver import quantc
from kernels import KernelTest, model

random = np.random.default_rng(3)
HEADS, SIZE = 4, 8
WIDTH = HEADS * SIZE
LOWEST = np.float32(np.finfo(np.float32).min)

# Float32 sums of 32 terms below 10 in another order.
TOLERANCE = {"rtol": 1e-4, "atol": 2e-5}


def floats(*shape):
    return random.standard_normal(shape).astype("f4")


def weights(**shapes):
    return {name: floats(*shape) / np.sqrt(np.float32(shape[0])) for name, shape in shapes.items()}


def ints(**values):
    return {name: np.array(value, np.int64) for name, value in values.items()}


def project(name, source="x"):
    """x W as [B, H, S, D]."""
    return [("MatMul", f"{source} w{name}", f"{name}0"), ("Reshape", f"{name}0 split", f"{name}1"),
            ("Transpose", f"{name}1", name, {"perm": [0, 2, 1, 3]})]


def finish(source):
    return [("Transpose", source, "joined0", {"perm": [0, 2, 1, 3]}), ("Reshape", "joined0 join", "y")]


QKV = project("q") + project("k") + project("v")
SHAPES = ints(split=[0, 0, HEADS, SIZE], join=[0, 0, WIDTH])


class Exporters(KernelTest):
    def expect(self, proto, feeds, *found):
        """These chains are found, and the model computes what onnxruntime does."""
        path = self.save(proto)
        result = quantc("compile", path, "--stop-after=recompose", "--report-recompose=misses")
        for text in found:
            self.assertIn(text, result.stderr)
        self.check(proto, feeds, **TOLERANCE)

    def feeds(self, *shapes, **more):
        return [{"x": floats(b, s, WIDTH)} | {name: make(b, s) for name, make in more.items()} for b, s in shapes]

    def test_boolean_mask(self):
        """scaled_dot_product_attention: the root of the scale on both sides, a boolean mask."""
        nodes = QKV + [
            ("Mul", "q root", "qs"), ("Transpose", "k", "kt", {"perm": [0, 1, 3, 2]}), ("Mul", "kt root", "ks"),
            ("MatMul", "qs ks", "scores"), ("Unsqueeze", "seen axes", "seen4"), ("Where", "seen4 zero low", "mask"),
            ("Add", "scores mask", "masked"), ("Softmax", "masked", "p", {"axis": -1}), ("MatMul", "p v", "o"),
        ] + finish("o")
        constants = SHAPES | ints(axes=[1, 2]) | weights(wq=(WIDTH,) * 2, wk=(WIDTH,) * 2, wv=(WIDTH,) * 2)
        constants |= {"root": np.float32(SIZE**-0.25), "zero": np.float32(0), "low": np.float32(-np.inf)}
        proto = model(nodes, {"x": ("f4", ["b", "s", WIDTH]), "seen": ("?", ["b", "s"])}, ["y"], constants)

        def seen(b, s):
            return np.arange(s)[None] < random.integers(1, s + 1, (b, 1))

        self.expect(proto, self.feeds((1, 1), (3, 19), seen=seen), "found attention, masked")

    def test_capped_window(self):
        """Gemma 2: scores under a soft cap, a window in the causal mask."""
        nodes = QKV + [
            ("Transpose", "k", "kt", {"perm": [0, 1, 3, 2]}), ("MatMul", "q kt", "scores"), ("Mul", "scores root", "scaled"),
            ("Div", "scaled cap", "small"), ("Tanh", "small", "tanh"), ("Mul", "tanh cap", "capped"),
            ("Shape", "x", "sizes"), ("Gather", "sizes one", "s"), ("Range", "zero s one", "key"), ("Unsqueeze", "key last", "query"),
            ("Sub", "query key", "distance"), ("Less", "distance window", "near"), ("GreaterOrEqual", "distance zero", "before"),
            ("And", "near before", "seen"), ("Where", "seen none low", "mask"), ("Add", "capped mask", "masked"),
            ("Softmax", "masked", "p", {"axis": -1}), ("MatMul", "p v", "o"),
        ] + finish("o")
        constants = SHAPES | ints(zero=0, one=1, window=6, last=[1]) | weights(wq=(WIDTH,) * 2, wk=(WIDTH,) * 2, wv=(WIDTH,) * 2)
        constants |= {"root": np.float32(SIZE**-0.5), "cap": np.float32(2), "none": np.float32(0), "low": LOWEST}
        proto = model(nodes, {"x": ("f4", ["b", "s", WIDTH])}, ["y"], constants)
        self.expect(proto, self.feeds((1, 1), (2, 33)), "found attention, causal, windowed, capped")

    def test_band(self):
        """ModernBERT: keys near enough on both sides, and Swin's scale of each head."""
        nodes = QKV + [
            ("Transpose", "k", "kt", {"perm": [0, 1, 3, 2]}), ("MatMul", "q kt", "scores"), ("Mul", "scores factor", "scaled"),
            ("Shape", "x", "sizes"), ("Gather", "sizes one", "s"), ("Range", "zero s one", "key"), ("Unsqueeze", "key last", "query"),
            ("Sub", "query key", "distance"), ("Abs", "distance", "far"), ("LessOrEqual", "far window", "near"),
            ("Where", "near none low", "mask"), ("Add", "scaled mask", "masked"),
            ("Softmax", "masked", "p", {"axis": -1}), ("MatMul", "p v", "o"),
        ] + finish("o")
        constants = SHAPES | ints(zero=0, one=1, window=6, last=[1]) | weights(wq=(WIDTH,) * 2, wk=(WIDTH,) * 2, wv=(WIDTH,) * 2)
        constants |= {"factor": np.abs(floats(HEADS, 1, 1)), "none": np.float32(0), "low": np.float32(-np.inf)}
        proto = model(nodes, {"x": ("f4", ["b", "s", WIDTH])}, ["y"], constants)
        self.expect(proto, self.feeds((1, 1), (2, 33), (1, 300)), "found attention, windowed")

    def test_one_head_of_keys(self):
        """Falcon: one head of keys and values, which the products broadcast."""
        nodes = project("q") + [
            ("MatMul", "x wk", "k0"), ("Unsqueeze", "k0 axis", "k"), ("MatMul", "x wv", "v0"), ("Unsqueeze", "v0 axis", "v"),
            ("Transpose", "k", "kt", {"perm": [0, 1, 3, 2]}), ("MatMul", "q kt", "scores"), ("Mul", "scores root", "scaled"),
            ("Softmax", "scaled", "p", {"axis": -1}), ("MatMul", "p v", "o"),
        ] + finish("o")
        constants = SHAPES | ints(axis=[1]) | weights(wq=(WIDTH,) * 2, wk=(WIDTH, SIZE), wv=(WIDTH, SIZE))
        constants |= {"root": np.float32(SIZE**-0.5)}
        proto = model(nodes, {"x": ("f4", ["b", "s", WIDTH])}, ["y"], constants)
        self.expect(proto, self.feeds((1, 1), (3, 19)), "found attention, grouped heads")

    def test_buffer(self):
        """GPT-2: one product split in three, a triangle cut from a buffer, scores divided and replaced."""
        nodes = [("MatMul", "x w", "qkv0"), ("Add", "qkv0 b", "qkv"), ("Split", "qkv thirds", "q0 k0 v0", {"axis": 2})]
        for name in "qkv":
            nodes += [("Reshape", f"{name}0 split", f"{name}1"), ("Transpose", f"{name}1", name, {"perm": [0, 2, 1, 3]})]
        nodes += [
            ("Transpose", "k", "kt", {"perm": [0, 1, 3, 2]}), ("MatMul", "q kt", "s0"), ("Div", "s0 root", "scores"),
            ("Shape", "k", "ks"), ("Gather", "ks two", "t"), ("Shape", "q", "qs"), ("Gather", "qs two", "s"),
            ("Sub", "t s", "first"), ("Unsqueeze", "first zero", "first1"), ("Unsqueeze", "t zero", "t1"),
            ("Slice", "triangle first1 t1 two1", "rows"), ("Slice", "rows zero t1 three1", "seen"),
            ("Where", "seen scores low", "masked"), ("Softmax", "masked", "p", {"axis": 3}), ("MatMul", "p v", "o"),
        ] + finish("o")
        constants = SHAPES | ints(two=2, zero=[0], two1=[2], three1=[3], thirds=[WIDTH] * 3) | weights(w=(WIDTH, 3 * WIDTH), b=(3 * WIDTH,))
        constants |= {"triangle": np.tril(np.ones((1, 1, 128, 128), bool)), "low": LOWEST, "root": np.float32(SIZE**0.5)}
        proto = model(nodes, {"x": ("f4", ["b", "s", WIDTH])}, ["y"], constants)
        self.expect(proto, self.feeds((1, 1), (2, 33), (1, 64)), "found attention, causal")

    def test_merged_heads(self):
        """CLIP, BART: batch and heads as one dim, queries scaled before."""
        nodes = [("Shape", "x", "sizes"), ("Gather", "sizes one", "s"), ("Unsqueeze", "s zero", "s1"), ("Gather", "sizes zero0", "b0"),
                 ("Mul", "b0 heads", "n"), ("Unsqueeze", "n zero", "n1"), ("Unsqueeze", "b0 zero", "b1"),
                 ("Concat", "n1 minus size", "nsd", {"axis": 0}), ("Concat", "b1 heads1 s1 size", "bhsd", {"axis": 0})]
        for name in "qkv":
            nodes += [("MatMul", f"x w{name}", f"{name}0"), ("Mul" if name == "q" else "Identity", "q0 scale" if name == "q" else f"{name}0", f"{name}s"),
                      ("Reshape", f"{name}s split", f"{name}1"), ("Transpose", f"{name}1", f"{name}2", {"perm": [0, 2, 1, 3]}),
                      ("Reshape", f"{name}2 nsd", name)]
        nodes += [("Transpose", "k", "kt", {"perm": [0, 2, 1]}), ("MatMul", "q kt", "scores"), ("Softmax", "scores", "p", {"axis": -1}),
                  ("MatMul", "p v", "o0"), ("Reshape", "o0 bhsd", "o")] + finish("o")
        constants = SHAPES | ints(one=1, zero=[0], zero0=0, heads=HEADS, heads1=[HEADS], minus=[-1], size=[SIZE])
        constants |= weights(wq=(WIDTH,) * 2, wk=(WIDTH,) * 2, wv=(WIDTH,) * 2) | {"scale": np.float32(SIZE**-0.5)}
        proto = model(nodes, {"x": ("f4", ["b", "s", WIDTH])}, ["y"], constants)
        self.expect(proto, self.feeds((1, 1), (3, 17)), "found attention")

    def test_llama_with_a_past(self):
        """Two key heads for four, angles from a table, zeros for the past in front of a triangle, padding of named length."""
        def rotate(name):
            return [("Slice", f"{name} zero middle last one1", f"{name}a"), ("Slice", f"{name} middle far last one1", f"{name}b"),
                    ("Neg", f"{name}b", f"{name}n"), ("Concat", f"{name}n {name}a", f"{name}t", {"axis": -1}),
                    ("Mul", f"{name} cos", f"{name}c"), ("Mul", f"{name}t sin", f"{name}s"), ("Add", f"{name}c {name}s", f"{name}r")]

        def repeat(name):
            return [("Unsqueeze", f"{name} two1", f"{name}5"), ("Expand", f"{name}5 pairs", f"{name}x"), ("Reshape", f"{name}x heads", f"{name}h")]

        nodes = [("Shape", "x", "xs"), ("Gather", "xs zero0", "b"), ("Gather", "xs one", "s"), ("Unsqueeze", "s zero", "s1"), ("Unsqueeze", "b zero", "b1"),
                 ("Shape", "pk", "ps"), ("Gather", "ps two", "p"), ("Unsqueeze", "p zero", "p1"), ("Add", "p s", "t"), ("Unsqueeze", "t zero", "t1"),
                 ("Range", "p t one", "ids"), ("Gather", "cosines ids", "cos0"), ("Gather", "sines ids", "sin0"),
                 ("Unsqueeze", "cos0 axes01", "cos"), ("Unsqueeze", "sin0 axes01", "sin")]
        for name, heads in (("q", "split"), ("k", "fewer"), ("v", "fewer")):
            nodes += [("MatMul", f"x w{name}", f"{name}0"), ("Reshape", f"{name}0 {heads}", f"{name}1"), ("Transpose", f"{name}1", name, {"perm": [0, 2, 1, 3]})]
        nodes += rotate("q") + rotate("k") + [("Concat", "pk kr", "present_k", {"axis": 2}), ("Concat", "pv v", "present_v", {"axis": 2}),
                 ("Concat", "b1 two1 two1 t1 size", "pairs", {"axis": 0}), ("Concat", "b1 four t1 size", "heads", {"axis": 0})]
        nodes += repeat("present_k") + repeat("present_v") + [
            ("Range", "zero0 s one", "columns"), ("Add", "columns one", "after"), ("Reshape", "after column", "rows"), ("Less", "columns rows", "seen"),
            ("Concat", "s1 s1", "square", {"axis": 0}), ("Expand", "low square", "hidden"), ("Where", "seen nought hidden", "triangle"),
            ("Concat", "s1 p1", "past", {"axis": 0}), ("Expand", "nought past", "zeros"), ("Concat", "zeros triangle", "causal0", {"axis": -1}),
            ("Unsqueeze", "causal0 axes01", "causal1"), ("Concat", "b1 one1 s1 t1", "full", {"axis": 0}), ("Expand", "causal1 full", "causal"),
            ("Cast", "m", "mf", {"to": 1}), ("Unsqueeze", "mf axes12", "m4"), ("Sub", "unit m4", "inverted"), ("Cast", "inverted", "dark", {"to": 9}),
            ("Where", "dark low inverted", "padding"), ("Add", "padding causal", "mask"),
            ("Transpose", "present_kh", "keys", {"perm": [0, 1, 3, 2]}), ("MatMul", "qr keys", "s0"), ("Div", "s0 root", "scores"), ("Add", "scores mask", "masked"),
            ("Softmax", "masked", "w", {"axis": -1}), ("MatMul", "w present_vh", "o"),
        ] + finish("o")
        angles = np.concatenate([np.outer(np.arange(40), 0.1 ** np.arange(4))] * 2, -1).astype("f4")
        constants = SHAPES | ints(zero=[0], zero0=0, one=1, one1=[1], two=2, two1=[2], middle=[4], far=[2**63 - 1], last=[3], axes01=[0, 1], axes12=[1, 2],
                                  four=[4], size=[SIZE], column=[-1, 1], fewer=[0, 0, 2, SIZE])
        constants |= weights(wq=(WIDTH,) * 2, wk=(WIDTH, WIDTH // 2), wv=(WIDTH, WIDTH // 2))
        constants |= {"cosines": np.cos(angles), "sines": np.sin(angles), "low": LOWEST, "nought": np.float32(0), "unit": np.float32(1), "root": np.float32(SIZE**0.5)}
        past = ("f4", ["b", 2, "p", SIZE])
        proto = model(nodes, {"x": ("f4", ["b", "s", WIDTH]), "m": ("i8", ["b", "p + s"]), "pk": past, "pv": past}, ["y", "present_k", "present_v"], constants)

        def feed(b, s, p):
            mask = np.ones((b, p + s), np.int64)
            return {"x": floats(b, s, WIDTH), "m": mask, "pk": floats(b, 2, p, SIZE), "pv": floats(b, 2, p, SIZE)}

        feeds = [feed(1, 5, 0), feed(2, 1, 17), feed(3, 4, 9)]
        feeds[1]["m"][1, :6] = 0
        self.expect(proto, feeds, "found attention, causal, masked, grouped heads", "found rotary embedding")
        self.fails_at_run_time(proto, feed(1, 5, 36), "an index lies outside its dimension in ", "--recipe=f32")
        self.fails_at_run_time(proto, feeds[2] | {"m": np.ones((3, 9), np.int64)}, "the sizes of the operands do not fit together", "--recipe=f32")

    def test_relative_bias(self):
        """T5: no scale, a bias of heads and positions from a table, added to a mask whose dims have names of their own."""
        nodes = QKV + [
            ("Shape", "x", "sizes"), ("Gather", "sizes one", "s"), ("Range", "zero s one", "positions"),
            ("Unsqueeze", "positions axis0", "columns"), ("Unsqueeze", "positions axis1", "rows"), ("Sub", "columns rows", "distance"),
            ("Abs", "distance", "near0"), ("Min", "near0 last", "near"), ("Gather", "table near", "bias0"),
            ("Transpose", "bias0", "bias1", {"perm": [2, 0, 1]}), ("Unsqueeze", "bias1 axis0", "bias"),
            ("Cast", "m", "mf", {"to": 1}), ("Sub", "unit mf", "hidden"), ("Mul", "hidden low", "pad0"), ("Unsqueeze", "pad0 axes", "pad"),
            ("Add", "bias pad", "mask"), ("Transpose", "k", "kt", {"perm": [0, 1, 3, 2]}), ("MatMul", "q kt", "scores"),
            ("Add", "scores mask", "masked"), ("Softmax", "masked", "p", {"axis": -1}), ("MatMul", "p v", "o"),
        ] + finish("o")
        constants = SHAPES | ints(one=1, zero=0, axis0=[0], axis1=[1], axes=[1, 2], last=9)
        constants |= weights(wq=(WIDTH,) * 2, wk=(WIDTH,) * 2, wv=(WIDTH,) * 2, table=(10, HEADS)) | {"unit": np.float32(1), "low": LOWEST}
        proto = model(nodes, {"x": ("f4", ["b", "s", WIDTH]), "m": ("i4", ["n", "t"])}, ["y"], constants)
        feeds = self.feeds((1, 1), (2, 18), m=lambda b, s: (np.arange(s)[None] < [[s]] * b).astype("i4"))
        # One row may be for all.
        self.expect(proto, [*feeds, {"x": floats(2, 5, WIDTH), "m": np.array([[1, 1, 0, 1, 0]], "i4")}], "found attention, masked")
        self.fails_at_run_time(proto, {"x": floats(2, 5, WIDTH), "m": np.ones((3, 5), "i4")}, "the sizes of the operands do not fit together")
        self.fails_at_run_time(proto, {"x": floats(2, 5, WIDTH), "m": np.ones((2, 1), "i4")}, "the model takes [n, t]: 't' is 1 there, but has to equal 's' of input 'x', which is 5")

    def test_mask_with_other_names(self):
        """Batch and queries of a mask under names of their own may be 1 or what the scores have."""
        nodes = QKV + [("Unsqueeze", "m axis", "m4"), ("Transpose", "k", "kt", {"perm": [0, 1, 3, 2]}), ("MatMul", "q kt", "scores0"),
                       ("Mul", "scores0 root", "scores"), ("Add", "scores m4", "masked"), ("Softmax", "masked", "p", {"axis": -1}),
                       ("MatMul", "p v", "o")] + finish("o")  # fmt: skip
        constants = SHAPES | ints(axis=[1]) | weights(wq=(WIDTH,) * 2, wk=(WIDTH,) * 2, wv=(WIDTH,) * 2) | {"root": np.float32(SIZE**-0.5)}
        proto = model(nodes, {"x": ("f4", ["b", "s", WIDTH]), "m": ("f4", ["n", "queries", "keys"])}, ["y"], constants)
        masks = [np.where(floats(*shape) > 0.5, -np.inf, 0).astype("f4") for shape in ((2, 9, 9), (1, 9, 9), (2, 1, 9), (1, 1, 9))]
        feeds = [{"x": floats(2, 9, WIDTH), "m": mask} for mask in masks]
        self.expect(proto, feeds, "found attention, masked")
        for recipe in ("--integer-only", "--recipe=w8a8"):
            means = self.mean(proto, feeds, recipe)
            self.compare(proto, feeds, means, 1e-5, 0 if recipe == "--integer-only" else 4 / 127, recipe)
        self.fails_at_run_time(proto, feeds[0] | {"m": masks[0][:, :4]}, "the sizes of the operands do not fit together")

    def test_guarded_softmax(self):
        """PyTorch 2.6 on: a mask picked by indices that count, keys transposed as matrices, NaN of a row replaced by zeros."""
        nodes = QKV + [
            ("Cast", "m", "seen", {"to": 9}), ("Shape", "x", "sizes"), ("Gather", "sizes zero0", "b"), ("Gather", "sizes one", "s"),
            ("Range", "zero0 b one", "rb"), ("Range", "zero0 s one", "rs"), ("Unsqueeze", "rb axes123", "b4"), ("Unsqueeze", "rs axes012", "s4"),
            ("Max", "b4 s4", "both"), ("Shape", "both", "grid"), ("Expand", "b4 grid", "bx"), ("Expand", "s4 grid", "sx"),
            ("Unsqueeze", "bx last", "b5"), ("Unsqueeze", "sx last", "s5"), ("Concat", "b5 s5", "index", {"axis": -1}), ("GatherND", "seen index", "picked"),
            ("Unsqueeze", "rs axes013", "rows"), ("LessOrEqual", "s4 rows", "before"), ("And", "picked before", "allowed"), ("Where", "allowed nought low", "mask"),
            ("Shape", "k", "ks"), ("Slice", "ks two front", "end"), ("Slice", "ks front far", "size"), ("Slice", "ks start two", "lead"),
            ("Concat", "last end size", "flat", {"axis": 0}), ("Reshape", "k flat", "k3"), ("Transpose", "k3", "t3", {"perm": [0, 2, 1]}),
            ("Concat", "lead size end", "back", {"axis": 0}), ("Reshape", "t3 back", "kt"), ("Mul", "q root", "qs"), ("Mul", "kt root", "kts"),
            ("MatMul", "qs kts", "scores"), ("Add", "scores mask", "masked"), ("Softmax", "masked", "p0", {"axis": -1}), ("IsNaN", "p0", "isnan"),
            ("Where", "isnan nought p0", "p"), ("MatMul", "p v", "o"),
        ] + finish("o")
        constants = SHAPES | ints(zero0=0, one=1, axes123=[1, 2, 3], axes012=[0, 1, 2], axes013=[0, 1, 3], last=[-1], two=[-2], front=[-1], far=[2**63 - 1],
                                  start=[-2**63])
        constants |= weights(wq=(WIDTH,) * 2, wk=(WIDTH,) * 2, wv=(WIDTH,) * 2)
        constants |= {"root": np.float32(SIZE**-0.25), "nought": np.float32(0), "low": np.float32(-np.inf)}
        proto = model(nodes, {"x": ("f4", ["b", "s", WIDTH]), "m": ("i8", ["b", "s"])}, ["y"], constants)
        # Rows of the padding in front have no key and give zeros.
        self.expect(proto, self.feeds((1, 1), (3, 19), m=lambda b, s: (np.arange(s)[None] >= np.arange(b)[:, None] * (s // 4)).astype("i8")),
                    "found attention, causal, masked")

    def test_einsum(self):
        """Keras: heads by products over two dims, scores and sums by letters."""
        nodes = [("Einsum", "x wq", "q", {"equation": "abc,cde->abde"}), ("Einsum", "x wk", "k", {"equation": "abc,cde->abde"}),
                 ("Einsum", "x wv", "v", {"equation": "abc,cde->abde"}), ("Mul", "q root", "qs"), ("Einsum", "k qs", "scores", {"equation": "aecd,abcd->acbe"}),
                 ("Softmax", "scores", "p", {"axis": -1}), ("Einsum", "p v", "o", {"equation": "acbe,aecd->abcd"}),
                 ("Einsum", "o wo", "y", {"equation": "abcd,cde->abe"}), ("Einsum", "x x", "z", {"equation": "...ij,...ij->..."}), ("Einsum", "x w1", "outer", {"equation": "bsd,e->be"})]
        split = (WIDTH, HEADS, SIZE)
        constants = weights(wq=split, wk=split, wv=split, wo=(HEADS, SIZE, WIDTH), w1=(5,)) | {"root": np.float32(SIZE**-0.5)}
        proto = model(nodes, {"x": ("f4", ["b", "s", WIDTH])}, ["y", "z", "outer"], constants)
        self.check(proto, self.feeds((1, 1), (3, 17)), **TOLERANCE)

    def test_total_length(self):
        """The length of a mask over past and new keys under a name of its own; a product of two triangles, and padding where it is zero."""
        nodes = QKV + [
            ("Concat", "pk k", "keys", {"axis": 2}), ("Concat", "pv v", "values", {"axis": 2}), ("Shape", "m", "ms"), ("Gather", "ms one", "t"),
            ("Shape", "x", "xs"), ("Gather", "xs one", "s"), ("Shape", "pk", "ps"), ("Gather", "ps two", "p"), ("Unsqueeze", "s zero", "s1"),
            ("Unsqueeze", "t zero", "t1"), ("Concat", "s1 t1", "st", {"axis": 0}), ("Expand", "low st", "full"), ("Trilu", "full one", "upper", {"upper": 1}),
            ("Range", "zero0 t one", "columns"), ("Add", "p s", "end"), ("Range", "p end one", "at0"), ("Reshape", "at0 column", "at"),
            ("Greater", "columns at", "later"), ("Cast", "later", "factor", {"to": 1}), ("Mul", "upper factor", "causal2"), ("Unsqueeze", "causal2 axes01", "causal"),
            ("Slice", "causal zero t1 three", "front"), ("Cast", "m", "mf", {"to": 1}), ("Unsqueeze", "mf axes12", "m4"), ("Add", "front m4", "sum"),
            ("Equal", "sum nought", "hidden"), ("Where", "hidden low front", "mask"), ("Transpose", "keys", "kt", {"perm": [0, 1, 3, 2]}), ("MatMul", "q kt", "scores"),
            ("Mul", "scores root", "scaled"), ("Add", "scaled mask", "masked"), ("Softmax", "masked", "w", {"axis": -1}), ("MatMul", "w values", "o"),
        ] + finish("o")
        constants = SHAPES | ints(one=1, two=2, zero=[0], zero0=0, column=[-1, 1], axes01=[0, 1], axes12=[1, 2], three=[3])
        constants |= weights(wq=(WIDTH,) * 2, wk=(WIDTH,) * 2, wv=(WIDTH,) * 2)
        constants |= {"low": LOWEST, "nought": np.float32(0), "root": np.float32(SIZE**-0.5)}
        past = ("f4", ["b", HEADS, "past", SIZE])
        proto = model(nodes, {"x": ("f4", ["b", "s", WIDTH]), "m": ("i8", ["b", "total"]), "pk": past, "pv": past}, ["y"], constants)

        def feed(b, s, p, t):
            return {"x": floats(b, s, WIDTH), "m": np.ones((b, t), np.int64), "pk": floats(b, HEADS, p, SIZE), "pv": floats(b, HEADS, p, SIZE)}

        feeds = [feed(1, 5, 0, 5), feed(2, 1, 7, 8), feed(2, 4, 3, 7)]
        feeds[2]["m"][1, 1] = 0
        self.expect(proto, feeds, "found attention")
        self.fails_at_run_time(proto, feed(1, 2, 3, 4), "the sizes of the operands do not fit together", "--recipe=f32")

    def test_inputs(self):
        """Tokens and lengths beyond tables, masks of another length, no tokens at all, rows without keys."""
        nodes = [
            ("Shape", "ids", "sizes"), ("Gather", "sizes one", "s"), ("Range", "zero s one", "at"), ("Gather", "table ids", "words"),
            ("Gather", "places at", "where"), ("Add", "words where", "x"),
        ] + QKV + [
            ("Unsqueeze", "mask axes", "m4"), ("Cast", "m4", "mf", {"to": 1}), ("Sub", "unit mf", "hidden"), ("Mul", "hidden low", "bias"),
            ("Transpose", "k", "kt", {"perm": [0, 1, 3, 2]}), ("MatMul", "q kt", "scores"), ("Add", "scores bias", "masked"),
            ("Softmax", "masked", "p", {"axis": -1}), ("MatMul", "p v", "o"),
        ] + finish("o")
        constants = SHAPES | ints(zero=0, one=1, axes=[1, 2]) | weights(wq=(WIDTH,) * 2, wk=(WIDTH,) * 2, wv=(WIDTH,) * 2)
        constants |= {"table": floats(50, WIDTH), "places": floats(12, WIDTH), "unit": np.float32(1), "low": LOWEST}
        proto = model(nodes, {"ids": ("i8", ["b", "s"]), "mask": ("i8", ["b", "s"])}, ["y"], constants)

        def feed(ids, mask=None):
            ids = np.array(ids, np.int64)
            return {"ids": ids, "mask": np.ones_like(ids) if mask is None else np.array(mask, np.int64)}

        self.expect(proto, [feed([[1, 49, -50], [3, 4, 5]], [[1, 1, 0], [1, 0, 0]]), feed([list(range(12))]), feed(np.zeros((2, 0)))],
                    "found attention, masked")
        # The mean of all values where the mask hides every key, as in ONNX.
        self.check(proto, [feed([[7, 8, 9]], [[0, 0, 0]])], **TOLERANCE)
        for wrong, message in (
            (feed([[1, 50]]), "an index lies outside its dimension"),
            (feed([[1, -51]]), "an index lies outside its dimension"),
            (feed([[1] * 13]), "an index lies outside its dimension"),
            (feed([[1, 2]], [[1, 1, 1]]), "'s' is 3 there and 2 in input 'ids'"),
            (feed([[1, 2]], [[1, 1]] * 2), "'b' is 2 there and 1 in input 'ids'"),
        ):
            with self.subTest(message):
                self.fails_at_run_time(proto, wrong, message, "--recipe=f32")

    def test_half_precision(self):
        """Weights, an input and an output in half precision, int32 and boolean inputs, several outputs."""
        nodes = [("Cast", "h", "h32", {"to": 1}), ("Cast", "table16", "table", {"to": 1}), ("Gather", "table ids", "e"),
                 ("Add", "e h32", "sum"), ("Unsqueeze", "keep axis", "keep1"), ("Where", "keep1 sum nought", "kept"),
                 ("Cast", "kept", "y16", {"to": 10}), ("ReduceMean", "kept axis", "mean", {"keepdims": 1}), ("Not", "keep", "dropped")]
        constants = ints(axis=[2]) | {"table16": floats(50, WIDTH).astype("f2"), "nought": np.float32(0)}
        proto = model(nodes, {"h": ("f2", ["b", "s", WIDTH]), "ids": ("i4", ["b", "s"]), "keep": ("?", ["b", "s"])},
                      ["y16", "mean", "dropped"], constants)
        feeds = [{"h": floats(b, s, WIDTH).astype("f2"), "ids": random.integers(0, 50, (b, s)).astype("i4"),
                  "keep": random.random((b, s)) < 0.5} for b, s in ((1, 1), (2, 7))]
        self.check(proto, feeds, rtol=1e-3, atol=1e-3)  # half precision rounds to 5e-4


if __name__ == "__main__":
    unittest.main()
