//===- Elementwise.cpp - Arithmetic element by element ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

using namespace mlir;
using namespace quantc::onnx;

/// The operator's name is the kind, in lower case.
static std::string kindOf(NodeBinder &node) {
  return StringRef(node.proto().op_type()).lower();
}

template <unsigned Kinds> static void importUnary(NodeBinder &node) {
  Value x = node.input(0, Kinds);
  if (!node.failed())
    node.outputWrapped(0, node.emit().unary(kindOf(node), x));
}

template <unsigned Kinds> static void importBinary(NodeBinder &node) {
  Value a = node.input(0, Kinds), b = node.input(1, Kinds);
  node.requireSameElements({a, b});
  if (!node.failed())
    node.outputWrapped(0, node.emit().binary(kindOf(node), a, b));
}

static void importErf(NodeBinder &node) {
  Value x = node.input(0, Number);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Type type = typeOf(x).getElementType();
  node.output(0, emit.cast(emit.unary("erf", emit.cast(x, emit.f32())), type));
}

static void importPow(NodeBinder &node) {
  Value base = node.input(0, Number), exponent = node.input(1, Number);
  if (node.failed())
    return;
  // The exponent may have another type; the result has the base's. Integers
  // with a real exponent are computed as real numbers.
  Emitter &emit = node.emit();
  Type type = typeOf(base).getElementType();
  if (isa<FloatType>(typeOf(exponent).getElementType()))
    base = emit.cast(base, emit.f32());
  else
    exponent = emit.cast(exponent, type);
  node.outputWrapped(0, emit.cast(emit.binary("pow", base, exponent), type));
}

static void importMod(NodeBinder &node) {
  // fmod = 0 takes the sign of the divisor, 1 that of the dividend. Before
  // opset 28 only integers may leave fmod at 0.
  bool fmod = node.flag("fmod", false);
  Value a = node.input(0, Number), b = node.input(1, Number);
  node.requireSameElements({a, b});
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  bool real = isa<FloatType>(typeOf(a).getElementType());
  if (real && !fmod && node.opset() < 28) {
    node.unsupported("fmod", "0", "1 for inputs of type float");
    return;
  }
  node.output(0, emit.binary(fmod ? "fmod" : "mod", a, b));
}

static void importVariadic(NodeBinder &node) {
  std::string kind = kindOf(node);
  bool mean = kind == "mean";
  SmallVector<Value> values =
      node.inputs(0, kind == "min" || kind == "max" ? Number : Float | Integer);
  node.requireSameElements(values);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Value result = values.front();
  for (Value next : llvm::drop_begin(values))
    result = emit.binary(mean || kind == "sum" ? "add" : kind, result, next);
  if (mean && result)
    result = emit.binary(
        "div", result,
        emit.scalar(typeOf(result).getElementType(), values.size()));
  node.outputWrapped(0, result);
}

template <char const *Predicate> static void importCompare(NodeBinder &node) {
  Value a = node.input(0), b = node.input(1);
  node.requireSameElements({a, b});
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  if (node.dataType(0) == quantc_onnx::TensorProto::UINT64) {
    // In the order of signed numbers with the highest bit the other way round.
    Value highest = emit.scalar(emit.i64(), -0x1p63);
    a = emit.binary("xor", a, highest);
    b = emit.binary("xor", b, highest);
  }
  node.output(0, emit.compare(Predicate, a, b));
}

static void importWhere(NodeBinder &node) {
  Value condition = node.input(0, Boolean);
  Value a = node.input(1), b = node.input(2);
  node.requireSameElements({a, b});
  if (!node.failed())
    node.output(0, node.emit().select(condition, a, b));
}

static void importClip(NodeBinder &node) {
  std::optional<double> min, max;
  Value minimum, maximum;
  if (node.opset() < 11) {
    min = node.real("min");
    max = node.real("max");
  } else {
    minimum = node.optionalInput(1, Number);
    maximum = node.optionalInput(2, Number);
    if (minimum)
      min = constantScalar(minimum);
    if (maximum)
      max = constantScalar(maximum);
  }
  Value x = node.input(0, Number);
  for (Value bound : {minimum, maximum})
    if (x && bound)
      node.requireSameElements({x, bound});
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  bool constant = (!minimum || min) && (!maximum || max);
  if (constant && isa<FloatType>(typeOf(x).getElementType())) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    node.output(0,
                emit.clip(x, min.value_or(-infinity), max.value_or(infinity)));
    return;
  }
  // The order gives max where the bounds cross, as ONNX says.
  if (minimum)
    x = emit.binary("max", x, minimum);
  if (maximum)
    x = emit.binary("min", x, maximum);
  node.output(0, x);
}

static void importGelu(NodeBinder &node) {
  StringRef approximate = node.choice("approximate", "none", {"none", "tanh"});
  Value x = node.input(0, Float);
  if (!node.failed())
    node.output(0, node.emit().gelu(approximate == "none" ? "erf" : "tanh", x));
}

/// x where it is above zero, `below` where not.
static Value positiveOr(Emitter &emit, Value x, Value below) {
  return emit.select(emit.compare("gt", x, emit.scalar(emit.f32(), 0)), x,
                     below);
}

static void importLeakyRelu(NodeBinder &node) {
  float slope = node.real("alpha", 0.01f);
  Value x = node.input(0, Float);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  node.output(
      0, positiveOr(emit, x,
                    emit.binary("mul", x, emit.scalar(emit.f32(), slope))));
}

static void importPRelu(NodeBinder &node) {
  Value x = node.input(0, Number), slope = node.input(1, Number);
  node.requireSameElements({x, slope});
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Value zero = emit.scalar(typeOf(x).getElementType(), 0);
  node.outputWrapped(0, emit.select(emit.compare("lt", x, zero),
                                    emit.binary("mul", x, slope), x));
}

/// alpha (exp(min(x, 0)) - 1): bounded, so that what is not chosen is finite.
static Value exponentialBelow(Emitter &emit, Value x, float alpha) {
  Value limited = emit.clip(x, -std::numeric_limits<double>::infinity(), 0);
  Value rise = emit.binary("sub", emit.unary("exp", limited),
                           emit.scalar(emit.f32(), 1));
  return alpha == 1 ? rise
                    : emit.binary("mul", rise, emit.scalar(emit.f32(), alpha));
}

static void importElu(NodeBinder &node) {
  float alpha = node.real("alpha", 1);
  Value x = node.input(0, Float);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  node.output(0, positiveOr(emit, x, exponentialBelow(emit, x, alpha)));
}

static void importCelu(NodeBinder &node) {
  float alpha = node.real("alpha", 1);
  Value x = node.input(0, Float);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Value factor = emit.scalar(emit.f32(), alpha);
  Value scaled = emit.binary("div", x, factor);
  node.output(0, emit.binary("mul",
                             positiveOr(emit, scaled,
                                        exponentialBelow(emit, scaled, 1)),
                             factor));
}

static void importSelu(NodeBinder &node) {
  float alpha = node.real("alpha", 1.67326319f);
  float gamma = node.real("gamma", 1.05070102f);
  Value x = node.input(0, Float);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  node.output(0,
              emit.binary("mul",
                          positiveOr(emit, x, exponentialBelow(emit, x, alpha)),
                          emit.scalar(emit.f32(), gamma)));
}

/// min(max(slope x + shift, 0), 1).
static Value hardSigmoid(Emitter &emit, Value x, float slope, float shift) {
  Value line =
      emit.binary("add", emit.binary("mul", x, emit.scalar(emit.f32(), slope)),
                  emit.scalar(emit.f32(), shift));
  return emit.clip(line, 0, 1);
}

static void importHardSigmoid(NodeBinder &node) {
  float slope = node.real("alpha", 0.2f), shift = node.real("beta", 0.5f);
  Value x = node.input(0, Float);
  if (!node.failed())
    node.output(0, hardSigmoid(node.emit(), x, slope, shift));
}

static void importHardSwish(NodeBinder &node) {
  Value x = node.input(0, Float);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  node.output(0, emit.binary("mul", x, hardSigmoid(emit, x, 1.0f / 6, 0.5f)));
}

static void importMish(NodeBinder &node) {
  Value x = node.input(0, Float);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  node.output(
      0, emit.binary("mul", x, emit.unary("tanh", emit.unary("softplus", x))));
}

static void importSoftsign(NodeBinder &node) {
  Value x = node.input(0, Float);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Value above =
      emit.binary("add", emit.unary("abs", x), emit.scalar(emit.f32(), 1));
  node.output(0, emit.binary("div", x, above));
}

static void importThresholdedRelu(NodeBinder &node) {
  float alpha = node.real("alpha", 1);
  Value x = node.input(0, Float);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Value isAbove = emit.compare("gt", x, emit.scalar(emit.f32(), alpha));
  node.output(0, emit.select(isAbove, x, emit.scalar(emit.f32(), 0)));
}

static void importShrink(NodeBinder &node) {
  float lambda = node.real("lambd", 0.5f), bias = node.real("bias", 0);
  Value x = node.input(0, Number);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Type type = typeOf(x).getElementType();
  // Of integers both are cut to integers, as ONNX casts them.
  Value high = emit.scalar(type, lambda), low = emit.unary("neg", high);
  Value shift = emit.scalar(type, bias);
  Value above = emit.select(emit.compare("gt", x, high),
                            emit.binary("sub", x, shift), emit.scalar(type, 0));
  node.outputWrapped(0, emit.select(emit.compare("lt", x, low),
                                    emit.binary("add", x, shift), above));
}

static void importSwish(NodeBinder &node) {
  float alpha = node.real("alpha", 1);
  Value x = node.input(0, Float);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Value scaled =
      alpha == 1 ? x : emit.binary("mul", x, emit.scalar(emit.f32(), alpha));
  node.output(0, emit.binary("mul", x, emit.unary("sigmoid", scaled)));
}

static void importIsNaN(NodeBinder &node) {
  Value x = node.input(0, Float);
  // Nothing else differs from itself.
  if (!node.failed())
    node.output(0, node.emit().compare("ne", x, x));
}

static void importIsInf(NodeBinder &node) {
  bool negative = node.flag("detect_negative", true),
       positive = node.flag("detect_positive", true);
  Value x = node.input(0, Float);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (negative && positive)
    x = emit.unary("abs", x);
  // Neither: nothing is below the lowest number.
  Value isInfinite =
      negative || positive
          ? emit.compare(
                "eq", x,
                emit.scalar(emit.f32(), positive ? infinity : -infinity))
          : emit.compare("lt", x, emit.scalar(emit.f32(), -infinity));
  node.output(0, isInfinite);
}

static constexpr char Equal[] = "eq", Less[] = "lt", Greater[] = "gt",
                      LessOrEqual[] = "le", GreaterOrEqual[] = "ge";

void quantc::onnx::addElementwiseOps(OpTable &table) {
  for (const char *name :
       {"Tanh", "Sigmoid", "Exp", "Log", "Sqrt", "Reciprocal", "Floor", "Ceil"})
    table.add(name, importUnary<Float>, 6, 1, 1);
  for (const char *name : {"Sin", "Cos", "Tan", "Asin", "Acos", "Atan"})
    table.add(name, importUnary<Float>, 7, 1, 1);
  for (const char *name : {"Sinh", "Cosh", "Asinh", "Acosh", "Atanh"})
    table.add(name, importUnary<Float>, 9, 1, 1);
  table.add("Softplus", importUnary<Float>, 1, 1, 1);
  table.add("Round", importUnary<Float>, 11, 1, 1);
  table.add("Erf", importErf, 9, 1, 1);
  table.add("Sign", importUnary<Number>, 9, 1, 1);
  for (const char *name : {"Neg", "Abs", "Relu"})
    table.add(name, importUnary<Number>, 6, 1, 1);
  table.add("Not", importUnary<Boolean>, 1, 1, 1);

  for (const char *name : {"Add", "Sub", "Mul", "Div"})
    table.add(name, importBinary<Number>, 7, 2, 2);
  for (const char *name : {"And", "Or", "Xor"})
    table.add(name, importBinary<Boolean>, 7, 2, 2);
  table.add("Pow", importPow, 7, 2, 2);
  table.add("Mod", importMod, 10, 2, 2);
  for (const char *name : {"Min", "Max", "Sum", "Mean"})
    table.add(name, importVariadic, 6, 1, OpTable::Variadic);

  table.add("Equal", importCompare<Equal>, 7, 2, 2);
  table.add("Less", importCompare<Less>, 7, 2, 2);
  table.add("Greater", importCompare<Greater>, 7, 2, 2);
  table.add("LessOrEqual", importCompare<LessOrEqual>, 12, 2, 2);
  table.add("GreaterOrEqual", importCompare<GreaterOrEqual>, 12, 2, 2);
  table.add("Where", importWhere, 9, 3, 3);
  table.add("Clip", importClip, 6, 1, 3);
  table.add("LeakyRelu", importLeakyRelu, 6, 1, 1);
  table.add("PRelu", importPRelu, 7, 2, 2);
  table.add("Elu", importElu, 6, 1, 1);
  table.add("Celu", importCelu, 12, 1, 1);
  table.add("Selu", importSelu, 6, 1, 1);
  table.add("Softsign", importSoftsign, 1, 1, 1);
  table.add("ThresholdedRelu", importThresholdedRelu, 10, 1, 1);
  table.add("Shrink", importShrink, 9, 1, 1);
  table.add("Swish", importSwish, 24, 1, 1);
  table.add("IsNaN", importIsNaN, 9, 1, 1);
  table.add("IsInf", importIsInf, 10, 1, 1);
  table.add("HardSigmoid", importHardSigmoid, 6, 1, 1);
  table.add("HardSwish", importHardSwish, 14, 1, 1);
  table.add("Mish", importMish, 18, 1, 1);
  table.add("Gelu", importGelu, 20, 1, 1);
}
