"""Integer-only models whose rows fall below the least exponents that are stored: results become less exact and 0, never larger."""

import unittest

import numpy as np

from kernels import INTEGER_TARGETS, IntegerTest, model, results

# Stored exponents end at -128: rows that are stored are off by half a unit of 2^-128, operands of products, whose exponents
# end 4 above, by half of 2^-124.
ROW, OPERAND = 2.0**-129, 2.0**-125
# Both sides of a product have 7 bits of the largest of a row or block, each off by half a unit of these.
USUAL = 2.0**-6
# A weight of a softmax, and the sum of weights, by the exponential of a method that has the largest error.
EXPONENTIAL = {"ivit": 2 * 5e-2}
METHODS = ("fixed", "ibert", "ivit")
LAYOUTS = ("--cpu-layout=avx512vnni", "--cpu-layout=generic")
UP = np.float32(1e30)


def eye(size, scale):
    """Weights that keep elements to within 2^-20 of a row's largest: one output is a sum, so none are picked."""
    weights = np.eye(size)
    weights[1, 0] = 2.0**-20
    return (weights * scale).astype("f4")


class Underflow(IntegerTest):
    seed = 13

    def rows(self, *shape):
        """From 1e-30 over float32's least normal numbers to its least of all, in rows of numbers of one size."""
        sizes = 10.0 ** -np.arange(30, 46, 0.5)
        parts = self.random.uniform(0.25, 1, (sizes.size, *shape)) * self.random.choice([-1, 1], (sizes.size, *shape))
        return (parts * sizes.reshape(-1, *(1 for _ in shape))).astype("f4")

    def check_rows(self, proto, feed, expected):
        """expected: for each output what it is exactly, and what it may be off by beside the usual error. Of a result that
        ends in the float at the border that has a unit of 2^-149."""
        for method in METHODS:
            form = f"--integer-only={method}"
            (meaning,) = self.mean(proto, [feed], form)
            for name, (exact, beside) in expected.items():
                with self.subTest(name=name, method=method):
                    axes = tuple(range(1, exact.ndim))
                    largest = np.abs(exact).max(axes, keepdims=True)
                    usual = USUAL + EXPONENTIAL.get(method, 0)
                    off = np.abs(meaning[name].astype("f8") - exact) - usual * largest
                    self.assertLessEqual(off.max(), beside + 2.0**-149)
            for target in (*INTEGER_TARGETS, *LAYOUTS) if method == "fixed" else INTEGER_TARGETS[:1]:
                self.compare(proto, [feed], [meaning], 0, 0, form, target)

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

    def test_images(self):
        """Convolutions, one whose channels have exponents of their own, a residual connection, a maximum of windows."""
        shifted = np.zeros((32, 32, 3, 3), "f4")
        shifted[range(32), range(32), 1, 1] = 1
        pads = {"pads": [1, 1, 1, 1]}
        nodes = [
            ("Conv", "x eye", "c"),
            ("Relu", "c", "a"),
            ("Conv", "a shifted", "d", pads),
            ("Add", "d a", "sum"),
            ("Mul", "sum up", "y_residual"),
            ("Conv", "sum own", "e", {"group": 32}),
            ("Mul", "e up", "y_own"),
            ("Conv", "sum eye", "f"),
            ("MaxPool", "f", "m", {"kernel_shape": [2, 2]}),
            ("Mul", "m up", "y_windows"),
        ]
        constants = {"eye": shifted[..., 1:2, 1:2], "shifted": shifted, "own": np.ones((32, 1, 1, 1), "f4"), "up": UP}
        outputs = results(nodes)
        proto = model(nodes, {"x": ("f4", ["n", 32, 6, 5])}, outputs, constants)
        feed = {"x": self.rows(32, 6, 5)}
        up, exact = float(UP), 2 * np.maximum(feed["x"].astype("f8"), 0)
        windows = np.lib.stride_tricks.sliding_window_view(exact, (2, 2), (2, 3)).max((-1, -2))
        # The sum: two inputs of one product, and one of another.
        sums = 2 * (ROW + OPERAND) + ROW + OPERAND
        expected = {
            "y_residual": (exact * up, (sums + ROW) * up),
            "y_own": (exact * up, (sums + 2 * ROW) * up),
            "y_windows": (windows * up, (sums + 2 * ROW + OPERAND) * up),
        }
        self.check_rows(proto, feed, expected)

    def test_computed_products(self):
        """Rows times rows, values of attention, quotients, and rows beside each other."""
        nodes = [
            ("MatMul", "x turned", "pairs"),
            ("Relu", "pairs", "both"),
            ("Mul", "both up", "y_pairs"),
            ("MatMul", "z turned", "products"),
            ("Softmax", "products", "weights"),
            ("MatMul", "weights x", "mean"),
            ("Relu", "mean", "means"),
            ("Mul", "means up", "y_mean"),
            ("Div", "x divisors", "quotient"),
            ("Relu", "quotient", "quotients"),
            ("Mul", "quotients up", "y_quotient"),
            ("Concat", "x mean", "beside", {"axis": 1}),
            ("Relu", "beside", "all"),
            ("Mul", "all up", "y_all"),
        ]
        nodes = [("Transpose", "z", "turned", {"perm": [0, 2, 1]}), ("Exp", "z", "divisors"), *nodes]
        outputs = results(nodes)
        inputs = {name: ("f4", ["n", 6, 32]) for name in "xz"}
        feed = {"x": self.rows(6, 32)}
        feed["z"] = self.random.uniform(0, 1, feed["x"].shape).astype("f4")
        x, z, up = feed["x"].astype("f8"), feed["z"].astype("f8"), float(UP)
        products = z @ z.transpose(0, 2, 1)
        weights = np.exp(products - products.max(-1, keepdims=True))
        mean = np.maximum(weights @ x / weights.sum(-1, keepdims=True), 0)
        expected = {
            # Of 32 products by up to one each side has 12 bits, and the exponent of a row on the left.
            "y_pairs": (np.maximum(x @ z.transpose(0, 2, 1), 0) * up, 32 * 3 * ROW * up),
            "y_mean": (mean * up, 4 * ROW * up),
            "y_quotient": (np.maximum(x / np.exp(z), 0) * up, 3 * ROW * up),
            "y_all": (np.concatenate([np.maximum(x, 0), mean], 1) * up, 4 * ROW * up),
        }
        self.check_rows(model(nodes, inputs, outputs, {"up": UP}), feed, expected)


if __name__ == "__main__":
    unittest.main()
