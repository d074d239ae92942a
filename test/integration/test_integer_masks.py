"""Integer-only models that mask by infinities, and that ask for them."""

import unittest

import numpy as np

from kernels import IntegerTest, model, results


class IntegerMasks(IntegerTest):
    seed = 14

    def test_functions_of_the_masked(self):
        """What is not masked keeps its bits, whatever function is computed of the rest."""
        nodes = [
            ("Add", "x z", "sum"),
            ("Where", "m sum low", "chosen"),
            ("Where", "m zero low", "mask"),
            ("Add", "sum mask", "added"),
            ("Exp", "chosen", "y_exp"),
            ("Exp", "added", "y_added"),
            ("Sigmoid", "chosen", "y_sigmoid"),
            ("Relu", "chosen", "y_relu"),
            ("Softplus", "chosen", "y_softplus"),
            ("Max", "chosen least", "y_max"),
            ("Clip", "chosen least most", "y_clip"),
            ("Mul", "chosen half", "scaled"),
            ("Tanh", "scaled", "y_scaled"),
            ("Elu", "chosen", "y_elu"),
            ("Selu", "chosen", "y_selu"),
            ("Add", "chosen half", "moved"),
            ("Sigmoid", "moved", "y_moved"),
            ("HardSigmoid", "chosen", "y_hard"),
            ("Pow", "chosen two", "square"),
            ("Neg", "square", "below"),
            ("Exp", "below", "y_bell"),
            ("Greater", "chosen half", "is_above"),
            ("Cast", "is_above", "y_above", {"to": 1}),
        ]
        # Of an infinity floats have no number.
        for name in ("Mish", "Softsign", "HardSwish"):
            nodes += [(name, "chosen", name), ("Where", f"m {name} zero", f"y_{name}")]
        constants = {"zero": np.float32(0), "least": np.float32(-3), "most": np.float32(3), "half": np.float32(0.5), "two": np.float32(2)}
        inputs = {"x": ("f4", ["b", 16]), "z": ("f4", ["b", 16]), "m": ("?", ["b", 16])}
        outputs = results(nodes)
        m = self.random.random((5, 16)) < 0.6
        m[:, 0] = True
        feed = {"x": self.normal(5, 16), "z": self.normal(5, 16), "m": m}
        feed["x"][:, 0] = np.abs(feed["x"][:, 0]) + 1  # the largest element of a row is none near 0
        feed["z"][:, 0] = 0
        for low in (-np.inf, -1e9):
            with self.subTest(low):
                proto = model(nodes, inputs, outputs, constants | {"low": np.float32(low)})
                # A row of arguments is below 2^3: half a unit is 2^-13, by slopes of up to one of the largest result. A mask that is
                # added has units of 2^-13; arguments of exponentials that are limited at 2^7, as squares are, those of 2^-8.
                self.check_close(proto, [feed], 2.0**-8)

    def test_masks_of_large(self):
        """What is masked is nothing, and what is not is as without a mask, however large that is and what is taken off."""
        nodes = [
            ("Sub", "x threshold", "over"),
            ("Mul", "over steep", "steps"),
            ("Add", "steps columns", "masked"),
            ("Sigmoid", "masked", "y_steep"),
            ("Mul", "x large", "huge"),
            ("Min", "huge most", "least"),
            ("Sub", "least most", "rest"),
            ("Sigmoid", "rest", "y_rest"),
            ("Cast", "count", "number", {"to": 1}),
            ("Mul", "number most", "far"),
            ("Add", "far x", "sum"),
            ("Sub", "sum between", "moved"),
            ("Tanh", "moved", "y_count"),
            ("MatMul", "x weights", "product"),
            ("Add", "product columns", "hidden"),
            ("Sigmoid", "hidden", "y_product"),
        ]
        columns = np.where(np.arange(16) < 8, 0, -1e9).astype("f4")
        numbers = {"threshold": 0.2, "steep": 1e6, "large": 2.1e5, "most": 1e5, "between": 2.5e5}
        constants = {name: np.float32(number) for name, number in numbers.items()}
        constants |= {"columns": columns, "weights": 1e5 * np.sign(self.normal(16, 16))}
        inputs = {"x": ("f4", ["b", 16]), "count": ("i8", ["b", 16])}
        proto = model(nodes, inputs, results(nodes), constants)
        # Odd sixteenths and an even one, no sum of which with signs is 0. So no argument is near 0 but those that are.
        x = (self.random.integers(-8, 8, (4, 16)) * 2 + 1).astype("f4") / 16
        x[:, 0] += 0.0625
        # Results are 0, half, one or minus one, up to a unit of 15 bits.
        self.check_close(proto, [{"x": x, "count": self.random.integers(1, 5, x.shape)}], 2.0**-14)


if __name__ == "__main__":
    unittest.main()
