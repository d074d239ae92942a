//===- Interpreter.cpp - Evaluation of functions on host tensors -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Interpreter/Interpreter.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Interfaces/InterpretableOpInterface.h"
#include "quantc/Interpreter/ConstantBytes.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;
using namespace quantc;

RankedTensorType quantc::makeStatic(RankedTensorType type,
                                    ArrayRef<int64_t> shape) {
  return RankedTensorType::get(shape, type.getElementType());
}

FailureOr<HostValue> quantc::getConstantValue(Operation *op) {
  Attribute attribute;
  if (!matchPattern(op, m_Constant(&attribute)))
    return op->emitError("no constant");
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute))
    return HostValue::fromAttribute(dense);
  if (auto scalar = dyn_cast<TypedAttr>(attribute);
      scalar && scalar.getType().isIntOrFloat())
    return HostValue::fromAttribute(DenseElementsAttr::get(
        RankedTensorType::get({}, scalar.getType()), attribute));
  if (auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType()))
    if (std::optional<ArrayRef<uint8_t>> bytes = getConstantBytes(attribute))
      return HostValue::borrow(type, *bytes);
  return op->emitError("a constant of type ")
         << op->getResult(0).getType() << " cannot be evaluated";
}

static LogicalResult evaluate(Operation &op, ArrayRef<HostValue> operands,
                              SmallVectorImpl<HostValue> &results,
                              InterpreterContext &context) {
  if (op.hasTrait<OpTrait::ConstantLike>()) {
    FailureOr<HostValue> value = getConstantValue(&op);
    if (failed(value))
      return failure();
    results.push_back(*value);
    return success();
  }
  auto interpretable = dyn_cast<InterpretableOpInterface>(op);
  if (!interpretable)
    return op.emitError("'") << op.getName() << "' cannot be evaluated";
  return interpretable.interpret(operands, results, context);
}

LogicalResult
InterpreterContext::interpretBlock(Block &block, ArrayRef<HostValue> arguments,
                                   SmallVectorImpl<HostValue> &results) {
  llvm::DenseMap<Value, HostValue> values;
  llvm::DenseMap<Value, unsigned> uses;
  for (auto [argument, value] : llvm::zip_equal(block.getArguments(), arguments))
    values[argument] = value;
  for (Operation &op : block)
    for (Value operand : op.getOperands())
      ++uses[operand];
  for (Operation &op : block) {
    SmallVector<HostValue> operands;
    for (Value operand : op.getOperands()) {
      operands.push_back(values.lookup(operand));
      if (!operands.back())
        return op.emitError("operand is defined outside of what is evaluated");
      // Freed behind the last use: big models do not stay whole in memory.
      if (--uses[operand] == 0)
        values.erase(operand);
    }
    if (op.hasTrait<OpTrait::IsTerminator>()) {
      results.append(operands.begin(), operands.end());
      return success();
    }
    SmallVector<HostValue> produced;
    if (failed(evaluate(op, operands, produced, *this)))
      return failure();
    for (auto [result, value] : llvm::zip_equal(op.getResults(), produced))
      if (uses.lookup(result))
        values[result] = value;
  }
  return success();
}

FailureOr<SmallVector<HostValue>>
quantc::interpretFunction(func::FuncOp func, ArrayRef<HostValue> arguments,
                          unsigned threads) {
  if (func.isExternal())
    return func.emitError("has no body to evaluate");
  if (!func.getBody().hasOneBlock())
    return func.emitError("has several blocks; supported: one");
  for (auto [index, type, value] :
       llvm::enumerate(func.getArgumentTypes(), arguments)) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !value || tensor.getElementType() != value.getElementType() ||
        failed(verifyCompatibleShape(tensor.getShape(), value.getShape())))
      return func.emitError("argument #")
             << index << " is of type " << type << ", given "
             << (value ? Type(value.getType()) : Type());
  }
  InterpreterContext context(threads);
  SmallVector<HostValue> results;
  if (failed(context.interpretBlock(func.getBody().front(), arguments, results)))
    return failure();
  return results;
}

FailureOr<HostValue> quantc::interpretConstant(Value value, unsigned threads) {
  InterpreterContext context(threads);
  llvm::DenseMap<Value, HostValue> values;
  for (Operation *op : getConstantSlice(value)) {
    SmallVector<HostValue> operands, results;
    for (Value operand : op->getOperands())
      operands.push_back(values.lookup(operand));
    if (failed(evaluate(*op, operands, results, context)))
      return failure();
    for (auto [result, produced] : llvm::zip_equal(op->getResults(), results))
      values[result] = produced;
  }
  return values.lookup(value);
}
