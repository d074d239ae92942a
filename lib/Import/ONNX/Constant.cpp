//===- Constant.cpp - Constants and what passes through ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

using namespace mlir;
using namespace quantc::onnx;

static void importConstant(NodeBinder &node) {
  const quantc_onnx::TensorProto *tensor = node.tensor("value");
  std::optional<float> real;
  std::optional<int64_t> integer;
  std::optional<SmallVector<float>> reals;
  std::optional<SmallVector<int64_t>> integers;
  if (node.opset() >= 12) {
    real = node.real("value_float");
    integer = node.integer("value_int");
    reals = node.reals("value_floats");
    integers = node.integers("value_ints");
  }
  for (StringRef name : {"sparse_value", "value_string", "value_strings"}) {
    node.ignore(name);
    if (node.hasAttribute(name))
      node.problem("attribute " + name +
                   " is not supported; supported: value, value_float, "
                   "value_floats, value_int, value_ints");
  }
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  if (tensor) {
    node.outputConstant(0, *tensor);
  } else if (real) {
    node.output(0, emit.scalar(emit.f32(), *real));
  } else if (integer) {
    node.output(0, emit.integer(*integer));
  } else if (reals) {
    node.output(0, emit.reals(*reals));
  } else if (integers) {
    node.output(0, emit.integers(*integers));
  } else {
    node.problem("has no value");
  }
}

static void importConstantOfShape(NodeBinder &node) {
  const quantc_onnx::TensorProto *tensor = node.tensor("value");
  Value shape = node.shapeInput(0);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Value value = tensor ? node.constant(*tensor) : emit.scalar(emit.f32(), 0);
  if (!value)
    return;
  if (!typeOf(value).hasStaticShape() || typeOf(value).getNumElements() != 1) {
    node.problem("attribute value must have one element");
    return;
  }
  if (rankOf(value) != 0)
    value = emit.reshape(value, ArrayRef<Size>());
  node.output(0, emit.expand(value, shape));
}

static void importRange(NodeBinder &node) {
  if (node.opset() >= 27)
    node.ignore("stash_type");
  Value bounds[3];
  std::optional<double> numbers[3];
  for (unsigned i = 0; i < 3; ++i) {
    bounds[i] = node.input(i, Number);
    if (!bounds[i])
      continue;
    numbers[i] = constantScalar(bounds[i]);
    if (!numbers[i])
      node.problem("input " + Twine(i) +
                   " is computed at run time; supported: "
                   "constants");
  }
  node.requireSameElements(bounds);
  if (node.failed())
    return;
  double start = *numbers[0], delta = *numbers[2];
  double count = std::ceil((*numbers[1] - start) / delta);
  // Also false for the NaN of a delta that is zero or infinite bounds.
  if (!(count <= (1 << 20))) {
    node.problem("gives more than 2^20 numbers");
    return;
  }
  SmallVector<double> values;
  for (int64_t i = 0; i < static_cast<int64_t>(std::max(count, 0.0)); ++i)
    values.push_back(start + static_cast<double>(i) * delta);
  node.output(0,
              node.emit().vector(typeOf(bounds[0]).getElementType(), values));
}

static void importIdentity(NodeBinder &node) {
  Value x = node.input(0);
  if (!node.failed())
    node.output(0, x);
}

/// Outside of training a dropout passes its input on.
static void importDropout(NodeBinder &node) {
  if (node.opset() < 12) {
    node.ignore("ratio");
  } else {
    node.ignore("seed");
    if (Value training = node.optionalInput(2, Boolean)) {
      std::optional<double> mode = constantScalar(training);
      if (!mode || *mode != 0)
        node.problem("input 2 (training_mode) may be true; supported: false");
    }
  }
  Value x = node.input(0);
  if (node.failed())
    return;
  node.output(0, x);
  if (node.wantsOutput(1)) {
    Emitter emit = node.emitFor(1);
    node.output(1, emit.expand(emit.scalar(emit.i1(), 1), emit.shapeOf(x)));
  }
}

void quantc::onnx::addConstantOps(OpTable &table) {
  table.add("Constant", importConstant, 1, 0, 0);
  table.add("ConstantOfShape", importConstantOfShape, 9, 1, 1);
  table.add("Range", importRange, 11, 3, 3);
  table.add("Identity", importIdentity, 1, 1, 1);
  table.add("Dropout", importDropout, 7, 1, 3, 2);
}
