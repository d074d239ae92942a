#!/usr/bin/env python3
"""Writes a network of MobileNetV2's shapes with random weights, to measure and to test.

    pip install numpy onnx
    python mobilenet.py OUT.onnx [--size 224] [--width 1.0] [--classes 1000]

Inverted residuals: a 1 x 1 convolution that widens six times, a depthwise 3 x 3 one, a 1 x 1
one that narrows, each but the last followed by Clip(0, 6); a shortcut where shapes agree.
Weights keep the variance of what goes through them, so that activations stay of one size.
Batch normalisation is folded already, as exporters in evaluation mode leave it.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Per stage of the paper: expansion, outputs, blocks, stride of the first one.
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


class Network:
    def __init__(self, seed=0):
        self.random = np.random.default_rng(seed)
        self.nodes, self.initialisers = [], []

    def constant(self, name, value):
        self.initialisers.append(numpy_helper.from_array(np.asarray(value, np.float32), name))
        return name

    def add(self, op, inputs, **attributes):
        output = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def conv(self, x, inputs, outputs, kernel, stride=1, groups=1, clips=True):
        name = f"conv_{len(self.nodes)}"
        depth = inputs // groups
        gain = (2.0 if clips else 1.0) / (depth * kernel * kernel)
        weights = self.random.normal(0, gain**0.5, (outputs, depth, kernel, kernel))
        pad = kernel // 2
        x = self.add(
            "Conv",
            [x, self.constant(f"{name}.weight", weights),
             self.constant(f"{name}.bias", self.random.normal(0, 0.1, outputs))],
            kernel_shape=[kernel, kernel], strides=[stride, stride], pads=[pad] * 4, group=groups)
        return self.add("Clip", [x, "low", "high"]) if clips else x


def round_channels(channels):
    return max(8, int(channels + 4) // 8 * 8)


def build(size=224, width=1.0, classes=1000):
    net = Network()
    net.constant("low", 0.0)
    net.constant("high", 6.0)
    channels = round_channels(32 * width)
    x = net.conv("image", 3, channels, 3, stride=2)
    for expansion, outputs, blocks, first_stride in STAGES:
        outputs = round_channels(outputs * width)
        for block in range(blocks):
            stride = first_stride if block == 0 else 1
            wide, source = channels * expansion, x
            if expansion != 1:
                x = net.conv(x, channels, wide, 1)
            x = net.conv(x, wide, wide, 3, stride=stride, groups=wide)
            x = net.conv(x, wide, outputs, 1, clips=False)
            if stride == 1 and channels == outputs:
                x = net.add("Add", [source, x])
            channels = outputs
    last = max(1280, round_channels(1280 * width))
    x = net.conv(x, channels, last, 1)
    x = net.add("Flatten", [net.add("GlobalAveragePool", [x])])
    weights = net.random.normal(0, last**-0.5, (classes, last))
    x = net.add("Gemm", [x, net.constant("head.weight", weights), net.constant("head.bias", np.zeros(classes))], transB=1)
    graph = helper.make_graph(
        net.nodes, "mobilenet",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, size, size])],
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, ["batch", classes])], net.initialisers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--classes", type=int, default=1000)
    options = parser.parse_args()
    onnx.save(build(options.size, options.width, options.classes), options.out)


if __name__ == "__main__":
    main()
