"""quantc compare and quantc inspect: what quantising costs, by output and layer, and what became of every layer."""

import json
import unittest

import numpy as np
import onnx

from driver import MODELS, DriverTest, quantc

MODEL = MODELS / "digits_vit.onnx"
BATCH = 4


def relative_rms(got, expected):
    return np.sqrt(np.mean((got - expected) ** 2) / np.mean(expected**2))


class Compare(DriverTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        random = np.random.default_rng(3)
        cls.images = [random.random((BATCH, 1, 8, 8), np.float32) for _ in range(2)]
        cls.inputs = [cls.folder / f"in{i}.npz" for i in range(2)]
        for path, image in zip(cls.inputs, cls.images):
            np.savez(path, image=image)

    def compare(self, *arguments):
        return json.loads(self.must("compare", *arguments, "--json"))

    def test_outputs_are_what_artefacts_compute(self):
        """The figures are those that numpy finds between the artefacts of both recipes, over both inputs."""
        flat, coded = self.compile(MODEL, "flat", "--recipe=f32"), self.compile(MODEL, "coded", "--recipe=w4a8")
        expected = np.concatenate([self.run_artefact(flat, {"image": image})["logits"] for image in self.images])
        got = np.concatenate([self.run_artefact(coded, {"image": image})["logits"] for image in self.images])
        inputs = [word for path in self.inputs for word in ("--inputs", path)]
        for arguments, what in (((MODEL, "--recipe=w4a8"), "quantised against float"),
                                ((MODEL, coded), "artefact against float"),
                                ((flat, coded), "second artefact against first")):
            with self.subTest(what):
                (output,) = self.compare(*arguments, *inputs)["outputs"]
                self.assertEqual((output["name"], output["what"], output["not_finite"]), ("logits", what, 0))
                # Sums of floats in another order may flip a code here and there.
                np.testing.assert_allclose(output["relative_rms"], relative_rms(got, expected), rtol=2e-2)
                np.testing.assert_allclose(output["max_abs"], np.abs(got - expected).max(), rtol=5e-2)
                cosine = np.sum(got * expected) / np.linalg.norm(got) / np.linalg.norm(expected)
                self.assertAlmostEqual(output["cosine"], cosine, delta=1e-3)

    def test_layers(self):
        found = self.compare(MODEL, "--inputs", self.inputs[0])
        layers = found["layers"]
        errors = [layer["relative_rms"] for layer in layers]
        self.assertEqual(errors, sorted(errors, reverse=True))
        names = {name for node in onnx.load(MODEL).graph.node for name in node.output}
        self.assertLessEqual({layer["name"] for layer in layers}, names)
        own = {layer["name"]: layer["own"]["relative_rms"] for layer in layers if "own" in layer}
        contractions = [layer for layer in layers if layer["op"] in ("nn.matmul", "nn.attention")]
        self.assertEqual({layer["name"] for layer in contractions}, set(own))
        self.assertEqual(len(contractions), 4 * 7 + 2)
        for layer in contractions:
            self.assertIn("!qt.block", layer["formats"][0])
            # 8 bits: the step is 1/127 of the largest of 32 values, and its half the most that rounding does.
            self.assertLess(own[layer["name"]], 0.02, layer["name"])
        self.assertEqual(found["adds_most"], max(own, key=own.get))
        # The first contraction reads the input: all of its error is its own.
        first = next(layer for layer in layers if layer["name"] == "/patch_embedding/MatMul_output_0")
        self.assertEqual(first["own"]["relative_rms"], first["relative_rms"])

    def test_recipe_of_floats_has_no_error(self):
        found = self.compare(MODEL, "--recipe=f32", "--dim=batch=2")
        self.assertEqual({layer["relative_rms"] for layer in found["layers"] + found["outputs"]}, {0})
        self.assertNotIn("adds_most", found)

    def test_one_layer_in_four_bits_stands_out(self):
        name = "/layers.1/mlp/fc1/MatMul_output_0"
        recipe = self.folder / "one.json"
        recipe.write_text(json.dumps({"base": "w8a8", "rules": [
            {"name": name, "role": "weight", "element": "s4", "grid": 32, "scale": "s8", "outer": "f32",
             "encoding": "search", "range": [-8, 7]}]}))
        self.assertEqual(self.compare(MODEL, "--recipe", recipe, "--inputs", self.inputs[0])["adds_most"], name)

    def test_text(self):
        text = self.must("compare", MODEL, "--inputs", self.inputs[0], "--top", 3)
        for word in ("logits", "quantised against float", "more (--top)", "largest error of its own: /"):
            self.assertIn(word, text)

    def test_folders_of_tensors(self):
        folder = self.folder / "tensors"
        folder.mkdir()
        (folder / "input_0.pb").write_bytes(onnx.numpy_helper.from_array(self.images[0]).SerializeToString())
        self.assertEqual(self.compare(MODEL, "--inputs", folder), self.compare(MODEL, "--inputs", self.inputs[0]))

    def test_wrong_inputs(self):
        for arrays, text in (({"image": np.zeros((2, 1, 8, 8))}, "is f64 [2, 1, 8, 8], but the model takes f32"),
                             ({"image": np.zeros((2, 1, 8, 9), np.float32)}, "[batch, 1, 8, 8]"),
                             ({"images": self.images[0]}, "no array 'image'")):
            np.savez(self.folder / "wrong.npz", **arrays)
            self.must_fail(1, text, "compare", MODEL, "--inputs", self.folder / "wrong.npz")
        self.must_fail(2, "--dim batch=SIZE", "compare", MODEL)
        self.must_fail(2, "--inputs or --dim", "compare", MODEL, "--inputs", self.inputs[0], "--dim=batch=1")
        self.must_fail(1, "no recipe 'w9'", "compare", MODEL, "--recipe=w9", "--dim=batch=1")
        self.must_fail(2, "no artefact", "compare", MODEL, MODEL, "--dim=batch=1")


class IntegerOnly(DriverTest):
    def test_compares_the_integers(self):
        """What an artefact of integers keeps is their form: the interpreter has its bits, by the model's names."""
        for method in ("fixed", "ivit"):
            artefact = self.compile(MODEL, method, f"--integer-only={method}", "--keep-ir")
            found = json.loads(self.must("compare", artefact, "--dim=batch=3", "--json"))
            errors = {output["what"]: output["relative_rms"] for output in found["outputs"]}
            self.assertEqual(errors["artefact against quantised"], 0)
            self.assertEqual(errors["artefact against float"], errors["quantised against float"])
            self.assertGreater(errors["quantised against float"], 1e-3)
            flag = f"--integer-only={method}"
            by_model = json.loads(self.must("compare", MODEL, flag, "--dim=batch=3", "--json"))
            self.assertEqual(by_model["layers"], found["layers"])
            layers = {layer["name"]: layer for layer in found["layers"]}
            # The first product reads the input, as codes of its own; all of its error is that.
            first = layers["/patch_embedding/MatMul_output_0"]
            self.assertIn("exp<8>", first["formats"][0])
            self.assertEqual(first["own"]["relative_rms"], first["relative_rms"])
            self.assertGreater(len([name for name in layers if name.endswith("MatMul_output_0")]), 4 * 4)
            # 8 bits a factor: half a step is 1/254 of the largest, and layers add up. Other values would be far off.
            self.assertLess(max(layer["relative_rms"] for layer in found["layers"]), 0.2)

    def test_says_what_it_is(self):
        metadata = json.loads(self.must("inspect", self.compile(MODEL, "w8", "--integer-only=ibert"), "--json"))["metadata"]
        self.assertEqual(metadata["integer_only"], "ibert")
        self.assertNotIn("integer_partial", metadata)
        partial = self.compile(MODEL, "partial", "--integer-only=ivit", "--integer-partial")
        found = json.loads(self.must("inspect", partial, "--json"))
        self.assertEqual((found["metadata"]["integer_only"], found["metadata"]["integer_partial"]), ("ivit", True))
        self.assertNotIn("integer_only", json.loads(self.must("inspect", self.compile(MODEL, "f"), "--json"))["metadata"])
        layers = json.loads(self.must("inspect", self.compile(MODEL, "fixed", "--integer-only"), "--json"))["layers"]
        by_model = json.loads(self.must("inspect", MODEL, "--integer-only", "--json"))["layers"]
        self.assertEqual(by_model, layers)
        self.must_fail(2, "--integer-only is stated by the artefact", "inspect", partial, "--integer-only")
        self.must_fail(2, "--integer-only is stated by the artefact", "compare", partial, "--integer-only")
        self.must_fail(2, "fixed, ibert or ivit, not 'i'", "compare", MODEL, "--integer-only=i")


class KeptIR(DriverTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.folder / "model.onnx"
        cls.model.write_bytes(MODEL.read_bytes())
        cls.artefact, cls.plain = cls.folder / "kept.so", cls.folder / "plain.so"
        for path, flags in ((cls.artefact, ["--keep-ir"]), (cls.plain, [])):
            assert quantc("compile", cls.model, "-o", path, *flags).returncode == 0

    def setUp(self):
        self.model.write_bytes(MODEL.read_bytes())

    def test_compares_by_itself(self):
        found = json.loads(self.must("compare", self.artefact, "--dim=batch=3", "--json"))
        by_model = json.loads(self.must("compare", self.model, "--dim=batch=3", "--json"))
        self.assertEqual(found["layers"], by_model["layers"])
        errors = {output["what"]: output["relative_rms"] for output in found["outputs"]}
        self.assertGreater(errors["quantised against float"], 1e-3)
        # Sums of floats in another order are a few units in the last place apart. Where one lies that near to the middle
        # of two codes it becomes the other one, a whole step where quantising makes a third of one in all of thousands.
        self.assertLess(errors["artefact against quantised"], errors["quantised against float"] / 4)
        with_model = json.loads(self.must("compare", self.model, self.artefact, "--dim=batch=3", "--json"))
        self.assertEqual(with_model, found)

    def test_without_the_model(self):
        text = self.must("inspect", self.artefact, "--ir")
        self.model.unlink()
        self.assertEqual(self.must("inspect", self.artefact, "--ir"), text)
        self.assertIn("qt.quantize", text)
        self.assertNotIn("qt.quantize", self.must("inspect", self.artefact, "--ir=float"))
        self.must_fail(1, str(self.model), "compare", self.artefact, "--dim=batch=1")

    def test_with_another_model(self):
        damaged = bytearray(MODEL.read_bytes())
        damaged[len(damaged) // 4 : len(damaged) // 2 : 100] = b"\1" * len(range(len(damaged) // 4, len(damaged) // 2, 100))
        self.model.write_bytes(damaged)
        self.must_fail(1, "it is another file now", "compare", self.artefact, "--dim=batch=1")

    def test_not_kept(self):
        self.must_fail(2, "--keep-ir", "compare", self.plain, "--dim=batch=1")
        self.must_fail(1, "--keep-ir", "inspect", self.plain, "--ir")
        self.must_fail(2, "for artefacts", "inspect", self.model, "--ir")
        (output,) = json.loads(self.must("compare", self.model, self.plain, "--dim=batch=1", "--json"))["outputs"]
        self.assertEqual(output["what"], "artefact against float")

    def test_from_late_ir(self):
        text = self.folder / "late.mlir"
        self.must("compile", self.model, "--stop-after=split", "-o", text)
        self.must_fail(1, "--keep-ir", "compile", text, "--keep-ir", "-o", self.folder / "late.so")


class Inspect(DriverTest):
    def test_layers_are_the_same_of_model_and_artefact(self):
        for recipe, weights in (("w8a8g32", "s8"), ("w4a8", "s4"), ("f32", "f32")):
            with self.subTest(recipe):
                artefact = self.compile(MODEL, recipe, f"--recipe={recipe}")
                layers = json.loads(self.must("inspect", artefact, "--json"))["layers"]
                by_model = json.loads(self.must("inspect", MODEL, f"--recipe={recipe}", "--json"))
                self.assertEqual(by_model["layers"], layers)
                self.assertEqual(by_model["recipe"]["name"], recipe)
                contractions = [layer for layer in layers if layer["op"] == "contract"]
                self.assertEqual(len(contractions), 4 * 4 + 2)  # one product makes q, k and v
                for layer in contractions[1:-1]:
                    self.assertIn(weights, layer["formats"]["rhs"])
                    rows, depth = layer["shape"]
                    width = {"s8": 1, "s4": 0.5, "f32": 4}[weights]
                    self.assertGreaterEqual(layer["bytes"], rows * depth * width)
                    self.assertIn("#qt.layout", layer["layout"])
                self.assertAlmostEqual(sum(layer["share"] for layer in layers), 1, delta=1e-4)
                self.assertLess(sum(layer["bytes"] for layer in layers), artefact.stat().st_size)
        text = self.must("inspect", artefact)
        for word in ("layer", "share", "/layers.3/mlp/act", "64 x 128"):
            self.assertIn(word, text)

    def test_model_as_json(self):
        found = json.loads(self.must("inspect", MODEL, "--json"))
        self.assertEqual(found["inputs"], [{"name": "image", "type": "f32", "dims": "[batch, 1, 8, 8]"}])
        self.assertEqual(found["ops"]["nn.layer_norm"], 9)
        self.must_fail(2, "goes with --recipe or --integer-only", "inspect", MODEL, "--mcpu=znver4")

    def test_progress(self):
        quiet = quantc("compile", MODEL, "-o", self.folder / "quiet.so")
        self.assertEqual((quiet.returncode, quiet.stdout, quiet.stderr), (0, "", ""))
        told = quantc("compile", MODEL, "-o", self.folder / "told.so", "--progress")
        steps = [line.split()[0] for line in told.stderr.splitlines()]
        self.assertEqual(steps[:4], ["read", "import", "recompose", "transform"])
        self.assertEqual(steps[-3:], ["kernels", "weights", "link"])
        self.assertEqual(told.stdout, "")


if __name__ == "__main__":
    unittest.main()
