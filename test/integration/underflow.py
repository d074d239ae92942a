"""What the tests of rows that fall below the least exponents share."""

import numpy as np

from kernels import INTEGER_TARGETS, IntegerTest

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


class UnderflowTest(IntegerTest):
    """Models of which results become less exact and 0, never larger."""

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
