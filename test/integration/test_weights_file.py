"""Weights in a file of their own: the same results, found wherever the two lie together, and told apart."""

import unittest

import numpy as np

from driver import MODELS, DriverTest

MODEL = MODELS / "digits_vit.onnx"


class WeightsFile(DriverTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.image = np.random.default_rng(0).random((3, 1, 8, 8), np.float32)

    def logits(self, artefact):
        return self.run_artefact(artefact, {"image": self.image})["logits"]

    def test_same_results_anywhere(self):
        embedded = self.compile(MODEL, "embedded", "--weights-file=embedded")
        file = self.folder / "model.weights"
        artefact = self.compile(MODEL, "beside", "--weights-file", file)
        self.assertLess(artefact.stat().st_size + file.stat().st_size, embedded.stat().st_size + 20000)
        self.assertGreater(file.stat().st_size, 100000)
        expected = self.logits(embedded)
        np.testing.assert_array_equal(self.logits(artefact), expected)
        other = self.folder / "other"
        other.mkdir()
        for path in (artefact, file):
            path.rename(other / path.name)
        np.testing.assert_array_equal(self.logits(other / "beside.so"), expected)
        # The same for any number of threads.
        again = self.compile(MODEL, "beside", "--weights-file", file, "--threads=1")
        self.assertEqual(file.read_bytes(), (other / file.name).read_bytes())
        self.assertEqual(again.read_bytes(), (other / again.name).read_bytes())

    def test_in_another_folder(self):
        far = self.folder / "far"
        far.mkdir()
        artefact = self.compile(MODEL, "near", "--weights-file", far / "w.bin", "--recipe=f32")
        self.assertEqual(self.logits(artefact).shape, (3, 10))

    def test_missing_or_wrong(self):
        file = self.folder / "lost.weights"
        artefact = self.compile(MODEL, "lost", "--weights-file", file)
        good = file.read_bytes()
        other = self.folder / "other.weights"
        self.compile(MODEL, "coarse", "--weights-file", other, "--recipe=w4a8")
        changed = bytearray(good)
        changed[3] ^= 1
        for contents, text in ((other.read_bytes(), "belongs to another artefact"), (good[:-1], "is cut off"),
                               (bytes(changed), "holds the weights of another artefact"), (b"", "has 0 bytes"),
                               (None, "cannot open '" + str(file))):
            file.unlink(missing_ok=True)
            if contents is not None:
                file.write_bytes(contents)
            self.must_fail(1, text, "inspect", artefact)
        file.write_bytes(good)
        self.must("inspect", artefact)

    def test_wrong_use(self):
        out = self.folder / "same.so"
        self.must_fail(2, "the same file", "compile", MODEL, "-o", out, "--weights-file", out)
        self.must_fail(1, "No such file or directory", "compile", MODEL, "-o", out, "--weights-file", self.folder / "no" / "w")
        self.assertEqual([path.name for path in self.folder.glob("same*")], [])


if __name__ == "__main__":
    unittest.main()
