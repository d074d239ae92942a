#!/usr/bin/env python3
"""Writes a model in ONNX's text form as an ONNX file: onnxtext.py IN OUT.

Lines that start with '#' (a test's RUN and CHECK lines) are comments to the
parser. Nothing checks the model: tests write wrong ones too.
"""
import sys

import onnx.parser


def main() -> None:
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        lines = [line for line in file if not line.lstrip().startswith("#")]
    model = onnx.parser.parse_model("".join(lines))
    with open(target, "wb") as file:
        file.write(model.SerializeToString())


if __name__ == "__main__":
    main()
