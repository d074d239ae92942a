"""Integer-only models whose rows fall below the least exponents that are stored: chains of functions, and what has been 0."""

import unittest

import numpy as np

from kernels import INTEGER_TARGETS, model, results
from underflow import OPERAND, ROW, UP, UnderflowTest, eye


class Underflow(UnderflowTest):
    def test_chains(self):
        """Constant products up and down again; a residual connection; a gate, whose function is a half here."""
        for size in (64, 20):
            nodes = [
                ("Relu", "x", "positive"),
                ("Mul", "positive up", "y_relu"),
                ("MatMul", "x eye_up", "y_product"),
                ("MatMul", "x eye", "h"),
                ("Add", "h x", "sum"),
                ("Relu", "sum", "both"),
                ("Mul", "both up", "y_residual"),
                ("Sigmoid", "h", "gate"),
                ("Mul", "gate h", "gated"),
                ("Relu", "gated", "open"),
                ("Mul", "open up", "y_gated"),
                ("Mul", "h h", "square"),
                ("MatMul", "square eye", "squares"),
                ("Mul", "squares up", "y_square"),
            ]
            outputs = results(nodes)
            constants = {"up": UP, "eye": eye(size, 1), "eye_up": eye(size, UP)}
            proto = model(nodes, {"x": ("f4", ["n", size])}, outputs, constants)
            feed = {"x": self.rows(size)}
            x, up = feed["x"].astype("f8"), float(UP)
            expected = {
                "y_relu": (np.maximum(x, 0) * up, ROW * up),
                "y_product": (x * up, (OPERAND + ROW) * up),
                "y_residual": (2 * np.maximum(x, 0) * up, (OPERAND + 3 * ROW) * up),
                "y_gated": (np.maximum(x, 0) / 2 * up, (OPERAND + 3 * ROW) * up),
                "y_square": (x * x * up, (OPERAND + ROW) * up),
            }
            self.check_rows(proto, feed, expected)

    def test_down_and_up(self):
        """Products of what no integer has left, by constants that would bring it back."""
        nodes, name = [], "x"
        for index, step in enumerate("dddduuuu"):
            nodes.append(("MatMul", f"{name} {'down' if step == 'd' else 'up'}", f"h{index}"))
            name = f"h{index}"
        nodes += [("Identity", "h1", "y_low"), ("Identity", name, "y")]
        proto = model(nodes, {"x": ("f4", ["n", 32])}, ["y_low", "y"], {"down": eye(32, 1e-20), "up": eye(32, 1e20)})
        x = self.random.uniform(0.25, 1, (24, 32)).astype("f4") * 10.0 ** np.arange(-6, 18).reshape(-1, 1).astype("f4")
        exact = x.astype("f8")
        # The third product is below 1e-43, of which operands keep nothing.
        expected = {"y_low": (exact * 1e-40, 1e-20 * OPERAND + 2.0**-149), "y": (0 * exact, 0)}
        self.check_rows(proto, {"x": x}, expected)

    def test_by_denormals(self):
        """0 divided by a denormal, or by 0, is 0; anything else by them is at least as large as by the row's smallest unit."""
        nodes = [("Tanh", "x", "t"), ("Div", "t z", "y_divided"), ("Relu", "z", "positive"), ("Div", "t positive", "y_computed")]
        nodes += [("Reciprocal", "z", "r"), ("Mul", "t r", "y_inverse")]
        outputs = results(nodes)
        proto = model(nodes, {"x": ("f4", ["n", 4]), "z": ("f4", ["n", 4])}, outputs)
        divisors = np.array([[1e-45, 0, 1e-39, 1e-38], [1e-45, 0, 1e-42, 1e-40], [0, 0, 0, 0]], "f4")
        feed = {"x": np.repeat(np.array([[0], [1]], "f4"), 3, axis=0) * np.ones(4, "f4"), "z": np.tile(divisors, (2, 1))}
        mean = self.mean(proto, [feed], "--integer-only")[0]
        for name in outputs:
            np.testing.assert_array_equal(mean[name][:3], 0, name)
            # Zeros have the exponent -100.
            self.assertGreaterEqual(mean[name][3:].min(), 0.7 * 2.0**99, name)
        for target in INTEGER_TARGETS:
            self.compare(proto, [feed], [mean], 0, 0, "--integer-only", target)


if __name__ == "__main__":
    unittest.main()
