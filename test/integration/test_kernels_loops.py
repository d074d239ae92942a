"""Shapes and types that no kernel is made for in particular, compiled, against onnxruntime."""

import unittest

import numpy as np

from kernels import KernelTest, model

random = np.random.default_rng(8)
RECIPES = ("w8a8", "w8a8g32", "w4a8")


def normal(*shape):
    return random.standard_normal(shape).astype("f4")


class Loops(KernelTest):
    def check_all(self, proto, feeds):
        """Floats against onnxruntime, quantised forms against the interpreter: sums of at most 40 products
        of a few units in another order."""
        self.check(proto, feeds, rtol=1e-5, atol=1e-5)
        for recipe in RECIPES:
            with self.subTest(recipe):
                self.check_quantised(proto, feeds, recipe, cpus=("native",))

    def test_neighbours_that_fill_no_vector(self):
        """Along another dimension than the last, of which some fill shorter vectors; sums of five in another order."""
        nodes, inputs = [], {}
        for size in (3, 4, 7, 8, 12, 20, 23, 31, 72, 88):
            x = f"x{size}"
            inputs[x] = ("f4", ["n", "k", size])
            nodes += [("ReduceSum", f"{x} axis", f"s{size}", {"keepdims": 0}), ("ReduceMax", f"{x} axis", f"m{size}"),
                      ("Softmax", x, f"p{size}", {"axis": 1}), ("CumSum", f"{x} one", f"c{size}"),
                      ("Mul", f"{x} half", f"h{size}"), ("ReduceMean", f"h{size} axis", f"a{size}")]  # fmt: skip
        outputs = [node[2] for node in nodes if not node[2].startswith("h")]
        constants = {"axis": np.array([1]), "one": np.array(1), "half": np.float32(0.5)}
        proto = model(nodes, inputs, outputs, constants)
        feeds = [
            {name: random.standard_normal([{"n": n, "k": k}.get(d, d) for d in dims]).astype("f4") for name, (_, dims) in inputs.items()}
            for n, k in ((1, 1), (3, 5), (0, 2))
        ]
        self.check(proto, feeds, rtol=1e-5, atol=1e-5)

    def test_products_over_nothing(self):
        proto = model(
            [("MatMul", "x w", "y"), ("Add", "y b", "z")],
            {"x": ("f4", ["n", "k"]), "w": ("f4", ["k", 5])},
            ["z"],
            {"b": normal(5)},
        )
        self.check_all(proto, [{"x": normal(n, k), "w": normal(k, 5)} for n, k in ((1, 0), (3, 0), (2, 7))])

    def test_products_of_vectors(self):
        products = {"a": "v w", "b": "x u", "c": "v u", "d": "v t", "e": "t u", "f": "x v"}
        proto = model(
            [("MatMul", names, result) for result, names in products.items()],
            {"v": ("f4", [8]), "x": ("f4", ["n", 8]), "t": ("f4", ["n", 8, 8])},
            list(products),
            {"w": normal(8, 5), "u": normal(8)},
        )
        self.check_all(proto, [{"v": normal(8), "x": normal(n, 8), "t": normal(n, 8, 8)} for n in (1, 3)])

    def test_largest_elements(self):
        """Of equal ones the first, along any axis; more than there are is an error."""
        for axis, k, largest in ((-1, 1, 1), (1, 3, 1), (0, 2, 0), (2, 7, 0)):
            nodes = [("TopK", "x k", "v p", {"axis": axis, "largest": largest})]
            proto = model(nodes, {"x": ("f4", ["n", 4, "m"])}, ["v", "p"], {"k": np.array([k], "i8")})
            values = [random.integers(-9, 9, shape).astype("f4") for shape in ((2, 4, 7), (3, 4, 40))]
            with self.subTest(axis=axis, k=k, largest=largest):
                self.check(proto, [{"x": value} for value in values], rtol=0, atol=0)
        self.fails_at_run_time(proto, {"x": normal(2, 4, 6)}, "the sizes of the operands do not fit together")
        # Long lists, and all of a row: as sorts are written.
        for k, largest in ((65, 1), (300, 0), (500, 1)):
            nodes = [("TopK", "x k", "v p", {"largest": largest})]
            proto = model(nodes, {"x": ("f4", ["n", "m"])}, ["v", "p"], {"k": np.array([k], "i8")})
            rows = [random.integers(-40, 40, (3, 500)), np.arange(500)[None], np.arange(500)[None, ::-1], np.zeros((1, 500))]
            with self.subTest(k=k, largest=largest):
                self.check(proto, [{"x": np.ascontiguousarray(row, "f4")} for row in rows], rtol=0, atol=0)
        for kind in ("i8", "u8", "i4", "u4"):
            integers = model([("TopK", "x k", "v p", {"axis": 0, "largest": 0})], {"x": (kind, ["n"])}, ["v", "p"], {"k": np.array([3], "i8")})
            numbers = random.integers(-5, 5, 200).astype(kind)  # unsigned ones are huge
            values = sorted(numbers.tolist())[:3]
            artefact = self.compile(self.save(integers), "integers")
            with self.subTest(kind):
                self.assertEqual(self.run_artefact(artefact, {"x": numbers})["v"].tolist(), values)

    def test_batches_that_broadcast(self):
        proto = model(
            [("MatMul", "x y", "a"), ("MatMul", "x z", "b"), ("MatMul", "z y", "c")],
            {"x": ("f4", ["n", 1, 4, 6]), "y": ("f4", [3, 6, 5]), "z": ("f4", [6, 6])},
            list("abc"),
        )
        self.check_all(proto, [{"x": normal(n, 1, 4, 6), "y": normal(3, 6, 5), "z": normal(6, 6)} for n in (0, 1, 3)])

    def test_batches_and_activations(self):
        """Batch dimensions of both sides, products of two activations, Gemm."""
        proto = model(
            [
                ("MatMul", "a b", "ab"),
                ("MatMul", "a w", "aw"),
                ("Gemm", "g h c", "gh", {"transB": 1, "alpha": 0.5, "beta": 2.0}),
            ],
            {"a": ("f4", ["n", 3, "m", 24]), "b": ("f4", [3, 24, "k"]), "g": ("f4", ["m", 7])},
            ["ab", "aw", "gh"],
            {"w": normal(24, 9), "h": normal(5, 7), "c": normal(5)},
        )
        feeds = []
        for n, m, k in ((1, 1, 1), (2, 5, 17), (3, 4, 16)):
            feeds.append({"a": normal(n, 3, m, 24), "b": normal(3, 24, k), "g": normal(m, 7)})
        self.check_all(proto, feeds)

    def test_weights_at_run_time(self):
        proto = model(
            [("MatMul", "x w", "y"), ("Conv", "i k b", "z", {"pads": [1, 0, 2, 1], "strides": [2, 1], "group": 2})],
            {
                "x": ("f4", ["n", 40]),
                "w": ("f4", [40, 7]),
                "i": ("f4", ["n", 4, 7, 9]),
                "k": ("f4", [6, 2, 3, 2]),
                "b": ("f4", [6]),
            },
            ["y", "z"],
        )
        feeds = []
        for n in (1, 3):
            feeds.append(
                {
                    "x": normal(n, 40),
                    "w": normal(40, 7),
                    "i": normal(n, 4, 7, 9),
                    "k": normal(6, 2, 3, 2),
                    "b": normal(6),
                }
            )
        self.check_all(proto, feeds)

    def test_types_of_the_edges(self):
        for dtype in ("u1", "u2", "u4", "u8", "i1", "i2", "f2", "f8"):
            with self.subTest(dtype):
                proto = model(
                    [("Reshape", "x s", "y"), ("Transpose", "x", "t", {"perm": [1, 0]})],
                    {"x": (dtype, ["n", 6])},
                    ["y", "t"],
                    {"s": np.array([-1, 3])},
                )
                feeds = [{"x": random.integers(0, 99, (n, 6)).astype(dtype)} for n in (0, 1, 4)]
                self.check(proto, feeds, cpus=("native",))

    def test_scalars(self):
        proto = model(
            [
                ("ReduceSum", "x", "sum", {"keepdims": 0}),
                ("Mul", "sum c", "product"),
                ("Neg", "c", "negative"),
                ("Gather", "x i", "row"),
                ("Gather", "row i", "element"),
                ("ReduceMax", "row", "largest", {"keepdims": 0}),
            ],
            {"x": ("f4", ["n", 3]), "c": ("f4", []), "i": ("i8", [])},
            ["sum", "product", "negative", "row", "element", "largest"],
        )
        self.check(proto, [{"x": normal(n, 3), "c": np.array(-1.5, "f4"), "i": np.array(0)} for n in (1, 4)])


if __name__ == "__main__":
    unittest.main()
