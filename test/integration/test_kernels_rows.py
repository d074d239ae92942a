"""Normalisation, softmax and reductions along any axes, compiled, against onnxruntime."""

import unittest

import numpy as np

from kernels import KernelTest, model

random = np.random.default_rng(5)


def normal(*shape):
    return random.standard_normal(shape).astype("f4")


class Rows(KernelTest):
    def test_layer_norm(self):
        nodes, constants, outputs = [], {}, []
        for d in (1, 7, 8, 33, 64):
            constants |= {f"s{d}": normal(d), f"b{d}": normal(d)}
            nodes += [
                ("LayerNormalization", f"x{d} s{d} b{d}", f"y{d}", {"axis": -1, "epsilon": 1e-5}),
                ("LayerNormalization", f"x{d} s{d}", f"z{d}", {"axis": -1, "epsilon": 1e-3}),
            ]
            outputs += [f"y{d}", f"z{d}"]
        inputs = {f"x{d}": ("f4", ["n", 3, d]) for d in (1, 7, 8, 33, 64)}
        proto = model(nodes, inputs, outputs, constants)
        feeds = [{name: normal(n, 3, dims[-1]) * 3 + 1 for name, (_, dims) in inputs.items()} for n in (0, 1, 5)]
        self.check(proto, feeds, rtol=1e-4, atol=1e-5)

    def test_layer_norm_of_two_axes(self):
        proto = model(
            [("LayerNormalization", "x s b", "y", {"axis": 1})],
            {"x": ("f4", ["n", 3, 10])},
            ["y"],
            {"s": normal(3, 10), "b": normal(3, 10)},
        )
        self.check(proto, [{"x": normal(n, 3, 10)} for n in (1, 4)], rtol=1e-4, atol=1e-5)

    def test_softmax(self):
        dims = ["n", 5, "k"]
        nodes = [("Softmax", "x", f"y{axis}", {"axis": axis}) for axis in (0, 1, 2)]
        nodes += [("LogSoftmax", "x", f"l{axis}", {"axis": axis}) for axis in (1, 2)]
        proto = model(nodes, {"x": ("f4", dims)}, ["y0", "y1", "y2", "l1", "l2"])
        feeds = [{"x": normal(n, 5, k) * 10} for n, k in ((1, 1), (2, 8), (3, 33))]
        self.check(proto, feeds, rtol=1e-5, atol=1e-6)

    def test_reductions(self):
        kinds = ("Sum", "Mean", "Max", "Min", "Prod", "SumSquare", "L1", "L2")
        nodes, outputs, constants = [], [], {}
        for name, axes in {"a": [2], "b": [1], "c": [0, 2], "d": [0, 1, 2]}.items():
            constants[name] = np.array(axes, "i8")
            for index, kind in enumerate(kinds):
                outputs.append(f"{name}{kind}")
                nodes.append((f"Reduce{kind}", f"x {name}", outputs[-1], {"keepdims": index % 2}))
        proto = model(nodes, {"x": ("f4", ["n", 5, "k"])}, outputs, constants)
        self.check(proto, [{"x": normal(n, 5, k)} for n, k in ((1, 1), (2, 8), (3, 33))], rtol=2e-5, atol=1e-5)

    def test_integer_reductions(self):
        nodes = [(f"Reduce{kind}", "x a", kind, {"keepdims": 0}) for kind in ("Sum", "Max", "Min", "Prod")]
        for dtype in ("i4", "i8"):
            with self.subTest(dtype):
                proto = model(nodes, {"x": (dtype, ["n", 9])}, ["Sum", "Max", "Min", "Prod"], {"a": np.array([1], "i8")})
                self.check(proto, [{"x": random.integers(-9, 9, (n, 9)).astype(dtype)} for n in (1, 6)])

    def test_arg_max(self):
        nodes = [(f"Arg{kind}", "x", f"{kind}{axis}", {"axis": axis}) for kind in ("Max", "Min") for axis in (0, 1, 2)]
        proto = model(nodes, {"x": ("f4", ["n", 5, "k"])}, [node[2] for node in nodes])
        self.check(proto, [{"x": normal(n, 5, k)} for n, k in ((1, 1), (2, 8), (3, 33))])


if __name__ == "__main__":
    unittest.main()
