"""Files and flags that cannot be handled: a code, a sentence that names the thing, nothing left behind."""

import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from driver import MODELS, QUANTC, RECIPES, ROOT, DriverTest, quantc

MODEL = MODELS / "digits_vit.onnx"
ADD = ROOT / "test" / "Artifact" / "Inputs" / "add.mlir"


def make_model(nodes, weights=(), shape=("n", 4), dtype=TensorProto.FLOAT, output=("y", TensorProto.FLOAT)):
    """A model with the input x and one output; nothing checks it."""
    inputs = [helper.make_tensor_value_info("x", dtype, shape)]
    outputs = [helper.make_tensor_value_info(output[0], output[1], None)]
    tensors = [numpy_helper.from_array(value, name) for name, value in dict(weights).items()]
    graph = helper.make_graph(nodes, "g", inputs, outputs, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, outputs, name=f"node_{op}", **attributes)


EYE = {"w": np.eye(4, dtype=np.float32)}


class BadInput(DriverTest):
    def rejects(self, data, *words, code=1, recipe=None):
        path, out = self.folder / "bad.onnx", self.folder / "bad.so"
        path.write_bytes(data if isinstance(data, bytes) else data.SerializeToString())
        before = set(self.folder.iterdir())
        flags = [f"--recipe={recipe}"] if recipe else []
        result = quantc("compile", path, "-o", out, *flags)
        self.assertEqual(result.returncode, code, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertEqual(set(self.folder.iterdir()), before, "something was left behind")

    def compiles_and_runs(self, model, inputs, recipes=RECIPES):
        path = self.folder / "good.onnx"
        onnx.save(model, path)
        for recipe in recipes:
            with self.subTest(recipe):
                self.run_artefact(self.compile(path, "good", f"--recipe={recipe}"), inputs)

    def test_files(self):
        whole = MODEL.read_bytes()
        self.rejects(b"", "bad.onnx")
        self.rejects(b"this is no model\n" * 9, "bad.onnx")
        self.rejects(bytes(range(256)) * 40, "bad.onnx")
        for size in (1, 17, 1000, len(whole) // 2, len(whole) - 1):
            with self.subTest(size):
                self.rejects(whole[:size], "bad.onnx")
        self.must_fail(1, "absent.onnx", "compile", self.folder / "absent.onnx", "-o", self.folder / "x.so")
        self.must_fail(1, str(self.folder), "compile", self.folder, "-o", self.folder / "x.so")
        # Endless, and no file.
        self.must_fail(1, "not a regular file", "compile", "/dev/zero", "-o", self.folder / "x.so")

    def damaged(self, data, count, seed, end=None):
        """Copies of the bytes with three changed, every fourth one cut short."""
        random = np.random.default_rng(seed)
        for turn in range(count):
            copy = bytearray(data)
            for at in random.integers(0, end or len(data), 3):
                copy[at] ^= random.integers(1, 256)
            yield f"turn {turn}", copy[: random.integers(0, len(data))] if turn % 4 == 3 else copy

    def test_bytes_changed(self):
        whole = MODEL.read_bytes()
        path = self.folder / "changed.onnx"
        # Weights are most of the file; its structure lies at the beginning and between them.
        for seed, end in ((0, None), (1, 2000)):
            for turn, data in self.damaged(whole, 50, seed, end):
                path.write_bytes(data)
                result = quantc("compile", path, "--stop-after=import", "-o", os.devnull)
                self.assertIn(result.returncode, (0, 1), f"{turn}: {result.stderr}")
                if result.returncode:
                    self.assertIn("quantc compile: ", result.stderr, turn)

    def test_damaged_artefacts(self):
        whole = self.compile(ADD, "add").read_bytes()
        path = self.folder / "damaged.so"
        given = self.folder / "add.npz"
        np.savez(given, x=np.ones((2, 4), np.float32))
        for seed, end in ((2, len(whole) - 64), (3, 2000)):
            for turn, data in self.damaged(whole, 24, seed, end):
                path.write_bytes(data)
                self.must_fail(1, "damaged.so", "inspect", path)
                self.must_fail(1, "damaged.so", "run", path, "--inputs", given)

    def test_damaged_arrays(self):
        artefact = self.compile(ADD, "arrays")
        path = self.folder / "whole.npz"
        np.savez(path, x=np.ones((2, 4), np.float32))
        whole = path.read_bytes()
        path = self.folder / "damaged.npz"
        for turn, data in self.damaged(whole, 40, 4):
            path.write_bytes(data)
            result = quantc("run", artefact, "--inputs", path)
            # A changed time stamp hurts nobody.
            self.assertIn(result.returncode, (0, 1), f"{turn}: {result.stderr}")
            if result.returncode:
                self.assertIn("damaged.npz", result.stderr, turn)

    def test_killed(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                folder = self.folder / f"killed{number}"
                folder.mkdir()
                command = [QUANTC, "compile", str(MODEL), "-o", str(folder / "x.so"), "--threads=1"]
                process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                while process.poll() is None and not any(folder.iterdir()):
                    time.sleep(0.005)
                process.send_signal(number)
                self.assertEqual(process.wait(60), -number)
                self.assertEqual(list(folder.iterdir()), [])

    def test_external_data(self):
        model = make_model([node("MatMul", ["x", "w"], ["y"])], EYE)
        tensor = model.graph.initializer[0]
        for key, value in (("location", "weights.bin"), ("offset", "0"), ("length", "64")):
            tensor.external_data.add(key=key, value=value)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.ClearField("raw_data")
        self.rejects(model, "weights.bin")
        (self.folder / "weights.bin").write_bytes(bytes(63))
        self.rejects(model, "weights.bin")
        tensor.external_data[0].value = "../weights.bin"
        self.rejects(model, "../weights.bin")
        # A link out of the folder, and links to both files, as caches of models keep them.
        tensor.external_data[0].value = "link.bin"
        with tempfile.TemporaryDirectory() as other:
            store = Path(other)
            (store / "blob").write_bytes(EYE["w"].tobytes())
            (self.folder / "link.bin").symlink_to(store / "blob")
            self.rejects(model, "link.bin", "inside the folder of the model")
            onnx.save(model, store / "stored.onnx")
            (self.folder / "linked.onnx").symlink_to(store / "stored.onnx")
            self.compile(self.folder / "linked.onnx", "linked")

    def test_graphs(self):
        self.rejects(make_model([node("Frobnicate", ["x"], ["y"])]), "node_Frobnicate", "Frobnicate")
        self.rejects(make_model([node("Relu", ["x"], ["y"], domain="com.example")]), "com.example")
        self.rejects(make_model([node("Relu", ["nowhere"], ["y"])]), "nowhere")
        self.rejects(make_model([node("Relu", ["x"], ["z"])]), "y")
        cycle = [node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Neg", ["b"], ["y"])]
        self.rejects(make_model(cycle), "node_Relu", "node_Add")

    def test_all_problems_at_once(self):
        self.rejects(make_model([node("First", ["x"], ["a"]), node("Second", ["a"], ["y"])]), "First", "Second")

    def test_types_and_shapes(self):
        self.rejects(make_model([node("MatMul", ["x", "w"], ["y"])], {"w": np.zeros((5, 4), np.float32)}), "node_MatMul")
        self.rejects(make_model([node("Add", ["x", "w"], ["y"])], {"w": np.zeros(3, np.float32)}), "node_Add")
        self.rejects(make_model([node("Add", ["x", "w"], ["y"])], {"w": np.zeros(4, np.int64)}), "node_Add")
        self.rejects(make_model([node("Erf", ["x"], ["y"])], dtype=TensorProto.STRING), "x")
        self.rejects(make_model([node("Transpose", ["x"], ["y"], perm=[0, 7])]), "node_Transpose")
        self.rejects(make_model([node("Relu", ["x"], ["y"])], shape=(-3, 4)), "x")

    def test_long_names(self):
        name = "n" * 100_000
        for bad in (node("Frobnicate", ["x"], [name]), node(name, ["x"], ["y"]), node("Relu", ["x"], ["y"], domain=name)):
            path = self.folder / "long.onnx"
            onnx.save(make_model([bad, node("Neg", [name], ["y"])]), path)
            result = self.must_fail(1, "not supported", "compile", path, "-o", self.folder / "long.so")
            self.assertLess(len(result.stderr), 8000)

    def test_the_model_is_not_written_over(self):
        path = self.folder / "model.so"
        path.write_bytes(MODEL.read_bytes())
        (self.folder / "link.so").symlink_to(path)
        for flags in (("-o", path), ("-o", self.folder / "link.so"), ("-o", self.folder / "x.so", f"--weights-file={path}")):
            self.must_fail(2, "is the model itself", "compile", path, *flags)
        self.assertEqual(path.read_bytes(), MODEL.read_bytes())
        # What a link names is written, and the link stays.
        (self.folder / "out.so").symlink_to(self.folder / "target.so")
        (self.folder / "target.so").write_bytes(b"")
        self.must("compile", MODEL, "-o", self.folder / "out.so", "--recipe=f32")
        self.assertTrue((self.folder / "out.so").is_symlink())
        self.assertGreater((self.folder / "target.so").stat().st_size, 0)

    def test_sizes_that_overflow(self):
        huge = 1 << 40
        self.rejects(make_model([node("Relu", ["x"], ["y"])], shape=(huge, huge, huge)), "x")
        model = make_model([node("MatMul", ["x", "w"], ["y"])], EYE)
        del model.graph.initializer[0].dims[:]
        model.graph.initializer[0].dims.extend([huge, huge])
        self.rejects(model, "w")

    def test_weights_that_are_not_numbers(self):
        weights = np.random.default_rng(0).normal(size=(64, 8)).astype(np.float32)
        for value in (np.nan, np.inf, -np.inf):
            bad = weights.copy()
            bad[5, 3] = value
            model = make_model([node("MatMul", ["x", "w"], ["y"])], {"w": bad}, shape=("n", 64))
            for recipe in RECIPES:
                with self.subTest(value, recipe=recipe):
                    self.rejects(model, "'w'", "[5, 3]", recipe=recipe)
        # What is no weight may be infinite: a mask, say.
        mask = np.array([0, -np.inf] * 4, np.float32)
        nodes = [node("MatMul", ["x", "w"], ["z"]), node("Add", ["z", "m"], ["y"])]
        model = make_model(nodes, {"w": weights, "m": mask}, shape=("n", 64))
        self.compiles_and_runs(model, {"x": np.ones((3, 64), np.float32)})

    def test_sizes_that_data_decide(self):
        """They name the node and the value that decides; what decides no size may be anything."""
        integers = TensorProto.INT64
        cases = {
            "Reshape": ([node("Reshape", ["x", "s"], ["y"])], 2), "Expand": ([node("Expand", ["x", "s"], ["y"])], 3),
            "Tile": ([node("Tile", ["x", "s"], ["y"])], 2), "ConstantOfShape": ([node("ConstantOfShape", ["s"], ["y"])], 2),
            "Slice": ([node("Slice", ["x", "zero", "s"], ["y"])], 1),
            "Range": ([node("Squeeze", ["s"], ["e"]), node("Range", ["none", "e", "one"], ["r"]), node("Cast", ["r"], ["y"], to=1)], 1),
        }
        constants = {"zero": np.zeros(1, np.int64), "none": np.array(0), "one": np.array(1)}
        for op, (nodes, count) in cases.items():
            with self.subTest(op):
                model = make_model(nodes, constants)
                model.graph.input.append(helper.make_tensor_value_info("s", integers, [count]))
                self.rejects(model, "'r'" if op == "Range" else "'y'", "depends on the data of operand", "'e'" if op == "Range" else "'s'")

    def test_sizes_of_zero(self):
        product = [node("MatMul", ["x", "w"], ["y"])]
        self.rejects(make_model(product, {"w": np.zeros((4, 0), np.float32)}), "'w'", "no elements")
        empty = make_model(product, {"w": np.zeros((0, 4), np.float32)}, shape=("n", 0))
        self.rejects(empty, "'w'", "no elements", "'x'", "size 0 in dim 1")
        self.rejects(make_model(product, EYE, shape=(0, 4)), "'x'", "size 0 in dim 0")
        # Of run time a batch may be empty, and what is no network may be anything.
        self.compiles_and_runs(make_model(product, EYE), {"x": np.ones((0, 4), np.float32)})
        self.compiles_and_runs(make_model([node("Relu", ["x"], ["y"])], shape=(0, 4)), {"x": np.ones((0, 4), np.float32)})

    def test_outputs_that_cannot_be_written(self):
        (self.folder / "folder.so").mkdir()
        for path in (self.folder / "no" / "such" / "x.so", self.folder / "folder.so", "/proc/x.so"):
            self.must_fail(1, str(path), "compile", MODEL, "-o", path, "--recipe=f32")

    def test_flags(self):
        out = ("-o", self.folder / "flag.so")
        for code, word, flag in (
            (1, "w9", "--recipe=w9"),
            (1, "absent.json", "--recipe=absent.json"),
            (1, "pentium9", "--mcpu=pentium9"),
            (1, "vax", "--triple=vax-dec-vms"),
            (2, "digest", "--stop-after=digest"),
            (2, "pictures", "--emit=pictures"),
            (2, "--frob", "--frob"),
            (2, "--threads", "--threads=none"),
            (2, "--rotate", "--rotate"),
        ):
            with self.subTest(flag):
                self.must_fail(code, word, "compile", MODEL, *out, flag)
                self.assertFalse(out[1].exists())
        own = self.folder / "own.json"
        for rules, word in (
            ('[{"name": "/nowhere/*", "format": "float"}]', "'/nowhere/*' matches no contraction"),
            ('[{"format": "float"}, {"role": "weight", "format": "float"}]', "rule 1: never applies"),
        ):
            own.write_text('{"base": "w8a8", "rules": %s}' % rules)
            with self.subTest(rules):
                self.must_fail(1, word, "compile", MODEL, *out, f"--recipe={own}")
                self.assertFalse(out[1].exists())
        row = '"element": "s8", "grid": "row", "scale": "f32", "encoding": "absmax", "range": [-127, 127]'
        for rules, words in (
            (f'{{"role": "weight", {row}}}, {{"role": "activation", {row.replace("row", "tensor")}}}', ('activation: grid "tensor" (supported: "row")',)),
            (f'{{"role": "weight", {row}}}, {{"role": "activation", {row.replace("absmax", "search")}}}', ('encoding "search" (supported: "absmax")',)),
            (f'{{"role": "weight", {row.replace("s8", "s99")}}}', ('weight: element "s99" (supported: "s8")',)),
            (f'{{"role": "attention", {row.replace("-127", "-128")}}}', ("attention: range [-128,127]", "/attn/")),
            (f'{{"role": "weight", {row.replace("row", "image")}}}', ('rule 0: grid "image" of a role that is no activation',)),
        ):
            own.write_text('{"rules": [%s]}' % rules)
            with self.subTest(rules):
                result = self.must_fail(1, "recipe '", "compile", MODEL, *out, f"--recipe={own}")
                for word in words:
                    self.assertIn(word, result.stderr)
                # What there is no code for may be evaluated.
                self.assertIn(quantc("compare", MODEL, "--dim", "batch=1", f"--recipe={own}").returncode, (0, 1))
        own.write_text('{"base": "%s", "rules": []}' % own)
        result = self.must_fail(1, "is based on itself", "compile", MODEL, *out, f"--recipe={own}")
        self.assertLess(result.stderr.count("base"), 3)
        own.write_text('{"base": "w8a8", "rules": [{"role": "weight", %s}]}' % row.replace("-127", "0"))
        result = quantc("compile", MODEL, *out, f"--recipe={own}")
        self.assertEqual(result.returncode, 0)
        self.assertIn("warning: recipe", result.stderr)
        out[1].unlink()
        self.must_fail(2, "MODEL", "compile", *out)
        self.must_fail(2, "frob", "frob")


if __name__ == "__main__":
    unittest.main()
