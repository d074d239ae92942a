"""Compiled code against the reference interpreter, which defines what the quantised IR means.

The interpreter evaluates the driver's IR behind a stage; every stage has to mean the same bits, and compiled code the
same up to the order in which floats are summed.
"""

import unittest
from pathlib import Path

import numpy as np

from driver import MODELS, RECIPES, DriverTest

MODEL = MODELS / "digits_vit.onnx"
STAGES = ("quantize", "split", "layout")
BATCH = 3
# Forms differ between these; what this machine cannot run is left out.
CPUS = ("x86-64", "x86-64-v3") if " avx2 " in Path("/proc/cpuinfo").read_text() else ("x86-64",)

# Rounding of sums moves a logit by a few units in the last place (of size 4: 5e-7 each); a code that flips in one of
# four layers moves it by a hundredth.
TOLERANCE = 2e-2


class AgainstInterpreter(DriverTest):
    def test_stages_and_code(self):
        image = np.random.default_rng(5).random((BATCH, 1, 8, 8), np.float32)
        for cpu in CPUS:
            for recipe in RECIPES:
                with self.subTest(f"{recipe} {cpu}"):
                    flags = (f"--recipe={recipe}", f"--mcpu={cpu}")
                    meanings = [
                        self.interpret_ir(self.must("compile", MODEL, "-o", "-", f"--stop-after={stage}", *flags), image)
                        for stage in STAGES
                    ]
                    for meaning in meanings[1:]:
                        np.testing.assert_array_equal(meaning, meanings[0])
                    artefact = self.compile(MODEL, "model", *flags)
                    got = self.run_artefact(artefact, {"image": image})["logits"]
                    np.testing.assert_allclose(got, meanings[0], atol=TOLERANCE, rtol=0)


if __name__ == "__main__":
    unittest.main()
