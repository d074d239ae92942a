"""Integer-only models whose features have units of their own, which they limit, impute and scale first."""

import unittest

import numpy as np

from kernels import IntegerTest, model, results

UNITS = np.array([1, 1e7, 1e-6, 300, 1e4, 0.5], "f4")


class IntegerFeatures(IntegerTest):
    def test_features(self):
        """Each is standardised as if it were alone: also what is missing, limited, or other beyond a threshold."""
        nodes = [
            ("Max", "x low", "above"),
            ("Min", "above high", "limited"),
            ("Sub", "limited mean", "centred"),
            ("Div", "centred deviation", "limited_1"),
            ("Neg", "limited_1", "y_limited"),
            ("IsNaN", "z", "missing"),
            ("Where", "missing mean z", "imputed"),
            ("Sub", "imputed mean", "imputed_0"),
            ("Div", "imputed_0 deviation", "imputed_1"),
            ("Neg", "imputed_1", "y_imputed"),
            ("Less", "x mean", "small"),
            ("Mul", "x two", "twice"),
            ("Where", "small x twice", "chosen"),
            ("Sub", "chosen mean", "chosen_0"),
            ("Div", "chosen_0 deviation", "chosen_1"),
            ("Neg", "chosen_1", "y_chosen"),
        ]
        constants = {"mean": 0.8 * UNITS, "deviation": 0.6 * UNITS, "low": 0.1 * UNITS, "high": 1.9 * UNITS}
        constants["two"] = np.float32(2)
        outputs = results(nodes)
        proto = model(nodes, {name: ("f4", ["n", 6]) for name in "xz"}, outputs, constants)
        random = np.random.default_rng(21)
        x, z = ((UNITS * random.uniform(0, 2.2, (7, 6))).astype("f4") for _ in range(2))
        z[random.random(z.shape) < 0.2] = np.nan
        # Half a unit of 16 bits of the row.
        self.check_close(proto, [{"x": x, "z": z}], 2.0**-15)

    def test_weights(self):
        """Deviations that are divided into the weights of a first layer, also of what its channels are: a pressure, a length."""
        random = np.random.default_rng(22)
        rotation = np.linalg.qr(random.standard_normal((6, 6)))[0].astype("f4")
        weights = rotation / UNITS[:, None]
        for nodes, size in (
            ([("Sub", "x mean", "centred"), ("MatMul", "centred w", "y")], ["n", 6]),
            ([("Conv", "x kernel", "channels"), ("Transpose", "channels", "y", {"perm": [0, 2, 3, 1]})], ["n", 6, 3, 3]),
        ):
            constants = {"w": weights, "mean": 0.8 * UNITS} if len(size) == 2 else {"kernel": weights.T.reshape(6, 6, 1, 1)}
            proto = model(nodes, {"x": ("f4", size)}, ["y"], constants)
            standard = random.standard_normal((9, *size[1:])).astype("f4")
            x = standard * UNITS.reshape(6, *[1] * (len(size) - 2)) + (constants["mean"] if len(size) == 2 else 0)
            # Codes of both sides are off by up to half of 1 / 127 of their largest, at random: of six products less than
            # that in all, beside a largest result that is above the largest input times weight.
            self.check_close(proto, [{"x": x.astype("f4")}], 2 * 6**0.5 / 254)

    def test_units(self):
        """What is computed of each, and of two of one unit, before it is scaled, divided or seen by its logarithm."""
        nodes = [
            ("Mul", "x x", "square"),
            ("Div", "square square_unit", "y_square"),
            ("Abs", "x", "size"),
            ("Sqrt", "size", "root"),
            ("Sign", "x", "sign"),
            ("Mul", "sign root", "signed_root"),
            ("Div", "signed_root root_unit", "y_root"),
            ("Add", "x z", "sum"),
            ("Mul", "sum inverse", "y_sum"),
            ("Mul", "x z", "product"),
            ("Sub", "product square_unit", "rest"),
            ("Div", "rest square_unit", "y_product"),
            ("Abs", "z", "divisor"),
            ("Div", "x divisor", "y_quotient"),
            ("Log", "size", "y_logarithm"),
            ("Pow", "size cube", "power"),
            ("Mul", "power cube_scale", "y_power"),
            ("Pow", "size third", "y_third"),
            ("Pow", "size inverse_third", "y_inverse_third"),
            ("Max", "x z", "most"),
            ("Neg", "most", "lowest"),
            ("Concat", "lowest size", "both", {"axis": 1}),
            ("Mul", "both inverse_2", "y_both"),
            ("Less", "product square", "y_less"),
        ]
        constants = {"square_unit": UNITS**2, "root_unit": np.sqrt(UNITS), "inverse": 1 / UNITS, "cube": np.float32(3)}
        constants |= {"third": np.float32(1 / 3), "inverse_third": np.float32(-1 / 3)}
        constants |= {"cube_scale": 1 / UNITS**3, "inverse_2": np.tile(1 / UNITS, 2)}
        outputs = results(nodes)
        proto = model(nodes, {name: ("f4", ["n", 6]) for name in "xz"}, outputs, constants)
        random = np.random.default_rng(23)
        signs = random.choice([-1, 1], (2, 9, 6))
        x, z = (UNITS * signs * random.uniform(0.5, 2, (2, 9, 6))).astype("f4")
        # Of a cube root rows of 30 bits leave 2^-7 of 1e7 to 1 / 4: 2^-7 of it, beside a largest one of 2^7.
        # Powers have 2^-22 of each unit of a logarithm of up to 80, times 3, and 3e-4 of 2^x; others factors and results
        # of 16 bits, three of which are rounded on the way, up to twice as large as the largest of a row is.
        self.check_close(proto, [{"x": x, "z": z}], 2.0**-11)

    def test_tree(self):
        """A tree as products: the features of its decisions, which of them hold on the way to each leaf, the leaf."""
        nodes = [
            ("MatMul", "x features", "picked"),
            ("Less", "picked thresholds", "left"),
            ("Cast", "left", "left_1", {"to": 1}),
            ("MatMul", "left_1 paths", "held"),
            ("Equal", "held lengths", "y_leaf"),
            ("Greater", "held least", "y_more"),
        ]
        # Of three decisions, on features 1, 2 and 1, the second is left of the first, the third right of it.
        features = np.zeros((6, 3), "f4")
        features[[1, 2, 1], [0, 1, 2]] = 1
        constants = {"features": features, "thresholds": np.float32([1e7, 1e-6, 1.5e7])}
        constants["paths"] = np.float32([[1, 1, -1, -1], [1, -1, 0, 0], [0, 0, 1, -1]])
        constants["lengths"] = np.float32([2, 1, 1, 0])
        constants["least"] = np.float32([0, 0, -1, -2])
        proto = model(nodes, {"x": ("f4", ["n", 6])}, ["y_leaf", "y_more"], constants)
        random = np.random.default_rng(24)
        x = (UNITS * random.choice([0.5, 1 - 1e-6, 1 + 1e-6, 2], (40, 6))).astype("f4")
        # All results are conditions.
        self.check_close(proto, [{"x": x}], 0)

    def test_ordered_tree(self):
        """Decisions on the first features in their order, and on multiples of all of them."""
        nodes = [("MatMul", "x first", "picked"), ("Less", "picked low", "y_few")]
        nodes += [("MatMul", "x diagonal", "scaled"), ("Greater", "scaled high", "y_all")]
        constants = {"first": np.eye(6, 4, dtype="f4"), "low": UNITS[:4]}
        # Powers of two scale without rounding, as the products of both sides do.
        constants |= {"diagonal": np.diag(np.float32([1, -2, 4, 0.5, 1, -1]))}
        constants["high"] = UNITS * np.diag(constants["diagonal"])
        proto = model(nodes, {"x": ("f4", ["n", 6])}, ["y_few", "y_all"], constants)
        random = np.random.default_rng(25)
        x = (UNITS * random.choice([0.5, 1 - 1e-6, 1 + 1e-6, 2], (40, 6))).astype("f4")
        # All results are conditions.
        self.check_close(proto, [{"x": x}], 0)

    def test_large_counts(self):
        """Counts are compared with numbers that none of them reaches, and with infinities."""
        nodes = [("Greater", "x zero", "holds"), ("Cast", "holds", "holds_1", {"to": 1})]
        nodes += [("MatMul", "holds_1 ones", "count"), ("Less", "count many", "y_less")]
        nodes += [("Greater", "count even", "y_greater"), ("Equal", "count infinite", "y_equal")]
        constants = {"zero": np.float32(0), "ones": np.ones((6, 2), "f4"), "many": np.float32(3e8)}
        constants |= {"even": np.float32(2**24), "infinite": np.float32(np.inf)}
        proto = model(nodes, {"x": ("f4", ["n", 6])}, ["y_less", "y_greater", "y_equal"], constants)
        x = np.random.default_rng(26).normal(size=(8, 6)).astype("f4")
        self.check_close(proto, [{"x": x}], 0)

    def test_peaks(self):
        """Inputs are compared as they are: with thresholds of their own, and with the maxima of windows."""
        nodes = [
            ("Less", "x thresholds", "y_small"),
            ("MaxPool", "h", "y_most", {"kernel_shape": [3, 3], "pads": [1] * 4, "strides": [1, 1]}),
            ("Equal", "y_most h", "y_peaks"),
        ]
        inputs = {"x": ("f4", ["n", 6]), "h": ("f4", ["n", 2, 9, 9])}
        proto = model(nodes, inputs, [node[2] for node in nodes], {"thresholds": UNITS})
        random = np.random.default_rng(22)
        x = (UNITS * random.choice([0.5, 1 - 1e-6, 1, 1 + 1e-6, 2], (40, 6))).astype("f4")
        h = np.exp(4 * random.standard_normal((40, 2, 9, 9))).astype("f4")
        # Booleans are equal; maxima of inputs are no results of integers.
        self.check_close(proto, [{"x": x, "h": h}], 2.0**-24)


if __name__ == "__main__":
    unittest.main()
