"""Integer-only networks give the same bits on every target, whatever the input is.

The embedded models always; those of ../shared/data, which take minutes under qemu, with QUANTC_LONG_TESTS=1."""

import hashlib
import os
import unittest
from pathlib import Path

import numpy as np

from bare import BareProgram, c_array, emulator
from driver import CACHE, MODELS, SHARED
from test_static import StaticTest

VIT, CNN = MODELS / "digits_vit.onnx", MODELS / "digits_cnn.onnx"
LAYOUTS = ("--mcpu=native", "--mcpu=x86-64-v3", "--mcpu=x86-64-v2", "--cpu-layout=avx512vnni", "--cpu-layout=generic")
# AVX2 on this machine where it has that: qemu 7.2 gives zeros for vpgatherdd on 128 bits.
HASWELL = None if " avx2 " in Path("/proc/cpuinfo").read_text() else "Haswell"
# Architectures of static objects with the CPU that they are compiled for, and that qemu is.
BARE = (("x86_64", "x86-64-v2", "Nehalem"), ("x86_64", "x86-64-v3", HASWELL), ("aarch64", "cortex-a76", None), ("riscv32", None, None))


long = unittest.skipUnless(os.environ.get("QUANTC_LONG_TESTS"), "minutes under qemu: set QUANTC_LONG_TESTS=1")


def digest(outputs):
    return hashlib.sha256(b"".join(np.ascontiguousarray(outputs[name]).tobytes() for name in sorted(outputs))).hexdigest()


def hard_images():
    """What inputs can be at their worst, an image each."""
    random = np.random.default_rng(8)
    plain = random.standard_normal(64).astype(np.float32)
    largest, smallest = np.finfo(np.float32).max, np.float32(1e-45)
    with np.errstate(over="ignore"):
        huge = plain * np.float32(3e38)
    images = [
        np.zeros(64), -np.zeros(64), np.full(64, np.nan), np.full(64, np.inf), np.full(64, -np.inf), np.full(64, 1e30),
        np.full(64, smallest), plain * smallest * 7, plain * np.float32(1e-40), np.tile([largest, -largest], 32),
        np.tile([np.inf, -np.inf], 32), np.tile([1e30, 1e-30], 32), np.where(np.arange(64) == 5, np.nan, plain),
        np.where(np.arange(64) == 9, np.inf, plain), np.where(np.arange(64) == 63, 1e30, 0), huge,
    ]  # fmt: skip
    return np.array(images).astype(np.float32).reshape(-1, 1, 8, 8)


class Targets(StaticTest):
    def bare(self, model, image, arch, cpu, emulated):
        if emulator(arch, emulated) is None:
            self.skipTest(f"qemu-{arch} is missing: install qemu-user")
        flags = [f"--mcpu={cpu}"] if cpu else []
        return self.logits("--integer-only", *flags, arch=arch, model=model, image=image, cpu=emulated)

    def test_embedded(self):
        image = np.concatenate([np.random.default_rng(6).random((2, 1, 8, 8), np.float32), hard_images()])
        for model in (VIT, CNN):
            expected = None
            for layout in LAYOUTS:
                artefact = self.compile(model, "shared", "--integer-only", layout)
                for threads in (1, 2):
                    with self.subTest(model=model.name, layout=layout, threads=threads):
                        got = self.run_artefact(artefact, {"image": image}, f"--threads={threads}")["logits"]
                        expected = got if expected is None else expected
                        self.assertTrue(np.isfinite(got).all())
                        np.testing.assert_array_equal(got, expected)
            # In another place of the batch.
            turned = self.run_artefact(artefact, {"image": image[::-1].copy()})["logits"]
            np.testing.assert_array_equal(turned[::-1], expected)
            for arch, cpu, emulated in BARE:
                with self.subTest(model=model.name, arch=arch, cpu=cpu):
                    np.testing.assert_array_equal(self.bare(model, image, arch, cpu, emulated), expected)

    def test_bad_inputs_are_defined(self):
        """A NaN is a zero, an infinity the largest float: as docs/integer-only.md has it."""
        image = np.random.default_rng(9).standard_normal((1, 1, 8, 8)).astype(np.float32)
        bad, good = np.repeat(image, 3, 0), np.repeat(image, 3, 0)
        bad[0, 0, 1, 2], good[0, 0, 1, 2] = np.nan, 0
        bad[1, 0, 3, 4], good[1, 0, 3, 4] = np.inf, np.finfo(np.float32).max
        bad[2, 0, 5, 6], good[2, 0, 5, 6] = -np.inf, -np.finfo(np.float32).max
        for model in (VIT, CNN):
            artefact = self.compile(model, "shared", "--integer-only")
            np.testing.assert_array_equal(*(self.run_artefact(artefact, {"image": each})["logits"] for each in (bad, good)))

    def check_shared(self, path, dims, inputs, outputs, bare):
        """`inputs` and `outputs` (names with sizes) of the model with `dims` fixed: on all targets as the interpreter."""
        flags = ["--integer-only", *(f"--dim={name}={size}" for name, size in dims.items())]
        digests = {}
        for stage in ("integerize", "split"):
            text = self.folder / f"{stage}.mlir"
            self.must("compile", path, "-o", text, f"--stop-after={stage}", *flags)
            meant = self.interpret(text, inputs)
            digests[stage] = digest({name: meant[name] for name in outputs})
        for layout in LAYOUTS:
            artefact = self.compile(path, "shared", *flags, layout)
            for threads in (1, 2):
                got = self.run_artefact(artefact, inputs, f"--threads={threads}")
                digests[layout, threads] = digest({name: got[name] for name in outputs})
        for arch, cpu, emulated in bare:
            if emulator(arch, emulated) is None:
                continue
            self.compile_static(path, *flags, *([f"--mcpu={cpu}"] if cpu else []), arch=arch)
            given, results = [f"in{i}" for i in range(len(inputs))], [f"out{i}" for i in range(len(outputs))]
            data = "".join(map(c_array, given, inputs.values()))
            data += "".join(f"static float {name}[{size}];\n" for name, size in zip(results, outputs.values()))
            arguments = [f"(const void *){name}" for name in given] + results
            program = BareProgram(self.folder, arch)
            program.build("m", data, [f"m_run({', '.join(arguments)}, arena)"], results)
            error, rest = program.run(emulated)
            self.assertEqual(error, 0)
            got = {}
            for name, size in outputs.items():
                got[name], rest = np.frombuffer(rest[: 4 * size], np.float32), rest[4 * size :]
            digests[arch, cpu] = digest(got)
        self.assertEqual(len(set(digests.values())), 1, digests)

    def shared_model(self, *parts):
        path = SHARED.joinpath("data", *parts)
        if not path.exists():
            self.skipTest(f"{path} is missing")
        return path

    @long
    def test_kwt1(self):
        features = np.random.default_rng(1).standard_normal((1, 98, 40)).astype(np.float32)
        self.check_shared(self.shared_model("kwt1", "kwt1.onnx"), {"batch": 1}, {"features": features}, {"logits": 12}, BARE)

    @long
    def test_resnet20(self):
        image = np.random.default_rng(2).standard_normal((1, 3, 32, 32)).astype(np.float32)
        path = self.shared_model("cifar-resnet", "resnet20.onnx")
        self.check_shared(path, {"batch": 1}, {"image": image}, {"logits": 10}, BARE)

    @long
    def test_stories260k(self):
        ids = np.random.default_rng(3).integers(3, 512, (1, 8))
        path = self.shared_model("stories260k", "stories260k.onnx")
        self.check_shared(path, {"batch": 1, "sequence": 8}, {"input_ids": ids}, {"logits": 8 * 512}, BARE)

    @long
    def test_magika(self):
        content = np.random.default_rng(5).integers(0, 257, (1, 2048)).astype(np.int32)
        path = self.shared_model("magika", "model.onnx")
        self.check_shared(path, {"unk__214": 1}, {"bytes": content}, {"target_label": 214}, BARE)

    @long
    def test_basic_pitch(self):
        samples = np.random.default_rng(6).standard_normal((1, 43844, 1)).astype(np.float32)
        path = self.shared_model("basic-pitch", "nmp.onnx")
        outputs = {f"StatefulPartitionedCall:{i}": 172 * size for i, size in ((2, 88), (1, 88), (0, 264))}
        # Minutes under qemu for each of the others.
        self.check_shared(path, {"unk__749": 1}, {"serving_default_input_2:0": samples}, outputs, BARE[2:3])

    @long
    def test_minilm(self):
        path = CACHE / "minilm.onnx"
        if not path.exists():
            self.skipTest(f"no minilm.onnx in {CACHE}")
        ids, mask = np.random.default_rng(7).integers(0, 30522, (1, 12)), np.ones((1, 12), np.int64)
        mask[0, 9:] = 0
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": 0 * ids}
        self.check_shared(path, {"batch": 1, "sequence": 12}, inputs, {"last_hidden_state": 12 * 384}, BARE)

    @long
    def test_sequence_split(self):
        """A sequence in one call and in several, with what is kept of those before."""
        model = self.shared_model("stories260k", "stories260k_kv.onnx")
        ids = np.random.default_rng(4).integers(3, 512, (1, 9))

        def run(artefact, pieces):
            past = {f"past_key_values.{i}.{part}": np.zeros((1, 4, 0, 8), np.float32) for i in range(5) for part in ("key", "value")}
            logits, seen = [], 0
            for piece in pieces:
                mask = np.ones((1, seen + piece), np.int64)
                given = {"input_ids": ids[:, seen : seen + piece], "attention_mask": mask, **past}
                outputs = self.run_artefact(artefact, given)
                seen += piece
                logits.append(outputs["logits"])
                past = {name: outputs[name.replace("past_key_values", "present")] for name in past}
            return np.concatenate(logits, axis=1)

        for method in ("fixed", "ibert", "ivit"):
            artefact = self.compile(model, "shared", f"--integer-only={method}")
            whole = run(artefact, [9])
            for pieces in ([4, 5], [1] * 9):
                np.testing.assert_array_equal(run(artefact, pieces), whole, f"{method} {pieces}")


if __name__ == "__main__":
    unittest.main()
