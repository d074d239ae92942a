"""The keyword transformer of ../shared/data, where that folder is there."""

import unittest

import numpy as np
import onnxruntime

from driver import SHARED, DriverTest

FOLDER = SHARED / "data" / "kwt1"

# The limits of ../shared/eval/acceptance.toml over all 551 clips.
LIMITS = {"f32": (0, 1e-4), "w8a8": (3, 0.03), "w8a8g32": (2, 0.02), "w4a8": (4, 0.08)}


@unittest.skipUnless(FOLDER.is_dir(), f"no {FOLDER}: the models for evaluation are not here")
class Kwt1(DriverTest):
    def test_recipes(self):
        model = FOLDER / "kwt1.onnx"
        with np.load(FOLDER / "features.npz") as file:
            features = file["features"]
        session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        expected = session.run(None, {"features": features})[0]
        for recipe, (changed, rms) in LIMITS.items():
            with self.subTest(recipe):
                artefact = self.compile(model, recipe, f"--recipe={recipe}")
                got = self.run_artefact(artefact, {"features": features})["logits"]
                self.assertLessEqual(int((got.argmax(-1) != expected.argmax(-1)).sum()), changed)
                error = got.astype(np.float64) - expected
                self.assertLessEqual(np.sqrt((error**2).sum() / (expected.astype(np.float64) ** 2).sum()), rms)


if __name__ == "__main__":
    unittest.main()
