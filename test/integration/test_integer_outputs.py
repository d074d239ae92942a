"""Integer-only models whose outputs have columns with units of their own."""

import unittest

import numpy as np
import onnxruntime

from kernels import INTEGER_TARGETS, IntegerTest, model, results

# More orders of magnitude than a row of 31 bits holds.
UNITS = (10.0 ** np.linspace(-7, 7, 6)).astype("f4")


class IntegerOutputs(IntegerTest):
    seed = 72

    def check_columns(self, proto, feed, limit, names=None):
        """Each column of each output is within `limit` of its own largest element, by the same bits on every target."""
        meaning = self.mean(proto, [feed], "--integer-only")[0]
        session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
        exact = dict(zip((output.name for output in session.get_outputs()), session.run(None, feed)))
        for name in names or exact:
            axes = tuple(range(exact[name].ndim - 1))
            error = np.abs(meaning[name] - exact[name]).max(axes) / np.abs(exact[name]).max(axes)
            self.assertLess(error.max(), limit, f"{name}: {error}")
        for target in INTEGER_TARGETS:
            self.compare(proto, [feed], [meaning], 0, 0, "--integer-only", target)

    def test_scaled(self):
        """A deviation and a mean of each column, what limits and chooses, what is cut of it, moved or found over time."""
        nodes = [
            ("Tanh", "x", "t"),
            ("Mul", "t deviation", "scaled"),
            ("Add", "scaled mean", "y_added"),
            ("Max", "scaled low", "y_limited"),
            ("Greater", "t half", "is"),
            ("Where", "is scaled mean", "y_chosen"),
            ("Split", "scaled", "y_first y_second y_third", {"axis": 2, "num_outputs": 3}),
            ("ReduceMean", "scaled time", "y_mean", {"keepdims": 0}),
            ("CumSum", "scaled one", "y_sums"),
            ("Transpose", "scaled", "turned", {"perm": [0, 2, 1]}),
            ("Transpose", "turned", "y_turned", {"perm": [0, 2, 1]}),
            ("Cast", "scaled", "y_double", {"to": 11}),
        ]
        constants = {"deviation": UNITS, "mean": UNITS * self.normal(6), "low": -UNITS / 4, "half": np.float32(0.75)}
        constants |= {"time": np.array([1]), "one": np.array(1)}
        proto = model(nodes, {"x": ("f4", ["b", "t", 6])}, results(nodes), constants)
        # The function is off by 1.2 units of 2^-15, what it is of by half a unit of 2^-14; columns reach beyond 1/2.
        self.check_columns(proto, {"x": self.random.uniform(0.5, 2, (2, 9, 6)).astype("f4")}, 2 * (1.2 + 1) * 2.0**-15)

    def test_joined(self):
        """What an output is put together from, exponentials, and inputs that it is computed with."""
        nodes = [
            ("Tanh", "x", "t"),
            ("Mul", "t small", "rate"),
            ("Mul", "t large", "volume"),
            ("Exp", "x", "growth"),
            ("Concat", "rate volume growth", "y_joined", {"axis": 1}),
            ("Mul", "growth deviation", "y_scaled"),
            ("Mul", "x growth", "y_times"),
            ("Add", "z t", "y_state"),
        ]
        constants = {"small": np.float32(1e-6), "large": np.float32(1e6), "deviation": UNITS}
        proto = model(nodes, {name: ("f4", ["b", 6]) for name in "xz"}, results(nodes), constants)
        # Exponentials have units of 3e-4.
        self.check_columns(proto, {"x": self.normal(9, 6), "z": self.normal(9, 6) * np.maximum(UNITS, 1)}, 2 * 3e-4)

    def test_hidden(self):
        """What a mask leaves has its bits beside what it hides."""
        nodes = [
            ("Tanh", "x", "t"),
            ("Where", "is t hidden", "y_chosen"),
            ("Mul", "mask hidden", "far"),
            ("Add", "t far", "y_added"),
        ]
        proto = model(
            nodes,
            {"x": ("f4", ["b", 6]), "is": ("?", ["b", 6]), "mask": ("f4", ["b", 6])},
            results(nodes),
            {"hidden": np.float32(-1e9)},
        )
        feed = {"x": self.normal(9, 6), "is": np.arange(6) < np.full((9, 1), 3), "mask": np.zeros((9, 6), "f4")}
        feed["mask"][:, 3:] = 1
        # As above, of rows that reach up to 4.
        self.check_columns(proto, feed, 2 * (1.2 + 2) * 2.0**-15)

    def test_gates(self):
        """What weights and factors bring apart is, in gates, beside 1 and not beside the largest of its row."""
        scales = np.array([0, 2.0**50, 1, 2, -(2.0**50), 3], "f4")
        nodes = [("Tanh", "x", "t"), ("MatMul", "t w", "p"), ("Mul", "t scales", "m")]
        for gate in ("HardSigmoid", "Sigmoid", "Tanh"):
            nodes += [(gate, value, f"y_{gate}_{value}") for value in "pm"]
        proto = model(nodes, {"x": ("f4", ["b", 6])}, results(nodes), {"w": np.diag(scales), "scales": scales})
        session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
        feed = {"x": self.normal(9, 6)}
        meaning = self.mean(proto, [feed], "--integer-only")[0]
        # Codes of 8 bits are off by up to 1 / 254, of what is less than 1 times 3, where no slope is above 1.
        for name, value in zip(results(nodes), session.run(results(nodes), feed)):
            np.testing.assert_allclose(meaning[name], value, rtol=0, atol=3 / 127, err_msg=name)
        for target in INTEGER_TARGETS:
            self.compare(proto, [feed], [meaning], 0, 0, "--integer-only", target)

    def test_weights(self):
        """Units in weights, of a product and of a convolution, leave each column what it is without them."""
        for op, shape, size in (("MatMul", (16, 6), ["b", 16]), ("Conv", (6, 4, 3), ["b", 4, 12])):
            with self.subTest(op):
                nodes = [("Tanh", "x", "t"), (op, "t w", "p"), ("Add", "p bias", "a")]
                columns = (1, 6) if op == "MatMul" else (6, 1)
                nodes.append(("Identity", "a", "y") if op == "MatMul" else ("Transpose", "a", "y", {"perm": [0, 2, 1]}))
                weights, bias = self.normal(*shape), self.normal(*columns)
                # Powers of two change no code.
                units = 2.0 ** np.array([-23, -11, 0, 1, 12, 23], "f4")
                of_weights = units if op == "MatMul" else units[:, None, None]
                feed = {"x": self.normal(5, *size[1:])}
                means = []
                for scale, own in ((weights, bias), (weights * of_weights, bias * units.reshape(columns))):
                    proto = model(nodes, {"x": ("f4", size)}, ["y"], {"w": scale, "bias": own})
                    means.append(self.mean(proto, [feed], "--integer-only")[0]["y"])
                # Of results and multipliers of 31 bits a long sum's bound leaves 22 or more.
                np.testing.assert_allclose(means[1] / units, means[0], rtol=0, atol=2.0**-20 * np.abs(means[0]).max())
                for target in INTEGER_TARGETS:
                    self.compare(proto, [feed], [{"y": means[1]}], 0, 0, "--integer-only", target)

    def test_found_in_inputs(self):
        """Forecasts less the last value, or by the mean and deviation, of each series, which have these again."""
        nodes = [
            ("Gather", "x last", "now", {"axis": 1}),
            ("Sub", "x now", "apart"),
            ("Transpose", "apart", "series", {"perm": [0, 2, 1]}),
            ("Tanh", "series", "t"),
            ("Transpose", "series", "back", {"perm": [0, 2, 1]}),
            ("Add", "back now", "y_back"),
            ("ReduceMean", "x time", "mean", {"keepdims": 1}),
            ("Sub", "x mean", "centred"),
            ("ReduceL2", "centred time", "norm", {"keepdims": 1}),
            ("Div", "centred norm", "standard"),
            ("Tanh", "standard", "squashed"),
            ("Mul", "squashed norm", "scaled"),
            ("Add", "scaled mean", "y_scaled"),
        ]
        proto = model(nodes, {"x": ("f4", ["b", 8, 6])}, results(nodes), {"last": np.array([-1]), "time": np.array([1])})
        # A row of a norm, a quotient, a function, a product and a sum: each by half a unit of 16 bits.
        self.check_columns(proto, {"x": (self.random.uniform(1, 3, (2, 8, 6)) * UNITS).astype("f4")}, 5 * 2.0**-15)


if __name__ == "__main__":
    unittest.main()
