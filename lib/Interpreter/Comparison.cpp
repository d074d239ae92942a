//===- Comparison.cpp - Errors of a quantised form, by layer ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Interpreter/Comparison.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Interfaces/QuantizedElementTypeInterface.h"
#include "quantc/Support/Locations.h"
#include "llvm/ADT/StringSet.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

//===----------------------------------------------------------------------===//
// ErrorSum
//===----------------------------------------------------------------------===//

void ErrorSum::add(const HostValue &expected, const HostValue &got) {
  assert(expected.getNumElements() == got.getNumElements());
  for (int64_t i = 0, e = expected.getNumElements(); i < e; ++i) {
    double a = expected.getNumber(i), b = got.getNumber(i);
    if (!std::isfinite(a) || !std::isfinite(b)) {
      strange += a != b && !(std::isnan(a) && std::isnan(b));
      continue;
    }
    double error = b - a;
    errorSquares += error * error;
    expectedSquares += a * a;
    gotSquares += b * b;
    products += a * b;
    maxAbs = std::max(maxAbs, std::fabs(error));
    ++elements;
  }
}

double ErrorSum::getRelativeRms() const {
  if (errorSquares == 0)
    return 0;
  return std::sqrt(errorSquares / expectedSquares);
}

double ErrorSum::getCosine() const {
  // Nothing stands at no angle to nothing.
  if (expectedSquares == 0 || gotSquares == 0)
    return expectedSquares == gotSquares ? 1 : 0;
  return products / std::sqrt(expectedSquares) / std::sqrt(gotSquares);
}

//===----------------------------------------------------------------------===//
// Comparison
//===----------------------------------------------------------------------===//

static bool isFloatTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isa<FloatType>(tensor.getElementType());
}

/// Whether an op on codes gives codes, as those of an integer-only network do.
static bool computesCodes(Operation *op) {
  return llvm::any_of(op->getOperandTypes(), isQuantizedTensor) &&
         llvm::any_of(op->getResultTypes(), isQuantizedTensor);
}

/// Floats and results on codes of \p func that depend on its arguments, by what
/// they share with their counterparts in another form: the name in the model,
/// the kind of op, and how many of that kind came before under this name.
Comparison::Keys Comparison::makeKeys(func::FuncOp func) {
  Keys keys;
  llvm::StringMap<unsigned> seen;
  Block &block = func.getBody().front();
  llvm::DenseSet<Value> varying = getVaryingValues(block);
  for (BlockArgument argument : block.getArguments())
    if (isFloatTensor(argument.getType()))
      keys[argument] = "#" + std::to_string(argument.getArgNumber());
  for (Operation &op : block) {
    StringRef name = getValueName(op.getLoc());
    for (OpResult result : op.getResults()) {
      bool isCode = isQuantizedTensor(result.getType()) && computesCodes(&op);
      if (name.empty() || !varying.contains(result) ||
          (!isFloatTensor(result.getType()) && !isCode))
        continue;
      std::string key = (name + "\n" + op.getName().getStringRef() + "\n" +
                         Twine(result.getResultNumber()))
                            .str();
      keys[result] = key + "\n" + std::to_string(seen[key]++);
    }
  }
  return keys;
}

Comparison::Comparison(func::FuncOp reference, func::FuncOp quantized,
                       unsigned threads)
    : reference(reference), quantized(quantized), threads(threads),
      referenceKeys(makeKeys(reference)), quantizedKeys(makeKeys(quantized)),
      results(quantized.getNumResults()) {
  makeLayers();
}

void Comparison::makeLayers() {
  llvm::StringSet<> known;
  for (const auto &[value, key] : referenceKeys)
    known.insert(key);
  // Codes that only come to other formats are none of the model's values.
  SmallVector<Value> others;
  for (const auto &[value, key] : quantizedKeys)
    if (isQuantizedTensor(value.getType()) && !known.contains(key))
      others.push_back(value);
  for (Value value : others)
    quantizedKeys.erase(value);
  for (Operation &op : quantized.getBody().front())
    for (Value result : op.getResults()) {
      auto key = quantizedKeys.find(result);
      if (key == quantizedKeys.end() || !known.contains(key->second))
        continue;
      layerOf[result] = layers.size();
      LayerError &layer = layers.emplace_back();
      layer.name = getValueName(op.getLoc()).str();
      layer.op = op.getName().getStringRef().str();
      for (Type type : op.getOperandTypes())
        if (isQuantizedTensor(type))
          llvm::raw_string_ostream(layer.formats.emplace_back())
              << cast<RankedTensorType>(type).getElementType();
    }
}

HostValue Comparison::getFloatOperand(Value operand,
                                      const HostValue &own) const {
  // The float form has no codes, and says not how they would be made.
  if (isQuantizedTensor(operand.getType()) && quantizedKeys.contains(operand))
    return {};
  if (auto it = quantizedFloats.find(operand); it != quantizedFloats.end())
    return it->second;
  auto key = quantizedKeys.find(operand);
  // Constants, and integers that no format touches.
  if (key == quantizedKeys.end())
    return own;
  return recorded.lookup(key->second);
}

void Comparison::observe(Operation *op, ArrayRef<HostValue> operands,
                         ArrayRef<HostValue> produced) {
  auto expectedOf = [&](Value result) {
    return layerOf.contains(result)
               ? recorded.lookup(quantizedKeys.lookup(result))
               : HostValue();
  };
  auto agree = [](const HostValue &expected, const HostValue &got) {
    return expected && expected.getShape() == got.getShape();
  };
  bool takesCodes = llvm::any_of(op->getOperandTypes(), isQuantizedTensor);
  bool givesCodes = llvm::any_of(op->getResultTypes(), isQuantizedTensor);
  auto decode = [&](Value result, HostValue value) {
    auto type = dyn_cast<QuantizedElementTypeInterface>(
        getElementTypeOrSelf(result.getType()));
    if (!type)
      return value;
    SmallVector<HostValue, 1> floats(1);
    isBroken |= failed(type.decodeJoint(op, value, floats));
    return floats.back();
  };
  auto add = [&](Value result, const HostValue &value,
                 ErrorSum LayerError::*sum) {
    HostValue expected = expectedOf(result);
    if (!agree(expected, value))
      return;
    if (HostValue floats = decode(result, value))
      (layers[layerOf.lookup(result)].*sum).add(expected, floats);
  };
  for (auto [result, value] : llvm::zip_equal(op->getResults(), produced))
    add(result, value, &LayerError::error);
  if (op->getNumRegions() != 0 || (!takesCodes && !givesCodes))
    return;

  // Once more, on what the float form computed.
  SmallVector<HostValue> given, own;
  bool isConstant = true;
  for (auto [operand, value] : llvm::zip_equal(op->getOperands(), operands)) {
    given.push_back(getFloatOperand(operand, value));
    if (!given.back())
      return;
    isConstant &=
        !quantizedKeys.contains(operand) && !quantizedFloats.contains(operand);
  }
  if (isConstant && givesCodes)
    return;
  InterpreterContext context(threads);
  if (failed(interpretOp(*op, given, own, context))) {
    isBroken = true;
    return;
  }
  for (auto [result, value] : llvm::zip_equal(op->getResults(), own)) {
    if (givesCodes && !quantizedKeys.contains(result))
      quantizedFloats[result] = value;
    else
      add(result, value, &LayerError::own);
  }
}

LogicalResult Comparison::run(ArrayRef<HostValue> arguments) {
  recorded.clear();
  quantizedFloats.clear();
  for (auto [argument, value] :
       llvm::zip_equal(reference.getArguments(), arguments))
    if (auto key = referenceKeys.find(argument); key != referenceKeys.end())
      recorded[key->second] = value;

  InterpreterContext floats(threads);
  floats.setObserver(
      [&](Operation *op, ArrayRef<HostValue>, ArrayRef<HostValue> produced) {
        for (auto [result, value] : llvm::zip_equal(op->getResults(), produced))
          if (auto key = referenceKeys.find(result); key != referenceKeys.end())
            recorded[key->second] = value;
      });
  auto expected = interpretFunction(reference, arguments, floats);
  if (failed(expected))
    return failure();
  InterpreterContext codes(threads);
  codes.setObserver(
      [&](Operation *op, ArrayRef<HostValue> operands,
          ArrayRef<HostValue> produced) { observe(op, operands, produced); });
  auto got = interpretFunction(quantized, arguments, codes);
  if (failed(got) || isBroken)
    return failure();
  floatResults = std::move(*expected);
  quantizedResults = std::move(*got);
  for (auto [sum, a, b] :
       llvm::zip_equal(results, floatResults, quantizedResults))
    if (a.getShape() == b.getShape())
      sum.add(a, b);
  return success();
}
