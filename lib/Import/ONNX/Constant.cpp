//===- Constant.cpp - Constants and what passes through ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

#include "llvm/Support/FormatVariadic.h"

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
  node.output(0, emit.expand(value, shape),
              tensor ? tensor->data_type() : quantc_onnx::TensorProto::FLOAT);
}

/// How many numbers a range of run-time bounds has, as one int64.
static Value countRange(Emitter &emit, Value start, Value limit, Value delta) {
  Value distance = emit.binary("sub", limit, start);
  if (isa<FloatType>(typeOf(start).getElementType())) {
    Value steps = emit.binary("div", distance, delta);
    distance = emit.cast(emit.unary("ceil", steps), emit.i64());
  } else {
    // Rounded up; the step is a constant, as whole divisions round to zero.
    double step = *constantScalar(delta);
    Type type = typeOf(start).getElementType();
    if (step != 1) {
      distance = step < 0 ? emit.unary("neg", distance) : distance;
      Value width = emit.scalar(type, std::fabs(step));
      Value rounding = emit.scalar(type, std::fabs(step) - 1);
      distance =
          emit.binary("div", emit.binary("add", distance, rounding), width);
    }
    distance = emit.cast(distance, emit.i64());
  }
  Value count = emit.binary("max", distance, emit.integer(0));
  return emit.reshape(count, {Size(1)});
}

/// Up to how many numbers a Range of constants is written out; more are made
/// from their positions.
static constexpr int64_t mostWritten = 1 << 10;
/// 2 GiB of positions.
static constexpr int64_t mostNumbers = 1 << 28;

/// Reports a Range of more numbers than are supported.
static bool isTooLong(NodeBinder &node, double count) {
  if (count <= mostNumbers)
    return false;
  node.problem("gives " + Twine(llvm::formatv("{0:f0}", count).str()) +
               " numbers; supported: at most 2^28");
  return true;
}

/// `start + i * delta`, each in the type of the bounds.
static Value makeRange(Emitter &emit, ArrayRef<Value> bounds, Value count) {
  std::optional<double> start = constantScalar(bounds[0]),
                        delta = constantScalar(bounds[2]);
  Value numbers =
      emit.cast(emit.iota(count), typeOf(bounds[0]).getElementType());
  if (!delta || *delta != 1)
    numbers = emit.binary("mul", numbers, bounds[2]);
  if (!start || *start != 0)
    numbers = emit.binary("add", numbers, bounds[0]);
  return numbers;
}

/// The int64 that a float number is made of: exporters cast sizes to floats for
/// grids of coordinates. Null where it is something else.
static Value getWhole(Emitter &emit, Value number) {
  if (std::optional<double> constant = constantScalar(number))
    return *constant == std::trunc(*constant) && std::fabs(*constant) < 0x1p53
               ? emit.integer(static_cast<int64_t>(*constant))
               : Value();
  auto cast = number.getDefiningOp<quantc::nn::CastOp>();
  if (!cast)
    return {};
  auto element =
      dyn_cast<IntegerType>(typeOf(cast.getInput()).getElementType());
  return element && element.getWidth() > 1
             ? emit.cast(cast.getInput(), emit.i64())
             : Value();
}

/// A range that is not all constants: numbers from 0 on, scaled and shifted.
static void importRunTimeRange(NodeBinder &node, ArrayRef<Value> bounds) {
  Emitter &emit = node.emit();
  Type type = typeOf(bounds[0]).getElementType();
  std::optional<double> delta = constantScalar(bounds[2]);
  if (!delta && !isa<FloatType>(type)) {
    node.problem("input 2 (delta) is computed at run time; supported: a "
                 "constant for ranges of integers");
    return;
  }
  Value whole[3];
  bool areWhole = true;
  for (unsigned i = 0; i < 3; ++i) {
    whole[i] = getWhole(emit, bounds[i]);
    areWhole &= whole[i] != nullptr;
  }
  ArrayRef<Value> counted = areWhole ? ArrayRef(whole) : bounds;
  Value count = countRange(emit, counted[0], counted[1], counted[2]);
  node.output(0, makeRange(emit, bounds, count));
}

/// Of constants, the last of which is not 0.
static void importIntegerRange(NodeBinder &node, ArrayRef<Value> bounds) {
  int64_t start = constantElements(bounds[0])->front(),
          end = constantElements(bounds[1])->front(),
          delta = constantElements(bounds[2])->front();
  // Distances of 64-bit numbers need one bit more.
  auto distance = static_cast<__int128>(end) - start;
  __int128 count = distance / delta + (distance % delta != 0);
  if ((distance < 0) != (delta < 0))
    count = 0;
  if (isTooLong(node, static_cast<double>(count)))
    return;
  if (count > mostWritten) {
    Emitter &emit = node.emit();
    node.output(0, makeRange(emit, bounds,
                             emit.integers({static_cast<int64_t>(count)})));
    return;
  }
  SmallVector<int64_t> values;
  for (int64_t i = 0; i < static_cast<int64_t>(count); ++i)
    values.push_back(start + i * delta);
  Emitter &emit = node.emit();
  node.output(
      0, emit.cast(emit.integers(values), typeOf(bounds[0]).getElementType()));
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
    if (!typeOf(bounds[i]).hasStaticShape() ||
        typeOf(bounds[i]).getNumElements() != 1)
      node.problem("input " + Twine(i) + " must be one number");
    numbers[i] = constantScalar(bounds[i]);
    if (numbers[i] && !std::isfinite(*numbers[i]))
      node.problem("input " + Twine(i) + " is " +
                   (std::isnan(*numbers[i]) ? "NaN" : "infinite") +
                   "; supported: finite numbers");
    if (i == 2 && numbers[i] == 0.0)
      node.problem("input 2 (delta) is 0");
  }
  node.requireSameElements(bounds);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  for (Value &bound : bounds)
    if (rankOf(bound) != 0)
      bound = emit.reshape(bound, ArrayRef<Size>());
  if (!numbers[0] || !numbers[1] || !numbers[2]) {
    importRunTimeRange(node, bounds);
    return;
  }
  if (typeOf(bounds[0]).getElementType().isInteger()) {
    importIntegerRange(node, bounds);
    return;
  }
  double start = *numbers[0], delta = *numbers[2];
  double count = std::ceil((*numbers[1] - start) / delta);
  if (isTooLong(node, count))
    return;
  if (count > mostWritten) {
    node.output(0, makeRange(emit, bounds,
                             emit.integers({static_cast<int64_t>(count)})));
    return;
  }
  SmallVector<double> values;
  for (int64_t i = 0; i < static_cast<int64_t>(std::max(count, 0.0)); ++i)
    values.push_back(start + static_cast<double>(i) * delta);
  node.output(0, emit.vector(typeOf(bounds[0]).getElementType(), values));
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
