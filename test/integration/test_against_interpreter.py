"""Compiled code against the reference interpreter, which defines what the quantised IR means.

The interpreter evaluates the driver's IR behind a stage; every stage has to mean the same bits, and compiled code the
same up to the order in which floats are summed.
"""

import os
import re
import subprocess
import unittest
from pathlib import Path

import numpy as np

from driver import MODELS, RECIPES, DriverTest

MODEL = MODELS / "digits_vit.onnx"
QUANT_OPT = os.environ.get("QUANT_OPT", "quant-opt")
STAGES = ("quantize", "split", "layout")
BATCH = 3
# Forms differ between these; what this machine cannot run is left out.
CPUS = ("x86-64", "x86-64-v3") if " avx2 " in Path("/proc/cpuinfo").read_text() else ("x86-64",)

# Rounding of sums moves a logit by a few units in the last place (of size 4: 5e-7 each); a code that flips in one of
# four layers moves it by a hundredth.
TOLERANCE = 2e-2


class AgainstInterpreter(DriverTest):
    def interpret(self, text, image):
        """Evaluates @main of the printed IR on an image batch, given as a constant."""
        header = re.search(r"func\.func @main\(%arg0: (tensor<[^>]*>)[^\n]*?\) -> ", text)
        self.assertIsNotNone(header)
        line_end = text.index("\n", header.start())
        line = text[header.start() : line_end].replace(header.group(0), "func.func @main() -> ")
        line = re.sub(r"qt\.arg_shapes = \[[^\]]*\], ", "", line)
        static = "tensor<" + "x".join(str(size) for size in image.shape) + "xf32>"
        given = f'%in = qt.weight #qt.blob<"0x{image.tobytes().hex().upper()}"> : {static}\n'
        sizes = ", ".join(str(size) for size in image.shape)
        given += f"%arg0 = qt.alias %in sizes affine_map<() -> ({sizes})> : {static} to {header.group(1)}"
        program = self.folder / "program.mlir"
        program.write_text(text[: header.start()] + line + "\n" + given + text[line_end:])
        result = subprocess.run(
            [QUANT_OPT, program, "-interpret=print", "-o", os.devnull], capture_output=True, text=True
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        values = re.search(r"dense<(.*?)> : tensor<\d+x10xf32>", result.stderr + result.stdout, re.S)
        self.assertIsNotNone(values, result.stderr[:400])
        numbers = [float(number) for number in re.findall(r"-?\d[\d.e+-]*", values.group(1))]
        return np.array(numbers, np.float32).reshape(BATCH, 10)

    def test_stages_and_code(self):
        image = np.random.default_rng(5).random((BATCH, 1, 8, 8), np.float32)
        for cpu in CPUS:
            for recipe in RECIPES:
                with self.subTest(f"{recipe} {cpu}"):
                    flags = (f"--recipe={recipe}", f"--mcpu={cpu}")
                    meanings = [
                        self.interpret(self.must("compile", MODEL, "-o", "-", f"--stop-after={stage}", *flags), image)
                        for stage in STAGES
                    ]
                    for meaning in meanings[1:]:
                        np.testing.assert_array_equal(meaning, meanings[0])
                    artefact = self.compile(MODEL, "model", *flags)
                    got = self.run_artefact(artefact, {"image": image})["logits"]
                    np.testing.assert_allclose(got, meanings[0], atol=TOLERANCE, rtol=0)


if __name__ == "__main__":
    unittest.main()
