"""Integer-only models that show how small sigmoids, and exponentials, are."""

import unittest

import numpy as np

from kernels import IntegerTest, model, results


class Shares(IntegerTest):
    seed = 14

    def test_shares(self):
        """What is small in sigmoids, in what they leave of one, and among the smallest of exponentials."""
        nodes = [
            ("Sigmoid", "x", "p"),
            ("Sub", "one p", "q"),
            ("Div", "p q", "odds"),
            ("Log", "odds", "y_odds"),
            ("Log", "p", "y_share"),
            ("Log", "q", "y_rest"),
            ("Add", "p small", "more"),
            ("Log", "more", "y_more"),
            ("Clip", "p low", "above"),
            ("Clip", "q low", "below"),
            ("Div", "above below", "limited"),
            ("Log", "limited", "y_limited"),
            ("Exp", "x", "e"),
            ("Add", "e one", "sum"),
            ("Pow", "sum minus", "inverse"),
            ("Log", "inverse", "y_inverse"),
            ("ReduceMin", "e last", "least", {"keepdims": 1}),
            ("Log", "least", "y_least"),
            ("ReduceMin", "e columns", "leasts", {"keepdims": 0}),
            ("Log", "leasts", "y_leasts"),
        ]
        outputs = results(nodes)
        constants = {"one": np.float32(1), "minus": np.float32(-1), "small": np.float32(1e-6), "low": np.float32(1e-5)}
        constants |= {"last": np.array([2]), "columns": np.array([1])}
        proto = model(nodes, {"x": ("f4", ["n", 5, 24])}, outputs, constants)
        x = self.random.uniform(-16, 16, (4, 5, 24)).astype("f4")
        x[..., :2] = [16, -16]
        z = x.astype("f8")
        p, q, e = 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(z)), np.exp(z)
        exact = {"y_odds": z, "y_share": np.log(p), "y_rest": np.log(q), "y_more": np.log(p + 1e-6), "y_inverse": np.log(1 / (e + 1))}
        exact |= {"y_limited": np.log(np.maximum(p, 1e-5) / np.maximum(q, 1e-5))}
        exact |= {"y_least": z.min(2, keepdims=True), "y_leasts": z.min(1)}
        # Arguments of up to 2^4 have 16 bits, 2^-12 in an exponential whose power of two is good to 3e-4: 5.5e-4 in its
        # logarithm, and twice that in that of a quotient. The largest of a row is 11 at least, but for minima of columns:
        # of five numbers these are 1 at least in some column.
        self.check_close(proto, [{"x": x}], 2.0**-10, [exact])

    def test_likelihoods(self):
        """Logarithms of products, choices and sums of sigmoids, and of what these leave of one."""
        nodes = [
            ("Sigmoid", "x", "p"),
            ("Sub", "one p", "q"),
            ("Sigmoid", "z", "r"),
            ("Mul", "p r", "both"),
            ("Log", "both", "y_both"),
            ("Mul", "p half", "scaled"),
            ("Log", "scaled", "y_scaled"),
            ("Where", "is p q", "chosen"),
            ("Log", "chosen", "y_chosen"),
            ("Clip", "chosen low", "limited"),
            ("Log", "limited", "y_limited"),
            ("Cast", "is", "t", {"to": 1}),
            ("Sub", "one t", "u"),
            ("Mul", "t p", "first"),
            ("Mul", "u q", "second"),
            ("Add", "first second", "sum"),
            ("Log", "sum", "y_sum"),
            ("Sub", "one sum", "missing"),
            ("Mul", "missing missing", "weight"),
            ("Mul", "weight y_sum", "y_focal"),
        ]
        outputs = results(nodes)
        constants = {"one": np.float32(1), "half": np.float32(0.5), "low": np.float32(1e-6)}
        inputs = {"x": ("f4", ["n", 24]), "z": ("f4", ["n", 24]), "is": ("?", ["n", 24])}
        proto = model(nodes, inputs, outputs, constants)
        x, z = self.random.uniform(-16, 16, (2, 6, 24)).astype("f4")
        x[:, :2] = [16, -16]
        feed = {"x": x, "z": z, "is": self.random.random((6, 24)) < 0.5}
        feed["is"][:, 1] = True
        p, q, r = (1 / (1 + np.exp(-v.astype("f8"))) for v in (x, -x, z))
        chosen = np.where(feed["is"], p, q)
        exact = {"y_both": np.log(p * r), "y_scaled": np.log(p / 2), "y_chosen": np.log(chosen)}
        exact |= {"y_limited": np.log(np.maximum(chosen, 1e-6)), "y_sum": np.log(chosen)}
        exact |= {"y_focal": (1 - chosen) ** 2 * np.log(chosen)}
        # Arguments of up to 2^4 have 16 bits, 2^-12 in an exponential whose power of two is good to 3e-4: 5.5e-4 in its
        # logarithm, and twice that in that of a product of two. The largest of a row is 13 at least. Beside a logarithm of
        # 16 and its 16 bits, what is missing to one is close to one, and so is its square.
        self.check_close(proto, [feed], 2.0**-13, [exact])


if __name__ == "__main__":
    unittest.main()
