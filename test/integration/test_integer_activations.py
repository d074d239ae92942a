"""Integer-only convolutions with gates of straight pieces between them, and factors and summands behind these."""

import unittest

import numpy as np

from kernels import IntegerTest, model


class IntegerActivations(IntegerTest):
    seed = 31

    def block(self, channels, activation):
        """Positive weights with sums up to 6, less 3: the pieces of a gate meet among them. `activation` makes the nodes."""
        nodes, constants = [], {"half": np.full(channels, -3, "f4")}
        value, depth = "x", 6
        for i, (taps, groups) in enumerate(((1, 1), (3, channels), (1, 1))):
            weights = self.random.uniform(0.5, 1, (channels, depth // groups, taps, taps)).astype("f4")
            constants[f"w{i}"] = 6 * weights / weights.sum((1, 2, 3), keepdims=True) / 2**i
            pads = {"group": groups, "pads": [taps // 2] * 4}
            nodes += [("Conv", f"{value} w{i} half", f"c{i}", pads), *activation(f"c{i}", f"a{i}")]
            value, depth = f"a{i}", channels
        nodes.append(("Flatten", value, "y"))
        return nodes, constants

    def check_block(self, activation, numbers):
        for channels in (8, 40):
            nodes, constants = self.block(channels, activation)
            constants |= {name: np.float32([value]) for name, value in numbers.items()}
            constants |= {"zero": np.float32(0), "six": np.float32(6)}
            proto = model(nodes, {"x": ("f4", ["n", 6, 5, 19])}, ["y"], constants)
            x = self.random.uniform(0, 1, (3, 6, 5, 19)).astype("f4")
            # Half a unit of 2^-7 of codes and of weights in each of three stages, of sums up to twice what their bias
            # leaves, times slopes up to 9/8 of a swish.
            self.check_close(proto, [{"x": x}], 3 * 2 * 2.0**-7 * 9 / 8)

    def test_swish(self):
        self.check_block(lambda x, y: [("HardSwish", x, y)], {})

    def test_affine(self):
        """Written out, with a factor and a summand behind it, which pads have not."""

        def activation(x, y):
            return [
                ("Add", f"{x} three", f"{y}line"),
                ("Clip", f"{y}line zero six", f"{y}limited"),
                ("Mul", f"{x} {y}limited", f"{y}product"),
                ("Div", f"{y}product six", f"{y}swish"),
                ("Mul", f"factor {y}swish", f"{y}scaled"),
                ("Add", f"{y}scaled summand", y),
            ]

        self.check_block(activation, {"factor": 0.75, "summand": 0.5, "three": 3})

    def test_gate(self):
        """Of channels, by what their means are, beside channels of other sizes and of zeros."""
        nodes, constants = self.block(24, lambda x, y: [("Relu", x, y)])
        constants["w0"][3] = 0
        constants["w0"][5] *= 2**-12
        nodes = nodes[:4] + [
            ("ReduceMean", "a1 places", "mean", {"keepdims": 1}),
            ("Conv", "mean s", "squeezed"),
            ("HardSigmoid", "squeezed", "gate"),
            ("Mul", "a1 gate", "gated"),
            ("Flatten", "gated", "y"),
        ]
        constants |= {"places": np.array([2, 3]), "s": np.full((24, 24, 1, 1), 1 / 24, "f4")}
        proto = model(nodes, {"x": ("f4", ["n", 6, 5, 19])}, ["y"], constants)
        x = self.random.uniform(0, 1, (3, 6, 5, 19)).astype("f4")
        # Two stages.
        self.check_close(proto, [{"x": x}], 2 * 2 * 2.0**-7 * 9 / 8)


if __name__ == "__main__":
    unittest.main()
