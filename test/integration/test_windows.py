"""Pools, pads, resizes, transposed convolutions and normalisations of images against onnxruntime."""

import unittest

import numpy as np

from kernels import KernelTest, model

random = np.random.default_rng(7)


def image(*shape):
    return random.standard_normal(shape).astype("f4")


class Windows(KernelTest):
    def one(self, op, shape, attributes, constants=(), opset=20, batch=(2,), rtol=1e-5, atol=2e-6, dims="batch"):
        """One node on an input of a dynamic batch; constants: further inputs, None for one left out."""
        names, values = ["x"], {}
        for index, value in enumerate(constants):
            names.append("-" if value is None else f"c{index}")
            if value is not None:
                values[f"c{index}"] = np.asarray(value)
        proto = model([(op, " ".join(names), "y", attributes)], {"x": ("f4", [dims, *shape])}, ["y"], values, opset)
        self.check(proto, [{"x": image(b, *shape)} for b in batch], rtol, atol)

    def test_pools(self):
        for rank in (1, 2, 3):
            for seed in range(12):
                draw = np.random.default_rng(100 * rank + seed)
                pick = lambda *choices: [int(draw.choice(choices)) for _ in range(rank)]
                kernel = pick(1, 2, 3, 5)
                attributes = {
                    "kernel_shape": kernel,
                    "strides": pick(1, 2, 3),
                    "pads": [int(draw.integers(0, k)) for k in kernel] * 2,
                    "ceil_mode": int(draw.integers(2)),
                }
                shape = [int(draw.choice((1, 7, 24, 33))), *pick(5, 6, 9)]
                for op in ("MaxPool", "AveragePool", "LpPool"):
                    own = dict(attributes)
                    if op == "AveragePool":
                        own["count_include_pad"] = int(draw.integers(2))
                    if op == "LpPool":
                        own["p"] = int(draw.choice((1, 2, 3)))
                        own["ceil_mode"] = 0  # onnxruntime does not round up
                    if op == "MaxPool":
                        own["dilations"] = pick(1, 1, 2)
                        if any(d * (k - 1) + 1 > s for d, k, s in zip(own["dilations"], kernel, shape[1:])):
                            continue
                    with self.subTest(op=op, shape=shape, **own):
                        self.one(op, shape, own, batch=(0, 2), rtol=1e-5, atol=1e-5)

    def test_pools_of_run_time_size_that_round_up(self):
        """No window begins behind the input and the pads before it, whatever the size is."""
        for kernel, stride, pads in ((4, 2, [1, 1]), (3, 3, [2, 1]), (2, 3, [1, 0]), (3, 1, [1, 2]), (3, 2, [0, 0])):
            attributes = {"kernel_shape": [kernel], "strides": [stride], "pads": pads, "ceil_mode": 1}
            nodes = [("MaxPool", "x", "m", attributes), ("AveragePool", "x", "a", attributes)]
            proto = model(nodes, {"x": ("f4", ["b", 3, "n"])}, ["m", "a"])
            with self.subTest(**attributes):
                self.check(proto, [{"x": image(2, 3, n)} for n in range(3, 14)], atol=1e-5, cpus=("native",))

    def test_global_pools(self):
        for op in ("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"):
            for shape in ((5, 7), (24, 4, 6), (3, 2, 3, 4)):
                with self.subTest(op=op, shape=shape):
                    self.one(op, shape, {}, batch=(0, 3), atol=1e-5)

    def test_pads(self):
        for mode in ("constant", "reflect", "edge", "wrap"):
            for pads in ([0, 0, 1, 2, 0, 0, 3, 4], [0, 2, 0, 0, 0, 1, 0, 0], [0, 0, 0, 3, 0, 0, 0, 0], [0, -1, 2, -2, 0, 0, -1, 1]):
                with self.subTest(mode=mode, pads=pads):
                    more = [np.array(pads, "i8")] + ([np.float32(1.5)] if mode == "constant" else [])
                    self.one("Pad", (3, 5, 6), {"mode": mode}, more, batch=(1, 2))

    def test_pads_of_nothing(self):
        """Only a constant may stand around a dim without elements."""
        for mode in ("reflect", "edge", "wrap"):
            for dims, pads in ((["n"], [2, 2]), (["n", 3], [2, 0, 0, 0]), (["b", "n"], [0, 0, 0, 1])):
                proto = model([("Pad", "x p", "y", {"mode": mode})], {"x": ("f4", dims)}, ["y"], {"p": np.array(pads, "i8")})
                with self.subTest(mode=mode, pads=pads):
                    empty = [{"n": 0, "b": 2}.get(dim, dim) for dim in dims]
                    self.fails_at_run_time(proto, {"x": image(*empty)}, "an index lies outside its dimension")
        proto = model([("Pad", "x p", "y", {"mode": "edge"})], {"x": ("f4", ["b", 3])}, ["y"], {"p": np.array([0, 1, 0, 1], "i8")})
        self.check(proto, [{"x": image(0, 3)}, {"x": image(2, 3)}])

    def test_resize_keeping_the_ratio(self):
        for policy in ("not_larger", "not_smaller"):
            for sizes in ([4, 8], [8, 4], [4, 4], [2, 4], [8, 6], [3, 9]):
                proto = model([("Resize", "x - - s", "y", {"keep_aspect_ratio_policy": policy, "axes": [2, 3]})],
                              {"x": ("f4", [1, 2, 4, 4])}, ["y"], {"s": np.array(sizes, "i8")})
                with self.subTest(policy=policy, sizes=sizes):
                    self.check(proto, [{"x": image(1, 2, 4, 4)}])

    def test_resize(self):
        scales, sizes = np.array([1, 1, 2, 1.5], "f4"), np.array([1, 3, 7, 4], "i8")
        for mode in ("nearest", "linear", "cubic"):
            for transform in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"):
                for which in ("scales", "sizes", "small"):
                    own = {"mode": mode, "coordinate_transformation_mode": transform}
                    if mode == "nearest":
                        own["nearest_mode"] = {"scales": "floor", "sizes": "round_prefer_ceil", "small": "round_prefer_floor"}[which]
                    given = {"scales": [None, scales], "sizes": [None, None, sizes], "small": [None, np.array([1, 1, 0.5, 0.3], "f4")]}
                    with self.subTest(which=which, **own):
                        self.one("Resize", (3, 6, 9), own, given[which], opset=19, batch=(1,), rtol=1e-4, atol=1e-4,
                                 dims=1 if which == "sizes" else "batch")

    def test_resize_details(self):
        down = [None, np.array([1, 1, 0.6, 0.4], "f4")]
        self.one("Resize", (3, 10, 9), {"mode": "cubic", "exclude_outside": 1}, down, opset=18, batch=(1,), rtol=1e-4, atol=1e-4)
        self.one("Resize", (3, 10, 9), {"mode": "linear", "axes": [2, 3]}, [None, down[1][2:]], opset=18, rtol=1e-4, atol=1e-4)
        region = np.array([0, 0, 0.2, -0.3, 1, 1, 0.8, 1.2], "f4")
        crop = {"mode": "linear", "coordinate_transformation_mode": "tf_crop_and_resize", "extrapolation_value": 7.0}
        self.one("Resize", (2, 8, 8), crop, [region, None, np.array([1, 2, 5, 6], "i8")], batch=(1,), rtol=1e-4, atol=1e-4, dims=1)
        self.one("Upsample", (2, 4, 5), {"mode": "linear"}, [np.array([1, 1, 2, 3], "f4")], opset=9, rtol=1e-4, atol=1e-4)

    def test_resize_of_run_time_size(self):
        proto = model([("Resize", "x - s", "y", {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"})],
                      {"x": ("f4", ["b", 3, "h", "w"])}, ["y"], {"s": np.array([1, 1, 2, 3], "f4")})
        self.check(proto, [{"x": image(1, 3, 4, 5)}, {"x": image(2, 3, 1, 7)}])

    def test_resize_by_computed_places(self):
        """Sizes of run time, by any factor or to the size of another tensor, as segmentation networks have them."""
        inputs = {"x": ("f4", ["b", 3, "h", "w"]), "t": ("f4", ["b", 3, "v", "u"])}
        shapes = (((1, 3, 4, 5), (1, 3, 9, 8)), ((2, 3, 1, 7), (2, 3, 1, 3)), ((1, 3, 6, 6), (1, 3, 2, 13)))
        feeds = [{"x": image(*a), "t": image(*b)} for a, b in shapes]
        for mode, own in (("nearest", ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil")), ("linear", ("floor",))):
            for coordinates in ("half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"):
                for rounding in own:
                    attributes = {"mode": mode, "coordinate_transformation_mode": coordinates, "nearest_mode": rounding}
                    with self.subTest(**attributes):
                        other = model([("Shape", "t", "s", {}), ("Resize", "x - - s", "y", attributes)], inputs, ["y"])
                        self.check(other, feeds, rtol=1e-5, atol=1e-5)
                        factors = model([("Resize", "x - s", "y", attributes), ("Add", "y y", "z", {})], {"x": inputs["x"]}, ["z"],
                                        {"s": np.array([1, 1, 1.5, 0.75], "f4")})
                        self.check(factors, [{"x": feed["x"]} for feed in feeds[::2]], rtol=1e-5, atol=1e-5)

    def test_cubic_resize_of_run_time_size(self):
        for mode, attributes in (
            ("cubic", {"exclude_outside": 1}),
            ("cubic", {"cubic_coeff_a": -0.5, "coordinate_transformation_mode": "align_corners"}),
            ("cubic", {"coordinate_transformation_mode": "asymmetric"}),
            ("linear", {"coordinate_transformation_mode": "half_pixel_symmetric"}),
        ):
            with self.subTest(mode=mode, **attributes):
                proto = model([("Resize", "x - s", "y", {"mode": mode, **attributes})], {"x": ("f4", ["b", 2, "h", "w"])}, ["y"],
                              {"s": np.array([1, 1, 2.5, 0.6], "f4")})
                self.check(proto, [{"x": image(1, 2, 5, 9)}, {"x": image(2, 2, 2, 4)}], rtol=1e-4, atol=1e-5)

    def test_factors_as_floats_have_them(self):
        """5 by 1.4 is 7 although the float is a little less; every size up to 100 as onnxruntime has it."""
        for factor in (1.4, 1.7, 0.7, 1 / 3, 2 / 3, 3.3):
            proto = model([("Resize", "x - s", "y", {"mode": "nearest"})], {"x": ("f4", ["w"])}, ["y"], {"s": np.array([factor], "f4")})
            with self.subTest(factor=factor):
                self.check(proto, [{"x": image(n)} for n in (*range(4, 40), 90, 100, 240, 1000)], cpus=("native",))

    def test_sizes_that_fit_for_some(self):
        """Half a size beside twice a quarter, as feature pyramids have them: an error where they differ."""
        twice = ("Resize", "b - s", "u", {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"})
        strided = {"pads": [1, 1, 1, 1], "strides": [2, 2]}
        nodes = [("Conv", "x w", "a", strided), ("Conv", "a v", "b", strided), twice, ("Add", "a u", "c"), ("Relu", "c", "d"), ("Conv", "d v", "y")]
        proto = model(nodes, {"x": ("f4", ["n", 3, "h", "w"])}, ["y"],
                      {"w": image(8, 3, 3, 3), "v": image(8, 8, 3, 3), "s": np.array([1, 1, 2, 2], "f4")})
        self.check(proto, [{"x": image(b, 3, h, w)} for b, h, w in ((1, 32, 40), (2, 16, 31), (0, 8, 8))], rtol=1e-4, atol=1e-4)
        self.check_quantised(proto, [{"x": image(2, 3, 32, 40)}], "w8a8", rtol=1e-4, atol=1e-4)
        self.fails_at_run_time(proto, {"x": image(1, 3, 34, 40)}, "the sizes of the operands do not fit together")

    def test_depth_and_space(self):
        for mode in ("DCR", "CRD"):
            self.one("DepthToSpace", (12, 3, 5), {"mode": mode, "blocksize": 2}, batch=(0, 2))
        self.one("SpaceToDepth", (3, 6, 4), {"blocksize": 2}, batch=(0, 2))

    def test_transposed_convolution(self):
        for seed in range(24):
            draw = np.random.default_rng(seed)
            rank = 1 + seed % 3
            pick = lambda *choices: [int(draw.choice(choices)) for _ in range(rank)]
            groups = int(draw.choice((1, 1, 2, 3)))
            depth, each = int(draw.choice((1, 3, 8))), int(draw.choice((1, 5, 16)))
            kernel, strides, dilations = pick(1, 2, 3, 4), pick(1, 2, 3), pick(1, 1, 2)
            pads = [int(draw.integers(0, 2)) for _ in range(2 * rank)]
            more = [int(draw.integers(0, s)) for s in strides]
            own = {"strides": strides, "dilations": dilations, "pads": pads, "group": groups, "output_padding": more}
            shape = (depth * groups, *pick(2, 3, 5))
            weights = image(shape[0], each, *kernel)
            with self.subTest(shape=shape, kernel=kernel, **own):
                reach = [s * (n - 1) + m + d * (k - 1) + 1 - pads[i] - pads[rank + i]
                         for i, (s, n, m, d, k) in enumerate(zip(strides, shape[1:], more, dilations, kernel))]
                if min(reach) > 0:
                    self.one("ConvTranspose", shape, own, [weights, image(each * groups)], batch=(0, 2), atol=2e-5)
        for kernel in ([3], [2, 2], [4, 1], [2, 3, 2]): # windows side by side
            proto = model([("ConvTranspose", "x w b", "y", {"strides": kernel})], {"x": ("f4", ["n", 6, *"hwd"[: len(kernel)]])}, ["y"],
                          {"w": image(6, 5, *kernel), "b": image(5)})
            with self.subTest(kernel=kernel):
                self.check(proto, [{"x": image(b, 6, *[3, 4, 2][: len(kernel)])} for b in (0, 2)], atol=1e-5)
                self.check_quantised(proto, [{"x": image(2, 6, *[3, 4, 2][: len(kernel)])}], "w8a8")
        for mode in ("SAME_UPPER", "SAME_LOWER"):
            self.one("ConvTranspose", (4, 5, 6), {"strides": [2, 3], "auto_pad": mode}, [image(4, 3, 3, 4)], atol=1e-5)
        self.one("ConvTranspose", (4, 5, 6), {"strides": [2, 2], "output_shape": [10, 11]}, [image(4, 3, 3, 3)], atol=1e-5)

    def test_same_of_run_time_size(self):
        """auto_pad whose pads depend on sizes of run time: as many windows as strides, for every remainder."""
        feeds = [{"x": image(1, 3, h, w)} for h, w in ((1, 1), (2, 7), (3, 4), (4, 9), (8, 6))]
        inputs = {"x": ("f4", ["b", 3, "h", "w"])}
        for mode in ("SAME_UPPER", "SAME_LOWER"):
            for own in ({"strides": [2, 3]}, {"strides": [2, 1]}, {"strides": [3, 2], "group": 3}):
                weights = image(6, 3 // own.get("group", 1), 3, 3)
                proto = model([("Conv", "x w", "y", {"auto_pad": mode, **own})], inputs, ["y"], {"w": weights})
                with self.subTest(mode=mode, **own):
                    self.check(proto, feeds, atol=1e-5)
            for kind, more in (("MaxPool", {}), ("AveragePool", {"count_include_pad": 1}), ("LpPool", {})):
                own = {"auto_pad": mode, "kernel_shape": [3, 2], "strides": [2, 2], **more}
                with self.subTest(mode=mode, kind=kind):
                    self.check(model([(kind, "x", "y", own)], inputs, ["y"], {}), feeds, atol=1e-5)
            proto = model([("Conv", "x w", "y", {"auto_pad": mode, "strides": [2, 2]})], inputs, ["y"], {"w": image(4, 3, 1, 1)})
            self.check(proto, feeds, atol=1e-5)

    def test_pads_computed_from_sizes(self):
        """What a U-Net does: the smaller map is padded to the size of the larger one, its lower half above."""
        nodes = [
            ("Shape", "x", "sx", {}), ("Shape", "y", "sy", {}), ("Sub", "sx sy", "d", {}), ("Div", "d two", "low", {}), ("Sub", "d low", "high", {}),
            ("Concat", "low high", "pads", {"axis": 0}), ("Pad", "y pads", "z", {}), ("Concat", "x z", "both", {"axis": 1}),
        ]
        proto = model(nodes, {"x": ("f4", ["b", 3, "h", "w"]), "y": ("f4", ["b", 3, "v", "u"])}, ["both"], {"two": np.array([2], "i8")})
        self.check(proto, [{"x": image(2, 3, 7, 9), "y": image(2, 3, 6, 4)}, {"x": image(1, 3, 5, 5), "y": image(1, 3, 5, 5)}])
        self.fails_at_run_time(proto, {"x": image(1, 3, 5, 5), "y": image(1, 3, 6, 5)}, "a computed size is negative")
        # torch lists pairs from the last dim on, and turns the list by way of a matrix.
        nodes = [
            ("Shape", "x", "sx", {"start": 2}), ("Shape", "y", "sy", {"start": 2}), ("Sub", "sx sy", "d", {}), ("Div", "d two", "low", {}),
            ("Sub", "d low", "high", {}), ("Slice", "low one two zero", "l3", {}), ("Slice", "high one two zero", "h3", {}),
            ("Slice", "low zero one zero", "l2", {}), ("Slice", "high zero one zero", "h2", {}), ("Concat", "l3 h3 l2 h2 none", "list", {"axis": 0}),
            ("Reshape", "list pairs", "m", {}), ("Slice", "m last first zero last", "back", {}), ("Transpose", "back", "t", {"perm": [1, 0]}),
            ("Reshape", "t last", "pads", {}), ("Pad", "y pads", "z", {}), ("Concat", "x z", "both", {"axis": 1}),
        ]
        numbers = {"zero": [0], "one": [1], "two": [2], "last": [-1], "first": [-(2**63) + 1], "none": [0, 0, 0, 0], "pairs": [-1, 2]}
        proto = model(nodes, {"x": ("f4", ["b", 3, "h", "w"]), "y": ("f4", ["b", 3, "v", "u"])}, ["both"],
                      {name: np.array(value, "i8") for name, value in numbers.items()})
        self.check(proto, [{"x": image(2, 3, 7, 9), "y": image(2, 3, 6, 4)}, {"x": image(1, 3, 5, 5), "y": image(1, 3, 5, 5)}])

    def test_positions_along_windows(self):
        """A detector's grid: as many numbers as a strided convolution, of which nothing else is used, has windows."""
        nodes = [
            ("Conv", "x w", "c", {"strides": [2, 3], "pads": [1, 1, 1, 1]}), ("Conv", "c v", "e", {"strides": [2, 2]}), ("Shape", "e", "s", {}),
            ("Gather", "s two", "n", {}), ("Range", "zero n one", "y", {}),
            ("Cast", "n", "f", {"to": 1}), ("Range", "start f step", "z", {}),
        ]
        numbers = {name: np.array(value, "i8") for name, value in (("zero", 0), ("one", 1), ("two", 2))}
        numbers.update(start=np.array(0, "f4"), step=np.array(1, "f4"))
        proto = model(nodes, {"x": ("f4", ["b", 3, "h", 9])}, ["y", "z"], {"w": image(4, 3, 3, 3), "v": image(2, 4, 2, 2), **numbers})
        self.check(proto, [{"x": image(1, 3, h, 9)} for h in (3, 4, 17)])

    def test_larger_of_many_sizes(self):
        """Of two dims the larger one is an expression; of eight it would be too long a one, which is an error and no hang."""
        for count in (2, 3, 4, 8):
            names = [f"x{i}" for i in range(count)]
            nodes = [("Shape", name, f"s{name}", {}) for name in names] + [("Max", " ".join(f"s{name}" for name in names), "m", {})]
            proto = model([*nodes, ("ConstantOfShape", "m", "y", {})], {name: ("f4", [f"n{name}"]) for name in names}, ["y"])
            if count < 4:
                self.check(proto, [{f"x{i}": image(n) for i, n in enumerate(sizes[:count])} for sizes in ((3, 5, 4), (7, 0, 1), (4, 4, 9))])
            else:
                self.must_fail(1, "follows from sizes by too long an expression", "compile", self.save(proto), "-o", self.folder / "m.so")
        # Of four also in pairs, and what grows without a maximum.
        nodes = [("Shape", f"x{i}", f"s{i}", {}) for i in range(4)]
        pairs = [("Max", "s0 s1", "a"), ("Max", "s2 s3", "b"), ("Max", "a b", "m")]
        proto = model([*nodes, *pairs, ("ConstantOfShape", "m", "y", {})], {f"x{i}": ("f4", [f"n{i}"]) for i in range(4)}, ["y"])
        self.must_fail(1, "too long an expression", "compile", self.save(proto), "-o", self.folder / "m.so")
        chain = [("Shape", "x", "s0", {})]
        for i in range(24):
            chain += [("Mod", f"s{i} two", f"r{i}"), ("Add", f"s{i} r{i}", f"t{i}"), ("Div", f"t{i} three", f"s{i + 1}")]
        proto = model([*chain, ("ConstantOfShape", "s24", "y", {})], {"x": ("f4", ["n"])}, ["y"], {"two": np.array([2], "i8"), "three": np.array([3], "i8")})
        self.must_fail(1, "too long an expression", "compile", self.save(proto), "-o", self.folder / "m.so")

    def test_normalisation(self):
        scale, bias = image(6), image(6)
        self.one("InstanceNormalization", (6, 5, 7), {"epsilon": 1e-3}, [scale, bias], batch=(0, 2), rtol=1e-4, atol=1e-5)
        self.one("BatchNormalization", (6, 5, 7), {}, [scale, bias, image(6), np.abs(image(6))], rtol=1e-4, atol=1e-5)

    def test_normalisation_across_channels(self):
        for size in (1, 3, 5): # even ones onnxruntime refuses
            with self.subTest(size=size):
                self.one("LRN", (7, 4, 5), {"size": size, "alpha": 0.3, "beta": 0.6, "bias": 1.5}, rtol=1e-5, atol=1e-5)
        for p in (1, 2):
            self.one("LpNormalization", (7, 5), {"axis": 1, "p": p}, rtol=1e-5, atol=1e-6)
        zeros = model([("LpNormalization", "x", "y", {"axis": 0})], {"x": ("f4", ["n"])}, ["y"])
        artefact = self.compile(self.save(zeros), "zeros")
        self.assertEqual(self.run_artefact(artefact, {"x": np.zeros(4, "f4")})["y"].tolist(), [0, 0, 0, 0])

    def test_channels_that_the_weights_tell(self):
        proto = model([("Conv", "x w", "y", {})], {"x": ("f4", ["n", "c", 6, "w"])}, ["y"], {"w": image(4, 3, 3, 3)})
        self.check(proto, [{"x": image(b, 3, 6, w)} for b, w in ((1, 5), (2, 7))], rtol=1e-5, atol=1e-5)
        self.fails_at_run_time(proto, {"x": image(1, 4, 6, 5)}, "the sizes of the operands do not fit together")
        # Twice the channels are no two images.
        proto = model([("Conv", "x w", "y", {})], {"x": ("f4", ["n", "c", 6, 5])}, ["y"], {"w": image(4, 3, 3, 3)})
        self.check(proto, [{"x": image(b, 3, 6, 5)} for b in (1, 2)], rtol=1e-5, atol=1e-5)
        self.fails_at_run_time(proto, {"x": image(1, 6, 6, 5)}, "the sizes of the operands do not fit together")

    def test_sizes_of_chains(self):
        """Slices of slices and pads of windows of windows keep sizes that are short, however many there are."""
        numbers = {"start": 1, "few": 40, "all": 2**31 - 1, "axis": 2}
        constants = {name: np.array([value], "i8") for name, value in numbers.items()}
        for end, count in (("few", 5), ("all", 9)):
            nodes = [("Slice", f"{f'x{i}' if i else 'x'} start {end} axis", "y" if i == count - 1 else f"x{i + 1}") for i in range(count)]
            with self.subTest(end=end):
                proto = model(nodes, {"x": ("f4", ["n", 2, "h"])}, ["y"], constants)
                self.check(proto, [{"x": image(1, 2, h)} for h in (1, 5, 9, 12, 40, 41, 60)], cpus=("native",))
        for mode in ("SAME_UPPER", "SAME_LOWER"):
            own = {"kernel_shape": [3, 2], "strides": [2, 2], "auto_pad": mode}
            nodes = [("MaxPool", f"x{i}" if i else "x", "y" if i == 7 else f"x{i + 1}", own) for i in range(8)]
            with self.subTest(mode=mode):
                proto = model(nodes, {"x": ("f4", ["n", 2, "h", "w"])}, ["y"])
                self.check(proto, [{"x": image(1, 2, h, w)} for h, w in ((1, 2), (255, 256), (257, 300))], cpus=("native",))

        # As Keras has it: pads behind in front of windows that take what fits; an image too small for the last one is an error.
        nodes = []
        for i in range(6):
            nodes += [("Pad", f"x{i}" if i else "x", f"p{i}", {}), ("MaxPool", f"p{i}", "y" if i == 5 else f"x{i + 1}", {"kernel_shape": [3, 3], "strides": [2, 2]})]
        nodes = [(kind, f"{source} pads" if kind == "Pad" else source, *rest) for kind, source, *rest in nodes]
        proto = model(nodes, {"x": ("f4", ["n", 2, "h", "w"])}, ["y"], {"pads": np.array([0, 0, 0, 0, 0, 0, 1, 1], "i8")})
        self.check(proto, [{"x": image(1, 2, h, w)} for h, w in ((128, 64), (67, 100), (257, 300))], cpus=("native",))
        self.fails_at_run_time(proto, {"x": image(1, 2, 63, 90)}, "the sizes of the operands do not fit together")

    def test_dims_that_are_given(self):
        """What no image may be too small for speaks of the dims that are left."""
        proto = model([("Conv", "x w", "y", {"strides": [2, 2]})], {"x": ("f4", ["b", 3, "h", "w"])}, ["y"], {"w": image(4, 3, 3, 3)})
        saved = self.save(proto)
        x = image(1, 3, 9, 7)
        whole = self.run_artefact(self.compile(saved, "open"), {"x": x})["y"]
        for name, given in {"one": ["h=9"], "batch": ["b=1"], "all": ["b=1", "h=9", "w=7"], "range": ["b=1", "h=1..9"]}.items():
            flags = [flag for dim in given for flag in ("--dim", dim)]
            with self.subTest(name):
                np.testing.assert_array_equal(self.run_artefact(self.compile(saved, name, *flags), {"x": x})["y"], whole)
        self.must("compile", saved, "--dim", "b=1", "--dim", "h=3..9", "--dim", "w=7", "-o", self.folder / "bounded.o")
        self.must_fail(1, "of size 2 with pads 0 and 0 is smaller than the span 3", "compile", saved, "--dim", "h=2", "-o", self.folder / "small.so")

    def test_skip_of_the_whole_size(self):
        """A size with a name meets one that is computed from it."""
        up = ("Resize", "p - s", "u", {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"})
        nodes = [("MaxPool", "x", "p", {"kernel_shape": [2, 2], "strides": [2, 2]}), up, ("Add", "x u", "y")]
        proto = model(nodes, {"x": ("f4", [1, 2, "h", "w"])}, ["y"], {"s": np.array([1, 1, 2, 2], "f4")})
        self.check(proto, [{"x": image(1, 2, h, w)} for h, w in ((2, 4), (8, 6))])
        self.fails_at_run_time(proto, {"x": image(1, 2, 7, 6)}, "the sizes of the operands do not fit together")

    def test_bad_geometry(self):
        """Inputs of run time that are too small for a kernel are an error, not a result."""
        proto = model([("Conv", "x w", "y", {"pads": [1, 0]})], {"x": ("f4", ["b", 2, "length"])}, ["y"], {"w": image(3, 2, 5)})
        self.check(proto, [{"x": image(2, 2, 4)}, {"x": image(1, 2, 9)}])
        for length, text in ((0, "a computed size is negative"), (2, "a computed size is negative"), (3, "sizes of the operands do not fit")):
            self.fails_at_run_time(proto, {"x": image(2, 2, length)}, text)


if __name__ == "__main__":
    unittest.main()
