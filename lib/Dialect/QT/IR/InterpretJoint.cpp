//===- InterpretJoint.cpp - Evaluates nn ops on codes -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BlockValue.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interfaces/IntegerLoweringInterface.h"
#include "quantc/Interpreter/Interpreter.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

namespace {

/// The split form of an op, made to be evaluated once and attached nowhere.
class SplitForm {
public:
  explicit SplitForm(Operation *op) : op(op), builder(op->getContext()) {
    builder.setInsertionPointToEnd(&block);
  }

  /// The parts of an operand, as values of the block.
  SmallVector<Value> add(const HostValue &operand) {
    SmallVector<Value> added;
    SmallVector<HostValue> parts(operand.getParts());
    if (!operand.isJoint())
      parts.push_back(operand);
    for (const HostValue &part : parts) {
      added.push_back(block.addArgument(part.getType(), op->getLoc()));
      values.push_back(part);
    }
    return added;
  }

  template <typename OpT, typename... Args>
  LogicalResult interpret(SmallVectorImpl<HostValue> &results,
                          InterpreterContext &context, Args &&...args) {
    auto split =
        OpT::create(builder, op->getLoc(), std::forward<Args>(args)...);
    if (failed(split.verify()))
      return failure();
    return split.interpret(values, results, context);
  }

private:
  Operation *op;
  Block block;
  OpBuilder builder;
  SmallVector<HostValue> values;
};

} // namespace

static TypeAttr getFormat(const HostValue &value) {
  return TypeAttr::get(value.getElementType());
}

static LogicalResult interpretMatmul(nn::MatmulOp op,
                                     ArrayRef<HostValue> operands,
                                     SmallVectorImpl<HostValue> &results,
                                     InterpreterContext &context) {
  SplitForm split(op);
  SmallVector<Value> lhs = split.add(operands[0]), rhs = split.add(operands[1]);
  auto f32 = Float32Type::get(op.getContext());
  bool batched = operands[1].getRank() != 2;
  return split.interpret<ContractOp>(
      results, context, cast<RankedTensorType>(op.getType()), lhs, rhs,
      ValueRange(), getFormat(operands[0]), getFormat(operands[1]),
      MatmulAttr::get(op.getContext(), batched, operands[0].getShape().back()),
      TypeAttr::get(f32), LayoutAttr());
}

static LogicalResult interpretConv(nn::ConvOp op, ArrayRef<HostValue> operands,
                                   SmallVectorImpl<HostValue> &results,
                                   InterpreterContext &context) {
  SplitForm split(op);
  SmallVector<Value> lhs = split.add(operands[0]), rhs = split.add(operands[1]);
  auto f32 = Float32Type::get(op.getContext());
  auto geometry = ConvAttr::get(
      op.getContext(), op.getKernel(), op.getStrides(), op.getDilations(),
      op.getPads(), op.getGroups(), operands[0].getShape().back());
  return split.interpret<ContractOp>(
      results, context, cast<RankedTensorType>(op.getType()), lhs, rhs,
      ValueRange(), getFormat(operands[0]), getFormat(operands[1]), geometry,
      TypeAttr::get(f32), LayoutAttr());
}

static LogicalResult interpretAttention(nn::AttentionOp op,
                                        ArrayRef<HostValue> operands,
                                        SmallVectorImpl<HostValue> &results,
                                        InterpreterContext &context) {
  SplitForm split(op);
  SmallVector<Value> parts[3];
  TypeAttr formats[3];
  for (unsigned i = 0; i < 3; ++i) {
    parts[i] = split.add(operands[i]);
    if (operands[i].isJoint())
      formats[i] = getFormat(operands[i]);
  }
  ArrayRef<HostValue> rest = operands.drop_front(3);
  auto addNext = [&](Value given) {
    if (!given)
      return Value();
    Value added = split.add(rest.front())[0];
    rest = rest.drop_front();
    return added;
  };
  Value mask = addNext(op.getMask()), lengths = addNext(op.getLengths()),
        offset = addNext(op.getOffset());
  // A row of weights is encoded as the queries are.
  EncodingAttr encoding;
  if (auto quantize = op.getQuery().getDefiningOp<QuantizeOp>())
    encoding = quantize.getEncodingAttr();
  return split.interpret<AttentionOp>(
      results, context, cast<RankedTensorType>(op.getType()), parts[0],
      parts[1], parts[2], mask, lengths, offset, op.getScaleAttr(),
      op.getSoftcapAttr(), op.getCausalAttr(), op.getLeftWindowAttr(),
      op.getRightWindowAttr(), formats[0], formats[1], formats[2],
      /*p_format=*/formats[0], encoding);
}

/// An integer-only op: its integer ops are built, evaluated and dropped.
static LogicalResult interpretIntegers(IntegerLoweringInterface op,
                                       ArrayRef<HostValue> operands,
                                       SmallVectorImpl<HostValue> &results,
                                       InterpreterContext &context) {
  Block block;
  OpBuilder builder(op->getContext());
  builder.setInsertionPointToEnd(&block);
  SmallVector<HostValue> arguments;
  for (const HostValue &operand : operands) {
    ArrayRef<HostValue> parts =
        operand.isJoint() ? operand.getParts() : ArrayRef(operand);
    for (const HostValue &part : parts) {
      block.addArgument(part.getType(), op.getLoc());
      arguments.push_back(part);
    }
  }
  SmallVector<ValueRange> parts;
  size_t next = 0;
  for (const HostValue &operand : operands) {
    size_t count = operand.isJoint() ? operand.getParts().size() : 1;
    parts.push_back(ValueRange(block.getArguments()).slice(next, count));
    next += count;
  }
  SmallVector<SmallVector<Value>> lowered;
  if (failed(op.lowerToIntegers(builder, parts, lowered)))
    return failure();
  SmallVector<Value> all;
  for (ArrayRef<Value> values : lowered)
    llvm::append_range(all, values);
  YieldOp::create(builder, op.getLoc(), all);
  SmallVector<HostValue> values;
  if (failed(context.interpretBlock(block, arguments, values)))
    return failure();
  ArrayRef<HostValue> rest(values);
  for (auto [result, own] : llvm::zip_equal(op->getResults(), lowered)) {
    ArrayRef<HostValue> taken = rest.take_front(own.size());
    rest = rest.drop_front(own.size());
    auto type = cast<RankedTensorType>(result.getType());
    if (getBlockFormat(type))
      results.push_back(
          HostValue::join(makeStatic(type, taken.front().getShape()), taken));
    else
      results.push_back(taken.front());
  }
  return success();
}

static LogicalResult interpretGather(nn::GatherOp op,
                                     ArrayRef<HostValue> operands,
                                     SmallVectorImpl<HostValue> &results,
                                     InterpreterContext &context) {
  SplitForm split(op);
  Value indices = split.add(operands[1])[0];
  SmallVector<Value> table = split.add(operands[0]);
  if (table.size() != 2)
    return op.emitOpError("of a table in the format ")
           << operands[0].getElementType()
           << " is not evaluated; supported: !qt.block<[1, ?], s8, scale = "
              "f32>";
  return split.interpret<GatherOp>(
      results, context, cast<RankedTensorType>(op.getType()), indices, table[0],
      table[1], getFormat(operands[0]));
}

LogicalResult BlockType::decodeJoint(Operation *op, const HostValue &value,
                                     SmallVectorImpl<HostValue> &floats) const {
  FailureOr<BlockValue> blocks = readJointValue(op, value);
  if (failed(blocks))
    return failure();
  floats.push_back(decodeBlockValue(getContext(), *blocks));
  return success();
}

LogicalResult BlockType::interpretJoint(Operation *op,
                                        ArrayRef<HostValue> operands,
                                        SmallVectorImpl<HostValue> &results,
                                        InterpreterContext &context) const {
  auto integer = dyn_cast<IntegerLoweringInterface>(op);
  if (integer &&
      (!isQuantizable(op) || getBlockFormat(op->getResult(0).getType())))
    return interpretIntegers(integer, operands, results, context);
  for (Type type : op->getResultTypes())
    if (getBlockFormat(type))
      return op->emitOpError() << "with the result type " << type
                               << " is not evaluated yet; supported: f32";
  if (auto matmul = dyn_cast<nn::MatmulOp>(op))
    return interpretMatmul(matmul, operands, results, context);
  if (auto conv = dyn_cast<nn::ConvOp>(op))
    return interpretConv(conv, operands, results, context);
  if (auto attention = dyn_cast<nn::AttentionOp>(op))
    return interpretAttention(attention, operands, results, context);
  if (auto gather = dyn_cast<nn::GatherOp>(op))
    return interpretGather(gather, operands, results, context);
  return op->emitOpError() << "is not evaluated on joint values";
}
