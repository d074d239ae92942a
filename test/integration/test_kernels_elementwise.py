"""Elementwise ops of all kinds, types and ways of broadcasting, against onnxruntime."""

import unittest

import numpy as np

from kernels import CPUS, KernelTest, model

random = np.random.default_rng(6)
SHAPES = {"a": ["n", 3, "k"], "b": ["k"], "c": [3, 1], "d": ["n", 1, "k"], "e": [], "f": [1, 1, 1]}
SIZES = ((1, 1), (2, 8), (3, 33), (0, 4))


def values(dtype, shape, positive=False):
    if dtype == "?":
        return random.random(shape) < 0.5
    if dtype.startswith("f"):
        x = np.asarray(random.standard_normal(shape) * 2).astype(dtype)
        return np.abs(x) + np.asarray(0.5, dtype) if positive else x
    x = np.asarray(random.integers(-20 if dtype[0] == "i" else 0, 20, shape)).astype(dtype)
    return np.abs(x) + np.asarray(1, dtype) if positive else x


def feeds(inputs, positive=()):
    for n, k in SIZES:
        sizes = {"n": n, "k": k}
        yield {
            name: np.asarray(values(dtype, tuple(sizes.get(d, d) for d in dims), name in positive))
            for name, (dtype, dims) in inputs.items()
        }


class Elementwise(KernelTest):
    def pairs(self, ops, dtype, positive=(), **limits):
        """Every op on every pair of shapes that broadcast with the first."""
        inputs = {name: (dtype, dims) for name, dims in SHAPES.items()}
        nodes = [(op, f"a {name}", f"{op}_{name}") for op in ops for name in "abcdef"]
        nodes += [(op, f"{name} a", f"{op}r_{name}") for op in ops for name in "bcde"]
        nodes += [(op, "c b", f"{op}_outer") for op in ops]
        proto = model(nodes, inputs, [node[2] for node in nodes])
        self.check(proto, list(feeds(inputs, positive)), **limits)

    def test_numbers_of_images(self):
        """One element for each image, or each channel of it: what is behind is one row, which may be of several chunks."""
        inputs = {"x": ("f4", ["n", 3, "h", "w"]), "last": ("f4", ["n", "h", "w", 1])}
        inputs |= {"image": ("f4", ["n", 1, 1, 1]), "channel": ("f4", ["n", 3, 1, 1]), "all": ("f4", [1, 3, 1, 1])}
        nodes = [
            ("Mul", "x image", "a"), ("Mul", "x channel", "b"), ("Add", "x all", "c_"), ("Sub", "c_ channel", "c"),
            ("Mul", "last image", "d_"), ("Relu", "d_", "d"), ("Mul", "x image", "e_"), ("Add", "e_ all", "e"),
        ]  # fmt: skip
        proto = model(nodes, inputs, ["a", "b", "c", "d", "e"])
        sizes = ((1, 1, 1), (2, 70, 61), (3, 64, 64), (2, 1, 5), (0, 2, 2))
        feeds = [
            {name: values("f4", [{"n": n, "h": h, "w": w}.get(d, d) for d in dims]) for name, (_, dims) in inputs.items()}
            for n, h, w in sizes
        ]
        self.check(proto, feeds)

    def test_casts_wrap(self):
        """A cast to a small integer keeps its low bits, whatever it is cast to then."""
        types = {"i1": 3, "u1": 2, "i2": 5, "u2": 4, "u4": 12}
        nodes = []
        for name, number in types.items():
            nodes += [
                ("Cast", "x", f"{name}_narrow", {"to": number}),
                ("Cast", f"{name}_narrow", name, {"to": 7}),
            ]
        proto = model(nodes, {"x": ("i8", ["n"])}, list(types))
        values = [0, 1, -1, 127, 128, -128, -129, 255, 256, 300, 32767, 32768, -32769, 65535, 65536, 2**31, 2**32, -(2**31) - 1]
        self.check(proto, [{"x": np.array(values, "i8")}, {"x": np.array([], "i8")}])

    def test_arithmetic_wraps(self):
        """Integers of every width wrap as numpy's, before what reads them: here quotients, comparisons and shifts."""
        for dtype in ("i1", "u1", "i2", "u2", "i4", "u4", "i8"):
            with self.subTest(dtype):
                kind, x, two = np.iinfo(dtype), np.arange(-40, 40), np.array(2, dtype)
                a, b = (np.concatenate([x * 7, kind.max + x, kind.min + x]).astype(dtype), np.concatenate([x, 40 - x, x * x]).astype(dtype))
                nodes = [("Add", "a b", "s"), ("Sub", "a b", "d"), ("Mul", "a b", "p"), ("Div", "s two", "h"), ("Less", "d two", "l"),
                         ("BitwiseNot", "a", "n"), ("BitwiseXor", "a b", "x"), ("BitShift", "s two", "left", {"direction": "LEFT"}),
                         ("BitShift", "s two", "right", {"direction": "RIGHT"}), ("ReduceSum", "a", "r", {"keepdims": 0}), ("Cast", "s", "f", {"to": 1})]
                proto = model(nodes, {"a": (dtype, ["n"]), "b": (dtype, ["n"])}, [node[2] for node in nodes], {"two": two}, opset=28)
                with np.errstate(over="ignore"):
                    s, d = a + b, a - b
                    quotient = s // two + ((s < 0) & (s % two != 0)).astype(dtype)  # towards zero
                    expected = {"s": s, "d": d, "p": a * b, "h": quotient, "l": d < 2, "n": ~a,
                                "x": a ^ b, "left": s << two, "right": s >> two, "r": np.sum(a, dtype=dtype), "f": s.astype("f4")}
                for cpu in CPUS:
                    self.compare(proto, [{"a": a, "b": b}], [expected], 1e-6, 0, "--recipe=f32", f"--mcpu={cpu}")

    def test_unsigned_integers_of_64_bits(self):
        """Arithmetic wraps, comparisons and casts take them as they are."""
        a = np.array([0, 1, 2**63 - 1, 2**63, 2**64 - 1, 2**63 + 2**40], "u8")
        b = a[::-1].copy()
        nodes = [("Add", "a b", "s"), ("Less", "a b", "l"), ("GreaterOrEqual", "a b", "g"), ("Equal", "a b", "e"), ("Cast", "a", "f", {"to": 1}),
                 ("BitShift", "a b", "z", {"direction": "RIGHT"})]
        proto = model(nodes, {"a": ("u8", ["n"]), "b": ("u8", ["n"])}, [node[2] for node in nodes])
        shifted = np.array([int(x) >> int(y) for x, y in zip(a, b)], "u8")
        expected = {"s": a + b, "l": a < b, "g": a >= b, "e": a == b, "f": a.astype("f4"), "z": shifted}
        for cpu in CPUS:
            self.compare(proto, [{"a": a, "b": b}], [expected], 0, 0, "--recipe=f32", f"--mcpu={cpu}")

    def test_arithmetic(self):
        for dtype in ("f4", "i4", "i8"):
            with self.subTest(dtype):
                self.pairs(("Add", "Sub", "Mul"), dtype, rtol=1e-6)

    def test_division(self):
        for dtype in ("f4", "i4", "i8"):
            with self.subTest(dtype):
                self.pairs(("Div",), dtype, positive="abcdef", rtol=1e-6)

    def test_power(self):
        self.pairs(("Pow",), "f4", positive="abcdef", rtol=5e-6)

    def test_extremes(self):
        for dtype in ("f4", "i4", "i8"):
            with self.subTest(dtype):
                self.pairs(("Min", "Max"), dtype)

    def test_comparisons(self):
        for dtype in ("f4", "i4", "i8"):
            with self.subTest(dtype):
                self.pairs(("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"), dtype)

    def test_logic(self):
        self.pairs(("And", "Or", "Xor"), "?")

    def test_remainder(self):
        self.pairs(("Mod",), "i8", positive="abcdef")

    def unary(self, ops, dtype="f4", positive=(), **limits):
        inputs = {"x": (dtype, ["n", 3, "k"])}
        nodes = [(op, "x", op, *rest) for op, *rest in ops]
        proto = model(nodes, inputs, [op for op, *_ in ops])
        self.check(proto, list(feeds(inputs, positive)), **limits)

    def test_functions(self):
        names = "Neg Abs Exp Tanh Erf Sigmoid Relu Floor Ceil Round Sign Sin Cos Softplus Identity Gelu HardSwish Mish"
        for op in names.split():
            with self.subTest(op):
                self.unary([(op,)], rtol=5e-6, atol=2e-6)

    def test_functions_of_positive(self):
        self.unary([("Sqrt",), ("Log",), ("Reciprocal",)], positive="x", rtol=2e-6, atol=1e-6)

    def test_inverse_functions(self):
        """Beyond their domains both give NaN."""
        self.unary([(op,) for op in "Tan Asin Acos Atan Sinh Cosh Asinh Atanh".split()], rtol=5e-6, atol=2e-6)
        self.unary([("Acosh",)], rtol=5e-6, atol=2e-6)

    def test_what_is_made_of_others(self):
        for op in (("Celu", {"alpha": 1.5}), ("Softsign",), ("ThresholdedRelu", {"alpha": 0.5}), ("Shrink", {"lambd": 0.5, "bias": 0.25})):
            with self.subTest(op[0]):
                self.unary([op], rtol=5e-6, atol=2e-6)
        x = np.array([np.nan, np.inf, -np.inf, 0, 1e38, -3], "f4")
        nodes = [("IsNaN", "x", "a"), ("IsInf", "x", "b"), ("IsInf", "x", "c", {"detect_negative": 0}), ("IsInf", "x", "d", {"detect_positive": 0}),
                 ("ReduceLogSumExp", "w", "e"), ("ReduceLogSumExp", "w one", "f", {"keepdims": 0})]
        proto = model(nodes, {"x": ("f4", ["n"]), "w": ("f4", ["n", 3])}, list("abcdef"), {"one": np.array([1])})
        large = np.array([[0, 1, 2], [-1, -2, -300], [90, 20, 89], [-1e4, -1e4, -1e4], [0, -np.inf, -5], [3, 3, 3]], "f4")
        exact = np.log(np.sum(np.exp(large.astype("f8") - large.max(1, keepdims=True)), 1)) + large.max(1)
        expected = {"a": np.isnan(x), "b": np.isinf(x), "c": x == np.inf, "d": x == -np.inf, "f": exact.astype("f4"),
                    "e": np.full((1, 1), np.log(np.sum(np.exp(exact - exact.max()))) + exact.max(), "f4")}
        for cpu in CPUS:
            self.compare(proto, [{"x": x, "w": large}], [expected], 1e-6, 1e-6, "--recipe=f32", f"--mcpu={cpu}")

    def test_gelu_with_tanh(self):
        self.unary([("Gelu", {"approximate": "tanh"})], rtol=5e-6, atol=2e-6)

    def test_slopes(self):
        for op in (("LeakyRelu", {"alpha": 0.1}), ("Elu", {"alpha": 1.5}), ("HardSigmoid",), ("Selu",)):
            with self.subTest(op[0]):
                self.unary([op], rtol=5e-6, atol=2e-6)

    def test_integer_functions(self):
        for dtype in ("i4", "i8"):
            self.unary([("Neg",), ("Abs",), ("Sign",)], dtype)
        self.unary([("Not",)], "?")

    def test_select(self):
        inputs = {"p": ("?", ["n", 1, "k"]), "x": ("f4", ["n", 3, "k"]), "y": ("f4", [3, 1]), "i": ("i8", ["k"])}
        nodes = [("Where", "p x y", "r"), ("Where", "p y x", "s"), ("Where", "p i i", "t")]
        self.check(model(nodes, inputs, ["r", "s", "t"]), list(feeds(inputs)))

    def test_clip(self):
        inputs = {"x": ("f4", ["n", 3, "k"])}
        nodes = [("Clip", "x l h", "r"), ("Clip", "x l", "s"), ("Clip", "x - h", "t")]
        constants = {"l": np.float32(-0.5), "h": np.float32(1.25)}
        self.check(model(nodes, inputs, ["r", "s", "t"], constants), list(feeds(inputs)))

    def test_casts(self):
        kinds = {"f4": 1, "i4": 6, "i8": 7, "?": 9}
        for dtype in kinds:
            with self.subTest(dtype):
                inputs = {"x": (dtype, ["n", 3, "k"])}
                nodes = [("Cast", "x", f"y{to}", {"to": to}) for to in kinds.values()]
                self.check(model(nodes, inputs, [node[2] for node in nodes]), list(feeds(inputs)))

    def test_narrow_types_at_the_edges(self):
        for dtype, to in (("i1", 3), ("u1", 2), ("f2", 10), ("f8", 11)):
            with self.subTest(dtype):
                inputs = {"x": (dtype, ["n", 3, "k"])}
                nodes = [("Cast", "x", "f", {"to": 1}), ("Add", "f f", "g"), ("Cast", "g", "y", {"to": to})]
                self.check(model(nodes, inputs, ["y"]), list(feeds(inputs)), rtol=1e-3)

    def test_not_finite(self):
        x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, 3e38, -3e38, 100, -100] * 4, "f4").reshape(4, 1, 10)
        proto = model(
            [(op, "x", op) for op in "Relu Exp Tanh Sigmoid Erf Abs Neg Floor Sqrt".split()] + [("Max", "x z", "m")],
            {"x": ("f4", ["n", 1, 10])},
            "Relu Exp Tanh Sigmoid Erf Abs Neg Floor Sqrt m".split(),
            {"z": np.float32(0)},
        )
        self.check(proto, [{"x": x}], rtol=5e-6, atol=1e-6)


if __name__ == "__main__":
    unittest.main()
