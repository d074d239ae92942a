//===- Interpreter.cpp - Evaluate functions ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Interpreter/Interpreter.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Interfaces/IntegerLoweringInterface.h"
#include "quantc/Interfaces/InterpretableOpInterface.h"
#include "quantc/Interfaces/QuantizableOpInterface.h"
#include "quantc/Interfaces/QuantizedElementTypeInterface.h"
#include "quantc/Support/Threads.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/MathExtras.h"
#include <atomic>
#include <cmath>

using namespace mlir;
using namespace quantc;

/// More than this is taken for a mistake in the sizes.
static constexpr int64_t maxResultBytes = int64_t(1) << 36;

RankedTensorType quantc::makeStatic(RankedTensorType type,
                                    ArrayRef<int64_t> shape) {
  return RankedTensorType::get(shape, type.getElementType());
}

/// The bytes of such a tensor; nothing where they are taken for a mistake.
static std::optional<int64_t> getReasonableBytes(ArrayRef<int64_t> shape,
                                                 Type element) {
  // A zero among the sizes leaves nothing to overflow.
  if (llvm::is_contained(shape, 0))
    return 0;
  int64_t bytes = getElementBytes(element);
  for (int64_t size : shape)
    if (llvm::MulOverflow(bytes, size, bytes) || bytes > maxResultBytes)
      return std::nullopt;
  return bytes;
}

FailureOr<HostValue> quantc::getConstantValue(Operation *op) {
  Attribute attribute;
  if (!matchPattern(op, m_Constant(&attribute)))
    return op->emitError("no constant");
  // A splat states more than it holds.
  if (auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
      type && type.hasStaticShape() &&
      type.getElementType().isIntOrIndexOrFloat() &&
      !getReasonableBytes(type.getShape(), type.getElementType()))
    return op->emitError("a constant of type ")
           << type << " does not fit in memory";
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute);
      dense && isa<RankedTensorType>(dense.getType()))
    return HostValue::fromAttribute(dense);
  if (auto scalar = dyn_cast<TypedAttr>(attribute);
      scalar && scalar.getType().isIntOrFloat())
    return HostValue::fromAttribute(DenseElementsAttr::get(
        RankedTensorType::get({}, scalar.getType()), attribute));
  return op->emitError("a constant of type ")
         << op->getResult(0).getType() << " cannot be evaluated";
}

/// What an op computed has the types that it promised: later ops rely on it.
/// Ops on scalars (in regions) compute whole tensors.
static LogicalResult verifyResults(Operation &op, ArrayRef<HostValue> results) {
  for (auto [result, value] : llvm::zip_equal(op.getResults(), results)) {
    auto type = dyn_cast<RankedTensorType>(result.getType());
    if (type &&
        (type.getElementType() != value.getElementType() ||
         failed(verifyCompatibleShape(type.getShape(), value.getShape()))))
      return op.emitError("gave a tensor of type ")
             << value.getType() << ", stated is " << type;
  }
  return success();
}

LogicalResult quantc::interpretOp(Operation &op, ArrayRef<HostValue> operands,
                                  SmallVectorImpl<HostValue> &results,
                                  InterpreterContext &context) {
  // Integer-only values have the definition of their split form, also where
  // constants alone are chosen from.
  auto types = llvm::to_vector(op.getOperandTypes());
  llvm::append_range(types, op.getResultTypes());
  const auto *joint = llvm::find_if(types, isQuantizedTensor);
  if (isa<IntegerLoweringInterface>(op) && joint != types.end() &&
      !isQuantizable(&op)) {
    auto type =
        cast<QuantizedElementTypeInterface>(getElementTypeOrSelf(*joint));
    if (failed(type.interpretJoint(&op, operands, results, context)))
      return failure();
    return verifyResults(op, results);
  }
  if (auto interpretable = dyn_cast<InterpretableOpInterface>(op)) {
    if (failed(interpretable.interpret(operands, results, context)))
      return failure();
    return verifyResults(op, results);
  }
  if (!op.hasTrait<OpTrait::ConstantLike>())
    return op.emitError("'") << op.getName() << "' cannot be evaluated";
  FailureOr<HostValue> value = getConstantValue(&op);
  if (failed(value))
    return failure();
  results.push_back(*value);
  return success();
}

void InterpreterContext::parallelFor(int64_t count,
                                     function_ref<void(int64_t)> body) const {
  // A few parts for each thread, so that none waits for the slowest.
  int64_t parts = std::min<int64_t>(std::max(threads, 1U) * int64_t(4), count);
  std::atomic<int64_t> next = 0;
  runOnThreads(static_cast<unsigned>(std::min<int64_t>(threads, count)), [&] {
    for (int64_t part = next++; part < parts; part = next++)
      for (int64_t i = count * part / parts, e = count * (part + 1) / parts;
           i < e; ++i)
        body(i);
  });
}

FailureOr<HostValue>
quantc::allocateResult(Operation *op, ArrayRef<int64_t> shape, Type element) {
  if (!getReasonableBytes(shape, element))
    return op->emitOpError("result of shape [")
           << shape << "] does not fit in memory";
  return HostValue::allocate(RankedTensorType::get(shape, element));
}

/// The ops of \p block that its terminator needs, but for what only those that
/// are \p known need, in their order.
static SmallVector<Operation *>
getNeeded(Block &block, const InterpreterContext::KnownResults &known) {
  SmallVector<Operation *> needed;
  llvm::SmallPtrSet<Operation *, 16> operands;
  for (Operation &op : llvm::reverse(block)) {
    if (!known.empty() && !op.hasTrait<OpTrait::IsTerminator>() &&
        !operands.contains(&op))
      continue;
    needed.push_back(&op);
    if (!known.contains(&op))
      for (Value operand : op.getOperands())
        operands.insert(operand.getDefiningOp());
  }
  std::reverse(needed.begin(), needed.end());
  return needed;
}

LogicalResult
InterpreterContext::interpretBlock(Block &block, ArrayRef<HostValue> arguments,
                                   SmallVectorImpl<HostValue> &results) {
  llvm::DenseMap<Value, HostValue> values;
  llvm::DenseMap<Value, unsigned> uses;
  for (auto [argument, value] :
       llvm::zip_equal(block.getArguments(), arguments))
    values[argument] = value;
  SmallVector<Operation *> needed = getNeeded(block, known);
  for (Operation *op : needed)
    for (Value operand : op->getOperands())
      ++uses[operand];
  for (Operation *op : needed) {
    SmallVector<HostValue> produced;
    if (auto it = known.find(op); it != known.end()) {
      produced = it->second;
    } else {
      SmallVector<HostValue> operands;
      for (Value operand : op->getOperands()) {
        operands.push_back(values.lookup(operand));
        if (!operands.back())
          return op->emitError(
              "operand is defined outside of what is evaluated");
        // Freed behind the last use: big models do not stay whole in memory.
        if (--uses[operand] == 0)
          values.erase(operand);
      }
      if (op->hasTrait<OpTrait::IsTerminator>()) {
        results.append(operands.begin(), operands.end());
        return success();
      }
      if (failed(interpretOp(*op, operands, produced, *this)))
        return failure();
      if (observer)
        observer(op, operands, produced);
    }
    for (auto [result, value] : llvm::zip_equal(op->getResults(), produced))
      if (uses.lookup(result))
        values[result] = value;
  }
  return success();
}

FailureOr<SmallVector<HostValue>>
quantc::interpretFunction(func::FuncOp func, ArrayRef<HostValue> arguments,
                          InterpreterContext &context) {
  if (func.isExternal())
    return func.emitError("has no body to evaluate");
  if (!func.getBody().hasOneBlock())
    return func.emitError("has several blocks; supported: one");
  if (func.getNumArguments() != arguments.size())
    return func.emitError("takes ") << func.getNumArguments()
                                    << " arguments, given " << arguments.size();
  for (auto [index, type, value] :
       llvm::enumerate(func.getArgumentTypes(), arguments)) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !value ||
        tensor.getElementType() != value.getElementType() ||
        failed(verifyCompatibleShape(tensor.getShape(), value.getShape())))
      return func.emitError("argument #")
             << index << " is of type " << type << ", given "
             << (value ? Type(value.getType()) : Type());
  }
  SmallVector<HostValue> results;
  if (failed(
          context.interpretBlock(func.getBody().front(), arguments, results)))
    return failure();
  return results;
}

FailureOr<SmallVector<HostValue>>
quantc::interpretFunction(func::FuncOp func, ArrayRef<HostValue> arguments,
                          unsigned threads) {
  InterpreterContext context(threads);
  return interpretFunction(func, arguments, context);
}

FailureOr<SmallVector<HostValue>>
quantc::interpretConstantOp(Operation *op, unsigned threads) {
  InterpreterContext context(threads);
  llvm::DenseMap<Value, HostValue> values;
  SmallVector<HostValue> results;
  for (Operation *needed : getConstantSlice(op->getResult(0))) {
    SmallVector<HostValue> operands;
    for (Value operand : needed->getOperands())
      operands.push_back(values.lookup(operand));
    results.clear();
    if (failed(interpretOp(*needed, operands, results, context)))
      return failure();
    for (auto [result, produced] :
         llvm::zip_equal(needed->getResults(), results))
      values[result] = produced;
  }
  return results;
}

FailureOr<HostValue> quantc::interpretConstant(Value value, unsigned threads) {
  auto result = cast<OpResult>(value);
  FailureOr<SmallVector<HostValue>> results =
      interpretConstantOp(result.getOwner(), threads);
  if (failed(results))
    return failure();
  return (*results)[result.getResultNumber()];
}

std::string quantc::describePosition(const HostValue &value, int64_t index) {
  std::string text;
  if (value.getShape().empty())
    return text;
  llvm::raw_string_ostream stream(text);
  stream << " at [";
  llvm::interleaveComma(delinearize(index, computeStrides(value.getShape())),
                        stream);
  stream << "]";
  return text;
}

std::optional<std::string> quantc::describeNotFinite(const HostValue &value,
                                                     bool mayBeInfinite) {
  auto isWrong = [&](float number) {
    return mayBeInfinite ? std::isnan(number) : !std::isfinite(number);
  };
  int64_t count = value.getNumElements(), index = count;
  if (value.getElementType().isF32())
    index =
        llvm::find_if(value.as<float>(), isWrong) - value.as<float>().begin();
  else if (isa<FloatType>(value.getElementType()))
    for (index = 0; index < count; ++index)
      if (isWrong(static_cast<float>(value.getNumber(index))))
        break;
  if (index == count)
    return std::nullopt;
  double number = value.getNumber(index);
  StringRef what = std::isnan(number)   ? "NaN"
                   : std::isinf(number) ? "infinite"
                                        : "beyond float32";
  return ("is " + what + describePosition(value, index)).str();
}
