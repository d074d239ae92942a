"""Integer-only models that compute with elements of one row that are far apart, and bring them together again."""

import unittest

import numpy as np

from kernels import IntegerTest, model, results


class FarElements(IntegerTest):
    seed = 14

    def scores(self, *shape):
        """Up to 16, so that exponentials are 14 orders of magnitude apart."""
        return (32 * self.random.random(shape) - 16).astype("f4")

    def test_quotients(self):
        """Weighted means by exponentials: of two, of several along an axis, of a softmax over its other axis."""
        nodes = [
            ("Exp", "x", "e"),
            ("Exp", "z", "f"),
            ("Mul", "e v", "product"),
            ("Mul", "f u", "other"),
            ("Add", "product other", "sum"),
            ("Add", "e f", "weights"),
            ("Div", "sum weights", "y_mean"),
            ("Exp", "p", "precisions"),
            ("Mul", "precisions m", "weighted"),
            ("ReduceSum", "weighted rows", "sums", {"keepdims": 0}),
            ("ReduceSum", "precisions rows", "total", {"keepdims": 0}),
            ("Div", "sums total", "y_experts"),
            ("Log", "total", "y_total"),
            ("Softmax", "s", "shares"),
            ("Add", "shares small", "more"),
            ("ReduceSum", "more rows", "columns", {"keepdims": 1}),
            ("Div", "more columns", "parts"),
            ("Transpose", "parts", "y_parts", {"perm": [0, 2, 1]}),
            ("Log", "more", "y_logarithm"),
        ]
        outputs = results(nodes)
        inputs = {name: ("f4", ["n", 24]) for name in "xzvu"} | {name: ("f4", ["n", 5, 24]) for name in "pms"}
        proto = model(nodes, inputs, outputs, {"rows": np.array([1]), "small": np.float32(1e-12)})
        feed = {name: self.scores(6, 24) for name in "xz"} | {name: self.scores(6, 5, 24) for name in "ps"}
        feed |= {name: self.random.random((6, 24)).astype("f4") + 1 for name in "vu"}
        feed["m"] = self.random.random((6, 5, 24)).astype("f4") + 1
        # Arguments are inputs with all their bits: an exponential is as good as its power of two, which is 3e-4. Both sides
        # of a quotient have that and units of 2^-15: 6.6e-4 of the largest of a row, a mean of what is 1 to 2, or a part.
        self.check_close(proto, [feed], 2.0**-10)

    def test_far_constants(self):
        """Constants 16 orders of magnitude apart as factors, divisors, dividends, summands and bounds of exponentials."""
        nodes = [("Exp", "x", "e")]
        for name, op in {"scaled": "Mul", "divided": "Div", "more": "Add", "most": "Max", "least": "Min"}.items():
            nodes += [(op, "e far", name), ("Log", name, f"y_{name}")]
        nodes += [("Div", "far e", "inverse"), ("Log", "inverse", "y_inverse")]
        outputs = results(nodes)
        far = (10.0 ** np.linspace(-8, 8, 24)).astype("f4")
        proto = model(nodes, {"x": ("f4", ["n", 24])}, outputs, {"far": far})
        # Arguments have all their bits, a power of two is good to 3e-4, and a product has 15 bits of either side: 3.6e-4 in
        # a logarithm, and the largest of a row is 8 at least.
        self.check_close(proto, [{"x": self.scores(6, 24)}], 2.0**-14)

    def test_turned_rows(self):
        """A softmax over clusters of which some are never near; each sums tokens for itself, and is brought to length 1."""
        nodes = [
            ("Softmax", "s", "shares"),
            ("Transpose", "shares", "turned", {"perm": [0, 2, 1]}),
            ("MatMul", "turned x", "sums"),
            ("LpNormalization", "sums", "y", {"axis": 2, "p": 2}),
        ]
        proto = model(nodes, {"s": ("f4", ["n", 12, 8]), "x": ("f4", ["n", 12, 16])}, ["y"])
        s = self.scores(3, 12, 8) / 4
        s[..., :4] -= 16
        x = self.random.random((3, 12, 16)).astype("f4") + 1
        # Either side has 12 bits on the exponent of its row. Of 12 products that are off by 2^-12 of 2, and by 2^-12 of
        # the largest share times 2, that is 26 2^-12 of the shares' sum, which no result is below; and as much in the norm.
        self.check_close(proto, [{"s": s, "x": x}], 2.0**-6)

    def test_choices(self):
        """What is left out of a row does not take the bits of what is chosen, whatever it is."""
        nodes = [
            ("Exp", "x", "e"),
            ("Sub", "e one", "less"),
            ("Greater", "x zero", "positive"),
            ("Where", "positive x less", "y_elu"),
            ("Min", "less zero", "negative"),
            ("Relu", "x", "r"),
            ("Add", "r negative", "y_sum"),
            ("Clip", "e low two", "y_clip"),
            ("Equal", "x zero", "none"),
            ("Reciprocal", "x", "inverse"),
            ("Where", "none zero inverse", "y_inverse"),
            ("Equal", "r zero", "hidden"),
            ("Div", "x r", "quotient"),
            ("Where", "hidden zero quotient", "y_quotient"),
            ("Pow", "x eight", "power"),
            ("Abs", "x", "size"),
            ("Less", "size one", "small"),
            ("Where", "small power x", "y_power"),
            ("ReduceMean", "y_elu", "y_mean", {"axes": [1]}),
            ("Softmax", "y_elu", "y_softmax"),
        ]
        outputs = results(nodes)
        numbers = {"zero": 0, "one": 1, "two": 2, "low": 0.125, "eight": 8}
        constants = {name: np.float32(value) for name, value in numbers.items()}
        proto = model(nodes, {"x": ("f4", ["n", 24])}, outputs, constants, opset=17)
        x = self.scores(6, 24)
        x[:, ::4] = 0
        x[0] = -np.abs(x[0])
        x[1] = np.abs(x[1])
        # Arguments have all their bits, and powers of two are good to 3e-4 of the largest of a row, which is 1 where all
        # are negative. The mean of rows that are nearly that has as much, and what is a softmax's largest has twice as
        # much, as its sum has.
        self.check_close(proto, [{"x": x}], 2.0**-10)

    def test_powers(self):
        """Each element to an exponent of its own; of negative bases integer ones are powers, others 0."""
        exponents = np.array([3, 2, -2, 0.5, 0, 1, -1, 2.5], "f4")
        constants = {"several": exponents, "cubes": np.full(8, 3, "f4"), "column": exponents[:6, None]}
        nodes = [("Pow", f"x {name}", f"y_{name}") for name in constants] + [("Pow", "z several", "y_wider")]
        outputs = [node[2] for node in nodes]
        proto = model(nodes, {"x": ("f4", ["n", 6, 8]), "z": ("f4", ["n", 6, 1])}, outputs, constants)
        x = self.random.uniform(0.5, 2, (3, 6, 8)).astype("f4") * self.random.choice(np.array([-1, 1], "f4"), (3, 6, 8))
        z = x[..., :1].copy()
        x[0, 0, :2] = 0
        with np.errstate(invalid="ignore"):
            exact = [
                {f"y_{name}": np.nan_to_num(np.power(x, value), nan=0, posinf=0) for name, value in constants.items()}
                | {"y_wider": np.nan_to_num(np.power(z, exponents), nan=0)}
            ]
        # Bases have 16 bits on the exponent of their row, of which an element is a quarter or more: 2^-14 of it, and
        # three times that in its cube. Powers of two are good to 3e-4.
        self.check_close(proto, [{"x": x, "z": z}], 2.0**-10, exact)


if __name__ == "__main__":
    unittest.main()
