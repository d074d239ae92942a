"""A shape or an element type that the verifier of an nn op admits compiles and runs: every op, kind, rank and open size."""

import itertools
import math
import unittest

from driver import DriverTest, quantc

NUMBERS, ELEMENTS = ("f32", "i32", "i64"), ("f32", "i32", "i64", "i1")
MOVED = ELEMENTS + ("i8", "i16")
EDGES = ("f16", "bf16", "f32", "f64", "i1", "i8", "i16", "i32", "i64", "ui8", "ui16", "ui32", "ui64")
FUNCTIONS = "sqrt rsqrt exp log tanh erf sigmoid reciprocal floor ceil round sin cos tan asin acos atan sinh cosh asinh acosh atanh softplus".split()
# Of a letter the size is open; the others are those of vectors, of less and of one, and of nothing.
SHAPES = [[], [5], ["n"], [0], ["n", 1], [17, "m"], ["n", 3, "m"], [2, "n", 1, 33], ["n", "m", 2, 1, 3], [1] * 7 + ["n"] + [1] * 7 + [2]]


SIZES = {"n": 2, "m": 3, "k": 5}


def tensor(shape, element="f32"):
    return "tensor<" + "".join(f"{'?' if isinstance(size, str) else size}x" for size in shape) + element + ">"


class Functions:
    """A module of one function; each case adds a result."""

    def __init__(self):
        self.arguments, self.lines, self.results, self.dims = {}, [], [], []

    def input(self, shape, element="f32", tag=""):
        """An argument of its type; the same one wherever it is asked for again."""
        for size in shape:
            if isinstance(size, str) and size not in self.dims:
                self.dims.append(size)
        return self.arguments.setdefault((tuple(shape), element, tag), f"%a{len(self.arguments)}")

    def constant(self, values):
        name = f"%c{len(self.lines)}"
        self.lines.append(f"{name} = arith.constant dense<[{', '.join(map(str, values))}]> : tensor<{len(values)}xi64>")
        return name

    def add(self, op, type):
        name = f"%r{len(self.results)}"
        self.lines.append(f'{name} = {op} loc("case {len(self.results)}: {op.split(" :")[0]}")')
        self.results.append((name, type))

    def text(self):
        symbols = ", ".join(f"s{i}" for i in range(len(self.dims)))
        shapes = []
        for shape, _, _ in self.arguments:
            sizes = ", ".join(f"s{self.dims.index(size)}" if isinstance(size, str) else str(size) for size in shape)
            shapes.append(f"affine_map<()[{symbols}] -> ({sizes})>")
        arguments = ", ".join(f"{name}: {tensor(shape, element)}" for (shape, element, _), name in self.arguments.items())
        names = ", ".join(f'"{name[1:]}"' for name in self.arguments.values())
        types = ", ".join(type for _, type in self.results)
        quoted = ", ".join(f'"{name[1:]}"' for name, _ in self.results)
        dims = ", ".join(f'"{dim}"' for dim in self.dims)
        body = "\n  ".join(self.lines)
        values = ", ".join(name for name, _ in self.results)
        return (
            f"func.func @main({arguments}) -> ({types}) attributes {{qt.dim_names = [{dims}],\n"
            f"    qt.arg_shapes = [{', '.join(shapes)}], qt.arg_names = [{names}], qt.result_names = [{quoted}]}} {{\n"
            f"  {body}\n  return {values} : {types}\n}}\n"
        )


class WhatVerifies(DriverTest):
    def setUp(self):
        self.module = Functions()

    def tearDown(self):
        path, out = self.folder / "cases.mlir", self.folder / "cases.so"
        path.write_text(self.module.text())
        result = quantc("compile", path, "-o", out, "--recipe=f32")
        self.assertEqual(result.returncode, 0, f"{len(self.module.results)} cases\n{result.stderr[:3000]}")
        sizes = [f"--dim={dim}={SIZES[dim]}" for dim in self.module.dims]
        self.must("bench", out, *sizes, "--threads=1", "--seconds=0.01")

    def each(self, elements, shapes=SHAPES):
        for element, shape in itertools.product(elements, shapes):
            yield self.module.input(shape, element), tensor(shape, element), shape, element

    def test_unary(self):
        kinds = {kind: ("f32",) for kind in FUNCTIONS}
        kinds |= {kind: NUMBERS for kind in ("neg", "abs", "relu", "sign")}
        kinds |= {"not": ("i1",), "clz": ("i32", "i64"), "isqrt": ("i64",), "recip61": ("i64",)}
        for kind, elements in kinds.items():
            for x, type, _, _ in self.each(elements, SHAPES if kind in ("neg", "not", "tan") else [["n", 3, "m"]]):
                self.module.add(f"nn.unary {kind} {x} : {type}", type)

    def test_functions(self):
        for x, type, _, _ in self.each(("f32",)):
            for op in ("nn.gelu erf", "nn.gelu tanh", "nn.gelu sigmoid", "nn.silu"):
                self.module.add(f"{op} {x} : {type}", type)
            for op in ("nn.hard_sigmoid", "nn.hard_swish"):
                self.module.add(f"{op} {x} slope 0.2 shift 0.5 : {type}", type)
        for x, type, _, _ in self.each(NUMBERS):
            self.module.add(f"nn.clip {x} min -1.5 max 6.0 : {type}", type)

    def pairs(self, element):
        """Operands of every way to broadcast, with the shape of the result."""
        for left, right, both in (
            (["n", 3, "m"],) * 3, ([], ["n"], ["n"]), (["n", 1], [7], ["n", 7]), (["m"], [2, "n", 1], [2, "n", "m"]),
            ([0], [1], [0]), ([4, 1, "m"], ["n", 1], [4, "n", "m"]), ([1] * 16, ["n"], [1] * 15 + ["n"]), ([], [], []),
        ):
            yield self.module.input(left, element), self.module.input(right, element, "right"), tensor(left, element), tensor(right, element), both

    def test_binary(self):
        kinds = {kind: NUMBERS for kind in "add sub mul div pow min max mod fmod".split()}
        kinds |= {kind: ("i1", "i32", "i64") for kind in ("and", "or", "xor")}
        kinds |= {"rshift": ("i32", "i64"), "shr": ("i32", "i64"), "mulh31": ("i32",)}
        for kind, elements in kinds.items():
            for element in elements:
                for a, b, ta, tb, both in self.pairs(element) if kind in ("add", "xor") else list(self.pairs(element))[:4]:
                    result = tensor(both, element)
                    self.module.add(f"nn.binary {kind} {a}, {b} : {ta}, {tb} -> {result}", result)

    def test_choices(self):
        for element in ELEMENTS:
            for predicate in ("eq", "ne", "lt", "le", "gt", "ge"):
                for a, b, ta, tb, both in self.pairs(element):
                    result = tensor(both, "i1")
                    self.module.add(f"nn.compare {predicate} {a}, {b} : {ta}, {tb} -> {result}", result)
            for a, b, ta, tb, both in self.pairs(element):
                for shape in ([], both):
                    c, result = self.module.input(shape, "i1", "if"), tensor(both, element)
                    self.module.add(f"nn.select {c}, {a}, {b} : {tensor(shape, 'i1')}, {ta}, {tb} -> {result}", result)

    def test_casts(self):
        for source, target in itertools.permutations(EDGES, 2):
            for x, type, shape, _ in self.each((source,), [[], ["n", 3, "m"]]):
                result = tensor(shape, target)
                self.module.add(f"nn.cast {x} : {type} to {result}", result)

    def test_rows(self):
        for x, type, shape, _ in self.each(("f32",), SHAPES[1:]):
            for axis in range(min(len(shape), 5)):
                self.module.add(f"nn.softmax {x} {{axis = {axis} : i64}} : {type}", type)
                for own in (shape[axis:], shape[-1:], []):
                    g, t = self.module.input(own, "f32", "scale"), tensor(own)
                    numbers = f"{{axis = {axis} : i64, epsilon = 1.0e-5 : f32}}"
                    self.module.add(f"nn.layer_norm {x}, {g}, {g} {numbers} : {type}, {t}, {t}", type)
                    self.module.add(f"nn.rms_norm {x}, {g} {numbers} : {type}, {t}", type)

    def test_reductions(self):
        for kind in "sum mean max min prod l1 l2 sumsq".split():
            for x, type, shape, element in self.each(NUMBERS, SHAPES if kind in ("sum", "max") else [["n", 3, "m"]]):
                axes = range(min(len(shape), 3))
                for some in itertools.chain.from_iterable(itertools.combinations(axes, k) for k in range(len(axes) + 1)):
                    kept = tensor([1 if i in some else size for i, size in enumerate(shape)], element)
                    left = tensor([size for i, size in enumerate(shape) if i not in some], element)
                    self.module.add(f"nn.reduce {kind} {x} axes {list(some)} keepdims : {type} -> {kept}", kept)
                    self.module.add(f"nn.reduce {kind} {x} axes {list(some)} : {type} -> {left}", left)

    def test_transposes(self):
        for x, type, shape, element in self.each(MOVED):
            for perm in itertools.islice(itertools.permutations(range(len(shape))), 8):
                result = tensor([shape[i] for i in perm], element)
                self.module.add(f"nn.transpose {x} perm {list(perm)} : {type} -> {result}", result)

    def test_joins_and_picks(self):
        for x, type, shape, element in self.each(MOVED, SHAPES[1:]):
            for axis in range(min(len(shape), 3)):
                size = shape[axis]
                twice = tensor([("?" if isinstance(s, str) else 2 * s) if i == axis else s for i, s in enumerate(shape)], element)
                self.module.add(f"nn.concat {x}, {x} {{axis = {axis} : i64}} : {type}, {type} -> {twice}", twice)
                for indices, index in itertools.product(([], [3], ["k", 2]), ("i32", "i64")):
                    if size == 0 or len(shape) + len(indices) > 16:
                        continue
                    i = self.module.input(indices, index, "indices")
                    result = tensor(shape[:axis] + indices + shape[axis + 1 :], element)
                    self.module.add(f"nn.gather {x}, {i} {{axis = {axis} : i64}} : {type}, {tensor(indices, index)} -> {result}", result)

    def test_slices(self):
        one = self.module.constant([1])
        lists = {number: self.module.constant([number]) for number in (0, 2, -1, -2, 3, 1 << 40, -(1 << 40))}
        axis = lists[0]
        for x, type, shape, element in self.each(MOVED, SHAPES[1:]):
            for start, end, step in ((one, lists[1 << 40], one), (lists[0], lists[-1], lists[2]), (lists[-1], lists[-(1 << 40)], lists[-1]), (lists[-2], lists[3], one)):
                result = tensor(["?"] + shape[1:], element)
                types = ", ".join([type] + ["tensor<1xi64>"] * 4)
                self.module.add(f"nn.slice {x}, {start}, {end}, {axis}, {step} : {types} -> {result}", result)

    def test_shapes(self):
        for x, type, shape, element in self.each(MOVED):
            flat = self.module.constant([-1]) if 0 not in shape else self.module.constant([0])
            result = tensor([0 if 0 in shape else "?"], element)
            if all(isinstance(size, int) for size in shape) and 0 not in shape:
                result = tensor([math.prod(shape)], element)
            self.module.add(f"nn.reshape {x}, {flat} : {type}, tensor<1xi64> -> {result}", result)
            rank = len(shape)
            sizes = f"%s{len(self.module.lines)}"
            self.module.lines.append(f"{sizes} = nn.shape {x} {{start = 0 : i64, end = {rank} : i64}} : {type} -> tensor<{rank}xi64>")
            self.module.results.append((sizes, f"tensor<{rank}xi64>"))
            if rank < 16:
                two = self.module.constant([2])
                wide = f"%s{len(self.module.lines)}"
                self.module.lines.append(f"{wide} = nn.concat {two}, {sizes} {{axis = 0 : i64}} : tensor<1xi64>, tensor<{rank}xi64> -> tensor<{rank + 1}xi64>")
                result = tensor(["?"] * (rank + 1), element)
                self.module.add(f"nn.expand {x}, {wide} : {type}, tensor<{rank + 1}xi64> -> {result}", result)

    def test_positions(self):
        x = self.module.input(["n", 3, "m"])
        self.module.lines.append(f"%s = nn.shape {x} {{start = 2 : i64, end = 3 : i64}} : tensor<?x3x?xf32> -> tensor<1xi64>")
        self.module.add("nn.iota %s : tensor<1xi64> -> tensor<?xi64>", "tensor<?xi64>")
        for shape in ([4], ["n", 6], ["n", 2, "m", 8], [1] * 14 + ["n", 2]):
            for angles in (shape[-1:], shape[-2:], shape):
                x, c, type = self.module.input(shape), self.module.input(angles, "f32", "angle"), tensor(shape)
                for flag in ("", " {interleaved}"):
                    self.module.add(f"nn.rotary {x}, {c}, {c}{flag} : {type}, {tensor(angles)}, {tensor(angles)} -> {type}", type)

    def test_pads(self):
        for x, type, shape, element in self.each(ELEMENTS, SHAPES):
            low, high = [1] * len(shape), [0, 2] * len(shape)
            high = high[: len(shape)]
            sizes = [size if isinstance(size, str) else size + 1 + more for size, more in zip(shape, high)]
            for mode in ("constant", "edge", "reflect"):
                if mode != "constant" and (0 in shape or (mode == "reflect" and 1 in shape)):
                    continue
                if mode == "reflect" and any(size == 2 for size in shape):
                    continue
                value = " {value = 1.0 : f64}" if mode == "constant" else ""
                result = tensor(["?" if isinstance(size, str) else size for size in sizes], element)
                self.module.add(f"nn.pad {mode} {x} low {low} high {high}{value} : {type} -> {result}", result)

    def test_windows(self):
        for rank in (1, 2, 3):
            for batch in (2, "n"):
                shape = [batch] + [9, 8, 7][:rank] + [6]
                x, type = self.module.input(shape), tensor(shape)
                words = f"kernel {[2] * rank} strides {[2, 1, 1][:rank]} dilations {[1] * rank} pads {[1] * rank + [0] * rank}"
                spatial = [(size + 1 - 2) // stride + 1 for size, stride in zip([9, 8, 7][:rank], [2, 1, 1])]
                for kind in ("max", "average", "lp"):
                    order = " {p = 2 : i64}" if kind == "lp" else ""
                    result = tensor([batch] + spatial + [6])
                    self.module.add(f"nn.pool {kind} {x} {words}{order} : {type} -> {result}", result)
                for groups, outputs in ((1, 5), (2, 4), (6, 6)):
                    weights = [outputs, 2**rank, 6 // groups]
                    w, result = self.module.input(weights, "f32", "weights"), tensor([batch] + spatial + [outputs])
                    self.module.add(f"nn.conv {x}, {w} {words} groups {groups} : {type}, {tensor(weights)} -> {result}", result)

    def test_products(self):
        for left, right, result in (
            ([4], [4], []), (["k"], ["k"], []), ([3, 4], [4], [3]), ([4], [5, 4], [5]), (["n", 8], [5, 8], ["n", 5]), (["n", "k"], ["m", "k"], ["n", "m"]),
            (["n", 3, "k"], [7, "k"], ["n", 3, 7]), (["n", 1, 2, 8], [3, 5, 8], ["n", 3, 2, 5]),
            ([1] * 14 + ["n", 4], [6, 4], [1] * 14 + ["n", 6]),
        ):
            a, b = self.module.input(left), self.module.input(right, "f32", "right")
            self.module.add(f"nn.matmul {a}, {b} : {tensor(left)}, {tensor(right)} -> {tensor(result)}", tensor(result))


if __name__ == "__main__":
    unittest.main()
