"""Convolutions of odd geometry in integers alone: the bits that the interpreter gives."""

import unittest

import numpy as np

from convolutions import ConvolutionTest, feed, network
from kernels import CPUS, model


class ConvolutionIntegers(ConvolutionTest):
    def test_integers(self):
        for cases in self.groups_of_cases(4):
            with self.subTest("\n".join(map(str, cases))):
                self.check_integers(network(cases, deep=True), [feed(cases)])

    def test_integer_groups(self):
        """Groups of channels in which blocks of 32 do not end, with 8 and 4 bits; a sum as long as crepe's."""
        random = np.random.default_rng(7)
        nodes, inputs, constants = [("Conv", "long w_long", "y_long")], {"long": ("f4", ["n", 128, 70])}, {}
        constants["w_long"] = random.standard_normal((8, 128, 64)).astype("f4") / 90
        for depth, groups, outputs in ((12, 2, 24), (24, 3, 48), (48, 2, 32), (8, 4, 32), (1, 24, 24), (1, 24, 48), (32, 2, 16)):
            name, channels = f"{depth}x{groups}x{outputs}", depth * groups
            inputs[f"x{name}"] = ("f4", ["n", channels, 5, 6])
            constants[f"first{name}"] = random.standard_normal((channels, channels, 1, 1)).astype("f4") / channels**0.5
            constants[f"w{name}"] = random.standard_normal((outputs, depth, 3, 3)).astype("f4") / (9 * depth) ** 0.5
            constants[f"last{name}"] = random.standard_normal((4, outputs, 1, 1)).astype("f4") / outputs**0.5
            nodes += [
                ("Conv", f"x{name} first{name}", f"a{name}"),
                ("Conv", f"a{name} w{name}", f"b{name}", {"group": groups, "pads": [1, 1, 1, 1]}),
                ("Conv", f"b{name} last{name}", f"y{name}"),
            ]
        proto = model(nodes, inputs, [n[2] for n in nodes if n[2].startswith("y")], constants)
        feed = {
            name: random.standard_normal([2 if dim == "n" else dim for dim in dims]).astype("f4")
            for name, (_, dims) in inputs.items()
        }
        self.check_integers(proto, [feed])
        self.check_against_split(proto, [feed], 0, 0, CPUS, "--integer-only", "--recipe=w4a8")


if __name__ == "__main__":
    unittest.main()
