"""The parts of integer-only static objects: what they take and give, in which order, and what the header says of it."""

import re
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from bare import TRIPLES, BareProgram, c_array, emulator
from test_static import StaticTest

PARTS = ("m_boundary_in", "m_run_integers", "m_boundary_out")


class StaticParts(StaticTest):
    def arguments(self):
        """By function, from the header."""
        header = (self.folder / "model.h").read_text()
        functions = re.findall(r"int32_t (m_\w+)\((.*?)\);", header, re.S)
        return {name: re.findall(r"(\w+)(?:,|$)", text) for name, text in functions}

    def test_exponents_of_elements(self):
        """Outputs whose codes have an exponent each: the header says which are codes, and what both mean."""
        nodes = [
            helper.make_node("ReduceMean", ["x", "rows"], ["mean"], keepdims=0),
            helper.make_node("Exp", ["x"], ["powers"]),
            helper.make_node("ReduceSum", ["powers", "rows"], ["total"], keepdims=1),
        ]
        infos = [
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in values.items()]
            for values in ({"x": [2, 3]}, {"mean": [2], "total": [2, 1]})
        ]
        rows = numpy_helper.from_array(np.array([1]), "rows")
        graph = helper.make_graph(nodes, "g", *infos, [rows])
        proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
        onnx.save(proto, self.folder / "means.onnx")
        self.compile_static(self.folder / "means.onnx", "--integer-only")
        header = (self.folder / "model.h").read_text()
        kinds = {name: kind for kind, name in re.findall(r"^\s+(\w+_t) \*(\w+),", header, re.M)}
        # Exponentials are of all bits of the input, means of 16 of them.
        parts = ("codes", "exponents")
        between = {f"{name}_{part}" for name in ("x", "mean", "total") for part in parts}
        self.assertEqual(set(kinds), between | {f"x_{part}_2" for part in parts})
        self.assertRegex(header, r"x_exponents: 2 x 1, .*: x_codes \* 2\^x_exponents, one for each row of codes")
        for name in ("mean", "total"):
            meaning = rf"{name}_codes \* 2\^{name}_exponents, one for each code"
            self.assertRegex(header, rf"{name}_exponents: 2.*: {meaning}\n")
        sizes = dict(re.findall(r"#define M_(\w+)_ELEMENTS (\d+)", header))
        memory = "".join(f"static {kind} {name}[{sizes[name.upper()]}];\n" for name, kind in kinds.items())
        memory += "static float mean[2], total[2];\n"
        orders = self.arguments()
        calls = []
        for name in PARTS:
            arguments = ", ".join(orders[name])
            calls.append(f"{name}({re.sub(r'^x,', '(const void *)x,', arguments)})")
        parts = ["mean_codes", "mean_exponents", "total_codes", "total_exponents"]
        program = BareProgram(self.folder, "x86_64")
        x = np.array([[1, 2, 6], [-3, 0.5, 1]], np.float32)
        program.build("m", c_array("x", x) + memory, calls, ["mean", "total", *parts])
        error, data = program.run()
        self.assertEqual(error, 0)
        values, data = np.frombuffer(data[:16], np.float32).reshape(2, 2), data[16:]
        for value, name in zip(values, ("mean", "total")):
            numbers = []
            for part in ("codes", "exponents"):
                kind = np.dtype(kinds[f"{name}_{part}"].removesuffix("_t"))
                numbers.append(np.frombuffer(data[: 2 * kind.itemsize], kind).astype(np.float64))
                data = data[2 * kind.itemsize :]
            np.testing.assert_array_equal((numbers[0] * 2.0 ** numbers[1]).astype(np.float32), value)

    def test_order(self):
        """Tensors are in the order of the inputs and outputs that they belong to, not in that of what is computed."""
        nodes = [
            helper.make_node("MatMul", ["b", "w"], ["sums"]),
            helper.make_node("ReduceMax", ["sums"], ["most"], axes=[1]),
            helper.make_node("ArgMax", ["sums"], ["place"], axis=1),
            helper.make_node("Softmax", ["sums"], ["shares"]),
            helper.make_node("Relu", ["a"], ["left"]),
        ]
        inputs = {"a": [2, 3], "b": [2, 8]}
        outputs = {"shares": TensorProto.FLOAT, "place": TensorProto.INT64, "left": TensorProto.FLOAT}
        outputs |= {"most": TensorProto.FLOAT, "sums": TensorProto.FLOAT}
        random = np.random.default_rng(8)
        graph = helper.make_graph(
            nodes,
            "g",
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in inputs.items()],
            [helper.make_tensor_value_info(name, kind, None) for name, kind in outputs.items()],
            [numpy_helper.from_array(random.standard_normal((8, 4)).astype("f4"), "w")],
        )
        proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save(proto, self.folder / "order.onnx")
        self.compile_static(self.folder / "order.onnx", "--integer-only")
        takes = {name: [argument for argument in own if argument != "arena"] for name, own in self.arguments().items()}
        # Elements of `a` and of what is left of them have the same exponents, which go past the integers.
        first = ["a_codes", "b_codes", "b_exponents"]
        last = ["left_codes", "most_codes", "outputs_exponents", "sums_codes"]
        shares = ["shares_codes", "shares_exponents"]
        self.assertEqual(takes["m_run"], [*inputs, *outputs])
        self.assertEqual(takes["m_boundary_in"], [*inputs, "a_codes", "a_exponents", *first[1:]])
        self.assertEqual(takes["m_run_integers"], [*first, *shares, "place", *last])
        own = [name for name in outputs if name != "place"]
        self.assertEqual(takes["m_boundary_out"], ["a_exponents", *shares, *last, *own])
        header = (self.folder / "model.h").read_text()
        for text in ("most_codes * 2^outputs_exponents, one for each code", "sums_codes * 2^outputs_exponents, one for each row"):
            self.assertIn(text, header)
        self.assertIn("outputs_exponents: 2 x 1, 'most', 'sums': ", header)
        # The three parts give what all of it gives.
        sizes = dict(re.findall(r"#define M_(\w+)_ELEMENTS (\d+)", header))
        kinds = {name: kind for kind, name in re.findall(r"^\s+(\w+(?:_t)?) \*(\w+),", header, re.M) if name not in inputs}
        data = "".join(c_array(name, random.standard_normal(dims).astype("f4")) for name, dims in inputs.items())
        data += "".join(f"static {kind} {name}[{sizes[name.upper()]}];\n" for name, kind in kinds.items())
        data += "".join(f"static {kinds[name]} whole_{name}[{sizes[name.upper()]}];\n" for name in outputs)

        def call(name, prefix=""):
            cast = {**{each: f"(const void *){each}" for each in inputs}, **{each: prefix + each for each in outputs}}
            return f"{name}({', '.join(cast.get(each, each) for each in takes[name])}, arena)"

        calls = [call("m_run", "whole_"), *map(call, PARTS)]
        program = BareProgram(self.folder, "x86_64")
        program.build("m", data, calls, [*outputs, *(f"whole_{name}" for name in outputs)])
        error, given = program.run()
        self.assertEqual(error, 0)
        half = len(given) // 2
        self.assertEqual(given[:half], given[half:])
        self.assertNotEqual(given[:half], bytes(half))

    def test_types(self):
        """Inputs and outputs of every type, on processors without floats too, as the shared library has them."""
        feed, nodes, outputs = {}, [], []
        for name in ("f8", "f2", "f4", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"):
            kind = helper.np_dtype_to_tensor_dtype(np.dtype(name))
            values = [0, 1, 5, 100, -7, 0.3, 2**-140, 2e5, -np.inf] if name == "f8" else [0, 1, 5, 100, 3, 2, 7, 11, 90]
            feed[f"x_{name}"] = np.array(values, name)
            nodes += [
                helper.make_node("Cast", [f"x_{name}"], [f"c_{name}"], to=TensorProto.FLOAT),
                helper.make_node("Tanh", [f"c_{name}"], [f"t_{name}"]),
                helper.make_node("Mul", [f"t_{name}", "k"], [f"m_{name}"]),
                helper.make_node("Cast", [f"m_{name}"], [f"y_{name}"], to=kind),
            ]
            outputs.append(helper.make_tensor_value_info(f"y_{name}", kind, [9]))
        inputs = [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape) for name, x in feed.items()]
        graph = helper.make_graph(nodes, "g", inputs, outputs, [numpy_helper.from_array(np.float32(97.3), "k")])
        path = self.folder / "types.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
        shared = self.run_artefact(self.compile(path, "shared", "--integer-only"), feed)
        data = "".join(c_array(name, x) for name, x in feed.items())
        data += "".join(f"static _Alignas(8) unsigned char {name}[{value.nbytes}];\n" for name, value in shared.items())
        for arch in TRIPLES:
            if emulator(arch) is None:
                continue
            self.compile_static(path, "--integer-only", arch=arch)
            takes = self.arguments()["m_run"][:-1]
            program = BareProgram(self.folder, arch)
            program.build("m", data, [f"m_run({', '.join(f'(void *){name}' for name in takes)}, arena)"], takes[len(feed) :])
            error, given = program.run()
            self.assertEqual(error, 0)
            self.assertEqual(given, b"".join(shared[name].tobytes() for name in takes[len(feed) :]), arch)


if __name__ == "__main__":
    unittest.main()
