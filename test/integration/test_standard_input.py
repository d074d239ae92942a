"""`-` is standard input: models and IR of every stage through pipes."""

import subprocess
import unittest

from driver import MODELS, QUANTC, DriverTest

MODEL = MODELS / "digits_vit.onnx"


class StandardInput(DriverTest):
    def pipe(self, data, *arguments, code=0):
        result = subprocess.run([QUANTC, *map(str, arguments)], input=data, capture_output=True)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def bytes_from(self, data, name, *flags):
        out = self.folder / f"{name}.so"
        self.pipe(data, "compile", "-", "-o", out, *flags)
        return out.read_bytes()

    def test_models(self):
        whole = self.bytes_from(MODEL.read_bytes(), "piped", "--recipe=w8a8")
        with open(MODEL, "rb") as file:  # a file, not a pipe
            out = self.folder / "redirected.so"
            subprocess.run([QUANTC, "compile", "-", "-o", out, "--recipe=w8a8"], stdin=file, check=True)
        self.assertEqual(whole, out.read_bytes())

    def test_ir(self):
        for stage in ("import", "quantize", "layout", "group"):
            with self.subTest(stage):
                # Weights by reference to the file, and within the text.
                named = self.pipe(b"", "compile", MODEL, f"--stop-after={stage}").stdout
                unnamed = self.pipe(MODEL.read_bytes(), "compile", "-", f"--stop-after={stage}").stdout
                self.assertIn(b"digits_vit.onnx", named)
                self.assertNotIn(b"<stdin>", unnamed)
                self.assertGreater(len(unnamed), len(named))
                self.bytes_from(named, "named")
                self.bytes_from(unnamed, "unnamed")

    def test_commands(self):
        self.assertIn(b"logits", self.pipe(MODEL.read_bytes(), "inspect", "-").stdout)
        self.assertIn(b"logits", self.pipe(MODEL.read_bytes(), "compare", "-", "--dim", "batch=1").stdout)

    def test_what_is_no_model(self):
        for data, word in ((b"", b"empty"), (b"hello", b"<stdin>:1:1"), (bytes(range(1, 200)), b"not an ONNX model")):
            with self.subTest(data[:8]):
                self.assertIn(word, self.pipe(data, "compile", "-", "-o", self.folder / "x.so", code=1).stderr)
        with open("/dev/zero", "rb") as endless:
            result = subprocess.run([QUANTC, "inspect", "-"], stdin=endless, capture_output=True, timeout=60)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"neither a file nor a pipe", result.stderr)
        self.assertIn(b"--keep-ir", self.pipe(b"", "compile", "-", "-o", "x.so", "--keep-ir", code=2).stderr)


if __name__ == "__main__":
    unittest.main()
