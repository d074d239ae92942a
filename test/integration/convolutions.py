"""Convolutions of odd geometry, many in one model."""

import json

import numpy as np

from kernels import KernelTest, model


class Geometry:
    """A convolution drawn at random: sizes, strides, dilations, pads and groups that fit each other."""

    def __init__(self, seed):
        random = np.random.default_rng(seed)
        self.seed = seed
        self.rank = int(random.choice((1, 2, 2, 2, 3)))
        self.groups = int(random.choice((1, 1, 1, 2, 3)))
        depth = int(random.choice((1, 3, 7, 16, 24, 33)))
        self.channels = depth * self.groups
        self.outputs = int(random.choice((1, 5, 8, 16, 33))) * self.groups
        if random.integers(6) == 0:  # depthwise
            self.groups = self.channels
            self.outputs = self.channels * int(random.integers(1, 3))
        pick = lambda *choices: [int(random.choice(choices)) for _ in range(self.rank)]
        self.kernel = pick(1, 2, 3, 5)
        self.strides = pick(1, 1, 2, 3)
        self.dilations = pick(1, 1, 2)
        self.pads = pick(0, 1, 2, 6) + pick(0, 1, 3)
        self.batch = int(random.integers(0, 4)) if random.integers(4) == 0 else 2
        # The smallest size that gives one position, and a little more.
        self.sizes = []
        for dim in range(self.rank):
            span = self.dilations[dim] * (self.kernel[dim] - 1) + 1
            least = max(1, span - self.pads[dim] - self.pads[self.rank + dim])
            self.sizes.append(least + int(random.choice((0, 1, 4, 9))))
        if self.rank < 3 and random.integers(5) == 0:  # a line of several units
            self.sizes[-1] += 150

    def weights(self, random):
        shape = (self.outputs, self.channels // self.groups, *self.kernel)
        return (random.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype("f4")

    def attributes(self):
        return {
            "strides": self.strides,
            "dilations": self.dilations,
            "pads": self.pads,
            "group": self.groups,
        }

    def __str__(self):
        return f"seed {self.seed}: {self.batch}x{self.channels}x{self.sizes} " + str(self.attributes())


def network(cases, deep=False, unsigned=False):
    """One model of many convolutions, each with an input of its own, a bias and a ReLU; and behind it, if it is deep, one of
    single taps with pads. Unsigned inputs go through a ReLU first."""
    nodes, inputs, constants, outputs = [], {}, {}, []
    for case in cases:
        i, random = case.seed, np.random.default_rng(case.seed)
        inputs[f"x{i}"] = ("f4", [f"batch{i}", case.channels, *case.sizes])
        constants[f"w{i}"] = case.weights(random)
        constants[f"b{i}"] = random.standard_normal(case.outputs).astype("f4")
        if unsigned:
            nodes.append(("Relu", f"x{i}", f"u{i}"))
        nodes.append(("Conv", f"{'u' if unsigned else 'x'}{i} w{i} b{i}", f"c{i}", case.attributes()))
        nodes.append(("Relu", f"c{i}", f"y{i}"))
        if deep:
            constants[f"v{i}"] = random.standard_normal((7, case.outputs, *[1] * case.rank)).astype("f4")
            nodes.append(("Conv", f"y{i} v{i}", f"z{i}", {"pads": [1] * case.rank + [2] * case.rank}))
        outputs.append(f"z{i}" if deep else f"y{i}")
    return model(nodes, inputs, outputs, constants)


def feed(cases):
    random = np.random.default_rng(99)
    return {f"x{c.seed}": random.standard_normal((c.batch, c.channels, *c.sizes)).astype("f4") for c in cases}


class ConvolutionTest(KernelTest):
    CASES = 512
    AT_ONCE = 32

    def groups_of_cases(self, step=1, wanted=lambda case: True):
        cases = [case for case in map(Geometry, range(0, self.CASES, step)) if wanted(case)]
        for first in range(0, len(cases), self.AT_ONCE):
            yield cases[first : first + self.AT_ONCE]

    def quantised(self, recipe, wanted=lambda case: True, step=4, **options):
        for cases in self.groups_of_cases(step, wanted):
            with self.subTest("\n".join(map(str, cases))):
                self.check_quantised(network(cases, **options), [feed(cases)], recipe, rtol=2e-6, atol=5e-6)

    def recipe(self, activation, weight, depthwise="channel"):
        image = {"element": "s8", "grid": "image", "range": [-127, 127]}
        rules = [
            {"role": "activation", "op": "depthwise", **image, "grid": depthwise},
            {"role": "weight", "op": "depthwise", **image, "grid": "row"},
            {"role": "activation", **activation},
            {"role": "weight", **weight},
        ]
        path = self.folder / "recipe.json"
        path.write_text(json.dumps({"rules": rules}))
        return path
