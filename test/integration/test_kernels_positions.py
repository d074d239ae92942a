"""Positions, rotations, triangles and RMSNorm, compiled, against onnxruntime."""

import unittest

import numpy as np

from kernels import KernelTest, model

random = np.random.default_rng(11)


def floats(*shape):
    return random.standard_normal(shape).astype("f4")


def constants(**values):
    return {name: np.array(value, np.int64) for name, value in values.items()}


class Positions(KernelTest):
    def test_trilu(self):
        nodes = [("Trilu", "x", "upper", {"upper": 1}), ("Trilu", "x", "lower", {"upper": 0}),
                 ("Trilu", "x k", "shifted", {"upper": 1})]
        for dtype in ("f4", "i8"):
            proto = model(nodes, {"x": (dtype, ["b", "s", "t"])}, [node[2] for node in nodes],
                          constants=constants(k=-2))
            with self.subTest(dtype):
                self.check(proto, [{"x": random.integers(-9, 9, shape).astype(dtype)}
                                   for shape in ((2, 3, 5), (1, 17, 4), (0, 2, 2), (1, 1, 1))])

    def test_range(self):
        nodes = [("Shape", "x", "sizes"), ("Gather", "sizes zero", "a"), ("Gather", "sizes one", "b"),
                 ("Add", "a b", "end"), ("Range", "zero b one", "y0"), ("Range", "a end one", "y1"),
                 ("Range", "zero end three", "y2")]
        proto = model(nodes, {"x": ("f4", ["n", "k"])}, ["y0", "y1", "y2"],
                      constants=constants(zero=0, one=1, three=3))
        self.check(proto, [{"x": floats(*shape)} for shape in ((2, 5), (0, 1), (4, 0), (7, 70))])

    def test_tile(self):
        proto = model([("Tile", "x r", "y")], {"x": ("f4", ["n", "k"])}, ["y"], constants=constants(r=[2, 3]))
        self.check(proto, [{"x": floats(*shape)} for shape in ((2, 5), (1, 1), (3, 33))])

    def test_extremes_beside_what_is_no_number(self):
        """A position that can be read: the first, or the last one."""
        nodes = [
            ("ArgMax", "x", "first", {"axis": 1, "keepdims": 0}),
            ("ArgMin", "x", "last", {"axis": 1, "keepdims": 0, "select_last_index": 1}),
        ]
        proto = model(nodes, {"x": ("f4", ["n", 3])}, ["first", "last"])
        x = np.array([[1, np.nan, 3], [np.nan] * 3, [2, 5, 5]], "f4")
        expected = {"first": np.array([0, 0, 1]), "last": np.array([2, 2, 0])}
        self.compare(proto, [{"x": x}], [expected], 0, 0, "--recipe=f32")

    def test_running_sums(self):
        nodes = [("CumSum", "x last", "a"), ("CumSum", "x first", "b", {"exclusive": 1}), ("CumSum", "x last", "c", {"reverse": 1}),
                 ("CumSum", "x first", "d", {"reverse": 1, "exclusive": 1})]
        for dtype in ("f4", "i4", "i8"):
            proto = model(nodes, {"x": (dtype, ["b", "s"])}, [node[2] for node in nodes], constants=constants(first=0, last=-1))
            with self.subTest(dtype):  # sums of small whole numbers are exact
                self.check(proto, [{"x": random.integers(-9, 9, shape).astype(dtype)} for shape in ((2, 7), (1, 1), (33, 40), (3, 0))])

    def test_positions_of_what_is_no_padding(self):
        """RoBERTa numbers what is no padding, from its index on."""
        nodes = [("Equal", "ids one", "pad"), ("Not", "pad", "keep"), ("Cast", "keep", "mask", {"to": 6}), ("CumSum", "mask axis", "sums"),
                 ("Mul", "sums mask", "kept"), ("Cast", "kept", "long", {"to": 7}), ("Add", "long one", "positions"),
                 ("Gather", "table positions", "y")]
        proto = model(nodes, {"ids": ("i8", ["b", "s"])}, ["y"], constants=constants(one=1, axis=1) | {"table": floats(30, 16)})
        self.check(proto, [{"ids": random.integers(1, 4, shape)} for shape in ((1, 1), (3, 28))])
        self.fails_at_run_time(proto, {"ids": np.full((1, 29), 5)}, "an index lies outside its dimension in 'y': 30", "--recipe=f32")

    def test_gathered_elements(self):
        nodes = [("GatherElements", "x i", "a", {"axis": -1}), ("GatherElements", "x j", "b", {"axis": 0}), ("GatherND", "x k", "c"),
                 ("GatherND", "x l", "d", {"batch_dims": 1})]
        proto = model(nodes, {"x": ("f4", ["b", "s", 8]), "i": ("i8", ["b", "s", "n"]), "j": ("i4", ["m", "s", 8]), "k": ("i8", ["n", "m", 2]),
                              "l": ("i8", ["b", "n", 2])}, [node[2] for node in nodes])

        def feed(b, s, n, m):
            def pairs(*shape, sizes):
                return np.stack([random.integers(-size, size, shape) for size in sizes], -1)

            return {"x": floats(b, s, 8), "i": random.integers(-8, 8, (b, s, n)), "j": random.integers(-b, b, (m, s, 8)).astype("i4"),
                    "k": pairs(n, m, sizes=(b, s)), "l": pairs(b, n, sizes=(s, 8))}

        self.check(proto, [feed(2, 5, 3, 4), feed(1, 1, 1, 1), feed(3, 17, 0, 9)])
        for name, result, value in (("i", "a", 8), ("i", "a", -9), ("j", "b", 2), ("k", "c", 5), ("l", "d", -9)):
            wrong = feed(2, 5, 3, 4)
            wrong[name][-1, -1, -1] = value
            self.fails_at_run_time(proto, wrong, f"an index lies outside its dimension in '{result}'", "--recipe=f32")

    def test_assigned_slices(self):
        """x[:, 2:7, :4] = v by a grid of indices, and a column of u."""
        nodes = [("Shape", "x", "sizes"), ("Gather", "sizes zero", "b"), ("Shape", "v", "own"), ("Gather", "own one", "n"), ("Range", "zero b one", "r0"),
                 ("Add", "n two", "end"), ("Range", "two end one", "r1"), ("Range", "zero four one", "r2"), ("Unsqueeze", "r0 axes12", "b0"),
                 ("Unsqueeze", "r1 axis1", "b1"), ("Add", "b0 b1", "s0"), ("Add", "s0 r2", "s1"), ("Shape", "s1", "grid"), ("Expand", "b0 grid", "e0"),
                 ("Expand", "b1 grid", "e1"), ("Expand", "r2 grid", "e2"), ("Unsqueeze", "e0 last", "i0"), ("Unsqueeze", "e1 last", "i1"),
                 ("Unsqueeze", "e2 last", "i2"), ("Concat", "i0 i1 i2", "index", {"axis": -1}), ("ScatterND", "x index v", "y"),
                 ("Unsqueeze", "r0 last", "c0"), ("Shape", "c0", "cs"), ("Expand", "one cs", "c1"), ("Concat", "c0 c1", "column", {"axis": -1}),
                 ("ScatterND", "u column w", "z")]
        values = constants(zero=0, one=1, two=2, four=4, axes12=[1, 2], axis1=[1], last=[-1])
        proto = model(nodes, {"x": ("f4", ["b", 9, 6]), "v": ("f4", ["b", 5, 4]), "u": ("f4", ["b", 6]), "w": ("f4", ["b"])}, ["y", "z"], values)
        self.check(proto, [{"x": floats(b, 9, 6), "v": floats(b, 5, 4), "u": floats(b, 6), "w": floats(b)} for b in (1, 3)])

    def test_range_of_large_integers(self):
        constants = {"a": np.array(2**60 + 1), "b": np.array(2**60 + 6), "c": np.array(2)}
        constants |= {"d": np.array(5, "i4"), "e": np.array(-6, "i4"), "f": np.array(-3, "i4")}
        nodes = [("Range", "a b c", "r"), ("Add", "r x", "y"), ("Range", "d e f", "s"), ("Add", "s z", "w")]
        proto = model(nodes, {"x": ("i8", [1]), "z": ("i4", [1])}, ["y", "w"], constants)
        self.check(proto, [{"x": np.array([0]), "z": np.array([0], "i4")}])

    def test_slice_by_sizes(self):
        """What position tables are cut by: bounds that are sizes, checked against the table when the model runs."""
        nodes = [("Shape", "x", "n", {"start": 0, "end": 1}), ("Shape", "x", "k", {"start": 1, "end": 2}),
                 ("Add", "n k", "end"), ("Slice", "table zero k axis", "y0"), ("Slice", "table n end axis", "y1")]
        proto = model(nodes, {"x": ("f4", ["n", "k"])}, ["y0", "y1"],
                      constants=constants(zero=[0], axis=[1]) | {"table": floats(2, 40, 3)})
        self.check(proto, [{"x": floats(*shape)} for shape in ((2, 5), (0, 1), (4, 0), (7, 33))])
        for shape in ((1, 41), (30, 11)):
            self.fails_at_run_time(proto, {"x": floats(*shape)}, "the sizes of the operands do not fit together in 'y")

    def test_opset_23(self):
        """Ops that onnxruntime may not have, against the interpreter, which runs ONNX's own tests."""
        nodes = [("RMSNormalization", "x g", "rms", {"epsilon": 1e-3}),
                 ("RotaryEmbedding", "x c s i", "halves", {"num_heads": 2}),
                 ("RotaryEmbedding", "x c s i", "pairs", {"num_heads": 2, "interleaved": 1}),
                 ("RotaryEmbedding", "x c3 s3 i", "part", {"num_heads": 2, "rotary_embedding_dim": 6})]
        angles = random.random((50, 20))
        caches = {"c": np.cos(angles), "s": np.sin(angles), "c3": np.cos(angles[:, :3]), "s3": np.sin(angles[:, :3])}
        proto = model(nodes, {"x": ("f4", ["b", "t", 80]), "i": ("i8", ["b", "t"])}, [node[2] for node in nodes],
                      constants={"g": floats(80)} | {k: v.astype("f4") for k, v in caches.items()}, opset=23)
        feeds = [{"x": floats(b, t, 80), "i": random.integers(0, 50, (b, t))} for b, t in ((1, 1), (2, 17), (0, 3))]
        expected = [self.interpret(self.save(proto), feed) for feed in feeds]
        self.compare(proto, feeds, expected, 1e-5, 1e-6, "--recipe=f32")
        feeds[1]["i"][1, 4] = 50
        self.fails_at_run_time(proto, feeds[1], "an index lies outside its dimension in ")


if __name__ == "__main__":
    unittest.main()
