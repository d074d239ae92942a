"""No example of an integer-only model depends on the others of its batch, nor a token on later ones, whatever shapes pass through."""

import unittest

import numpy as np
import onnxruntime

from kernels import INTEGER_TARGETS, KernelTest, model

HEADS, WIDTH, TOKENS = 4, 16, 6


class Examples(KernelTest):
    seed = 23

    def check_pieces(self, proto, x, axis, sizes):
        """The first `sizes` of x along the axis give the bits that they have in all of it, on every target."""
        feeds = [{"x": x}, *({"x": x.take(range(size), axis)} for size in sizes)]
        whole, *pieces = means = self.mean(proto, feeds, "--integer-only")
        for size, piece in zip(sizes, pieces):
            np.testing.assert_array_equal(piece["y"], whole["y"].take(range(size), axis), f"{size} along {axis}")
        session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
        error = session.run(["y"], feeds[0])[0] - whole["y"]
        others = tuple(dim for dim in range(x.ndim) if dim != axis)
        # Rows of 8 bits are off by up to a 256th of their largest element, which is about four times what is usual in
        # them: half a percent, and that of both sides of each of three products.
        limit = 3 * 2**0.5 * 4 / 256
        self.assertLess(np.sqrt((error**2).mean(others) / ((error + whole["y"]) ** 2).mean(others)).max(), limit)
        for flags in INTEGER_TARGETS:
            self.compare(proto, feeds, means, 0, 0, "--integer-only", flags)

    def test_sequence_first(self):
        """Heads of tokens in front of examples are dimensions of both, as torch's MultiheadAttention has them."""
        nodes = [("Relu", "x", "r")]
        constants = {"heads": np.array([TOKENS, -1, WIDTH]), "joined": np.array([TOKENS, -1, HEADS * WIDTH])}
        for name in "qkv":
            constants[f"w{name}"] = self.normal(HEADS * WIDTH, HEADS * WIDTH) / 8
            nodes += [("MatMul", f"r w{name}", f"p{name}"), ("Reshape", f"p{name} heads", f"h{name}")]
            nodes.append(("Transpose", f"h{name}", name, {"perm": [1, 2, 0] if name == "k" else [1, 0, 2]}))
        nodes += [
            ("MatMul", "q k", "s"),
            ("Sigmoid", "s", "g"),
            ("MatMul", "g v", "o"),
            ("Transpose", "o", "t", {"perm": [1, 0, 2]}),
            ("Reshape", "t joined", "y"),
        ]
        proto = model(nodes, {"x": ("f4", [TOKENS, "b", HEADS * WIDTH])}, ["y"], constants)
        # Later examples are larger, and would leave the first ones fewer bits.
        x = self.normal(TOKENS, 3, HEADS * WIDTH) * np.float32([0.25, 1, 4])[:, None]
        self.check_pieces(proto, x, 1, (1, 2))

    def test_packed_heads(self):
        """One of three packed projections is a dimension of one element in front of examples and heads that become one."""
        nodes = [
            ("MatMul", "x w", "p"),
            ("Reshape", "p split", "parts"),
            ("Transpose", "parts", "packed", {"perm": [2, 0, 3, 1, 4]}),
        ]
        constants = {"w": self.normal(HEADS * WIDTH, 3 * HEADS * WIDTH) / 8, "split": np.array([0, TOKENS, 3, HEADS, WIDTH])}
        constants |= {"merge": np.array([-1, TOKENS, WIDTH]), "back": np.array([-1, HEADS, TOKENS, WIDTH])}
        for index, name in enumerate("qkv"):
            constants[f"i{name}"] = np.array(index)
            nodes += [("Gather", f"packed i{name}", f"g{name}"), ("Reshape", f"g{name} merge", name)]
        nodes += [
            ("Transpose", "k", "kt", {"perm": [0, 2, 1]}),
            ("MatMul", "q kt", "s"),
            ("Sigmoid", "s", "weights"),
            ("MatMul", "weights v", "o"),
            ("Reshape", "o back", "y"),
        ]
        proto = model(nodes, {"x": ("f4", ["b", TOKENS, HEADS * WIDTH])}, ["y"], constants)
        x = self.normal(3, TOKENS, HEADS * WIDTH) * np.float32([0.25, 1, 4])[:, None, None]
        self.check_pieces(proto, x, 0, (1, 2))

    def test_gates(self):
        """Gates that are chosen among constants have exponents of their own tokens, not of the sequence."""
        nodes = [
            ("Softmax", "x", "p"),
            ("TopK", "p two", "value place", {"axis": -1}),
            ("OneHot", "place depth ends", "hot", {"axis": -1}),
            ("Unsqueeze", "value last", "column"),
            ("Mul", "hot column", "each"),
            ("ReduceSum", "each axis", "gates", {"keepdims": 0}),
            ("MatMul", "x w", "h"),
            ("Mul", "h gates", "y"),
        ]
        constants = {"two": np.array([2]), "depth": np.array(8), "ends": np.array([0, 1], "f4"), "last": np.array([-1])}
        constants |= {"axis": np.array([2]), "w": self.normal(8, 8)}
        proto = model(nodes, {"x": ("f4", ["b", "s", 8])}, ["y"], constants)
        # Tokens behind have larger rows.
        x = self.normal(2, 5, 8) * 4 ** np.arange(5, dtype="f4")[:, None]
        self.check_pieces(proto, x, 1, (1, 3))

    def test_numbers(self):
        """A number for each example, float or not, has its own exponent: its time, its step, what it picks by that."""
        nodes = [
            ("Tanh", "t", "th"),
            ("Mul", "t t", "square"),
            ("Log", "square", "log"),
            ("Mul", "log quarter", "noise"),
            ("Cast", "step", "steps", {"to": 1}),
            ("Mul", "steps quarter", "few"),
            ("Sigmoid", "few", "gate"),
            ("Gather", "table step", "picked"),
            ("Sqrt", "picked", "root"),
            ("Greater", "t one", "late"),
            ("Where", "late large one", "chosen"),
            ("Sigmoid", "chosen", "end"),
            ("Unsqueeze", "th last", "column"),
            ("Mul", "x column", "y"),
        ]
        constants = {"quarter": np.float32(0.25), "one": np.float32(1), "large": np.float32(1e9), "last": np.array([-1])}
        constants["table"] = np.float32(2.0) ** -np.arange(20, dtype="f4")
        inputs = {"t": ("f4", ["b"]), "step": ("i8", ["b"]), "x": ("f4", ["b", 4])}
        proto = model(nodes, inputs, ["th", "noise", "gate", "root", "end", "y"], constants)
        whole = {"t": np.float32([1e9, 1, 0.5, 1e-3]), "step": np.array([0, 3, 1, 19]), "x": self.normal(4, 4)}
        alone = [{name: value[i : i + 1] for name, value in whole.items()} for i in range(4)]
        session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
        exact = session.run(None, whole)
        for form in ("--integer-only", "--integer-only=ibert", "--integer-only=ivit"):
            feeds = [whole, *alone]
            means = self.mean(proto, feeds, form)
            bounded = self.mean(proto, [whole], form, "--dim=b=4")[0]
            for (name, value), wanted in zip(means[0].items(), exact):
                np.testing.assert_array_equal(np.concatenate([mean[name] for mean in means[1:]]), value, f"{name} {form}")
                np.testing.assert_array_equal(bounded[name], value, f"{name} {form}")
                # Arguments, functions and products are off by half to 1.2 units of 2^-15, and no slope is above 1.
                self.assertLess((np.abs(value - wanted) / np.maximum(np.abs(wanted), 1)).max(), 4 * 2.0**-15, name)
            for flags in INTEGER_TARGETS if form == "--integer-only" else INTEGER_TARGETS[:1]:
                self.compare(proto, feeds, means, 0, 0, form, flags)


if __name__ == "__main__":
    unittest.main()
