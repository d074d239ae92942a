"""Integer-only models that ask whether elements are numbers, infinite, or above 0."""

import unittest

import numpy as np

from kernels import IntegerTest, model, results


class IntegerQuestions(IntegerTest):
    seed = 14

    def test_questions_for_infinities(self):
        """What has no finite value is found by its operands."""
        nodes = [
            ("Add", "x z", "sum"),
            ("Relu", "sum", "positive"),
            ("Pow", "positive power", "roots"),
            ("Equal", "roots infinity", "is_pole"),
            ("Where", "is_pole zero roots", "y_power"),
            ("Reciprocal", "positive", "reciprocals"),
            ("IsInf", "reciprocals", "is_infinite"),
            ("Where", "is_infinite zero reciprocals", "y_reciprocal"),
            ("Sub", "power reciprocals", "moved"),
            ("IsInf", "moved", "is_far"),
            ("Where", "is_far zero moved", "y_moved"),
            ("Log", "sum", "logarithms"),
            ("IsNaN", "logarithms", "is_none"),
            ("Where", "is_none zero logarithms", "y_defined"),
        ]
        constants = {"zero": np.float32(0), "power": np.float32(-0.5), "infinity": np.float32(np.inf)}
        proto = model(nodes, {x: ("f4", ["b", 16]) for x in "xz"}, ["y_power", "y_reciprocal", "y_moved", "y_defined"], constants)
        x = self.random.integers(-4, 9, (5, 16)).astype("f4") / 4
        x[:, 0] = 2
        x[x == 0] = 0.25
        # Sums are exact, and a few units of 2^-15 for each function.
        self.check_close(proto, [{"x": x, "z": np.zeros_like(x)}], 2.0**-12)

    def test_questions_for_small_elements(self):
        """What is small beside the largest element of its row is none the less above 0, where nothing else shows it."""
        nodes = [
            ("Exp", "x", "p"),
            ("Reciprocal", "p", "reciprocals"),
            ("IsInf", "reciprocals", "is_pole"),
            ("Cast", "is_pole", "y_pole", {"to": 1}),
            ("Exp", "z", "divisors"),
            ("Div", "z divisors", "quotients"),
            ("IsInf", "quotients", "is_infinite"),
            ("Where", "is_infinite one z", "y_chosen"),
            ("Exp", "w", "e"),
            ("Greater", "e zero", "is_positive"),
            ("Cast", "is_positive", "y_positive", {"to": 1}),
            ("Greater", "e small", "is_above"),
            ("Cast", "is_above", "y_above", {"to": 1}),
            ("Less", "e far", "is_below"),
            ("Cast", "is_below", "y_below", {"to": 1}),
            ("Softmax", "w", "shares"),
            ("Greater", "shares small", "is_share"),
            ("Cast", "is_share", "y_share", {"to": 1}),
        ]
        constants = {"zero": np.float32(0), "one": np.float32(1), "small": np.float32(1e-9), "far": np.logspace(-12, 12, 16, dtype="f4")}
        outputs = results(nodes)
        proto = model(nodes, {x: ("f4", ["b", 16]) for x in "xzw"}, outputs, constants)
        w = self.random.uniform(-30, 30, (5, 16)).astype("f4")
        w[:, 0] = 30
        # Arguments are below 2^5, in units of 2^-10, and exponentials good to a few: none is within 1 in 64 of a bound.
        for exponents in (w, w - np.log(np.exp(w.astype("f8")).sum(-1, keepdims=True))):
            for bound in (np.log(1e-9), np.log(constants["far"])):
                near = np.abs(exponents - bound) < 2.0**-6
                w[near] += 2.0**-5
        self.assertGreater(np.count_nonzero(w < np.log(1e-9)), 4)
        feed = {"x": self.random.uniform(-15, 15, (5, 16)).astype("f4"), "z": self.normal(5, 16), "w": w}
        # Conditions are exact; half a unit of what is chosen is 2^-16 of its row, whose largest may be the 1.
        self.check_close(proto, [feed], 2.0**-14)


if __name__ == "__main__":
    unittest.main()
