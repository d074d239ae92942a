"""Integer-only remainders, of quotients of any size."""

import unittest

import numpy as np

from kernels import IntegerTest, model, results


class IntegerRemainders(IntegerTest):
    def test_remainders(self):
        """By a constant, by one for each element, and of two inputs: of what the integers of inputs are, they are exact."""
        fmod = {"fmod": 1}
        nodes = [
            ("Mod", "x turn", "y_turn", fmod),
            ("Mod", "x steps", "y_steps", fmod),
            ("Mod", "x z", "y_inputs", fmod),
            ("Abs", "x", "size"),
            ("Mod", "size two", "y_chain", fmod),
        ]
        constants = {"turn": np.float32(2 * np.pi), "two": np.float32(2), "steps": 10 ** np.linspace(-2, 3, 24, dtype="f4")}
        outputs = results(nodes)
        proto = model(nodes, {x: ("f4", ["n", 24]) for x in "xz"}, outputs, constants)
        random = np.random.default_rng(31)
        # Every float has 24 bits, and every element an exponent of its own: nothing is rounded but the result, to 16 bits
        # or more of the largest of its row. Quotients reach 10^9.
        x = (random.standard_normal((8, 24)) * 10.0 ** np.arange(-1, 7).reshape(8, 1)).astype("f4")
        z = (random.uniform(0.5, 2, (8, 24)) * 10.0 ** random.integers(-3, 4, (8, 24))).astype("f4")
        self.check_close(proto, [{"x": x, "z": z}], 2.0**-16)


if __name__ == "__main__":
    unittest.main()
