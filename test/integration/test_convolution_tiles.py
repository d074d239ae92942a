"""Float convolutions of 3 x 3 taps, which are computed by tiles of 2 x 2 results with fewer products."""

import unittest

import numpy as np

from kernels import INTEGER_TARGETS as TARGETS
from kernels import KernelTest, model


def weights(random, outputs, channels):
    return (random.standard_normal((outputs, channels, 3, 3)) / np.sqrt(9 * channels)).astype("f4")


def sum_windows(x, w, pads):
    """In double."""
    padded = np.pad(x.astype("f8"), ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    views = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return np.einsum("bcyxij,ocij->boyx", views, w.astype("f8"), optimize=True)


class ConvolutionTiles(KernelTest):
    def results(self, proto, feed, *flags, threads=1):
        artefact = self.compile(self.save(proto), "model", "--recipe=f32", *flags)
        np.savez(self.folder / "in.npz", **feed)
        self.must("run", artefact, "--inputs", self.folder / "in.npz", "--outputs", self.folder / "out.npz", f"--threads={threads}")
        with np.load(self.folder / "out.npz") as outputs:
            return dict(outputs)

    def test_geometry(self):
        """Sizes and pads of all kinds, known or not, with a bias, a shortcut and a function behind."""
        random = np.random.default_rng(1)
        sizes = ((4, 4), (5, 4), (7, 7), (16, 9), (33, 20), (1, 1))
        for sizes_known in (True, False):
            nodes, inputs, constants, outputs, feed = [], {}, {}, [], {}
            for i, (height, length) in enumerate(sizes):
                channels, results = ((16, 16), (24, 35), (33, 48), (16, 97))[i % 4]
                pads = ([1, 1, 1, 1], [0, 2, 3, 1], [1, 1, 1, 1], [0, 0, 0, 0])[i % 4] if height > 1 else [5, 4, 3, 6]
                behind = ("Relu", "Sigmoid", "Softplus")[i % 3]
                dims = (height, length) if sizes_known else (f"h{i}", f"w{i}")
                inputs[f"x{i}"] = ("f4", ["b", channels, *dims])
                constants[f"w{i}"] = weights(random, results, channels)
                constants[f"b{i}"] = random.standard_normal(results).astype("f4")
                constants[f"s{i}"] = random.standard_normal((1, results, 1, 1)).astype("f4")
                nodes.append(("Conv", f"x{i} w{i} b{i}", f"c{i}", {"pads": pads}))
                nodes.append(("Conv", f"x{i} w{i} b{i}", f"d{i}", {"pads": pads}))
                nodes.append(("Mul", f"d{i} s{i}", f"e{i}"))
                nodes.append(("Add", f"c{i} e{i}", f"f{i}"))
                nodes.append((behind, f"f{i}", f"y{i}"))
                outputs.append(f"y{i}")
                feed[f"x{i}"] = random.standard_normal((3, channels, height, length)).astype("f4")
            proto = model(nodes, inputs, outputs, constants)
            feeds = [{name: x[:batch] for name, x in feed.items()} for batch in (0, 1, 3)]
            with self.subTest(sizes_known):
                # Sums of about one, and twice that with the shortcut, that onnxruntime adds in another order.
                self.check(proto, feeds, rtol=1e-5, atol=8e-6, cpus=("native", "x86-64-v3", "x86-64-v2"))

    def test_bits(self):
        """An example has the same bits in any batch, on any number of threads, and whether sizes are known or not."""
        random = np.random.default_rng(2)
        w, x = weights(random, 48, 24), random.standard_normal((9, 24, 15, 14)).astype("f4")
        nodes = [("Conv", "x w", "y", {"pads": [1, 1, 1, 1]})]
        known = model(nodes, {"x": ("f4", ["b", 24, 15, 14])}, ["y"], {"w": w})
        unknown = model(nodes, {"x": ("f4", ["b", 24, "h", "w"])}, ["y"], {"w": w})
        for target in TARGETS:
            together = self.results(known, {"x": x}, target)["y"]
            for proto, first, count, threads in ((known, 4, 1, 1), (known, 2, 5, 2), (unknown, 0, 9, 2), (unknown, 8, 1, 1)):
                got = self.results(proto, {"x": x[first : first + count]}, target, threads=threads)["y"]
                np.testing.assert_array_equal(got, together[first : first + count])

    def test_error(self):
        """Within the bound of Numerics/TileTransform.h, and in all far within it: the limit of 1e-5 that floats have here."""
        for channels, size in ((16, 32), (512, 7)):
            random = np.random.default_rng(channels)
            w = weights(random, 32, channels)
            x = random.uniform(-1, 1, (2, channels, size, size)).astype("f4")
            proto = model([("Conv", "x w", "y", {"pads": [1, 1, 1, 1]})], {"x": ("f4", ["b", channels, size, size])}, ["y"], {"w": w})
            exact = sum_windows(x, w, [1, 1, 1, 1])
            magnitudes = np.abs(w).sum((1, 2, 3))[:, None, None]
            # Numbers are rounded by half a unit, and a second multiplication where there is no fused one.
            for target, unit in (("native", 2**-24), ("x86-64-v3", 2**-24), ("x86-64-v2", 2**-23)):
                error = np.abs(self.results(proto, {"x": x}, f"--mcpu={target}")["y"] - exact)
                self.assertLessEqual((error / magnitudes).max(), 16 * (channels + 7) * unit * np.abs(x).max())
                self.assertLess(error.max(), 1e-5 * np.abs(exact).max())
                self.assertLess(np.sqrt((error**2).mean() / (exact**2).mean()), 1e-6)

    def test_not_finite(self):
        """What is not finite spoils its windows, as window by window, though an infinity may give a NaN; nothing else."""
        random = np.random.default_rng(3)
        w, x = weights(random, 16, 16), random.standard_normal((3, 16, 12, 12)).astype("f4")
        proto = model([("Conv", "x w", "y", {"pads": [1, 1, 1, 1]})], {"x": ("f4", ["b", 16, 12, 12])}, ["y"], {"w": w})
        spoiled = x.copy()
        spoiled[1, 3, 5, 6], spoiled[1, 0, 6, 6], spoiled[2, 1, 0, 11] = np.nan, np.inf, np.inf
        for target in TARGETS:
            for flags in ((), ("--direct-convolutions",)):
                wanted, got = (self.results(proto, {"x": each}, target, *flags)["y"] for each in (x, spoiled))
                outside = np.ones(got.shape, bool)
                outside[1, :, 4:8, 5:8] = outside[2, :, :2, 10:] = False
                np.testing.assert_array_equal(got[outside], wanted[outside])
                self.assertFalse(np.isfinite(got[~outside]).any())

    def test_direct(self):
        """The option leaves nothing of tiles."""
        random = np.random.default_rng(4)
        proto = model([("Conv", "x w", "y")], {"x": ("f4", ["b", 16, 9, 9])}, ["y"], {"w": weights(random, 16, 16)})
        path = self.save(proto)
        for flags, form in ((("--direct-convolutions",), "f32"), ((), "winograd")):
            text = self.must("compile", path, "--recipe=f32", "--stop-after=layout", *flags)
            self.assertIn(f"layout = #qt.layout<{form},", text)


if __name__ == "__main__":
    unittest.main()
