"""Integer-only models that compute on integers of their own."""

import unittest

import numpy as np
import onnxruntime

from kernels import CPUS, IntegerTest, model


class IntegerOwn(IntegerTest):
    seed = 12

    def test_own_integers(self):
        """What floats are cast to is the model's own from there on: it wraps around as its type does."""
        nodes = [
            ("Add", "x z", "sum"),
            ("Relu", "sum", "positive"),
            ("Cast", "positive", "u8", {"to": 2}),
            ("Cast", "positive", "u16", {"to": 4}),
            ("Cast", "positive", "u32", {"to": 12}),
            ("Cast", "positive", "u64", {"to": 13}),
            ("BitShift", "u32 two", "shifted", {"direction": "RIGHT"}),
            ("Cast", "sum", "i32", {"to": 6}),
            ("Add", "i32 one", "next"),
            ("Neg", "i32", "negative"),
            ("Cast", "next", "i8", {"to": 3}),
            ("Cast", "sum", "i64", {"to": 7}),
            ("Mul", "i64 i64", "square"),
            ("Cast", "square", "y_square", {"to": 1}),
            ("Add", "y_square sum", "y_sum"),
        ]
        outputs = "u8 u16 u32 u64 shifted next negative i8 square y_sum".split()
        constants = {"one": np.int32(1), "two": np.uint32(2)}
        proto = model(nodes, {x: ("f4", ["n", 16]) for x in "xz"}, outputs, constants)
        x, z = (self.random.integers(-100, 101, (5, 16)).astype("f4") for _ in "xz")
        # Sums lie between integers, and a row of 16 bits has units of 2^-8. A square and a sum are rounded once each.
        self.check_close(proto, [{"x": x + np.float32(0.5), "z": z}], 2.0**-14)

    def test_large_own_integers(self):
        """Integers of the model's own become floats of 30 bits on the exponent of their row, whatever their size is."""
        nodes = [("Add", "x z", "sum"), ("Relu", "sum", "positive")]
        for name, kind in (("i32", 6), ("i64", 7)):
            nodes += [("Cast", "sum", name, {"to": kind}), ("Mul", f"{name} {name}", f"square_{name}")]
            nodes += [("Cast", f"square_{name}", f"y_{name}", {"to": 1})]
        nodes += [("Mul", "square_i64 square_i64", "fourth"), ("Neg", "fourth", "down"), ("Cast", "down", "y_fourth", {"to": 1})]
        nodes += [("Cast", "positive", "u32", {"to": 12}), ("Mul", "u32 u32", "square_u32")]
        nodes += [("Cast", "square_u32", "y_u32", {"to": 1})]
        proto = model(nodes, {x: ("f4", ["n", 16]) for x in "xz"}, ["y_i32", "y_i64", "y_fourth", "y_u32"])
        # Multiples of 4 below 2^17, which rows of 16 bits hold, and roots of what 31 and 62 bits hold.
        for most in (46000, 32000):
            x = (self.random.integers(-most // 8, most // 8, (5, 16)) * 4).astype("f4")
            x[0, 0] = most // 2
            z = np.where(np.arange(16) < 8, x, np.float32(0))
            exact = {f"y_i{bits}": ((x + z).astype("i8") ** 2).astype("f4") for bits in (32, 64)}
            exact["y_fourth"] = -((x + z).astype("i8") ** 4).astype("f4")
            exact["y_u32"] = (np.maximum(x + z, 0).astype("i8") ** 2).astype("f4")
            # Half a unit of 2^-29, and of floats.
            self.check_close(proto, [{"x": x, "z": z}], 2.0**-23, [exact])

    def wrapped(self, kinds, x):
        """A model that multiplies these integers of its own by 1, and its results: all wrap around to numbers below 0."""
        nodes = [
            ("Relu", "x", "positive"),
            ("Mul", "x x", "squares"),
            ("Add", "positive large", "sums"),
            ("Mul", "positive high", "products"),
            ("Mul", "positive some", "parts"),
            ("ReduceSum", "parts last", "totals"),
            ("Sub", "x x", "zeros"),
            ("Add", "zeros least", "lowest"),
            ("Abs", "lowest", "magnitudes"),
        ]
        for kind in kinds:
            nodes += [("Cast", kind, f"f_{kind}", {"to": 1}), ("Expand", f"f_{kind} size", f"e_{kind}"), ("MatMul", f"e_{kind} w", f"y_{kind}")]
        constants = {"large": np.int32(2**31 - 2**15), "least": np.int32(-(2**31)), "last": np.array([1]), "some": np.int32(1024), "high": np.int32(2**16)}
        constants |= {"w": np.eye(64, 16, dtype="f4"), "size": np.array([1, 64])}
        proto = model(nodes, {"x": ("i4", ["n", 64])}, [f"y_{kind}" for kind in kinds], constants)
        session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
        exact = dict(zip((output.name for output in session.get_outputs()), session.run(None, {"x": x})))
        total = np.sum(1024 * x, axis=1, keepdims=True, dtype="i4")  # onnxruntime's is limited to the type
        exact["y_totals"] = np.repeat(total.astype("f4"), 16, axis=1)
        for name, value in exact.items():
            self.assertLess(value.max(), -(2.0**16), name)
        return proto, exact

    def test_own_integers_in_products(self):
        """Squares, sums and magnitudes of integers wrap around to numbers below 0, whose codes have a sign."""
        x = np.full((5, 64), 46341, "i4")
        x[3:] += self.random.integers(0, 100, (2, 64)).astype("i4")
        proto, exact = self.wrapped(("squares", "sums", "products", "totals", "magnitudes"), x)
        # Half a code of 8 bits of one element of up to 2^31, which blocks of w8a8g32 round twice.
        for recipe in ("w8a8", "w8a8g32"):
            for cpu in CPUS:
                self.compare(proto, [{"x": x}], [exact], 0, 2.0**31 / 127, f"--recipe={recipe}", f"--mcpu={cpu}")
        # Floats of integer-only networks are below 2^30.
        x += 60000 - 46341
        proto, exact = self.wrapped(("squares", "totals"), x)
        self.check_close(proto, [{"x": x}], 2.0**-7, [exact])


if __name__ == "__main__":
    unittest.main()
