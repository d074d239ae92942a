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

    def test_open_lengths(self):
        """Blocks of lines of run time go together in lines that have as many, the last ones of others twice."""
        random = np.random.default_rng(9)
        depths = (3, 6, 16, 40, 64)
        inputs = {f"x{depth}": ("f4", ["n", depth, "h", "w"]) for depth in depths}
        constants = {f"w{depth}": random.standard_normal((4, depth, 3, 3)).astype("f4") / (9 * depth) ** 0.5 for depth in depths}
        nodes = [("Conv", f"x{depth} w{depth}", f"y{depth}", {"pads": [1, 1, 1, 1]}) for depth in depths]
        proto = model(nodes, inputs, [node[2] for node in nodes], constants)
        feeds = [
            {f"x{depth}": random.standard_normal((n, depth, h, w)).astype("f4") for depth in depths}
            for n, h, w in ((1, 2, 1), (2, 3, 15), (1, 2, 16), (2, 2, 17), (1, 1, 40), (0, 2, 3))
        ]
        self.check_integers(proto, feeds)

    def test_one_channel(self):
        """The largest magnitude of an image of one channel is that of its channel by itself, too."""
        random = np.random.default_rng(8)
        # Behind many channels, and behind a convolution of one channel.
        for channels in ((32, 1, 8), (1, 1, 8)):
            for activation in ("Identity", "Relu"):
                with self.subTest(f"{channels} {activation}"):
                    constants = {
                        f"w{i}": random.standard_normal((outputs, depth, 3, 3)).astype("f4") / (9 * depth) ** 0.5
                        for i, (depth, outputs) in enumerate(zip(channels, channels[1:]))
                    }
                    pads = {"pads": [1, 1, 1, 1]}
                    nodes = [("Conv", "x w0", "c", pads), (activation, "c", "a"), ("Conv", "a w1", "y", pads)]
                    proto = model(nodes, {"x": ("f4", ["n", channels[0], 14, 14])}, ["y"], constants)
                    feeds = [{"x": random.standard_normal((n, channels[0], 14, 14)).astype("f4")} for n in (1, 7, 0, 2)]
                    self.check_integers(proto, feeds)
                    # Registers of 8 and of 16 lanes, whatever this machine has.
                    for cpu in ("haswell", "skylake-avx512"):
                        self.compile(self.save(proto), "other", "--integer-only", f"--mcpu={cpu}")

    def test_lines(self):
        """Blocks of every length, several of a line at once, of which some are far below others and some images have few bits."""
        random = np.random.default_rng(9)
        pads = {"pads": [1, 1, 1, 1]}
        for width, channels in ((21, (1, 2, 3, 5, 8)), (16, (3, 9, 16, 24, 2)), (37, (4, 32, 33, 2)), (5, (64, 20, 2)), (9, (6, 56, 2))):
            for activation in ("Identity", "Relu"):
                with self.subTest(f"{width} {channels} {activation}"):
                    nodes, constants, value = [], {}, "x"
                    for i, (depth, outputs) in enumerate(zip(channels, channels[1:])):
                        constants[f"w{i}"] = random.standard_normal((outputs, depth, 3, 3)).astype("f4") / (9 * depth) ** 0.5
                        nodes += [("Conv", f"{value} w{i}", f"c{i}", pads), (activation, f"c{i}", f"y{i}")]
                        value = f"y{i}"
                    proto = model(nodes, {"x": ("f4", ["n", channels[0], 4, width])}, [value], constants)
                    x = random.standard_normal((5, channels[0], 4, width)).astype("f4")
                    x *= 2.0 ** random.integers(-12, 1, (5, 1, 4, width)).astype("f4")
                    x *= np.array([1, 1e-38, 0, 1e-40, 1e30], "f4")[:, None, None, None]
                    self.check_integers(proto, [{"x": x}])

    def test_depthwise(self):
        """Vectors of channels in which blocks of 32 end, fewer channels than a vector has, and taps that make no pairs."""
        random = np.random.default_rng(10)
        constants, nodes, value, depth = {}, [], "x", 6
        for i, (channels, taps) in enumerate(((6, 3), (16, 3), (24, 4), (40, 1), (72, 3), (31, 5))):
            constants[f"w{i}"] = random.standard_normal((channels, depth, 1, 1)).astype("f4") / depth**0.5
            constants[f"d{i}"] = random.standard_normal((channels, 1, taps, taps)).astype("f4") / taps
            pads = {"group": channels, "pads": [taps // 2] * 4}
            nodes += [("Conv", f"{value} w{i}", f"c{i}"), ("Conv", f"c{i} d{i}", f"y{i}", pads)]
            value, depth = f"y{i}", channels
        proto = model(nodes, {"x": ("f4", ["n", 6, 5, 19])}, [value], constants)
        x = random.standard_normal((16, 6, 5, 19)).astype("f4") * 2.0 ** random.integers(-9, 1, (16, 6, 1, 19)).astype("f4")
        self.check_integers(proto, [{"x": x}])


if __name__ == "__main__":
    unittest.main()
