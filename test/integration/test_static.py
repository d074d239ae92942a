"""Static objects: they need nothing, keep their names to themselves, and compute the bits of the shared library."""

import json
import re
import shutil
import subprocess
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import disassembly
from bare import CLANG, TRIPLES, BareProgram, c_array, emulator
from driver import MODELS, ROOT, DriverTest

VIT, CNN = MODELS / "digits_vit.onnx", MODELS / "digits_cnn.onnx"
NM = shutil.which("llvm-nm-22") or "/usr/lib/llvm-22/bin/llvm-nm"
READELF = shutil.which("llvm-readelf-22") or "/usr/lib/llvm-22/bin/llvm-readelf"
IMAGE = np.random.default_rng(6).random((2, 1, 8, 8), np.float32)
LOGITS = "static float logits[20];\n"
RUN = "m_run((const void *)image, logits, arena)"
# Fills what is below the caller's frame, and looks how far down something else is there.
PAINT = """
#define DEPTH (M_STACK_BYTES + 4096)
static int64_t used[1];
static __attribute__((noinline)) int paint(void) {
  volatile unsigned char space[DEPTH];
  for (int64_t i = 0; i < DEPTH; ++i)
    space[i] = 0xa5;
  return 0;
}
static __attribute__((noinline)) int measure(void) {
  volatile unsigned char space[DEPTH];
  int64_t i = 0;
  while (i < DEPTH && space[i] == 0xa5)
    ++i;
  used[0] = DEPTH - i;
  return 0;
}
"""


def tool(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout


class StaticTest(DriverTest):
    # Objects and headers of the embedded models by the command: several tests look at the same.
    made = {}

    def compile_static(self, model, *flags, name="m", arch="x86_64", file="model"):
        target = [f"--triple={TRIPLES[arch]}"]
        if arch == "aarch64" and not any(flag.startswith("--mcpu") for flag in flags):
            target.append("--mcpu=generic")
        outputs = [self.folder / f"{file}.{suffix}" for suffix in "oh"]
        command = ("compile", model, "-o", outputs[0], f"--name={name}", *target, *flags)
        if command in self.made:
            for path, contents in zip(outputs, self.made[command]):
                path.write_bytes(contents)
            return outputs[0]
        self.must(*command)
        if model in (VIT, CNN):
            self.made[command] = [path.read_bytes() for path in outputs]
        return outputs[0]

    def logits(self, *flags, arch="x86_64", model=VIT, image=IMAGE, cpu=None):
        """What the object for one size of batch gives."""
        self.compile_static(model, "--dim", f"batch={len(image)}", *flags, arch=arch)
        program = BareProgram(self.folder, arch)
        outputs = f"static float logits[{10 * len(image)}];\n"
        program.build("m", c_array("image", image) + outputs, [RUN], ["logits"])
        error, data = program.run(cpu)
        self.assertEqual(error, 0)
        return np.frombuffer(data, np.float32).reshape(-1, 10)


class Static(StaticTest):
    def test_same_bits_as_the_library(self):
        for recipe in ("--recipe=f32", "--recipe=w8a8", "--integer-only"):
            for model in (VIT, CNN):
                with self.subTest(recipe=recipe, model=model.name):
                    shared = self.run_artefact(self.compile(model, "shared", recipe), {"image": IMAGE})["logits"]
                    np.testing.assert_array_equal(self.logits(recipe, model=model), shared)

    def test_needs_nothing_and_shows_its_functions_only(self):
        for arch in TRIPLES:
            artefact = self.compile_static(VIT, "--integer-only", "--dim=batch=1", arch=arch)
            self.assertEqual(tool(NM, "-u", artefact), "")
            names = set(re.findall(r"(\w+)$", tool(NM, "--extern-only", "--defined-only", artefact), re.M))
            self.assertEqual(names, {"m_run", "m_run_integers", "m_boundary_in", "m_boundary_out"})
            sections = tool(READELF, "-SW", artefact)
            for size, flags in re.findall(r"PROGBITS\s+\w+ \w+ (\w+) \w+\s+(\w*W\w*)", sections):
                self.assertEqual(int(size, 16), 0, f"nothing is to be written: {flags}")
            self.assertRegex(sections, r"\.rodata")

    def test_no_float_instructions(self):
        for arch, model in ((arch, model) for arch in TRIPLES for model in (VIT, CNN)):
            artefact = self.compile_static(model, "--integer-only", "--dim=batch=1", arch=arch)
            wrong, seen = disassembly.floats_inside(artefact, arch)
            self.assertEqual(wrong, {}, f"{model.name} on {arch}")
            self.assertGreater(seen, 20)
            # A processor without floats has none at its boundaries either.
            if arch == "riscv32":
                for name, used in disassembly.functions(artefact):
                    self.assertEqual(disassembly.float_instructions(used, arch), set(), name)

    def test_parts(self):
        """The boundaries and the integers between them, one by one; the header says how."""
        whole = self.logits("--integer-only")
        header = (self.folder / "model.h").read_text()
        sizes = dict(re.findall(r"#define M_(\w+)_ELEMENTS (\d+)", header))
        kinds = {name: kind for kind, name in re.findall(r"^\s+(\w+_t) \*(\w+),", header, re.M)}
        parts = "".join(f"static {kind} {name}[{sizes[name.upper()]}];\n" for name, kind in kinds.items())
        program = BareProgram(self.folder, "x86_64")
        calls = [
            "m_boundary_in((const void *)image, image_codes, image_exponents, arena)",
            "m_run_integers(image_codes, image_exponents, logits_codes, logits_exponents, arena)",
            "m_boundary_out(logits_codes, logits_exponents, logits, arena)",
        ]
        program.build("m", c_array("image", IMAGE) + LOGITS + parts, calls, ["logits", "logits_codes", "logits_exponents"])
        error, data = program.run()
        self.assertEqual(error, 0)
        np.testing.assert_array_equal(np.frombuffer(data[:80], np.float32).reshape(2, 10), whole)
        codes = np.frombuffer(data[80:160], np.int32).reshape(2, 10).astype(np.float64)
        exponents = np.frombuffer(data[160:168], np.int32).reshape(2, 1)
        np.testing.assert_array_equal((codes * 2.0**exponents).astype(np.float32), whole)

    def test_two_models_in_one_program(self):
        self.compile_static(VIT, "--dim=batch=2", "--recipe=w8a8", name="first", file="first")
        self.compile_static(CNN, "--dim=batch=2", "--integer-only", name="second", file="second")
        (self.folder / "model.h").write_text('#include "first.h"\n#include "second.h"\n#define BOTH_ARENA_BYTES 1000000\n')
        self.assertLess(self.arena_bytes("first") + self.arena_bytes("second"), 1000000)
        program = BareProgram(self.folder, "x86_64")
        calls = [f"{name}_run((const void *)image, {name}, arena)" for name in ("first", "second")]
        data = c_array("image", IMAGE) + "static float first[20], second[20];\n"
        program.build("both", data, calls, ["first", "second"], objects=("first.o", "second.o"))
        error, data = program.run()
        self.assertEqual(error, 0)
        for model, flag, part in ((VIT, "--recipe=w8a8", data[:80]), (CNN, "--integer-only", data[80:])):
            shared = self.run_artefact(self.compile(model, "shared", flag), {"image": IMAGE})["logits"]
            np.testing.assert_array_equal(np.frombuffer(part, np.float32).reshape(2, 10), shared)

    def arena_bytes(self, file):
        return int(re.search(r"_ARENA_BYTES (\d+)", (self.folder / f"{file}.h").read_text()).group(1))

    def test_bounded_dims_and_arguments(self):
        artefact = self.compile(VIT, "shared", "--recipe=w8a8")
        self.compile_static(VIT, "--recipe=w8a8", "--dim=batch=1..2")
        program = BareProgram(self.folder, "x86_64")
        for batch in (1, 2):
            call = f"m_run({batch}, (const void *)image, logits, arena)"
            program.build("m", c_array("image", IMAGE) + LOGITS, [call], ["logits"])
            error, data = program.run()
            shared = self.run_artefact(artefact, {"image": IMAGE[:batch]})["logits"]
            np.testing.assert_array_equal(np.frombuffer(data, np.float32).reshape(2, 10)[:batch], shared)
        for call, kind in (("m_run(3, (const void *)image, logits, arena)", "SIZE_OUT_OF_BOUNDS"),
                           ("m_run(0, (const void *)image, logits, arena)", "SIZE_OUT_OF_BOUNDS"),
                           ("m_run(1, (const void *)image, logits, arena + 8)", "MISALIGNED")):
            program.build("m", c_array("image", IMAGE) + LOGITS, [f"{call} != M_ERROR_{kind}"], ["logits"])
            self.assertEqual(program.run()[0], 0, call)

    def test_stack(self):
        """A call takes no more of the stack than the header says, and not far less."""
        for arch, model in (*((arch, CNN) for arch in TRIPLES), ("riscv32", VIT)):
            with self.subTest(arch=arch, model=model.name):
                self.compile_static(model, "--integer-only", "--dim=batch=2", arch=arch)
                bound = int(re.search(r"#define M_STACK_BYTES (\d+)", (self.folder / "model.h").read_text()).group(1))
                if emulator(arch) is None:
                    continue
                program = BareProgram(self.folder, arch)
                program.build("m", c_array("image", IMAGE) + LOGITS + PAINT, ["paint()", RUN, "measure()"], ["used"])
                error, data = program.run()
                self.assertEqual(error, 0)
                used = int(np.frombuffer(data, np.int64)[0])
                self.assertLessEqual(used, bound)
                self.assertGreater(used, bound // 2)

    def test_index_out_of_range(self):
        path, table = self.folder / "lookup.onnx", np.arange(12, dtype=np.float32).reshape(4, 3)
        graph = helper.make_graph(
            [helper.make_node("Gather", ["table", "ids"], ["rows"])], "lookup",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, [2])],
            [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [2, 3])], [numpy_helper.from_array(table, "table")])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
        call = "m_run((const void *)ids, rows, arena)"
        for arch in TRIPLES:
            if emulator(arch) is None:
                continue
            self.compile_static(path, "--recipe=f32", arch=arch)
            program = BareProgram(self.folder, arch)
            for ids, is_right in (((1, 3), True), ((0, 4), False), ((-5, 0), False), ((2**40, 0), False)):
                data = c_array("ids", np.array(ids, np.int64)) + "static float rows[6];\n"
                program.build("m", data, [call], ["rows"])
                error, rows = program.run()
                self.assertEqual(error & 255, 0 if is_right else 1, (arch, ids))
                if is_right:
                    np.testing.assert_array_equal(np.frombuffer(rows, np.float32).reshape(2, 3), table[list(ids)])

    def test_header(self):
        self.compile_static(VIT, "--integer-only", "--dim=batch=1..2")
        (self.folder / "use.cpp").write_text('#include "model.h"\n#include "model.h"\nauto *f = &m_run;\n')
        for language in (("-x", "c", "-std=c99", "-pedantic", self.folder / "model.h"), (self.folder / "use.cpp",)):
            tool(CLANG, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-pragma-once-outside-header", *map(str, language))

    def test_same_bytes(self):
        first = self.compile_static(VIT, "--integer-only", "--dim=batch=1", "--threads=1").read_bytes()
        again = self.compile_static(VIT, "--integer-only", "--dim=batch=1", "--threads=3").read_bytes()
        self.assertEqual(first, again)
        self.assertNotIn(str(self.folder).encode(), first)

    def test_default_name(self):
        self.must("compile", VIT, "-o", self.folder / "other.o", "--dim=batch=1")
        self.assertIn("int32_t digits_vit_run(", (self.folder / "other.h").read_text())

    def test_example_of_the_docs(self):
        """As it stands there, with the C library."""
        text = (ROOT / "docs" / "static-objects.md").read_text()
        source = re.search(r"```c\n(.*?)```", text, re.S).group(1)
        command = re.search(r"^quantc (compile .*-o digits\.o.*)$", text, re.M).group(1).split()
        command[1] = VIT
        command[command.index("digits.o")] = self.folder / "digits.o"
        self.must(*command)
        (self.folder / "main.c").write_text(source)
        tool(CLANG, "-O2", str(self.folder / "main.c"), str(self.folder / "digits.o"), "-o", str(self.folder / "main"))
        printed = tool(str(self.folder / "main"))
        zeros = np.zeros((1, 1, 8, 8), np.float32)
        shared = self.run_artefact(self.compile(VIT, "shared", "--integer-only"), {"image": zeros})["logits"]
        self.assertEqual(printed, f"class {shared.argmax()}\n")

    def test_inspect(self):
        artefact = self.compile_static(VIT, "--integer-only", "--dim=batch=1", arch="riscv32")
        text = self.must("inspect", artefact)
        for word in ("generic-rv32", "riscv32-unknown-none-elf", "blake3:", "w8a8g32", "/layers.0/mlp/fc1/"):
            self.assertIn(word, text)
        bound = re.search(r"#define M_STACK_BYTES (\d+)", (self.folder / "model.h").read_text()).group(1)
        self.assertIn(f"stack   {bound} bytes", text)
        self.assertEqual(json.loads(self.must("inspect", artefact, "--json"))["stack"], int(bound))

    def test_errors(self):
        out = self.folder / "x.o"
        rv32 = "--triple=riscv32-unknown-none-elf"
        self.must_fail(1, "nothing says what 'batch' is; fix or bound each by --dim NAME=N", "compile", VIT, "-o", out)
        self.must_fail(2, "--keep-ir is for shared libraries", "compile", VIT, "-o", out, "--dim=batch=1", "--keep-ir")
        self.must_fail(2, "--weights-file is for shared libraries", "compile", VIT, "-o", out, "--weights-file=w")
        self.must_fail(1, "supported: x86_64 and aarch64 with Linux, and static objects", "compile", VIT, "-o", self.folder / "x.so", rv32)
        self.must_fail(1, "feature 'vector' is not known for riscv32", "compile", VIT, "-o", out, rv32, "--mattr=+vector")
        self.must_fail(1, "feature 'm' has no sign", "compile", VIT, "-o", out, rv32, "--mattr=m")
        self.must_fail(1, "supported: x86_64, aarch64 and riscv32", "compile", VIT, "-o", out, "--triple=s390x-linux-gnu")
        self.assertFalse(out.exists())


if __name__ == "__main__":
    unittest.main()
