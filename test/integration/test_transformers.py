"""Transformers as exporters write them, of ../shared/data where that folder is there: whole ops are
found, and what is computed is what onnxruntime computes, whatever the lengths."""

import unittest

import numpy as np
import onnxruntime

from driver import CACHE, SHARED, DriverTest, quantc

LLAMA = SHARED / "data" / "stories260k"
VOCABULARY, LAYERS, HEADS, WIDTH = 512, 5, 4, 8
random = np.random.default_rng(5)

# Both sides sum in float32, in different orders: each product of 64 to 172 terms is off by at most
# that many half units of 6e-8 of sums below 20, and five layers pass it on.
TOLERANCE = {"rtol": 1e-4, "atol": 2e-4}


def tokens(*shape):
    return random.integers(3, VOCABULARY, shape)


def no_past(batch):
    empty = np.zeros((batch, HEADS, 0, WIDTH), np.float32)
    return {f"past_key_values.{i}.{part}": empty for i in range(LAYERS) for part in ("key", "value")}


def to_past(outputs):
    return {name.replace("present", "past_key_values"): value for name, value in outputs.items() if name != "logits"}


class Transformer(DriverTest):
    def load(self, path):
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.artefact = self.compile(path, path.stem, "--recipe=f32")

    def expect(self, feed):
        names = [output.name for output in self.session.get_outputs()]
        return dict(zip(names, self.session.run(None, feed)))

    def check(self, feed):
        got, expected = self.run_artefact(self.artefact, feed), self.expect(feed)
        self.assertEqual(sorted(got), sorted(expected))
        for name, value in expected.items():
            np.testing.assert_allclose(got[name], value, err_msg=name, **TOLERANCE)
        return got

    def refuses(self, feed, text):
        np.savez(self.folder / "bad.npz", **feed)
        result = quantc("run", self.artefact, "--inputs", self.folder / "bad.npz", "--outputs", self.folder / "none.npz")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(text, result.stderr)


@unittest.skipUnless(LLAMA.is_dir(), f"no {LLAMA}: the models for evaluation are not here")
class Llama(Transformer):
    def test_found(self):
        """Every chain becomes a whole op; of shape arithmetic one reshape target is left."""
        result = quantc("compile", LLAMA / "stories260k.onnx", "--stop-after=recompose", "--report-recompose")
        for text, count in (("found attention, causal, grouped heads", 5), ("found rotary embedding", 10),
                            ("found RMSNorm", 11), ("found SiLU", 5)):
            self.assertEqual(result.stderr.count(text), count, text)
        for op, most in (("nn.select", 0), ("nn.reduce", 0), ("nn.gather ", 1), ("nn.slice", 1)):
            self.assertLessEqual(result.stdout.count(op), most, op)

    def test_prefill(self):
        self.load(LLAMA / "stories260k.onnx")
        for batch, length in ((1, 1), (2, 17), (3, 40)):
            ids = tokens(batch, length)
            with self.subTest(batch=batch, length=length):
                logits = self.check({"input_ids": ids})["logits"]
                swapped = self.run_artefact(self.artefact, {"input_ids": ids[::-1]})["logits"]
                np.testing.assert_array_equal(swapped[::-1], logits)
        for shape in ((0, 3), (2, 0)):
            self.assertEqual(self.run_artefact(self.artefact, {"input_ids": tokens(*shape)})["logits"].shape, (*shape, 512))
        for wrong in (VOCABULARY, -VOCABULARY - 1):
            self.refuses({"input_ids": np.array([[1, wrong]])}, "index")

    def test_cache(self):
        for name in ("stories260k_kv", "stories260k_op23"):
            self.load(LLAMA / f"{name}.onnx")
            ids = tokens(2, 12)
            masked = name.endswith("_kv")

            def feed(first, last, past):
                mask = {"attention_mask": np.ones((2, last), np.int64)} if masked else {}
                return {"input_ids": ids[:, first:last]} | past | mask

            with self.subTest(name):
                whole = self.run_artefact(self.artefact, feed(0, 12, no_past(2)))
                if masked:
                    self.check(feed(0, 12, no_past(2)))
                for split in (1, 5, 11):
                    head = self.run_artefact(self.artefact, feed(0, split, no_past(2)))
                    tail = self.run_artefact(self.artefact, feed(split, 12, to_past(head)))
                    np.testing.assert_allclose(tail["logits"], whole["logits"][:, split:], **TOLERANCE)
                    np.testing.assert_allclose(tail["present.4.value"], whole["present.4.value"], **TOLERANCE)

    def test_padding(self):
        """Padding on the left changes nothing but positions; rows that see nothing are no NaN."""
        self.load(LLAMA / "stories260k_kv.onnx")
        ids = tokens(1, 9)
        mask = np.ones((1, 9), np.int64)
        mask[:, :4] = 0
        feed = {"input_ids": ids, "attention_mask": mask} | no_past(1)
        got, expected = self.run_artefact(self.artefact, feed), self.expect(feed)
        np.testing.assert_allclose(got["logits"][:, 4:], expected["logits"][:, 4:], **TOLERANCE)
        for value in got.values():
            self.assertTrue(np.isfinite(value).all())
        mask[:] = 0
        for value in self.run_artefact(self.artefact, feed).values():
            self.assertTrue(np.isfinite(value).all())

    def test_sizes_that_differ(self):
        self.load(LLAMA / "stories260k_kv.onnx")
        good = {"input_ids": tokens(2, 3), "attention_mask": np.ones((2, 3), np.int64)} | no_past(2)
        self.check(good)
        self.refuses(good | {"attention_mask": np.ones((2, 5), np.int64)}, "")
        self.refuses(good | {"attention_mask": np.ones((3, 3), np.int64)}, "batch")
        self.refuses(good | no_past(3), "batch")


class Bert(Transformer):
    def check_encoder(self, name):
        if not (CACHE / name).is_file():
            self.skipTest(f"no {name} in {CACHE}")
        self.load(CACHE / name)
        for batch, length in ((1, 16), (3, 21)):
            mask = np.ones((batch, length), np.int64)
            mask[0, length // 2:] = 0
            self.check({"input_ids": random.integers(0, 30522, (batch, length)), "attention_mask": mask,
                        "token_type_ids": np.zeros((batch, length), np.int64)})
        long = np.ones((1, 513), np.int64)
        self.refuses({"input_ids": long, "attention_mask": long, "token_type_ids": 0 * long}, "do not fit")

    def test_encoder(self):
        self.check_encoder("minilm.onnx")

    def test_encoder_of_whole_ops(self):
        """The same network with LayerNormalization and Gelu as nodes."""
        self.check_encoder("minilm_op20.onnx")


if __name__ == "__main__":
    unittest.main()
