"""Small models of a few nodes, run compiled and by onnxruntime or the interpreter."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from driver import DriverTest, quantc

# quantc's own code for this machine is another than for x86-64-v3 only where it has one of these. Else LLVM alone is tuned
# otherwise, through which go the tests of whole models, whose target is this machine.
BEYOND_V3 = {"avx512f", "avx_vnni"}
CPUS = ("x86-64-v3", "native") if BEYOND_V3 & set(Path("/proc/cpuinfo").read_text().split()) else ("x86-64-v3",)
INTEGER_TARGETS = tuple(f"--mcpu={cpu}" for cpu in (*CPUS, "x86-64-v2"))


def model(nodes, inputs, outputs, constants=None, opset=20):
    """A model. nodes: (op, inputs, outputs[, attributes]) with names split at blanks ("-": left
    out); inputs: {name: (dtype, dims)}; outputs: their names."""
    made = []
    for op, source, result, *rest in nodes:
        names = ["" if name == "-" else name for name in source.split()]
        made.append(helper.make_node(op, names, result.split(), name=result.split()[0], **(rest[0] if rest else {})))
    graph = helper.make_graph(
        made,
        "test",
        [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(np.dtype(t)), d) for n, (t, d) in inputs.items()],
        [helper.make_tensor_value_info(n, TensorProto.UNDEFINED, None) for n in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in (constants or {}).items()],
    )
    whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    whole = onnx.shape_inference.infer_shapes(whole, strict_mode=True)
    onnx.checker.check_model(whole)
    return whole


def results(nodes):
    """The results that a test looks at: those whose names begin with y_."""
    return [name for _, _, names, *_ in nodes for name in names.split() if name.startswith("y_")]


class KernelTest(DriverTest):
    """Compiles a model for several CPUs and compares what it computes."""

    # Of the numbers that each test draws.
    seed = 0

    def setUp(self):
        self.random = np.random.default_rng(self.seed)

    def normal(self, *shape):
        return self.random.standard_normal(shape).astype("f4")

    def check(self, proto, feeds, rtol=1e-5, atol=1e-6, cpus=CPUS):
        """The compiled model and onnxruntime agree within |a - b| <= atol + rtol |b|."""
        session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        expected = [dict(zip(names, session.run(None, feed))) for feed in feeds]
        for cpu in cpus:
            self.compare(proto, feeds, expected, rtol, atol, "--recipe=f32", f"--mcpu={cpu}")

    def check_quantised(self, proto, feeds, recipe, rtol=1e-5, atol=1e-5, cpus=CPUS):
        """The compiled model and the interpreter of its IR agree: codes and sums of integers are
        the same numbers, so that only the order of float operations differs."""
        self.check_against_split(proto, feeds, rtol, atol, cpus, f"--recipe={recipe}")

    def check_integers(self, proto, feeds, cpus=CPUS):
        """As an integer-only network the model gives the bits that the interpreter gives."""
        self.check_against_split(proto, feeds, 0, 0, cpus, "--integer-only")

    def mean(self, proto, feeds, *options):
        """What the interpreter makes of each of the feeds by the form behind the split."""
        text = self.folder / "split.mlir"
        self.must("compile", self.save(proto), "--stop-after=split", "-o", text, *options)
        return [self.interpret(text, feed) for feed in feeds]

    def check_against_split(self, proto, feeds, rtol, atol, cpus, *options):
        for cpu in cpus:
            flags = (*options, f"--mcpu={cpu}")
            self.compare(proto, feeds, self.mean(proto, feeds, *flags), rtol, atol, *flags)

    def save(self, proto):
        path = self.folder / "model.onnx"
        path.write_bytes(proto.SerializeToString())
        return path

    def compare(self, proto, feeds, expected, rtol, atol, *flags):
        artefact = self.compile(self.save(proto), "model", *flags)
        files = []
        for index, feed in enumerate(feeds):
            np.savez(self.folder / f"in{index}.npz", **feed)
            files += ["--inputs", self.folder / f"in{index}.npz", "--outputs", self.folder / f"out{index}.npz"]
        self.must("run", artefact, *files)  # one context for all of them
        for index, (feed, wanted) in enumerate(zip(feeds, expected)):
            shapes = {name: array.shape for name, array in feed.items()}
            with np.load(self.folder / f"out{index}.npz") as outputs:
                got = dict(outputs)
            self.assertEqual(sorted(got), sorted(wanted))
            for name, value in wanted.items():
                where = f"{name} of {shapes} with {flags}"
                self.assertEqual((got[name].shape, got[name].dtype), (value.shape, value.dtype), where)
                if value.dtype.kind == "f":
                    np.testing.assert_allclose(got[name], value, rtol=rtol, atol=atol, err_msg=where)
                else:
                    np.testing.assert_array_equal(got[name], value, err_msg=where)

    def fails_at_run_time(self, proto, feed, message, *flags):
        """The artefact answers these inputs with an error of this message, not with a result or a signal."""
        self.assertGreater(len(message.split()), 3, "a whole message, not a word that others have, too")
        artefact = self.compile(self.save(proto), "model", *flags)
        given, out = self.folder / "in.npz", self.folder / "out.npz"
        np.savez(given, **feed)
        result = quantc("run", artefact, "--inputs", given, "--outputs", out)
        self.assertGreater(result.returncode, 0, f"{result.returncode} {result.stderr}")
        self.assertIn(message, result.stderr)


class IntegerTest(KernelTest):
    """Integer-only models: every target computes the bits that the split form means, close to the floats."""

    def check_close(self, proto, feeds, limit, exact=None, recipe="w8a8g32"):
        """Within `limit` of the largest element of a row (the last axis) of the exact results, those of onnxruntime."""
        form = ("--integer-only", f"--recipe={recipe}")
        meanings = self.mean(proto, feeds, *form)
        if exact is None:
            session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
            names = [output.name for output in session.get_outputs()]
            exact = [dict(zip(names, session.run(None, feed))) for feed in feeds]
        for meaning, wanted in zip(meanings, exact):
            for name, value in wanted.items():
                if value.dtype.kind == "f":
                    scale = np.abs(value).max(-1, keepdims=True)
                    self.assertLess((np.abs(meaning[name] - value) / np.maximum(scale, 1e-30)).max(), limit, name)
                else:
                    np.testing.assert_array_equal(meaning[name], value)
        for flags in INTEGER_TARGETS:
            with self.subTest(flags):
                self.compare(proto, feeds, meanings, 0, 0, *form, flags)
