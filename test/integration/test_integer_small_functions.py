"""Integer-only functions that are about x, of rows of small elements."""

import math
import unittest

import numpy as np

from kernels import IntegerTest, model

# Half a unit of a row of 16 bits, of its largest element.
UNIT = 2.0**-15

erf = np.vectorize(math.erf)


class IntegerSmallFunctions(IntegerTest):
    seed = 53

    def check_small(self, proto, exact, limit, sizes):
        """Rows of each size, within `limit` of their largest elements."""
        x = (self.random.uniform(-1, 1, (len(sizes), 24)) * sizes[:, None]).astype("f4")
        wanted = {name: f(x.astype("f8")) for name, f in exact.items()}
        self.check_close(proto, [{"x": x}], limit, exact=[wanted])

    def test_functions_of_small_rows(self):
        """What small elements give is as near to it as that of large ones, whatever their size."""
        nodes = [
            ("Tanh", "x", "y_tanh"),
            ("Erf", "x", "y_erf"),
            ("Elu", "x", "y_elu"),
            ("Exp", "x", "power"),
            ("Sub", "power one", "y_rise"),
            ("Neg", "x", "minus"),
            ("Exp", "minus", "decay"),
            ("Sub", "one decay", "y_saturation"),
            ("Add", "one x", "above"),
            ("Log", "above", "y_log"),
            ("Sigmoid", "x", "gate"),
            ("Sub", "gate half", "y_gate"),
        ]
        exact = {
            "y_tanh": np.tanh,
            "y_erf": erf,
            "y_elu": lambda v: np.where(v > 0, v, np.expm1(v)),
            "y_rise": np.expm1,
            "y_saturation": lambda v: -np.expm1(-v),
            "y_log": np.log1p,
            "y_gate": lambda v: np.tanh(v / 2) / 2,
        }
        constants = {"one": np.float32(1), "half": np.float32(0.5)}
        proto = model(nodes, {"x": ("f4", ["n", 24])}, list(exact), constants)
        # The argument and the result are rounded to rows, the functions are off by 6e-5 of what they are.
        self.check_small(proto, exact, 2 * UNIT + 6e-5, 10.0 ** np.array([-18, -12, -8, -4, -2, -0.5]))

    def test_functions_that_are_written_out(self):
        """Those that are made of others, each of which rounds to a row."""
        nodes = [
            ("Sinh", "x", "y_sinh"),
            ("Asinh", "x", "y_asinh"),
            ("Atanh", "x", "y_atanh"),
            ("Atan", "x", "y_atan"),
        ]
        exact = {"y_sinh": np.sinh, "y_asinh": np.arcsinh, "y_atanh": np.arctanh, "y_atan": np.arctan}
        proto = model(nodes, {"x": ("f4", ["n", 24])}, list(exact))
        # The argument, a difference or a quotient, two products and the result, by functions as above.
        self.check_small(proto, exact, 5 * UNIT + 6e-5, 10.0 ** np.array([-12, -8, -4, -2, -0.5]))

    def test_exponentials_of_all_bits(self):
        """What a row's unit is off by in an argument, the exponential is off by of itself: computed or not, none has it."""
        nodes = [
            ("Exp", "x", "y_power"),
            ("Sub", "x z", "apart"),
            ("Mul", "apart apart", "square"),
            ("Div", "square z", "ratio"),
            ("ReduceSum", "ratio last", "sum", {"keepdims": 1}),
            ("Mul", "sum scale", "argument"),
            ("Exp", "argument", "y_kernel"),
            ("Div", "x z", "quotient"),
            ("Neg", "quotient", "base"),
            ("Pow", "base z", "y_computed"),
            ("Exp", "quotient", "y_decay"),
        ]
        inputs = {"x": ("f4", ["n", 24]), "z": ("f4", ["n", 24])}
        constants = {"last": np.array([1]), "scale": np.float32(-1 / 512)}
        proto = model(nodes, inputs, ["y_power", "y_kernel", "y_computed", "y_decay"], constants)
        x = (-60 - self.random.random((5, 24))).astype("f4")
        z = self.random.uniform(2, 6, (5, 24)).astype("f4")
        v, w = x.astype("f8"), z.astype("f8")
        exact = {
            "y_power": np.exp(v),
            "y_kernel": np.exp(((v - w) ** 2 / w).sum(1, keepdims=True) * float(constants["scale"])),
            "y_computed": (-v / w) ** w,
            "y_decay": np.exp(v / w),
        }
        # A power of two is good to 3e-4, of an argument in units of 2^-15, and half a unit of 16 bits of the result; a
        # logarithm is off by 2^-22, and 6 times that in a power.
        self.check_close(proto, [{"x": x, "z": z}], 3e-4 + 2 * UNIT, exact=[exact])

    def test_exponentials_of_sums(self):
        """Sums with a bias have all bits, and so have exponentials of them whose small elements are read."""
        nodes = [
            ("MatMul", "x w", "product"),
            ("Add", "product bias", "sum"),
            ("Exp", "sum", "power"),
            ("Log", "power", "y_sum"),
            ("ReduceSum", "power last", "total", {"keepdims": 1}),
            ("Div", "power total", "share"),
            ("Log", "share", "y_share"),
        ]
        # Exact in 8 bits, which one element and one weight of each 32 fill.
        x, w = (self.random.integers(-127, 128, shape).astype("f4") for shape in ((7, 32), (32, 24)))
        x[:, 0] = w[0] = 127
        bias = self.random.standard_normal(24).astype("f4")
        constants = {"w": w / 2**15, "bias": bias, "last": np.array([1])}
        proto = model(nodes, {"x": ("f4", ["n", 32])}, ["y_sum", "y_share"], constants)
        exact = x.astype("f8") @ constants["w"].astype("f8") + bias
        # A power of two is good to 3e-4, which its logarithm has as it is, beside 1 and more; half a unit of 16 bits each of
        # the power, of the share and of the result.
        shares = exact - np.log(np.exp(exact).sum(1, keepdims=True))
        self.check_close(proto, [{"x": x}], 3e-4 + 3 * UNIT, exact=[{"y_sum": exact, "y_share": shares}])


if __name__ == "__main__":
    unittest.main()
