"""Ops that move elements, compiled, against onnxruntime."""

import itertools
import unittest

import numpy as np

from kernels import KernelTest, model

random = np.random.default_rng(7)


def numbers(dtype, *shape):
    if dtype == "?":
        return random.random(shape) < 0.5
    return random.integers(-99, 99, shape).astype(dtype)


class Movement(KernelTest):
    def test_transpose(self):
        for dtype in ("f4", "i8", "?"):
            perms = list(itertools.permutations(range(3)))
            nodes = [("Transpose", "x", f"y{i}", {"perm": perm}) for i, perm in enumerate(perms)]
            proto = model(nodes, {"x": (dtype, ["n", 5, "k"])}, [node[2] for node in nodes])
            with self.subTest(dtype):
                self.check(proto, [{"x": numbers(dtype, n, 5, k)} for n, k in ((1, 1), (2, 33), (0, 3))])

    def test_transpose_of_rank_4(self):
        perms = [(0, 2, 1, 3), (0, 2, 3, 1), (3, 2, 1, 0), (1, 0, 3, 2)]
        nodes = [("Transpose", "x", f"y{i}", {"perm": perm}) for i, perm in enumerate(perms)]
        proto = model(nodes, {"x": ("f4", ["n", "s", 3, 16])}, [node[2] for node in nodes])
        self.check(proto, [{"x": numbers("f4", n, s, 3, 16)} for n, s in ((1, 1), (2, 17))])

    def test_transpose_of_short_runs(self):
        """Up to 8 elements that stay together, as those of images that are put together from several."""
        for dtype in ("f4", "i4"):
            nodes, inputs = [], {}
            for run in (1, 2, 3, 4, 8):
                for few in (1, 2, 3, 8, 9):
                    name = f"x{run}_{few}"
                    inputs[name] = (dtype, ["n", "s", few, run, 1])
                    inputs[f"r{name}"] = (dtype, ["n", few, "s", run])
                    nodes.append(("Transpose", name, f"y{name}", {"perm": (0, 2, 1, 3, 4)}))
                    nodes.append(("Transpose", f"r{name}", f"z{name}", {"perm": (0, 2, 1, 3)}))
            proto = model(nodes, inputs, [node[2] for node in nodes])
            feeds = [
                {name: numbers(dtype, *({"n": n, "s": s}.get(d, d) for d in dims)) for name, (_, dims) in inputs.items()}
                for n, s in ((1, 1), (2, 16), (3, 21), (1, 0))
            ]
            with self.subTest(dtype):
                self.check(proto, feeds)

    def test_slice(self):
        cases = {
            "a": ([1], [3], [1], [1]),
            "b": ([-1], [-6], [1], [-2]),
            "c": ([2], [2**31], [1], [3]),
            "d": ([1], [5], [1], [2]),
            "e": ([4], [1], [1], [1]),
        }
        nodes, constants = [], {}
        for name, parts in cases.items():
            keys = [f"{name}{i}" for i in range(4)]
            constants |= {key: np.array(part, "i8") for key, part in zip(keys, parts)}
            nodes.append(("Slice", " ".join(["x", *keys]), name))
        proto = model(nodes, {"x": ("f4", ["n", 6, "k"])}, list(cases), constants)
        self.check(proto, [{"x": numbers("f4", n, 6, k)} for n, k in ((1, 1), (2, 10), (3, 33))])

    def test_slice_of_an_open_dim(self):
        """Constant bounds that are clamped, or not, as the dim turns out; and what reads the results."""
        far = 2**31 - 1
        bounds = [(0, 5), (1, far), (0, -1), (1, -1), (-1, far), (-3, -1), (2, 1), (-4, 3), (-2, 9)]
        cases = [(start, end, step) for start, end in bounds for step in (1, 2, 3)]
        cases += [(-1, -far, -1), (-1, -far, -2), (5, 1, -1), (-2, -5, -1), (3, -4, -2), (9, 0, -3)]
        nodes, constants = [], {"axis": np.array([0], "i8")}
        for i, case in enumerate(cases):
            parts = zip((f"s{i}", f"e{i}", f"t{i}"), case)
            constants |= {key: np.array([value], "i8") for key, value in parts}
            nodes.append(("Slice", f"x s{i} e{i} axis t{i}", f"y{i}"))
        outputs = [node[2] for node in nodes]
        following, leading = (f"y{cases.index(case)}" for case in ((1, far, 1), (0, -1, 1)))
        nodes += [("Sub", f"{following} {leading}", "differences"), ("Concat", "y0 y4", "joined", {"axis": 0})]
        proto = model(nodes, {"x": ("f4", ["n", "k"])}, outputs + ["differences", "joined"], constants)
        self.check(proto, [{"x": numbers("f4", n, 3)} for n in (1, 2, 3, 4, 5, 6, 7, 11)])

    def test_concat(self):
        nodes = [("Concat", "x y x", "a", {"axis": 0}), ("Concat", "x z", "b", {"axis": 1})]
        nodes += [("Concat", "x w w", "c", {"axis": -1})]
        inputs = {
            "x": ("f4", ["n", 3, "k"]),
            "y": ("f4", ["m", 3, "k"]),
            "z": ("f4", ["n", 2, "k"]),
            "w": ("f4", ["n", 3, "j"]),
        }
        feeds = []
        for n, m, k, j in ((1, 1, 1, 1), (2, 0, 8, 3), (2, 5, 33, 0)):
            sizes = {"n": n, "m": m, "k": k, "j": j}
            feeds.append({v: numbers("f4", *(sizes.get(d, d) for d in dims)) for v, (_, dims) in inputs.items()})
        self.check(model(nodes, inputs, ["a", "b", "c"]), feeds)

    def test_class_token(self):
        """A constant expanded to the batch in front of the tokens, then positions added."""
        proto = model(
            [
                ("Shape", "x", "n", {"start": 0, "end": 1}),
                ("Concat", "n rest", "shape", {"axis": 0}),
                ("Expand", "token shape", "tokens"),
                ("Concat", "tokens x", "all", {"axis": 1}),
                ("Add", "all positions", "y"),
            ],
            {"x": ("f4", ["n", 8, 12])},
            ["y"],
            {
                "rest": np.array([1, 12], "i8"),
                "token": numbers("f4", 1, 1, 12),
                "positions": numbers("f4", 1, 9, 12),
            },
        )
        self.check(proto, [{"x": numbers("f4", n, 8, 12)} for n in (0, 1, 5)])

    def test_expand_and_reshape(self):
        proto = model(
            [
                ("Expand", "x to", "a"),
                ("Reshape", "x flat", "b"),
                ("Reshape", "x split", "c"),
                ("Flatten", "x", "d", {"axis": 2}),
                ("Unsqueeze", "x axes", "e"),
            ],
            {"x": ("f4", ["n", 1, 12])},
            list("abcde"),
            {
                "to": np.array([1, 4, 12], "i8"),
                "flat": np.array([-1], "i8"),
                "split": np.array([0, 3, 4], "i8"),
                "axes": np.array([0, 3], "i8"),
            },
        )
        self.check(proto, [{"x": numbers("f4", n, 1, 12)} for n in (1, 3)])

    def test_sizes_as_data(self):
        """Sizes that are results of the model, or of what no expression follows, joined with constants."""
        proto = model(
            [
                ("Shape", "x", "sizes"),
                ("Concat", "sizes seven", "a", {"axis": 0}),
                ("Gather", "sizes swap", "b"),
                ("Gather", "other sizes", "c"),
                ("Where", "flags sizes other", "d"),
                ("Unsqueeze", "a axis", "e"),
                ("Cast", "a", "f", {"to": 1}),
                ("Add", "sizes other", "g"),
                ("Tile", "sizes two", "h"),
                ("ReduceProd", "sizes", "product", {"keepdims": 1}),
                ("Concat", "seven product", "i", {"axis": 0}),
                ("Equal", "sizes other", "equal"),
                ("Where", "equal seven sizes", "j"),
            ],
            {"x": ("f4", ["n", "k", 1])},
            list("abcdefghij"),
            {
                "seven": np.array([7], "i8"),
                "swap": np.array([1, 0], "i8"),
                "other": np.array([5, 3, 1], "i8"),
                "flags": np.array([True, False, True]),
                "axis": np.array([0], "i8"),
                "two": np.array([2], "i8"),
            },
        )
        self.check(proto, [{"x": numbers("f4", n, k, 1)} for n, k in ((1, 1), (2, 0), (0, 2))])

    def test_sizes_below_zero(self):
        """Shape arithmetic divides to zero; a remainder has the sign of the divisor."""
        proto = model(
            [
                ("Shape", "x", "n"),
                ("Sub", "n five", "less"),
                ("Div", "less two", "half"),
                ("Add", "half three", "c"),
                ("Expand", "one c", "y"),
                ("Mod", "less three", "rest"),
                ("Expand", "one rest", "z"),
                ("Add", "z one", "w"),
            ],
            {"x": ("f4", ["n"])},
            ["y", "z", "w"],
            {name: np.array([value], "i8") for name, value in (("five", 5), ("two", 2), ("three", 3))}
            | {"one": np.array([1], "f4")},
        )
        self.check(proto, [{"x": numbers("f4", n)} for n in (0, 1, 2, 3, 4, 5, 6, 9)])

    def test_gather(self):
        table = numbers("f4", 11, 6)
        proto = model(
            [
                ("Gather", "table i", "a", {"axis": 0}),
                ("Gather", "table i", "b", {"axis": 1}),
                ("Gather", "x j", "c", {"axis": 1}),
                ("Gather", "x zero", "d", {"axis": 1}),
            ],
            {"i": ("i8", ["n", "s"]), "j": ("i4", ["s"]), "x": ("f4", ["n", 5, "k"])},
            list("abcd"),
            {"table": table, "zero": np.array(0, "i8")},
        )
        feeds = []
        for n, s, k in ((1, 1, 1), (2, 7, 33)):
            feeds.append(
                {
                    "i": random.integers(-6, 6, (n, s)),
                    "j": random.integers(-5, 5, s).astype("i4"),
                    "x": numbers("f4", n, 5, k),
                }
            )
        self.check(proto, feeds)
        for index, told in ((6, "'b': 6"), (-7, "'b': -7"), (11, "'a': 11"), (2**40, "'a': 4194303 or more"), (-2**40, "'a': -4194303 or less")):
            bad = dict(feeds[0], i=np.array([[index]], "i8"))
            self.fails_at_run_time(proto, bad, f"an index lies outside its dimension in {told}", "--recipe=f32")

    def test_sizes_along_one_axis(self):
        """Shape arithmetic on a matrix of sizes: products and sums of its rows and columns."""
        nodes = [
            ("Shape", "x", "sizes"), ("Slice", "sizes first second", "front"), ("Slice", "sizes second third", "last"),
            ("Concat", "last one", "back", {"axis": 0}), ("Unsqueeze", "front first", "row0"), ("Unsqueeze", "back first", "row1"),
            ("Concat", "row0 row1", "matrix", {"axis": 0}), ("ReduceProd", "matrix one", "products", {"keepdims": 0}),
            ("Reshape", "x products", "y"), ("ReduceSum", "matrix first", "sums", {"keepdims": 0}), ("Expand", "half sums", "z"),
            ("Concat", "matrix matrix", "wide", {"axis": 1}), ("ReduceMax", "wide one", "largest", {"keepdims": 1}),
            ("Squeeze", "largest one", "sides"), ("Expand", "half sides", "w"),
        ]
        constants = {"first": np.array([0]), "second": np.array([2]), "third": np.array([3]), "one": np.array([1]), "half": np.float32(0.5)}
        proto = model(nodes, {"x": ("f4", ["b", "s", 6])}, ["y", "z", "w"], constants)
        self.check(proto, [{"x": numbers("f4", b, s, 6)} for b, s in ((1, 1), (2, 7), (9, 3))])

    def test_split(self):
        nodes = [("Split", "x", "a b c", {"axis": 2, "num_outputs": 3})]
        proto = model(nodes, {"x": ("f4", ["n", 2, 24])}, list("abc"))
        self.check(proto, [{"x": numbers("f4", n, 2, 24)} for n in (1, 3)])


if __name__ == "__main__":
    unittest.main()
