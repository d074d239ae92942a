#!/usr/bin/env python3
"""ONNX's own node tests through import and interpreter, or compiled and run.

    run.py TOOL [--artefacts] [--update] [--filter TEXT] [--recompose] [-v]

TOOL is build/<preset>/bin/interpret-models, with --artefacts compile-models:
then the tests are those that the interpreter passes. Compares the status of
every test (pass, unsupported, wrong, failed, crash) with expected.json beside
this script and exits with 1 on a difference. Tests that are not listed there
are expected to be unsupported by the interpreter; an artefact is expected to
pass where the list does not say otherwise behind a slash ("pass/unsupported").
--update writes the file anew.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

EXPECTED = Path(__file__).parent / "expected.json"


class Tool:
    """The program that evaluates models, started anew after a crash. Its
    standard error goes to a file, whose last words say why something failed."""

    def __init__(self, command: list[str]):
        self.command = command
        self.process = None
        self.errors = tempfile.TemporaryFile("w+")

    def ask(self, line: str) -> str:
        if self.process is None:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=self.errors, text=True)
        self.errors.seek(0)
        self.errors.truncate()
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline().rstrip("\n")
        except BrokenPipeError:
            answer = ""
        if not answer:
            status = self.process.wait()
            self.process = None
            return f"crash: exit status {status}"
        if answer.endswith(": "):
            self.errors.seek(0)
            answer += self.errors.read().replace("\n", " | ")
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


def run_all(cases, command: list[str]) -> dict[str, str]:
    """What every test answers: one program a processor."""
    count = min(4, os.cpu_count() or 1)
    idle = SimpleQueue()
    for _ in range(count):
        idle.put((Tool(command), tempfile.TemporaryDirectory()))

    def take(case):
        tool, folder = idle.get()
        answer = run(case, tool, Path(folder.name))
        idle.put((tool, folder))
        return case.name, answer

    with ThreadPoolExecutor(count) as pool:
        return dict(pool.map(take, cases))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("--artefacts", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--filter", default="")
    parser.add_argument("--recompose", action="store_true")
    parser.add_argument("-v", action="store_true", dest="verbose")
    options = parser.parse_args()

    # The status of the interpreter, and of the artefact where that does not pass.
    listed = {name: entry.partition("/")[::2] for name, entry in json.loads(EXPECTED.read_text()).items()}
    cases = {}
    for case in collect_testcases(None):
        wanted = not options.artefacts or listed.get(case.name, ("",))[0] == "pass"
        if options.filter in case.name and wanted:
            cases.setdefault(case.name, case)
    answers = run_all(cases.values(), [options.tool] + (["--recompose"] if options.recompose else []))
    different = 0
    updated = {}
    for name, answer in answers.items():
        status = answer.split(":")[0]
        if options.verbose and status != "pass":
            print(name, answer[:300])
        interpreted, compiled = listed.get(name, ("unsupported", ""))
        if (compiled or "pass" if options.artefacts else interpreted) != status:
            print(f"{name}: {answer[:300]}, expected {listed.get(name, 'unsupported')}")
            different += 1
        if options.artefacts:
            compiled = "" if status == "pass" else status
        else:
            interpreted = status
        if interpreted != "unsupported":
            updated[name] = f"{interpreted}/{compiled}" if compiled else interpreted
    print(dict(Counter(answer.split(":")[0] for answer in answers.values())))
    if not options.update:
        return 1 if different else 0
    if options.artefacts:
        updated = {name: "/".join(filter(None, entry)) for name, entry in listed.items()} | updated
    EXPECTED.write_text(json.dumps(updated, indent=0, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
