"""Shared libraries as the system sees them, and the driver's ways of using and misusing `compile`."""

import ctypes
import json
import re
import shutil
import subprocess
import unittest

import numpy as np

from driver import MODELS, ROOT, DriverTest

MODEL = MODELS / "digits_vit.onnx"
ADD = ROOT / "test" / "Artifact" / "Inputs" / "add.mlir"
READELF = shutil.which("readelf") or "/usr/lib/llvm-22/bin/llvm-readelf"


def readelf(*arguments):
    return subprocess.run([READELF, "-W", *map(str, arguments)], capture_output=True, text=True, check=True).stdout


class Library(DriverTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.artefact = cls().compile(MODEL, "digits")

    def runTest(self):
        pass

    def test_profile(self):
        artefact = self.compile(MODELS / "digits_vit.onnx", "profiled", "--recipe=w8a8")
        report = json.loads(self.must("bench", artefact, "--dim", "batch=2", "--seconds", "0.1", "--profile", "--json"))
        self.assertAlmostEqual(sum(step["share"] for step in report["steps"]), 1, places=6)
        products = [step for step in report["steps"] if step["arithmetic"] == "s8 x s8"]
        self.assertTrue(products)
        for step in products:
            self.assertTrue(step["nodes"] and step["operations_per_second"] > 0 and step["bytes_per_second"] > 0)
        self.assertEqual(set(report["peaks"]), {"f32_operations", "int8_operations", "bytes_read"})
        table = self.must("bench", artefact, "--dim", "batch=2", "--seconds", "0.1", "--profile")
        self.assertIn("s8 x s8", table)
        self.assertIn("GB/s read", table)

    def test_arena_holds_what_one_step_needs(self):
        model = MODELS / "digits_cnn.onnx"
        fixed = json.loads(self.must("inspect", "--json", self.compile(model, "fixed", "--dim", "batch=1")))
        arena = fixed["metadata"]["arena"]
        self.assertLessEqual(arena["largest_live_set"], arena["bytes"])
        # Beside it there are a few bytes between buffers.
        self.assertLess(arena["bytes"], 1.2 * arena["largest_live_set"] + 4096)
        free = json.loads(self.must("inspect", "--json", self.compile(model, "free")))
        self.assertNotIn("arena", free["metadata"])

    def test_needs_the_c_library_only(self):
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", readelf("-d", self.artefact))
        self.assertTrue(set(needed) <= {"libc.so.6", "libm.so.6"}, needed)

    def test_exports_one_symbol(self):
        names = [line.split() for line in readelf("--dyn-syms", self.artefact).splitlines()[3:] if line.strip()]
        exported = [fields[-1] for fields in names if len(fields) >= 8 and fields[6] != "UND"]
        self.assertEqual(exported, ["quantc_model"])

    def test_memory_is_protected(self):
        self.assertNotRegex(readelf("-l", self.artefact), r"GNU_STACK.*E\b")
        # Nothing is written and run.
        self.assertNotRegex(readelf("-l", self.artefact), r"LOAD.*RWE")
        self.assertNotIn("TEXTREL", readelf("-d", self.artefact))

    def test_no_trace_of_the_machine(self):
        bytes_ = self.artefact.read_bytes()
        self.assertNotIn(str(self.folder).encode(), bytes_)
        self.assertNotIn(str(ROOT).encode(), bytes_)

    def test_same_bytes_on_any_number_of_threads(self):
        for threads in (1, 2, 5):
            again = self.compile(MODEL, f"threads{threads}", f"--threads={threads}")
            self.assertEqual(self.artefact.read_bytes(), again.read_bytes(), threads)

    def test_two_models_in_one_process(self):
        first = ctypes.CDLL(str(self.compile(MODEL, "first", "--name=first")))
        second = ctypes.CDLL(str(self.compile(ADD, "second", "--name=second")))
        self.assertTrue(first.first_model and second.second_model)
        self.assertFalse(hasattr(first, "quantc_model"))

    def test_inspect(self):
        text = self.must("inspect", self.artefact)
        for word in ("input", "image: f32 [batch, 1, 8, 8]", "logits", "w8a8g32", "blake3:", "quantc 0."):
            self.assertIn(word, text)
        self.assertRegex(text, r"(?m)^recipe: w8a8g32, version \d+\n(  .*\n)*  activation +s8, grid 32, scale f32, absmax, -127\.\.127\n")
        self.assertRegex(self.must("inspect", MODEL, "--recipe=w4a8"), r"(?m)^  weight, first and last +s8, grid row")
        text = self.must("inspect", MODEL)
        for word in ("image: f32 [batch, 1, 8, 8]", "nn.matmul", "weights"):
            self.assertIn(word, text)


class Stages(DriverTest):
    def test_stops_and_goes_on_everywhere(self):
        """What is compiled from the IR behind a stage computes the same bits."""
        image = {"image": np.random.default_rng(3).random((2, 1, 8, 8), np.float32)}
        whole = self.run_artefact(self.compile(MODEL, "digits_vit"), image)
        stages = ("import", "recompose", "transform", "quantize", "integerize", "split", "layout", "group", "lower", "llvm")
        for stage in stages:
            with self.subTest(stage):
                text = self.folder / "digits_vit.mlir"
                self.must("compile", MODEL, f"--stop-after={stage}", "-o", text)
                self.assertIn(f'qt.stage = "{stage}"', text.read_text())
                again = self.run_artefact(self.compile(text, f"from-{stage}"), image)
                np.testing.assert_array_equal(again["logits"], whole["logits"])

    def test_kernels_without_a_network(self):
        artefact = self.compile(ADD, "add")
        for rows in (0, 1, 7, 1000):
            x = np.random.default_rng(rows).standard_normal((rows, 4)).astype(np.float32)
            got = self.run_artefact(artefact, {"x": x}, "--threads", 3)
            expected = x
            for _ in range(3):
                expected = expected + np.array([1, 2, 3, 4], np.float32)
            np.testing.assert_array_equal(got["y"], expected)
            np.testing.assert_array_equal(got["same"], expected)
            np.testing.assert_array_equal(got["z"], x)
        given = self.folder / "long.npz"
        np.savez(given, x=np.zeros((1001, 4), np.float32))
        self.must_fail(1, "1000", "run", artefact, "--inputs", given)


class Dims(DriverTest):
    def test_fixed(self):
        artefact = self.compile(MODEL, "fixed", "--recipe=f32", "--dim", "batch=3")
        self.assertIn("[3, 1, 8, 8]", self.must("inspect", artefact))
        free = self.compile(MODEL, "free", "--recipe=f32")
        image = np.random.default_rng(0).standard_normal((3, 1, 8, 8)).astype(np.float32)
        np.testing.assert_array_equal(
            self.run_artefact(artefact, {"image": image})["logits"], self.run_artefact(free, {"image": image})["logits"]
        )
        given = self.folder / "two.npz"
        np.savez(given, image=image[:2])
        self.must_fail(1, "3", "run", artefact, "--inputs", given)

    def test_bounded(self):
        artefact = self.compile(MODEL, "bounded", "--dim", "batch=1..4")
        self.assertIn("from 1 to 4", self.must("inspect", artefact))
        given = self.folder / "five.npz"
        np.savez(given, image=np.zeros((5, 1, 8, 8), np.float32))
        self.must_fail(1, "4", "run", artefact, "--inputs", given)

    def test_wrong(self):
        out = self.folder / "x.so"
        self.must_fail(1, "there are batch", "compile", MODEL, "-o", out, "--dim=size=3")
        self.must_fail(2, "NAME=N", "compile", MODEL, "-o", out, "--dim=batch")
        self.assertFalse(out.exists())


class Misuse(DriverTest):
    def test_wrong_use(self):
        out = self.folder / "x.so"
        for text, *arguments in (
            ("-o OUT.so or OUT.o is missing", MODEL),
            ("not built yet", MODEL, "-o", self.folder / "x"),
            ("not built yet", MODEL, "-o", out, "--emit=ptx"),
            ("did you mean 'lower'", MODEL, "--stop-after=lowr"),
            ("--emit takes", MODEL, "--emit=object"),
            ("identifier", MODEL, "-o", out, "--name=my-model"),
            ("--cpu-layout takes", MODEL, "-o", out, "--cpu-layout=avx"),
            ("MODEL.onnx is missing", "-o", out),
        ):
            with self.subTest(text):
                self.must_fail(2, text, "compile", *arguments)
        self.assertFalse(out.exists())

    def test_all_that_is_wrong_is_told(self):
        result = self.must_fail(
            1, "no.onnx", "compile", self.folder / "no.onnx", "-o", self.folder / "x.so", "--recipe=w3", "--mcpu=z80"
        )
        self.assertIn("w3", result.stderr)
        self.assertIn("z80", result.stderr)
        self.assertIn("znver4", result.stderr)

    def test_unwritable(self):
        self.must_fail(1, "no-folder", "compile", MODEL, "-o", self.folder / "no-folder" / "x.so")
        self.assertEqual([], [p.name for p in self.folder.iterdir() if "no-folder" in p.name])

    def test_no_device(self):
        """A device is neither written nor replaced."""
        link = self.folder / "device.so"
        link.symlink_to("/dev/full")
        self.must_fail(1, "it is a device or a pipe", "compile", ADD, "-o", link)
        self.assertTrue(link.is_symlink())

    def test_code_as_text(self):
        self.assertIn("@qcrt_this_program", self.must("compile", MODEL, "--emit=llvm"))
        self.assertIn("qk.", self.must("compile", MODEL, "--emit=asm", "--mcpu=x86-64-v3"))
        self.assertIn("qt.launch", self.must("compile", MODEL, "--emit=mlir"))


if __name__ == "__main__":
    unittest.main()
