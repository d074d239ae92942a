"""Integer-only networks: every stage means the same bits, which are close to the float network's."""

import itertools
import unittest

import numpy as np

import disassembly
from driver import MODELS, DriverTest

BATCH = 4
# 8-bit rows with a power of two as scale are off by up to 2^-8 of their largest element, about as much as their rms
# over four: 1.6 % a product. The study's networks end at 1.4 to 4.4 %.
TOLERANCE = 0.05
# i-softmax rounds weights of 8 bits down, which takes a tenth of a flat row; ShiftExp is a line for a power of two, off
# by up to 4.5 %, and ShiftGELU has gates of 7 bits.
COARSE = 0.15


class IntegerOnly(DriverTest):
    def test_stages(self):
        image = np.random.default_rng(5).random((BATCH, 1, 8, 8), np.float32)
        for name in ("digits_vit.onnx", "digits_cnn.onnx"):
            model = MODELS / name
            exact = self.interpret_ir(self.must("compile", model, "-o", "-", "--stop-after=recompose"), image)
            with self.subTest(name):
                joint, split = (
                    self.must("compile", model, "-o", "-", "--integer-only", f"--stop-after={stage}")
                    for stage in ("integerize", "split")
                )
                meaning = self.interpret_ir(joint, image)
                np.testing.assert_array_equal(meaning, self.interpret_ir(split, image))
                self.assertLess(np.linalg.norm(meaning - exact), TOLERANCE * np.linalg.norm(exact))
                # An example's bits do not depend on its place in the batch.
                np.testing.assert_array_equal(self.interpret_ir(split, image[::-1].copy()), meaning[::-1])

    def test_published_methods(self):
        """I-BERT's and I-ViT's functions: joint form, split form and code agree."""
        image = np.random.default_rng(7).random((BATCH, 1, 8, 8), np.float32)
        model = MODELS / "digits_vit.onnx"
        exact = self.interpret_ir(self.must("compile", model, "-o", "-", "--stop-after=recompose"), image)
        for method in ("ibert", "ivit"):
            form = f"--integer-only={method}"
            joint, split = (
                self.must("compile", model, "-o", "-", form, f"--stop-after={stage}") for stage in ("integerize", "split")
            )
            meaning = self.interpret_ir(split, image)
            np.testing.assert_array_equal(self.interpret_ir(joint, image), meaning)
            self.assertLess(np.linalg.norm(meaning - exact), COARSE * np.linalg.norm(exact))
            np.testing.assert_array_equal(meaning.argmax(1), exact.argmax(1))
            for target in ("--mcpu=native", "--mcpu=x86-64-v3", "--mcpu=x86-64-v2"):
                with self.subTest(method=method, target=target):
                    artefact = self.compile(model, "model", form, target)
                    got = self.run_artefact(artefact, {"image": image})["logits"]
                    np.testing.assert_array_equal(got, meaning)

    def test_compiled(self):
        """Every target and layout computes the bits that the split form means."""
        image = np.random.default_rng(6).random((BATCH, 1, 8, 8), np.float32)
        targets = ("--mcpu=native", "--mcpu=x86-64-v3", "--mcpu=x86-64-v2", "--cpu-layout=avx2", "--cpu-layout=avx512vnni")
        for name, recipe in itertools.product(("digits_vit.onnx", "digits_cnn.onnx"), ("w8a8g32", "w4a8")):
            model, weights = MODELS / name, ("--integer-only", f"--recipe={recipe}")
            meaning = self.interpret_ir(self.must("compile", model, "-o", "-", *weights, "--stop-after=split"), image)
            for target in targets:
                with self.subTest(name=name, recipe=recipe, target=target):
                    artefact = self.compile(model, "model", *weights, target)
                    for threads in (1, 3):
                        got = self.run_artefact(artefact, {"image": image}, f"--threads={threads}")["logits"]
                        np.testing.assert_array_equal(got, meaning)
                    # An example's bits do not depend on those beside it.
                    alone = self.run_artefact(artefact, {"image": image[1:2]})["logits"]
                    np.testing.assert_array_equal(alone, meaning[1:2])

    def test_no_float_instructions(self):
        """But in the functions of the boundaries."""
        models = (MODELS / "digits_vit.onnx", MODELS / "digits_cnn.onnx")
        for model, cpu in itertools.product(models, ("native", "x86-64-v3", "bdver2", "x86-64-v2")):  # bdver2: FMA without AVX2
            artefact = self.compile(model, "model", "--integer-only", f"--mcpu={cpu}")
            wrong, seen = disassembly.floats_inside(artefact)
            self.assertEqual(wrong, {}, f"{model.name} on {cpu}")
            self.assertGreater(seen, 20)
            names = {name for name, used in disassembly.functions(artefact) if disassembly.float_instructions(used)}
            self.assertEqual(names, {"quantc_boundary_in", "quantc_boundary_out"})

    def test_errors(self):
        self.must_fail(2, "takes fixed, ibert or ivit, not 'none'", "compile", MODELS / "digits_vit.onnx", "--integer-only=none", "-o", "x.so")


if __name__ == "__main__":
    unittest.main()
