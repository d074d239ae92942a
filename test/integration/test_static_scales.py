"""I-BERT and I-ViT with scales that are known before: from a file of ranges, or from a model that quantises itself."""

import json
import unittest

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from driver import MODELS, DriverTest, quantc
from kernels import INTEGER_TARGETS, model

BATCH = 4
# 8 bits for the largest number of all rows instead of each row's own: errors grow by what rows are smaller than that,
# some 2 here, beside those of the functions (test_integer_only.py).
COARSE = 0.25


def find_ranges(model, image):
    """The largest magnitude of every float that the model computes from the image."""
    proto = onnx.shape_inference.infer_shapes(onnx.load(model))
    floats = [v for v in proto.graph.value_info if v.type.tensor_type.elem_type == onnx.TensorProto.FLOAT]
    names = [o.name for o in proto.graph.output] + [v.name for v in floats]
    proto.graph.output.extend(v for v in floats)
    session = onnxruntime.InferenceSession(proto.SerializeToString())
    values = dict(zip(names, session.run(names, {"image": image})), image=image)
    return {name: float(np.abs(value).max()) for name, value in values.items() if np.abs(value).max() > 0}


class StaticScales(DriverTest):
    image = np.random.default_rng(11).random((BATCH, 1, 8, 8), np.float32)

    def ranges(self, name):
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(find_ranges(MODELS / name, self.image)))
        return f"--ranges={path}"

    def check(self, model, exact, *flags):
        """Joint form, split form and code agree, and are close to the float network; the split form's text."""
        joint, split = (self.must("compile", model, "-o", "-", *flags, f"--stop-after={s}") for s in ("integerize", "split"))
        meaning = self.interpret_ir(split, self.image)
        np.testing.assert_array_equal(self.interpret_ir(joint, self.image), meaning)
        self.assertLess(np.linalg.norm(meaning - exact), COARSE * np.linalg.norm(exact))
        for target in INTEGER_TARGETS:
            with self.subTest(target=target):
                artefact = self.compile(model, "model", *flags, target)
                got = self.run_artefact(artefact, {"image": self.image})["logits"]
                np.testing.assert_array_equal(got, meaning)
        return split

    def test_ranges(self):
        for name in ("digits_vit.onnx", "digits_cnn.onnx"):
            exact = onnxruntime.InferenceSession(MODELS / name).run(None, {"image": self.image})[0]
            for method in ("ibert", "ivit"):
                with self.subTest(name=name, method=method):
                    split = self.check(MODELS / name, exact, f"--integer-only={method}", self.ranges(name))
                    # Exponents are found at the input, and where a form takes no constant scale.
                    dynamic = self.must("compile", MODELS / name, "-o", "-", f"--integer-only={method}", "--stop-after=split")
                    self.assertLess(2 * split.count("nn.unary clz"), dynamic.count("nn.unary clz"))

    def test_quantised_model(self):
        """What onnxruntime quantises, whose own result is the second reference."""

        class Images(CalibrationDataReader):
            left = [{"image": StaticScales.image}]

            def get_next(self):
                return self.left.pop() if self.left else None

        for name in ("digits_vit.onnx",):
            for kind in (QuantType.QInt8, QuantType.QUInt8):
                path = self.folder / f"{kind}-{name}"
                Images.left = [{"image": self.image}]
                symmetric = {"ActivationSymmetric": kind == QuantType.QInt8, "WeightSymmetric": True}
                quantize_static(MODELS / name, path, Images(), quant_format=QuantFormat.QDQ, activation_type=kind,
                                weight_type=QuantType.QInt8, per_channel=True, extra_options=symmetric)
                # Floats between its pairs: onnxruntime's products of bytes saturate on CPUs without VNNI.
                options = onnxruntime.SessionOptions()
                options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
                exact = onnxruntime.InferenceSession(path, options).run(None, {"image": self.image})[0]
                with self.subTest(name=name, kind=kind, form="float"):
                    artefact = self.compile(path, "float", "--recipe=f32")
                    got = self.run_artefact(artefact, {"image": self.image})["logits"]
                    # Codes next to a half may be rounded to the other side: a step of a layer's codes, 1 % of them.
                    self.assertLess(np.linalg.norm(got - exact), 0.05 * np.linalg.norm(exact))
                for method in ("fixed", "ibert", "ivit"):
                    with self.subTest(name=name, kind=kind, method=method):
                        self.check(path, exact, f"--integer-only={method}")

    def test_names_of_what_others_compute(self):
        """A range reaches its value by every name: behind Identity and what folds, and of views that come and go."""
        rng = np.random.default_rng(5)
        constants = {"w": rng.normal(size=(24, 16)), "v": rng.normal(size=(16, 8)), "one": np.array(1)}
        constants = {name: value.astype(np.float32) for name, value in constants.items()}
        constants |= {"flat": np.array([0, 24]), "square": np.array([0, 4, 4]), "line": np.array([0, 16])}
        nodes = [
            ("Identity", "x", "same"), ("Reshape", "same flat", "rows"), ("MatMul", "rows w", "h"), ("Identity", "h", "also"),
            ("Mul", "also one", "times"), ("Add", "times h", "sum"), ("Relu", "sum", "r"), ("Reshape", "r square", "view"),
            ("Reshape", "view line", "back"), ("MatMul", "back v", "z"), ("Dropout", "z", "dropped"), ("Add", "dropped z", "y"),
        ]
        proto = model(nodes, {"x": ("f4", ["b", 4, 6])}, ["y"], constants)
        path, ranges = self.folder / "names.onnx", self.folder / "names.json"
        onnx.save(proto, path)
        values = {"x": 3.0, "h": 20.0, "sum": 40.0, "r": 30.0, "z": 90.0, "y": 150.0}
        forms = []
        for names in ({}, {"x": "rows", "h": "also", "r": "view", "z": "dropped"}, {"x": "same", "h": "times", "r": "back"}):
            ranges.write_text(json.dumps({names.get(name, name): most for name, most in values.items()}))
            result = quantc("compile", path, "--integer-only=ibert", f"--ranges={ranges}", "--stop-after=split", "-o", "-")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            forms.append(result.stdout)
        for form in forms[1:]:
            self.assertEqual(form, forms[0])
        # What is said of the value itself goes before what is said of its views.
        ranges.write_text(json.dumps(values | {"view": 1000.0, "also": [-1, 1]}))
        self.assertEqual(self.must("compile", path, "--integer-only=ibert", f"--ranges={ranges}", "--stop-after=split", "-o", "-"), forms[0])
        # Of views alone the largest counts.
        ranges.write_text(json.dumps({"x": 3, "h": 20, "sum": 40, "z": 90, "y": 150, "view": 30, "back": [-2, 2]}))
        self.assertEqual(self.must("compile", path, "--integer-only=ibert", f"--ranges={ranges}", "--stop-after=split", "-o", "-"), forms[0])

    def test_errors(self):
        path = self.folder / "wrong.json"
        model, form = MODELS / "digits_vit.onnx", "--integer-only=ibert"

        def refuse(text, message):
            path.write_text(text)
            return self.must_fail(1, message, "compile", model, form, f"--ranges={path}", "-o", self.folder / "x.so")

        everything = refuse('{"nobody": 1, "image": [2, 1], "logits": "x", "none": 0}', "computes no value 'nobody', 'none'")
        self.assertIn("no range of 'image', 'logits', 'none'", everything.stderr)
        # A value that is inside of a whole op.
        inside = "/layers.0/attn/Softmax_output_0"
        path.write_text(json.dumps({"image": 1, inside: 1}))
        result = quantc("compile", model, form, f"--ranges={path}", "-o", self.folder / "x.so")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"ranges of 1 values that became part of other ops are not used: {inside}", result.stderr)
        refuse("[1]", "hold no object of names")
        refuse("{", "wrong.json")
        self.must_fail(1, "none.json", "compile", model, form, "--ranges=none.json", "-o", self.folder / "x.so")
        self.must_fail(2, "--ranges is for --integer-only=ibert and ivit", "compile", model, "--integer-only",
                       f"--ranges={path}", "-o", self.folder / "x.so")


if __name__ == "__main__":
    unittest.main()
