"""Convolutions and pools of odd geometry: floats against onnxruntime, codes against the interpreter."""

import json
import unittest

import numpy as np
import onnxruntime

from kernels import CPUS, KernelTest, model


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


class Convolution(KernelTest):
    CASES = 512
    AT_ONCE = 32

    def groups_of_cases(self, step=1, wanted=lambda case: True):
        cases = [case for case in map(Geometry, range(0, self.CASES, step)) if wanted(case)]
        for first in range(0, len(cases), self.AT_ONCE):
            yield cases[first : first + self.AT_ONCE]

    def test_float(self):
        for cases in self.groups_of_cases():
            with self.subTest("\n".join(map(str, cases))):
                # Sums of about one that onnxruntime adds in another order.
                self.check(network(cases), [feed(cases)], rtol=1e-5, atol=4e-6)

    def quantised(self, recipe, wanted=lambda case: True, step=4, **options):
        for cases in self.groups_of_cases(step, wanted):
            with self.subTest("\n".join(map(str, cases))):
                self.check_quantised(network(cases, **options), [feed(cases)], recipe, rtol=2e-6, atol=5e-6)

    def test_w8a8(self):
        self.quantised("w8a8")

    def test_w8a8g32(self):
        self.quantised("w8a8g32")

    def test_w4a8(self):
        self.quantised("w4a8")

    def test_behind_relu(self):
        """Codes that have no sign, in every form that knows of it."""
        for recipe in ("w8a8", "w4a8"):
            self.quantised(recipe, step=8, unsigned=True)
        random = np.random.default_rng(5)
        weights = {"w": random.standard_normal((19, 160, 3, 3)), "v": random.standard_normal((70, 19))}
        nodes = [
            ("Relu", "x", "u"),
            ("Conv", "u w", "c", {"pads": [1, 1, 1, 1]}),
            ("Relu", "c", "d"),
            ("GlobalAveragePool", "d", "e"),
            ("Flatten", "e", "f"),
            ("Gemm", "f v", "y", {"transB": 1}),
        ]
        proto = model(nodes, {"x": ("f4", ["b", 160, 5, 7])}, ["y"], {n: w.astype("f4") / 40 for n, w in weights.items()})
        x = random.standard_normal((3, 160, 5, 7)).astype("f4")
        odd = x.copy()
        odd[1, 2, 3, 3], odd[2, 0, 0, 0] = np.nan, np.inf
        for recipe in ("w8a8", "w8a8g32", "w4a8"):
            with self.subTest(recipe):
                self.check_quantised(proto, [{"x": x}, {"x": odd}, {"x": -abs(x)}], recipe, rtol=4e-6, atol=5e-6)

    def test_integers(self):
        for cases in self.groups_of_cases(4):
            with self.subTest("\n".join(map(str, cases))):
                self.check_integers(network(cases, deep=True), [feed(cases)])

    def test_large_images(self):
        """Results that leave the second-level cache: tiles go along several panels; and units of as many lines as are equal."""
        random = np.random.default_rng(5)
        shapes = {"w": (83, 40, 1, 1), "p": (83, 83, 1, 1), "v": (36, 83, 1, 1), "u": (36, 36, 3, 3)}
        weights = {n: (random.standard_normal(s) / np.sqrt(np.prod(s[1:]))).astype("f4") for n, s in shapes.items()}
        nodes = [
            ("Conv", "x w", "c"),
            ("Relu", "c", "y"),
            ("Conv", "y p", "q"),
            ("Add", "q y", "s"),
            ("Relu", "s", "t"),
            ("Conv", "t v", "d"),
            ("Conv", "d u", "z", {"pads": [1, 1, 1, 1]}),
        ]
        proto = model(nodes, {"x": ("f4", ["b", 40, 41, 43])}, ["z"], weights)
        given = {"x": random.standard_normal((2, 40, 41, 43)).astype("f4")}
        self.check(proto, [given], rtol=1e-5, atol=4e-6)
        for recipe in ("w8a8", "w4a8"):
            with self.subTest(recipe):
                self.check_quantised(proto, [given], recipe, rtol=2e-6, atol=5e-6)

    def test_not_finite(self):
        """A NaN or an infinity spoils what its window, or with one scale its image, gives; no other image."""
        random = np.random.default_rng(3)
        weights = random.standard_normal((5, 4, 3, 3)).astype("f4")
        proto = model([("Conv", "x w", "y", {"pads": [1, 1, 1, 1]})], {"x": ("f4", ["b", 4, 6, 6])}, ["y"], {"w": weights})
        x = random.standard_normal((4, 4, 6, 6)).astype("f4")
        x[1, 2, 3, 3], x[2, 0, 0, 0] = np.nan, np.inf
        self.check(proto, [{"x": x}], rtol=1e-5, atol=1e-5)
        for recipe in ("w8a8", "w8a8g32"):
            with self.subTest(recipe):
                self.check_quantised(proto, [{"x": x}], recipe, rtol=2e-6, atol=5e-6)

    def test_weights_of_run_time(self):
        proto = model([("Conv", "x w", "y")], {"x": ("f4", ["b", 4, 6, 6]), "w": ("f4", [5, 4, 3, 3])}, ["y"])
        random = np.random.default_rng(4)
        given = {name: random.standard_normal(shape).astype("f4") for name, shape in (("x", (2, 4, 6, 6)), ("w", (5, 4, 3, 3)))}
        self.check(proto, [given], rtol=1e-5, atol=1e-5)

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

    def test_narrow_weights(self):
        """4 bits everywhere; the recipes keep the first and the last contraction at 8."""
        image = {"element": "s8", "grid": "image", "range": [-127, 127]}
        weight = {"element": "s4", "grid": 32, "scale": "s8", "outer": "f32", "encoding": "search", "range": [-8, 7]}
        self.quantised(self.recipe(activation=image, weight=weight))

    def test_scales_of_channels(self):
        """Depthwise: one scale for an image, and one for each of its channels, which are of very different sizes."""
        random = np.random.default_rng(8)
        row = {"element": "s8", "grid": "row", "range": [-127, 127]}
        nodes, inputs, constants, feed = [], {}, {}, {}
        for channels, sizes, pads in ((5, [7], [2, 0]), (16, [5, 4], [1, 0, 1, 1]), (67, [6, 5], [0] * 4), (96, [3, 4], [1] * 4), (200, [4, 4], [2, 1, 0, 1])):
            inputs[f"x{channels}"] = ("f4", ["n", channels, *sizes])
            constants[f"w{channels}"] = random.standard_normal((channels, 1, *[2] * len(sizes))).astype("f4")
            nodes.append(("Conv", f"x{channels} w{channels}", f"y{channels}", {"group": channels, "pads": pads}))
            x = random.standard_normal((3, channels, *sizes)).astype("f4")
            feed[f"x{channels}"] = x * np.exp2(-(np.arange(channels) % 12)).reshape(1, -1, *[1] * len(sizes)).astype("f4")
        # An image with an infinity, a NaN, and zeros.
        feed["x16"][0, 3, 0, 0], feed["x16"][1, 4, 2, 1], feed["x96"][1] = np.inf, np.nan, 0
        proto = model(nodes, inputs, [node[2] for node in nodes], constants)
        for grid in ("image", "channel"):
            with self.subTest(grid):
                recipe = self.recipe(row, row, grid)
                self.check_against_split(proto, [feed], 2e-6, 5e-6, CPUS, f"--recipe={recipe}")
        # Each factor is off by half a code of its own channel at most, whatever the others hold.
        text = self.folder / "channels.mlir"
        self.must("compile", self.save(proto), "--stop-after=split", "-o", text, f"--recipe={recipe}")
        exact = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"]).run(["y67", "y200"], feed)
        for channels, wanted in zip((67, 200), exact):
            got = self.interpret(text, feed)[f"y{channels}"]
            largest = [np.abs(a).max((2, 3)) for a in (feed[f"x{channels}"], constants[f"w{channels}"].swapaxes(0, 1))]
            bound = 4 * largest[0] * largest[1] * (2 / 254 + 1 / 254**2)
            self.assertTrue((np.abs(got - wanted).max((2, 3)) <= bound).all(), channels)

    def test_blocks(self):
        """Blocks of 32 channels on both sides, however few channels there are."""
        block = {"element": "s8", "grid": 32, "range": [-127, 127]}
        self.quantised(self.recipe(activation=block, weight=block), lambda case: case.groups == 1)


if __name__ == "__main__":
    unittest.main()
