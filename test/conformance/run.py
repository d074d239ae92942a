#!/usr/bin/env python3
"""ONNX's own node tests through import and interpreter.

    run.py TOOL [--update] [--filter TEXT] [--recompose] [-v]

TOOL is build/<preset>/bin/interpret-models. Compares the status of every test
(pass, unsupported, wrong, failed, crash) with expected.json beside this script
and exits with 1 on a difference; tests that are not listed there are expected
to be unsupported. --update writes the file anew.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

EXPECTED = Path(__file__).parent / "expected.json"


class Tool:
    """The interpreter, started anew after a crash."""

    def __init__(self, command: list[str]):
        self.command = command
        self.process = None

    def ask(self, line: str) -> str:
        if self.process is None:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True)
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline().strip()
        except BrokenPipeError:
            answer = ""
        if not answer:
            status = self.process.wait()
            self.process = None
            return f"crash: exit status {status}"
        return answer


def as_arrays(values, infos) -> dict[str, np.ndarray] | None:
    """Arrays by name; None where a value is no plain tensor."""
    arrays = {}
    for value, info in zip(values, infos):
        value = np.asarray(value) if np.isscalar(value) else value
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub":
            return None
        arrays[info.name] = value
    return arrays


def agrees(actual: np.ndarray, expected: np.ndarray, case) -> bool:
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        return False
    if expected.dtype.kind != "f":
        return np.array_equal(actual, expected)
    # What is given as half precision is computed in single, and so rounded less.
    rtol = max(case.rtol, 2e-3) if expected.dtype == np.float16 else case.rtol
    return np.allclose(actual, expected, rtol=rtol, atol=max(case.atol, 1e-6),
                       equal_nan=True)


def with_constants(case, inputs):
    """The model with its small integer inputs (axes, shapes) as initialisers,
    as they are in real models."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    for info, value in zip(case.model.graph.input, inputs):
        if isinstance(value, np.ndarray) and value.dtype == np.int64 and value.ndim <= 1:
            model.graph.initializer.append(onnx.numpy_helper.from_array(value, info.name))
    return model


def run(case, tool: Tool, folder: Path) -> str:
    answer = run_model(case, case.model, tool, folder)
    if answer.startswith("unsupported") and len(case.data_sets) == 1:
        model = with_constants(case, case.data_sets[0][0])
        if len(model.graph.initializer) > len(case.model.graph.initializer):
            return run_model(case, model, tool, folder)
    return answer


def run_model(case, proto, tool: Tool, folder: Path) -> str:
    model = folder / "model.onnx"
    model.write_bytes(proto.SerializeToString())
    names = {tensor.name for tensor in proto.graph.initializer}
    infos = [info for info in case.model.graph.input if info.name not in names]
    for inputs, outputs in case.data_sets:
        given = [value for value, info in zip(inputs, case.model.graph.input)
                 if info.name not in names]
        feeds = as_arrays(given, infos)
        wanted = as_arrays(outputs, case.model.graph.output)
        if feeds is None or wanted is None:
            return "unsupported: not plain tensors"
        np.savez(folder / "in.npz", **feeds)
        answer = tool.ask(f"{model} {folder}/in.npz {folder}/out.npz")
        if answer != "done":
            return answer
        results = np.load(folder / "out.npz")
        for name, value in wanted.items():
            if not agrees(results[name], value, case):
                return (f"wrong: {name}: {results[name].dtype}{results[name].shape}, "
                        f"expected {value.dtype}{value.shape}")
    return "pass"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--filter", default="")
    parser.add_argument("--recompose", action="store_true")
    parser.add_argument("-v", action="store_true", dest="verbose")
    options = parser.parse_args()

    tool = Tool([options.tool] + (["--recompose"] if options.recompose else []))
    statuses = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in collect_testcases(None):
            if options.filter not in case.name or case.name in statuses:
                continue
            answer = run(case, tool, Path(folder))
            statuses[case.name] = answer.split(":")[0]
            if options.verbose and answer != "pass":
                print(case.name, answer[:300])
    print(dict(Counter(statuses.values())))

    listed = {name: status for name, status in statuses.items()
              if status != "unsupported"}
    if options.update:
        EXPECTED.write_text(json.dumps(listed, indent=0, sort_keys=True) + "\n")
        return 0
    expected = json.loads(EXPECTED.read_text())
    different = 0
    for name, status in statuses.items():
        if status != expected.get(name, "unsupported"):
            print(f"{name}: {status}, expected {expected.get(name, 'unsupported')}")
            different += 1
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
