"""Integer-only networks: every stage means the same bits, which are close to the float network's."""

import itertools
import os
import re
import subprocess
import unittest

import numpy as np

from driver import MODELS, DriverTest

OBJDUMP = os.environ.get("LLVM_OBJDUMP", "llvm-objdump-22")
# What moves and combines bits and happens to be named for floats.
MOVES = re.compile(
    r"v?(mov\w*|(and|andn|or|xor)p[sd]|blendv?p[sd]|blendmp[sd]|shufp[sd]|unpck[lh]p[sd]|insertps|extractps|maskmovp[sd]|"
    r"broadcasts[sd]|broadcast[fi]\w*|perm\w*p[sd]|(insert|extract)[fi]\w*|testp[sd]|compressp[sd]|expandp[sd])"
)
# Everything else of that name, conversions between integers and floats, and the x87.
ARITHMETIC = re.compile(r"v?\w+[ps][sd]|v?cvt\w+|f[a-z]\w*")
# Those of packed integers may end in a d as well.
INTEGERS = re.compile(r"v?p\w+")
BATCH = 4
# 8-bit rows with a power of two as scale are off by up to 2^-8 of their largest element, about as much as their rms
# over four: 1.6 % a product. The study's networks end at 1.4 to 4.4 %.
TOLERANCE = 0.05


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
        """But in the kernels at the border, which have floats among their operands or results."""
        models = (MODELS / "digits_vit.onnx", MODELS / "digits_cnn.onnx")
        for model, cpu in itertools.product(models, ("native", "x86-64-v3", "bdver2", "x86-64-v2")):  # bdver2: FMA without AVX2
            flags = ("--integer-only", f"--mcpu={cpu}")
            text = self.must("compile", model, "-o", "-", "--stop-after=group", *flags)
            kernels = dict(re.findall(r"func\.func private @(\w+)\((.*)", text))
            border = {name for name, line in kernels.items() if "xf32>" in line}
            self.assertLess(len(border), 6)
            artefact = self.compile(model, "model", *flags)
            listing = subprocess.run(
                [OBJDUMP, "-d", "--no-show-raw-insn", artefact], capture_output=True, text=True, check=True
            ).stdout
            seen = 0
            for name, body in re.findall(r"^[0-9a-f]+ <qk\.(\w+)>:\n((?:.+\n)+)", listing, re.M):
                if name in border:
                    continue
                seen += 1
                used = set(re.findall(r"^\s*[0-9a-f]+:\s+(\S+)", body, re.M))
                floats = {
                    one
                    for one in used
                    if ARITHMETIC.fullmatch(one) and not MOVES.fullmatch(one) and not INTEGERS.fullmatch(one)
                }
                self.assertEqual(floats, set(), f"{name} of {model.name} on {cpu}")
            self.assertGreater(seen, 20)

    def test_errors(self):
        self.must_fail(2, "takes fixed, not 'none'", "compile", MODELS / "digits_vit.onnx", "--integer-only=none", "-o", "x.so")


if __name__ == "__main__":
    unittest.main()
