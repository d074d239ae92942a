"""What the integration tests share: calling the driver, npz in and out, where models are."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
MODELS = ROOT / "test" / "models"
SHARED = ROOT.parent / "shared"
QUANTC = os.environ.get("QUANTC", "quantc")
QUANT_OPT = os.environ.get("QUANT_OPT", "quant-opt")
INTERPRET = os.environ.get("INTERPRET_MODELS", "interpret-models")
# Models that are too large for the repository.
CACHE = Path(os.environ.get("QUANTC_EVAL_CACHE", Path.home() / ".cache" / "quantc-eval"))
RECIPES = ("f32", "w8a8", "w8a8g32", "w4a8")

sys.path.insert(0, str(MODELS))


def quantc(*arguments, timeout=600):
    """Runs the driver; the finished process with its output as text."""
    command = [QUANTC, *(str(argument) for argument in arguments)]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=timeout)


class DriverTest(unittest.TestCase):
    """A test with a folder of its own, and the driver's commands as methods that must succeed."""

    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory(prefix="quantc-test-")
        cls.folder = Path(cls._folder.name)

    @classmethod
    def tearDownClass(cls):
        cls._folder.cleanup()

    def must(self, *arguments):
        result = quantc(*arguments)
        self.assertEqual(result.returncode, 0, f"{arguments}\n{result.stderr}{result.stdout}")
        return result.stdout

    def must_fail(self, code, text, *arguments):
        """The command ends with this code and says this; it is never killed by a signal."""
        result = quantc(*arguments)
        self.assertEqual(result.returncode, code, f"{arguments}\n{result.stderr}{result.stdout}")
        self.assertIn(text, result.stderr)
        return result

    def compile(self, model, name, *flags):
        artefact = self.folder / f"{name}.so"
        self.must("compile", model, "-o", artefact, *flags)
        return artefact

    def run_artefact(self, artefact, inputs, *flags):
        given, out = self.folder / "in.npz", self.folder / "out.npz"
        np.savez(given, **inputs)
        out.unlink(missing_ok=True)
        self.must("run", artefact, "--inputs", given, "--outputs", out, *flags)
        with np.load(out) as outputs:
            return dict(outputs)

    def interpret(self, model, feed):
        """What a model, or the printed IR of a stage, gives for these inputs."""
        given, out = self.folder / "in.npz", self.folder / "expected.npz"
        np.savez(given, **feed)
        result = subprocess.run([INTERPRET], input=f"{model} {given} {out}\n", capture_output=True, text=True, timeout=600)
        self.assertEqual(result.stdout, "done\n", result.stderr)
        with np.load(out) as outputs:
            return dict(outputs)

    def interpret_ir(self, text, image):
        """What @main of the printed IR gives, logits of ten classes, for an image batch in the place of its argument."""
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
        return np.array(numbers, np.float32).reshape(len(image), 10)
