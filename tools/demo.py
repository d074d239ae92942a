#!/usr/bin/env python3
"""Compiles a model at several recipes, runs it, prints accuracy, size and latency side by side.

    demo.py --quantc build/release/bin/quantc [--recipes f32,w8a8g32,w4a8] [MODEL.onnx]

Without a model: the embedded vision transformer and convolutional network (test/models) on the
held-out third of the digits that scikit-learn ships. A model of your own is compiled and timed with random inputs.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test" / "models"))


def call(*command):
    """Runs a command; its standard output. Shows its errors and stops where it fails."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{result.stderr}{result.stdout}")
    return result.stdout


def embedded(options, folder):
    import digits

    _, _, images, labels = digits.load()
    np.savez(folder / "images.npz", image=images)
    for name in ("digits_vit", "digits_cnn"):
        compare(options, folder, ROOT / "test" / "models" / f"{name}.onnx", labels)


def compare(options, folder, model, labels):
    print(f"\n{model.relative_to(ROOT)}: {model.stat().st_size:,} bytes, {len(labels)} held-out images\n")
    print(f"{'recipe':10} {'right':>8} {'artefact':>12} {'batch 1':>12} {'batch 64':>12}")
    for recipe in options.recipes.split(","):
        artefact = folder / f"{recipe}.so"
        call(options.quantc, "compile", model, "-o", artefact, f"--recipe={recipe}")
        call(options.quantc, "run", artefact, "--inputs", folder / "images.npz", "--outputs", folder / "out.npz")
        with np.load(folder / "out.npz") as outputs:
            right = 100 * float((outputs["logits"].argmax(-1) == labels).mean())
        times = []
        for batch in (1, 64):
            bench = call(options.quantc, "bench", artefact, "--dim", f"batch={batch}", "--threads", 1, "--json")
            times.append(f"{1e6 * json.loads(bench)['median']:,.0f} us")
        print(f"{recipe:10} {right:7.2f}% {artefact.stat().st_size:>12,} {times[0]:>12} {times[1]:>12}", flush=True)


def own(options, folder):
    for model in options.models:
        print(f"\n{model}\n{'recipe':10} {'artefact':>12} {'latency':>12}")
        for recipe in options.recipes.split(","):
            artefact = folder / f"{recipe}.so"
            call(options.quantc, "compile", model, "-o", artefact, f"--recipe={recipe}")
            dims = [part for dim in options.dim for part in ("--dim", dim)]
            bench = call(options.quantc, "bench", artefact, *dims, "--threads", 1, "--json")
            median = f"{1e6 * json.loads(bench)['median']:,.0f} us"
            print(f"{recipe:10} {artefact.stat().st_size:>12,} {median:>12}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL.onnx")
    parser.add_argument("--quantc", default="quantc", help="the driver")
    parser.add_argument("--recipes", default="f32,w8a8g32,w4a8")
    parser.add_argument("--dim", action="append", default=[], metavar="NAME=N", help="size of a dynamic dim of your model")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quantc-demo-") as folder:
        (own if options.models else embedded)(options, Path(folder))


if __name__ == "__main__":
    main()
