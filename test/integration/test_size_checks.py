"""Sizes that only a run tells and that do not fit together: an error code, never a read beyond an input."""

import unittest

import numpy as np

from driver import DriverTest
from kernels import model


def ones(*shape):
    return np.ones(shape, np.float32)


# The dims and arguments of a function, its body, shapes that fit and shapes that do not.
CASES = {
    "expand": (
        ["n"], [("?", "n")], "4",
        """%s = arith.constant dense<4> : tensor<1xi64>
           %y = nn.expand %a, %s : tensor<?xf32>, tensor<1xi64> -> tensor<4xf32>""",
        [[(4,)], [(1,)]], [[(3,)], [(5,)], [(0,)]]),
    "reshape": (
        ["n"], [("?x4", "n, 4")], "2x8",
        """%s = arith.constant dense<[2, 8]> : tensor<2xi64>
           %r = nn.reshape %a, %s : tensor<?x4xf32>, tensor<2xi64> -> tensor<2x8xf32>
           %y = nn.unary relu %r : tensor<2x8xf32>""",
        [[(4, 4)]], [[(1, 4)], [(9, 4)], [(0, 4)]]),
    "contraction": (
        ["n"], [("2x?", "2, n")], "2x8",
        """%w = arith.constant dense<1.5> : tensor<8x64xf32>
           %b = nn.concat %a, %a {axis = 1 : i64} : tensor<2x?xf32>, tensor<2x?xf32> -> tensor<2x?xf32>
           %y = nn.matmul %b, %w : tensor<2x?xf32>, tensor<8x64xf32> -> tensor<2x8xf32>""",
        [[(2, 32)]], [[(2, 8)], [(2, 33)]]),
    # An input's own size is what the weights say.
    "weights": (
        ["n"], [("2x?", "2, n")], "2x8",
        """%w = arith.constant dense<1.5> : tensor<8x64xf32>
           %y = nn.matmul %a, %w : tensor<2x?xf32>, tensor<8x64xf32> -> tensor<2x8xf32>""",
        [[(2, 64)]], [[(2, 8)], [(2, 65)]], "the model takes [2, 64]: dimension 1 is "),
    "batches": (
        ["m", "b"], [("2x?x64", "2, m, 64"), ("?x8x64", "b, 8, 64")], "2x?x8",
        "%y = nn.matmul %a, %b : tensor<2x?x64xf32>, tensor<?x8x64xf32> -> tensor<2x?x8xf32>",
        [[(2, 3, 64), (2, 8, 64)]], [[(2, 3, 64), (5, 8, 64)], [(2, 3, 64), (0, 8, 64)]]),
    "epilogue": (
        ["n"], [("2x64", "2, 64"), ("?x8", "n, 8")], "2x8",
        """%w = arith.constant dense<1.5> : tensor<8x64xf32>
           %r = nn.matmul %a, %w : tensor<2x64xf32>, tensor<8x64xf32> -> tensor<2x8xf32>
           %y = nn.binary add %r, %b : tensor<2x8xf32>, tensor<?x8xf32> -> tensor<2x8xf32>""",
        [[(2, 64), (2, 8)]], [[(2, 64), (7, 8)], [(2, 64), (0, 8)]]),
    # A batch that meets another one may be 1.
    "front": (
        ["n", "k"], [("?x4", "n, 4"), ("?x4", "k, 4")], "?x4",
        "%y = nn.binary sub %a, %b : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>",
        [[(3, 4), (3, 4)], [(3, 4), (1, 4)], [(1, 4), (1, 4)], [(0, 4), (0, 4)], [(0, 4), (1, 4)]],
        [[(3, 4), (2, 4)], [(1, 4), (3, 4)], [(3, 4), (0, 4)]]),
    "transpose": (
        ["n"], [("?x4", "n, 4")], "4x5",
        "%y = nn.transpose %a perm [1, 0] : tensor<?x4xf32> -> tensor<4x5xf32>",
        [[(5, 4)]], [[(2, 4)], [(6, 4)], [(0, 4)]]),
    "reduce": (
        ["n"], [("?x4", "n, 4")], "5",
        "%y = nn.reduce sum %a axes [1] : tensor<?x4xf32> -> tensor<5xf32>",
        [[(5, 4)]], [[(2, 4)], [(0, 4)]]),
    "slice": (
        ["n"], [("?", "n")], "5",
        """%z = arith.constant dense<0> : tensor<1xi64>
           %e = arith.constant dense<10> : tensor<1xi64>
           %t = arith.constant dense<2> : tensor<1xi64>
           %y = nn.slice %a, %z, %e, %z, %t : tensor<?xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<5xf32>""",
        [[(9,)], [(11,)]], [[(3,)], [(0,)]]),
    "rows": (
        ["n"], [("?x64", "n, 64")], "4x8",
        """%w = arith.constant dense<1.5> : tensor<8x64xf32>
           %y = nn.matmul %a, %w : tensor<?x64xf32>, tensor<8x64xf32> -> tensor<4x8xf32>""",
        [[(4, 64)]], [[(3, 64)], [(5, 64)]]),
}


class SizeChecks(DriverTest):
    def write(self, name, dims, arguments, result, body):
        symbols = ", ".join(f"s{i}" for i in range(len(dims)))
        maps = ", ".join(
            f"affine_map<()[{symbols}] -> ({', '.join(self.size(d, dims) for d in sizes.split(', '))})>"
            for _, sizes in arguments)
        signature = ", ".join(f"%{'ab'[i]}: tensor<{shape}xf32>" for i, (shape, _) in enumerate(arguments))
        names = ", ".join(f'"{dim}"' for dim in dims)
        path = self.folder / f"{name}.mlir"
        path.write_text(f"""func.func @main({signature}) -> tensor<{result}xf32>
            attributes {{qt.dim_names = [{names}], qt.arg_shapes = [{maps}]}} {{
            {body}
            return %y : tensor<{result}xf32> }}""")
        return path

    @staticmethod
    def size(dim, dims):
        return f"s{dims.index(dim)}" if dim in dims else dim

    def test_sizes(self):
        for name, (dims, arguments, result, body, fits, misfits, *message) in CASES.items():
            (message,) = message or ["the sizes of the operands do not fit together"]
            artefact = self.compile(self.write(name, dims, arguments, result, body), name, "--recipe=f32")
            for shapes in fits:
                with self.subTest(name, fits=shapes):
                    outputs = self.run_artefact(artefact, {str(i): ones(*s) for i, s in enumerate(shapes)})
                    self.assertTrue(all(np.isfinite(value).all() for value in outputs.values()))
            for shapes in misfits:
                with self.subTest(name, misfits=shapes):
                    given = self.folder / "misfit.npz"
                    np.savez(given, **{str(i): ones(*s) for i, s in enumerate(shapes)})
                    self.must_fail(1, message, "run", artefact,
                                   "--inputs", given, "--outputs", self.folder / "none.npz")

    def test_names(self):
        """What does not fit is told with inputs, dims as the model calls them, and values."""
        nodes = [
            ("Relu", "x", "r"),
            ("Add", "r mask", "sum"),
            ("Unsqueeze", "sum one", "wide"),
            ("Add", "wide front", "y"),
        ]
        inputs = {"x": ("f4", ["b", "s"]), "mask": ("f4", ["b", "mk"]), "front": ("f4", ["k", 2, 1])}
        path, given, out = (self.folder / name for name in ("names.onnx", "given.npz", "none.npz"))
        path.write_bytes(model(nodes, inputs, ["y"], {"one": np.array([1])}).SerializeToString())
        artefact = self.compile(path, "names")
        fits = {"x": ones(3, 4), "mask": ones(3, 4), "front": ones(3, 2, 1)}
        self.run_artefact(artefact, fits)
        self.run_artefact(artefact, fits | {"front": ones(1, 2, 1)})
        for wrong, message in (
            ({"mask": ones(3, 5)}, "input 'mask' has shape [3, 5], but the model takes [b, mk]: 'mk' is 5 there, but has to "
             "equal 's' of input 'x', which is 4"),
            ({"mask": ones(2, 4)}, "input 'mask' has shape [2, 4], but the model takes [b, mk]: 'b' is 2 there and 3 in input 'x'"),
            ({"front": ones(2, 2, 1)}, "the sizes of the operands do not fit together; [b, s] of 'x' is [3, 4]; [b, mk] of "
             "'mask' is [3, 4]; [k, 2, 1] of 'front' is [2, 2, 1]"),
        ):
            with self.subTest(message):
                np.savez(given, **fits | wrong)
                self.must_fail(1, message, "run", artefact, "--inputs", given, "--outputs", out)
        path.write_bytes(model(nodes[:1], {"x": inputs["x"]}, ["r"]).SerializeToString())
        bounded = self.compile(path, "bounded", "--dim=s=1..8")
        np.savez(given, x=ones(3, 9))
        self.must_fail(1, "input 'x': dimension 's' is 9, but the artefact was compiled for 1 to 8", "run", bounded,
                       "--inputs", given, "--outputs", out)

    def test_overflow(self):
        """Any one of sizes by the hundred is told where it overflows, wherever it stands."""
        count = 100
        numbers = range(count)
        nodes = [("ReduceSum", f"x{i} one", f"s{i}", {"keepdims": 1}) for i in numbers]
        nodes += [("MatMul", f"s{i} w", f"z{i}") for i in numbers]
        nodes += [("MatMul", f"z{i} v", f"y{i}") for i in numbers]
        proto = model(nodes, {f"x{i}": ("f4", [f"n{i}", f"m{i}"]) for i in numbers}, [f"y{i}" for i in numbers],
                      {"one": np.array([1]), "w": ones(1, 16), "v": ones(16, 4)})  # fmt: skip
        path, given, out = (self.folder / name for name in ("many.onnx", "given.npz", "none.npz"))
        path.write_bytes(proto.SerializeToString())
        artefact = self.compile(path, "many", "--recipe=f32")
        small = {f"x{i}": ones(1, 2) for i in numbers}
        outputs = self.run_artefact(artefact, small)
        for i in numbers:
            np.testing.assert_array_equal(outputs[f"y{i}"], np.full((1, 4), 32))
        for i in (0, count // 2, count - 1):
            with self.subTest(i):
                # No elements, but 16 sums for each row of them.
                np.savez(given, **small | {f"x{i}": ones(2**60, 0)})
                self.must_fail(1, "the size of a tensor overflows what can be addressed", "run", artefact,
                               "--inputs", given, "--outputs", out)


if __name__ == "__main__":
    unittest.main()
