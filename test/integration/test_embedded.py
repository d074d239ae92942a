"""The embedded models through the whole chain, at every recipe."""

import unittest

import numpy as np
import onnxruntime

from driver import MODELS, RECIPES, DriverTest  # before digits: it says where that lies

import digits

# Answers that may differ from the float model's, of 599: three standard errors of the number of changed
# labels that ../shared/reference/accuracy.md measures for each width on the keyword transformer
# (0 to 1 of 551 at 8 bits, 1 of 551 at 4 bits with 8-bit ends).
CHANGED = {"f32": 0, "w8a8": 4, "w8a8g32": 4, "w4a8": 8}


class Embedded:
    MODEL = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        _, _, cls.images, cls.labels = digits.load()
        session = onnxruntime.InferenceSession(str(cls.MODEL), providers=["CPUExecutionProvider"])
        cls.expected = session.run(None, {"image": cls.images})[0]
        cls.artefacts = {}

    def artefact(self, recipe):
        if recipe not in self.artefacts:
            self.artefacts[recipe] = self.compile(self.MODEL, recipe, f"--recipe={recipe}")
        return self.artefacts[recipe]

    def logits(self, recipe, images, *flags):
        return self.run_artefact(self.artefact(recipe), {"image": images}, *flags)["logits"]

    def test_answers(self):
        for recipe in RECIPES:
            with self.subTest(recipe):
                got = self.logits(recipe, self.images)
                self.assertEqual(got.shape, self.expected.shape)
                self.assertTrue(np.isfinite(got).all())
                changed = int((got.argmax(-1) != self.expected.argmax(-1)).sum())
                self.assertLessEqual(changed, CHANGED[recipe])
                right = float((got.argmax(-1) == self.labels).mean())
                self.assertGreaterEqual(right, 0.97)

    def test_float_is_close(self):
        # 2^-24 per operation, some 64 + 128 operations deep per layer and four layers, logits of size 10:
        # 1e-4 is 8 times what rounding errors that add up at random would reach.
        np.testing.assert_allclose(self.logits("f32", self.images), self.expected, atol=1e-4, rtol=1e-4)

    def test_threads_give_the_same_bits(self):
        for recipe in RECIPES:
            with self.subTest(recipe):
                one = self.logits(recipe, self.images[:37], "--threads", 1)
                for threads in (2, 3):
                    np.testing.assert_array_equal(one, self.logits(recipe, self.images[:37], "--threads", threads))

    def test_batch_items_do_not_see_each_other(self):
        order = np.random.default_rng(0).permutation(33)
        for recipe in RECIPES:
            with self.subTest(recipe):
                whole = self.logits(recipe, self.images[:33])
                np.testing.assert_array_equal(self.logits(recipe, self.images[:33][order]), whole[order])
                np.testing.assert_array_equal(self.logits(recipe, self.images[:1]), whole[:1])
                np.testing.assert_array_equal(self.logits(recipe, self.images[7:12]), whole[7:12])

    def test_empty_batch(self):
        for recipe in RECIPES:
            with self.subTest(recipe):
                self.assertEqual(self.logits(recipe, self.images[:0]).shape, (0, 10))

    def test_wrong_inputs(self):
        bad = {
            "rank": ({"image": self.images[0]}, "rank"),
            "size": ({"image": self.images[:, :, :, :7]}, "8"),
            "dtype": ({"image": self.images.astype(np.float64)}, "f64"),
            "name": ({"picture": self.images}, "image"),
        }
        for case, (inputs, word) in bad.items():
            with self.subTest(case):
                given = self.folder / "bad.npz"
                np.savez(given, **inputs)
                out = self.folder / "bad-out.npz"
                self.must_fail(1, word, "run", self.artefact("f32"), "--inputs", given, "--outputs", out)
                self.assertFalse(out.exists())

    def test_same_bytes_again(self):
        first = self.compile(self.MODEL, "again1", "--recipe=w4a8", "--threads=1").read_bytes()
        second = self.compile(self.MODEL, "again2", "--recipe=w4a8", "--threads=2").read_bytes()
        self.assertEqual(first, second)


class Transformer(Embedded, DriverTest):
    MODEL = MODELS / "digits_vit.onnx"


class Convolutional(Embedded, DriverTest):
    MODEL = MODELS / "digits_cnn.onnx"


if __name__ == "__main__":
    unittest.main()
