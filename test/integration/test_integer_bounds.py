"""Integer-only models that limit rows which reach far beyond the limits, beside ordinary rows."""

import unittest

import numpy as np

from kernels import IntegerTest, model, results

SIZES = (1e12, 1e15, 1e30)


class IntegerBounds(IntegerTest):
    seed = 15

    def values(self, *shape):
        """Up to 16, and of those sizes: half of it to all."""
        large = self.random.uniform(0.5, 1, (len(SIZES), *shape)) * self.random.choice([-1, 1], (len(SIZES), *shape))
        large *= np.reshape(SIZES, [-1] + [1] * len(shape))
        # One sign only, so that nothing is left beyond a limit on the other side.
        signed = np.abs(large) + np.reshape(SIZES, [-1] + [1] * len(shape))
        return np.concatenate([self.random.uniform(-16, 16, (4, *shape)), large, signed, -signed]).astype("f4")

    def test_rows(self):
        """What is beyond a limit is the limit, of any size, on either side and both."""
        nodes = [
            ("Abs", "x", "size"),
            ("Mul", "size x", "product"),
            ("Clip", "product zero six", "y_relu6"),
            ("Clip", "product minus one", "y_both"),
            ("Clip", "product - six", "y_above"),
            ("Clip", "product minus -", "y_below"),
            ("Min", "product one", "y_min"),
            ("Max", "minus product", "y_max"),
            ("HardSigmoid", "product", "y_sigmoid"),
            ("HardSwish", "product", "y_swish"),
            ("ReduceMean", "y_swish last", "y_mean", {"keepdims": 1}),
        ]
        outputs = results(nodes)
        numbers = {"zero": 0, "six": 6, "one": 1, "minus": -1}
        constants = {name: np.float32(value) for name, value in numbers.items()} | {"last": np.array([1])}
        proto = model(nodes, {"x": ("f4", ["n", 24])}, outputs, constants)
        x = self.values(24)
        x = (np.sign(x) * np.sqrt(np.abs(x))).astype("f4")
        # Both factors have 16 bits on the exponent of their row: 2^-15 of up to 16 in the product, 2^-11, beside what is
        # limited to 1. A gate by 16 bits adds 2^-15 of itself.
        self.check_close(proto, [{"x": x}], 2.0**-10)

    def test_gates(self):
        """Gates of straight pieces, in any spelling: what is small has its gate beside elements of any size."""
        nodes = [
            ("MatMul", "x unit", "m"),
            ("HardSigmoid", "m", "y_sigmoid", {"alpha": 0.25, "beta": 0.25}),
            ("Add", "m three", "line"),
            ("Clip", "line zero six", "limited"),
            ("Mul", "m limited", "product"),
            ("Div", "product six", "y_swish"),
            ("Relu", "line", "above"),
            ("Min", "above six", "below"),
            ("Mul", "below sixth", "y_gate"),
        ]
        numbers = {"zero": 0, "three": 3, "six": 6, "sixth": 1 / 6}
        constants = {name: np.float32(value) for name, value in numbers.items()} | {"unit": np.eye(24, dtype="f4")}
        constants["unit"][:2, 0] = 0.5
        x = self.random.uniform(-8, 8, (9, 24)).astype("f4")
        x[:, 2:10] = 0
        proto = model(nodes, {"x": ("f4", ["n", 24])}, ["y_swish"], constants)
        # Codes of 8 bits, half a unit of 2^-7 of up to 8, where the slope is up to 3/2: beside results up to 8.
        self.check_close(proto, [{"x": x}], 1.5 * 2.0**-8)
        proto = model(nodes, {"x": ("f4", ["n", 24])}, ["y_sigmoid", "y_gate"], constants)
        x[:, 12] = [1e6, -1e6, 1e12, -1e12, 1e15, -1e15, 1e30, -1e30, 3]
        # What is below a unit of 2^-7 of the large one is 0.
        x[:-1, :2], x[:-1, 10:12], x[:-1, 13:] = 0, 0, 0
        # Half a unit of 2^-7 of up to 8 times 1/4, beside gates up to 1.
        self.check_close(proto, [{"x": x}], 2.0**-7)

    def test_beyond_zero(self):
        """Limits that 0 is beyond take the place of all of a row that is small beside them, or 0."""
        nodes = [
            ("MatMul", "x unit", "m"),
            ("Max", "m half", "y_most"),
            ("Min", "minus m", "y_least"),
            ("Clip", "m five ten", "y_between"),
            ("Clip", "m half -", "y_above"),
            ("Max", "m floor", "above"),
            ("Log", "above", "y_floor"),
            ("Neg", "m", "negative"),
            ("Clip", "negative - minus", "y_below"),
        ]
        outputs = results(nodes)
        numbers = {"half": 0.5, "five": 5, "ten": 10, "minus": -1, "floor": 1e-9}
        constants = {name: np.float32(value) for name, value in numbers.items()} | {"unit": np.eye(24, dtype="f4")}
        # A sum, without which all would be picked from the inputs.
        constants["unit"][:2, 0] = 0.5
        proto = model(nodes, {"x": ("f4", ["n", 24])}, outputs, constants)
        x = self.random.uniform(0.5, 1, (9, 24)) * np.array([0, 1e-12, 1e-9, 1e-4, 0.1, 0.4, 1, 8, 100])[:, None]
        # Codes of 8 bits, half a unit of 2^-7 of up to 100 in a row; a logarithm of -20.7 has 31 bits of what they say.
        self.check_close(proto, [{"x": x.astype("f4")}], 2.0**-7)

    def test_images(self):
        """Of a convolution, too, whose sums are limited as they are made."""
        nodes = [
            ("Conv", "x w", "c", {"kernel_shape": [3, 3]}),
            ("Clip", "c zero six", "y_relu6"),
            ("HardSwish", "c", "gated"),
            ("ReduceMean", "gated places", "mean", {"keepdims": 0}),
            ("Flatten", "y_relu6", "y_row"),
            ("Relu", "mean", "y_mean"),
        ]
        constants = {"zero": np.float32(0), "six": np.float32(6), "places": np.array([2, 3])}
        constants["w"] = np.full((8, 4, 3, 3), 1 / 36, "f4")
        proto = model(nodes, {"x": ("f4", ["n", 4, 6, 6])}, ["y_row", "y_mean"], constants, opset=18)
        x = np.abs(self.values(4, 6, 6))
        # Codes of 8 bits on the shift of their block, 2^-7 of its largest, which is less than twice the mean of these.
        self.check_close(proto, [{"x": x}], 2.0**-6)


if __name__ == "__main__":
    unittest.main()
