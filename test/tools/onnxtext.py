#!/usr/bin/env python3
"""Writes a model in ONNX's text form as an ONNX file: onnxtext.py IN OUT [EXTERNAL].

With EXTERNAL the initialisers' elements go to a file of that name beside OUT.
Lines that start with '#' (a test's RUN and CHECK lines) are comments to the
parser. Nothing checks the model: tests write wrong ones too.
"""
import sys

import onnx
import onnx.parser


def main() -> None:
    source, target, *external = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        lines = [line for line in file if not line.lstrip().startswith("#")]
    model = onnx.parser.parse_model("".join(lines))
    if external:
        for tensor in model.graph.initializer:  # only raw data can be external
            tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor), tensor.name))
        onnx.save(model, target, save_as_external_data=True, location=external[0], size_threshold=0)
        return
    with open(target, "wb") as file:
        file.write(model.SerializeToString())


if __name__ == "__main__":
    main()
